"""Asks a Redis (or Valkey) server whether it is well.

    - {name: cache, kind: redis, host: 127.0.0.1, port: 6379, expect: "json.used_memory < 50000000"}

It sends PING and INFO; `expect` is a condition over `json`, which holds the fields of INFO (numbers as numbers), and
`ms`. With a `password`, or a `user` as well, it signs in first.
"""

from __future__ import annotations

import time
from typing import IO, Any, Literal, Protocol

from pydantic import Field

from tocsin.act.checks.finding import Finding
from tocsin.act.checks.probe import CheckSettings, Expectation, Probe, judged
from tocsin.ground.kernel.outbound import OutboundFailed
from tocsin.ground.kernel.secret import SecretOrText, reveal

LONGEST_REPLY = 1 << 20
LONGEST_LINE = 4_096


class RedisSettings(CheckSettings):
    host: str = Field(default="127.0.0.1", min_length=1, max_length=253, description="Name or address.")
    port: int = Field(default=6379, ge=1, le=65_535, description="Its port.")
    user: str | None = Field(default=None, description="User, where there is an access list.")
    password: SecretOrText | None = Field(default=None, description="Password, best as env:NAME.")
    expect: Expectation = Field(
        default="ms >= 0", description="Condition over json (the fields of INFO) and ms."
    )


class Redis(Probe[RedisSettings]):
    title = "Redis"
    Settings = RedisSettings
    examples = (
        {"name": "cache", "kind": "redis", "host": "10.0.0.5"},
        {
            "name": "queue",
            "kind": "redis",
            "password": "env:REDIS_PASSWORD",
            "expect": "json.used_memory < 50000000 && json.loading == 0",
        },
    )

    def look(self) -> Finding:
        settings = self.settings
        begun = time.monotonic()
        with self.outbound.connect(
            settings.host, settings.port, timeout=self.timeout_s, trusted=True
        ) as link:
            talk = _Talk(link, begun + self.timeout_s)
            if settings.password is not None:
                user = (settings.user,) if settings.user else ()
                talk.ask("AUTH", *user, reveal(settings.password))
            talk.ask("PING")
            ms = round((time.monotonic() - begun) * 1000, 1)
            fields = _fields(talk.ask("INFO"))
        used = fields.get("used_memory")
        return judged(
            settings,
            settings.expect,
            {"json": fields, "ms": ms},
            text=f"PONG in {ms:.0f} ms",
            ms=ms,
            default=float(used) if isinstance(used, int | float) else None,
        )


class _Link(Protocol):
    """What is needed of a connection."""

    def settimeout(self, value: float, /) -> None: ...
    def sendall(self, data: bytes, /) -> None: ...
    def makefile(self, mode: Literal["rb"]) -> IO[bytes]: ...


class _Talk:
    """The protocol of Redis as far as it is needed: https://redis.io/docs/latest/develop/reference/protocol-spec/."""

    def __init__(self, link: _Link, deadline: float) -> None:
        self._link = link
        self._answers = link.makefile("rb")
        self._deadline = deadline

    def ask(self, *words: str) -> str:
        """One command and its reply. Raises OutboundFailed for an error and for what is no reply."""
        encoded = [word.encode() for word in words]
        command = b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(each), each) for each in encoded)
        try:
            self._link.settimeout(max(0.001, self._deadline - time.monotonic()))
            self._link.sendall(command)
            return self._reply()
        except TimeoutError:
            raise OutboundFailed("no answer in time") from None
        except OSError as error:
            raise OutboundFailed(f"the connection broke: {error}") from error

    def _reply(self) -> str:
        line = self._answers.readline(LONGEST_LINE)
        kind, rest = line[:1], line[1:].decode("utf-8", "replace").strip()
        if kind == b"+":
            return rest
        if kind == b"-":
            raise OutboundFailed(rest)
        if kind != b"$" or not rest.isdecimal() or int(rest) > LONGEST_REPLY:
            raise OutboundFailed("this is no Redis server" if line else "the connection was closed")
        return self._answers.read(int(rest) + 2).decode("utf-8", "replace")


def _fields(info: str) -> dict[str, Any]:
    """INFO as a map, numbers as numbers."""
    fields: dict[str, Any] = {}
    for line in info.splitlines():
        name, colon, value = line.partition(":")
        if colon and not line.startswith("#"):
            fields[name] = _number(value)
    return fields


def _number(text: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
