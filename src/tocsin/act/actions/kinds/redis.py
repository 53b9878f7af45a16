"""Commands for a Redis (or Valkey) server that the service names as a target (`on:`), one a line.

    targets: {cache: {kind: redis, url: "env:REDIS_URL"}}

A line is split as a shell splits words. `$NAME` in an argument is a value of the run; it stays one argument whatever it
holds, and it never becomes the command itself. Replies are printed as `redis-cli --raw` prints them; the last one's
values are `rows` of a condition, each as `{"value": …}`. The target has a `url` (`redis://user:password@host:6379/0`,
`rediss://` for TLS), or `host`, `port`, `user`, `password`, `database`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Protocol, cast
from urllib.parse import unquote, urlsplit

from tocsin.act.actions.action import Action, Call, CannotRun, Result
from tocsin.act.guard import Level, highest
from tocsin.act.guard.redis import command_level, commands_in, is_streaming
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.outbound import OutboundFailed, OutboundRefused
from tocsin.ground.kernel.secret import Secret, reveal, scrub

ROWS = 1_000
"""So many values stand in `rows`; all of them are printed."""
LARGEST = 8 << 20
"""All replies of a step together are kept up to 8 MiB."""
_DEEPEST = 8  # lists within lists
_LONGEST_LINE = 65_536
_TURN_S = 0.2
_PORT = 6379
_VALUE = re.compile(r"\$\{([A-Za-z_]\w*)\}|\$([A-Za-z_]\w*)", re.ASCII)

Reply = str | int | list[Any] | None
"""What a server answers; lists hold replies again."""


class Redis(Action):
    title = "Redis"

    def run(self, call: Call) -> Result:
        server = _server(call)
        commands = _commands(call)
        started = time.monotonic()
        last: Reply = None
        why = ""
        watched = False
        try:
            with closing(self._link(server, call)) as link, call.out.open("w", encoding="utf-8") as out:
                talk = _Talk(link, started + call.timeout_s, call)
                for words in (*server.greeting, *commands):
                    last = talk.ask(words)
                    if words not in server.greeting:
                        out.writelines(f"{line}\n" for line in _printed(last))
                    if is_streaming(words):
                        watched = True
                        for each in talk.listen():
                            out.writelines(f"{line}\n" for line in _printed(each))
        except OutboundRefused as error:
            raise CannotRun(error.message, fix=error.fix) from error
        except OutboundFailed as error:
            why = scrub(error.message)
            call.err.write_text(f"{why}\n", encoding="utf-8")
        ms = round((time.monotonic() - started) * 1000, 1)
        if watched and not why:
            return Result(well=True, why=N_("was watched until its timeout"), ms=ms)
        rows = None if why else tuple({"value": each} for each in _values(last)[:ROWS])
        return Result(well=not why, why=why, rows=rows, ms=ms)

    def _link(self, server: _Server, call: Call) -> _Link:
        link = self.outbound.connect(server.host, server.port, timeout=call.timeout_s, trusted=True)
        if not server.encrypted:
            return link
        try:
            return self.outbound.tls().wrap_socket(link, server_hostname=server.host)
        except OSError as error:
            link.close()
            raise OutboundFailed(f"no TLS with {server.host}: {error}") from error


class _Link(Protocol):
    """What is needed of a connection."""

    def settimeout(self, value: float, /) -> None: ...
    def sendall(self, data: bytes, /) -> None: ...
    def recv(self, size: int, /) -> bytes: ...
    def close(self) -> None: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class _Server:
    host: str
    port: int
    encrypted: bool = False
    greeting: tuple[tuple[str, ...], ...] = ()  # AUTH and SELECT


def _server(call: Call) -> _Server:
    """Where the target is, and what has to be said first."""
    if not call.target:
        raise CannotRun("this step names no server", fix="Write `On: NAME` with a target of the service.")
    told = {name: _plain(value) for name, value in call.target.items()}
    url = told.get("url") or told.get("dsn") or ""
    try:
        address = urlsplit(
            url if url else f"redis://{told.get('host') or '127.0.0.1'}:{told.get('port') or _PORT}"
        )
        port = address.port or _PORT
    except ValueError:
        raise CannotRun("the url of the target cannot be read", fix="Write redis://host:6379/0.") from None
    if address.scheme not in ("redis", "rediss") or not address.hostname:
        raise CannotRun("the target has no `url` of a Redis server", fix="Write redis://host:6379/0.")
    user = unquote(address.username or "") or told.get("user", "")
    password = unquote(address.password or "") or told.get("password", "")
    database = address.path.strip("/") or told.get("database", "")
    greeting: list[tuple[str, ...]] = []
    if password:
        greeting.append(("AUTH", user, password) if user else ("AUTH", password))
    if database and database != "0":
        greeting.append(("SELECT", database))
    return _Server(
        host=address.hostname, port=port, encrypted=address.scheme == "rediss", greeting=tuple(greeting)
    )


def _plain(value: Any) -> str:
    if value is None:
        return ""
    return reveal(value) if isinstance(value, Secret) else str(value)


def _commands(call: Call) -> list[tuple[str, ...]]:
    """The commands with their values, none of them stronger than the level that was approved."""
    try:
        lines = [line.words for line in commands_in(call.text)]
    except ValueError:
        raise CannotRun("a quote is not closed", fix="Write one command a line.") from None
    if not lines:
        raise CannotRun("there is no command")
    values = {**call.values, **call.environment}
    filled = [(words[0], *(_filled(word, values) for word in words[1:])) for words in lines]
    allowed = cast("Level", call.level)
    for words in filled:
        level, why, _ = command_level(words)
        if "$" in words[0] or highest((level, allowed)) != allowed:
            raise CannotRun(
                f"{words[0]}: {why}", fix="Write the command itself, and values as its arguments."
            )
    return filled


def _filled(word: str, values: Mapping[str, str]) -> str:
    def value(found: re.Match[str]) -> str:
        name = found[1] or found[2]
        if name not in values:
            raise CannotRun(f"{name} has no value", field=name)
        return values[name]

    return _VALUE.sub(value, word)


class _Talk:
    """The protocol of Redis: https://redis.io/docs/latest/develop/reference/protocol-spec/, as of version 2."""

    def __init__(self, link: _Link, deadline: float, call: Call) -> None:
        self._link = link
        self._deadline = deadline
        self._call = call
        self._kept = bytearray()
        self._taken = 0

    def ask(self, words: Sequence[str]) -> Reply:
        """One command and its reply. Raises OutboundFailed for an error and for what is no reply."""
        encoded = [word.encode() for word in words]
        command = b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(each), each) for each in encoded)
        try:
            self._link.settimeout(max(0.001, self._deadline - time.monotonic()))
            self._link.sendall(command)
        except OSError as error:
            raise OutboundFailed(f"the connection broke: {error}") from error
        return self._reply(_DEEPEST)

    def listen(self) -> Iterator[Reply]:
        """What the server goes on to say, until the deadline."""
        while time.monotonic() < self._deadline:
            try:
                yield self._reply(_DEEPEST)
            except _TooLate:
                return

    def _reply(self, depth: int) -> Reply:
        line = self._line()
        kind, rest = line[:1], line[1:].decode("utf-8", "replace")
        if kind == b"+":
            return rest
        if kind == b"-":
            raise OutboundFailed(rest)
        if kind not in b":$*" or not rest.lstrip("-").isdecimal() or depth <= 0:
            raise OutboundFailed("this is no Redis server")
        number = int(rest)
        if kind == b":":
            return number
        if number < 0:
            return None
        if kind == b"$":
            return self._bytes(number + 2)[:-2].decode("utf-8", "replace")
        return [self._reply(depth - 1) for _ in range(number)]

    def _line(self) -> bytes:
        while (end := self._kept.find(b"\r\n")) < 0:
            if len(self._kept) > _LONGEST_LINE:
                raise OutboundFailed("this is no Redis server")
            self._more()
        return self._take(end + 2)[:-2]

    def _bytes(self, count: int) -> bytes:
        if self._taken + count > LARGEST:
            raise OutboundFailed("the replies are larger than 8 MiB")
        while len(self._kept) < count:
            self._more()
        return self._take(count)

    def _take(self, count: int) -> bytes:
        found = bytes(self._kept[:count])
        del self._kept[:count]
        self._taken += count
        if self._taken > LARGEST:
            raise OutboundFailed("the replies are larger than 8 MiB")
        return found

    def _more(self) -> None:
        """Waits for more, in turns short enough to hear that the run was cancelled."""
        while True:
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise _TooLate("no answer in time")
            if reason := self._call.stopped():
                raise OutboundFailed(reason)
            self._link.settimeout(min(left, _TURN_S))
            try:
                found = self._link.recv(65_536)
            except TimeoutError:
                continue
            except OSError as error:
                raise OutboundFailed(f"the connection broke: {error}") from error
            if not found:
                raise OutboundFailed("the connection was closed")
            self._kept += found
            return


class _TooLate(OutboundFailed):
    """The deadline of the step has come."""


def _printed(reply: Reply) -> Iterator[str]:
    """A reply as `redis-cli --raw` prints it: one value a line."""
    return ("" if each is None else str(each) for each in _values(reply))


def _values(reply: Reply) -> list[str | int | None]:
    """The values of a reply, lists laid flat; of an empty list none."""
    if not isinstance(reply, list):
        return [reply]
    found: list[str | int | None] = []
    waiting: list[Any] = [reply]
    while waiting:
        each = waiting.pop()
        if isinstance(each, list):
            waiting.extend(reversed(each))  # pyright: ignore[reportUnknownArgumentType] - replies within replies
        else:
            found.append(each)
    return found
