"""Where feature flags are kept, as it is named: targets: {flags: {kind: flags, file: /srv/shop/flags.json}}"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from tocsin.act.targets.redis import RedisSettings
from tocsin.ground.kernel.secret import SecretOrText


class FlagsTarget(RedisSettings):
    """One of a file, an address, and a Redis server."""

    kind: Literal["flags"] = "flags"
    file: SecretOrText | None = Field(default=None, description="A JSON file that holds a map of flags.")
    http: SecretOrText | None = Field(
        default=None, description="Address of a flag service: BASE of BASE/NAME."
    )
    token: SecretOrText | None = Field(default=None, description="Bearer token of that service.")
    prefix: SecretOrText | None = Field(default=None, description="What each key in Redis begins with.")

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        places = [each for each in (self.file, self.http, self.url or self.dsn or self.host) if each]
        if len(places) != 1:
            raise ValueError(
                "flags are kept at one place; give one of file, http and url (of a Redis server)"
            )
        return self
