"""A file of SQLite, as it is named: targets: {db: {kind: sqlite, path: /srv/shop/shop.db}}"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from tocsin.act.targets.target import TargetSettings
from tocsin.ground.kernel.secret import SecretOrText


class SqliteTarget(TargetSettings):
    """One database in a file."""

    kind: Literal["sqlite"] = "sqlite"
    path: SecretOrText | None = Field(default=None, description="The file, on the machine where steps run.")
    dsn: SecretOrText | None = Field(default=None, description="Or sqlite:///PATH.")
    url: SecretOrText | None = Field(default=None, description="The same by another name.")

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if not (self.path or self.dsn or self.url):
            raise ValueError("it does not say where the database is; add path: /srv/shop/shop.db")
        return self
