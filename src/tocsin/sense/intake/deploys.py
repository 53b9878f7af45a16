"""What do forges and hosts have in common? A shared secret, and repositories that are services here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from tocsin.ground.kernel.secret import Secret
from tocsin.sense.intake.source import SourceSettings

Told = Literal["ignore", "change", "alert", "both"]
"""What becomes of a run of a pipeline: nothing, a change, an alert where it fails, or both."""


class DeploySettings(SourceSettings):
    """Of every source that tells of deploys."""

    secret: Secret | None = Field(default=None, description="What the sender proves itself with.")
    services: Mapping[str, str] = Field(
        default_factory=dict[str, str],
        description="The service of each repository; without an entry, the last part of its name.",
    )

    def service_of(self, name: str) -> str:
        """The service that a repository or a hosted service is here."""
        return self.services.get(name) or name.rpartition("/")[2]


def as_change(told: Told) -> bool:
    return told in ("change", "both")


def as_alert(told: Told) -> bool:
    return told in ("alert", "both")
