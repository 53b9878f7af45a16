"""Which ways are there to bring a service back, and what speaks for each? A table, kept as data.

What it says holds where nobody measured better: `repair.strategies` in the configuration changes its rows, and times
that were measured on the service itself take the place of those written here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final, Literal, get_args

from pydantic import Field

from tocsin.ground.i18n import N_
from tocsin.ground.kernel.duration import Duration
from tocsin.ground.kernel.settings import Settings

Name = Literal["rollback", "restart", "scale", "hotfix", "degrade"]
NAMES: Final[tuple[Name, ...]] = get_args(Name)
TITLES: Final[Mapping[str, str]] = {
    "rollback": N_("Roll back"),
    "restart": N_("Restart"),
    "scale": N_("Scale up"),
    "hotfix": N_("Hotfix"),
    "degrade": N_("Degrade"),
}
CAUSES: Final[Mapping[str, str]] = {
    "deployment": N_("a deploy"),
    "configuration": N_("a configuration"),
    "memory-leak": N_("a memory leak"),
    "connection-issue": N_("connections"),
    "resource-exhaustion": N_("resources used up"),
    "capacity": N_("too little capacity"),
    "performance": N_("slowness"),
    "code-bug": N_("a bug in the code"),
    "logic-error": N_("a mistake in the logic"),
}
"""Causes that the shipped table knows, in words; a table of one's own may name others."""


class Strategy(Settings):
    """One row. Fields that are left out in the configuration keep what the shipped table says."""

    time_to_restore: Duration = Field(description="How long until the service is back, usually.")
    risk: Literal["low", "medium", "high"] = Field(description="What may go wrong by it.")
    data_loss: bool = Field(default=False, description="Whether data may be lost by it.")
    causes: tuple[str, ...] = Field(default=(), description="The causes that it cures. Empty: none for sure.")

    @property
    def seconds(self) -> float:
        return self.time_to_restore.total_seconds()


STANDARD: Final[Mapping[Name, Strategy]] = {
    "rollback": Strategy(
        time_to_restore=timedelta(minutes=5), risk="low", causes=("deployment", "configuration")
    ),
    "restart": Strategy(
        time_to_restore=timedelta(minutes=2),
        risk="low",
        causes=("memory-leak", "connection-issue", "resource-exhaustion"),
    ),
    "scale": Strategy(time_to_restore=timedelta(minutes=10), risk="low", causes=("capacity", "performance")),
    "hotfix": Strategy(
        time_to_restore=timedelta(minutes=30), risk="medium", causes=("code-bug", "logic-error")
    ),
    "degrade": Strategy(time_to_restore=timedelta(minutes=1), risk="low"),
}
URGENT: Final[tuple[Name, ...]] = ("rollback", "restart")
"""What a critical incident tries first, the safest in front: a roll back is known to have worked before."""
