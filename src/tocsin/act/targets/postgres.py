"""A database of Postgres, as it is named: targets: {db: {kind: postgres, dsn: "env:DATABASE_URL"}}"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from tocsin.act.targets.target import TargetSettings
from tocsin.ground.kernel.secret import SecretOrText


class PostgresTarget(TargetSettings):
    """One database of a server."""

    kind: Literal["postgres"] = "postgres"
    dsn: SecretOrText | None = Field(default=None, description="postgresql://…, best as env:DATABASE_URL.")
    url: SecretOrText | None = Field(default=None, description="The same by another name.")
    backups: SecretOrText | None = Field(
        default=None, description="Folder of its backups, where steps run: for the actions backup.*."
    )

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if not (self.dsn or self.url):
            raise ValueError("it does not say where the database is; add dsn: env:DATABASE_URL")
        return self
