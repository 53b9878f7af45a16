"""Asks a Redis (or Valkey) server whether it is well.

    - {name: cache, kind: redis, host: 127.0.0.1, port: 6379, expect: "json.used_memory < 50000000"}

It sends PING and INFO; `expect` is a condition over `json`, which holds the fields of INFO (numbers as numbers), and
`ms`. With a `password`, or a `user` as well, it signs in first.
"""

from __future__ import annotations

import time

from pydantic import Field

from tocsin.act.checks.finding import Finding
from tocsin.act.checks.probe import CheckSettings, Expectation, Probe, judged
from tocsin.act.targets.redis import PORT, RedisServer, redis_talk
from tocsin.ground.kernel.secret import SecretOrText, reveal


class RedisSettings(CheckSettings):
    host: str = Field(default="127.0.0.1", min_length=1, max_length=253, description="Name or address.")
    port: int = Field(default=PORT, ge=1, le=65_535, description="Its port.")
    user: str | None = Field(default=None, description="User, where there is an access list.")
    password: SecretOrText | None = Field(default=None, description="Password: a secret.")
    expect: Expectation = Field(
        default="ms >= 0", description="Condition over json (the fields of INFO) and ms."
    )


class Redis(Probe[RedisSettings]):
    title = "Redis"
    by_step = True
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
        server = RedisServer(
            host=settings.host,
            port=settings.port,
            user=settings.user or "",
            password=reveal(settings.password) if settings.password is not None else "",
        )
        with redis_talk(self.outbound, server, self.timeout_s) as talk:
            talk.ask(("PING",))
            ms = round((time.monotonic() - begun) * 1000, 1)
            fields = talk.fields()
        used = fields.get("used_memory")
        return judged(
            settings,
            settings.expect,
            {"json": fields, "ms": ms},
            text=f"PONG in {ms:.0f} ms",
            ms=ms,
            default=float(used) if isinstance(used, int | float) else None,
        )
