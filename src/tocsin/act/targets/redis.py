"""How is a Redis (or Valkey) server spoken to? One connection, bounded by a deadline.

    targets: {cache: {kind: redis, url: "env:REDIS_URL"}}

A target has a `url` (`redis://user:password@host:6379/0`, `rediss://` for TLS), or `host`, `port`, `user`, `password`,
`database`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, Literal, Protocol
from urllib.parse import unquote, urlsplit

from pydantic import Field

from tocsin.act.targets.target import BadTarget, TargetSettings
from tocsin.ground.kernel.outbound import Outbound, OutboundFailed
from tocsin.ground.kernel.secret import Secret, SecretOrText, reveal

LARGEST = 8 << 20
"""All replies of a talk together are kept up to 8 MiB."""
PORT = 6379
_DEEPEST = 8  # lists within lists
_LONGEST_LINE = 65_536
_TURN_S = 0.2

Reply = str | int | list[Any] | None
"""What a server answers; lists hold replies again."""


class RedisSettings(TargetSettings):
    """How a server is named."""

    url: SecretOrText | None = Field(
        default=None, description="redis://user:password@host:6379/0, best as env:REDIS_URL."
    )
    dsn: SecretOrText | None = Field(default=None, description="The same by another name.")
    host: SecretOrText | None = Field(default=None, description="Instead of url. Without both: 127.0.0.1.")
    port: SecretOrText | int | None = Field(default=None, description="6379 if unset.")
    user: SecretOrText | None = Field(default=None, description="User, where there is an access list.")
    password: SecretOrText | None = Field(default=None, description="Password, best as env:NAME.")
    database: SecretOrText | int | None = Field(default=None, description="Number of the database.")


class RedisTarget(RedisSettings):
    """One database of a server."""

    kind: Literal["redis"] = "redis"


@dataclass(frozen=True, kw_only=True, slots=True)
class RedisServer:
    """Where a server is, and who speaks to it."""

    host: str
    port: int = PORT
    encrypted: bool = False
    user: str = ""
    password: str = ""
    database: str = ""

    @property
    def greeting(self) -> Sequence[tuple[str, ...]]:
        """What has to be said first."""
        found: list[tuple[str, ...]] = []
        if self.password:
            found.append(("AUTH", self.user, self.password) if self.user else ("AUTH", self.password))
        if self.database and self.database != "0":
            found.append(("SELECT", self.database))
        return found


def redis_server(target: Mapping[str, Any]) -> RedisServer:
    """The server of a target, its secrets read now. Raises BadTarget."""
    if not target:
        raise BadTarget("this step names no server", fix="Write `On: NAME` with a target of the service.")
    told = {name: _plain(value) for name, value in target.items()}
    url = told.get("url") or told.get("dsn") or ""
    try:
        address = urlsplit(
            url if url else f"redis://{told.get('host') or '127.0.0.1'}:{told.get('port') or PORT}"
        )
        port = address.port or PORT
    except ValueError:
        raise BadTarget("the url of the target cannot be read", fix="Write redis://host:6379/0.") from None
    if address.scheme not in ("redis", "rediss") or not address.hostname:
        raise BadTarget("the target has no `url` of a Redis server", fix="Write redis://host:6379/0.")
    return RedisServer(
        host=address.hostname,
        port=port,
        encrypted=address.scheme == "rediss",
        user=unquote(address.username or "") or told.get("user", ""),
        password=unquote(address.password or "") or told.get("password", ""),
        database=address.path.strip("/") or told.get("database", ""),
    )


@contextmanager
def redis_talk(
    outbound: Outbound, server: RedisServer, timeout_s: float, stopped: Callable[[], str] = lambda: ""
) -> Generator[Talk]:
    """A talk with the server, signed in and at its database, over after `timeout_s` or once `stopped` says why.

    Raises what `Outbound` raises.
    """
    deadline = time.monotonic() + timeout_s
    with closing(_link(outbound, server, timeout_s)) as link:
        talk = Talk(link, deadline, stopped)
        for words in server.greeting:
            talk.ask(words)
        yield talk


def _link(outbound: Outbound, server: RedisServer, timeout_s: float) -> _Link:
    link = outbound.connect(server.host, server.port, timeout=timeout_s, trusted=True)
    if not server.encrypted:
        return link
    try:
        return outbound.tls().wrap_socket(link, server_hostname=server.host)
    except OSError as error:
        link.close()
        raise OutboundFailed(f"no TLS with {server.host}: {error}") from error


class _Link(Protocol):
    """What is needed of a connection."""

    def settimeout(self, value: float, /) -> None: ...
    def sendall(self, data: bytes, /) -> None: ...
    def recv(self, size: int, /) -> bytes: ...
    def close(self) -> None: ...


def _plain(value: Any) -> str:
    if value is None:
        return ""
    return reveal(value) if isinstance(value, Secret) else str(value)


class Talk:
    """The protocol of Redis: https://redis.io/docs/latest/develop/reference/protocol-spec/, as of version 2."""

    def __init__(self, link: _Link, deadline: float, stopped: Callable[[], str]) -> None:
        self._link = link
        self._deadline = deadline
        self._stopped = stopped
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

    def fields(self, section: str = "") -> dict[str, Any]:
        """INFO, or one section of it, as a map, numbers as numbers."""
        told = self.ask(("INFO", section) if section else ("INFO",))
        fields: dict[str, Any] = {}
        for line in str(told).splitlines():
            name, colon, value = line.partition(":")
            if colon and not line.startswith("#"):
                fields[name] = _number(value)
        return fields

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
        """Waits for more, in turns short enough to hear that it is to stop."""
        while True:
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise _TooLate("no answer in time")
            if reason := self._stopped():
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
    """The deadline has come."""


def _number(text: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def printed(reply: Reply) -> Iterator[str]:
    """A reply as `redis-cli --raw` prints it: one value a line."""
    return ("" if each is None else str(each) for each in values_of(reply))


def values_of(reply: Reply) -> list[str | int | None]:
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
