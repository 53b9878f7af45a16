"""How does Tocsin do it for this service? A way: one action, or a runbook, that a strategy or a degrade option runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field, model_validator

from tocsin.ground.catalogue.entry import EnvironmentName
from tocsin.ground.kernel.settings import Settings


class Way(Settings):
    """Exactly one of `action` and `runbook`. In a roll back ${VERSION} is where it goes, ${FROM} where it comes from;
    a runbook sees both as inputs.
    """

    action: dict[str, dict[str, Any]] | None = Field(
        default=None,
        description="One action with its arguments: {render.roll_back: {deploy: '${VERSION}'}}.",
    )
    on: str | None = Field(
        default=None, description="The target of the action, under targets: of the service."
    )
    runbook: str | None = Field(default=None, description="Path of a runbook: shop/roll-back.md.")
    inputs: dict[EnvironmentName, str] = Field(
        default_factory=dict, description="Values for the inputs of the runbook."
    )

    @model_validator(mode="after")
    def _one_of_them(self) -> Way:
        if (self.action is None) == (self.runbook is None):
            raise ValueError("give either action: or runbook:")
        if self.action is not None and len(self.action) != 1:
            raise ValueError("write one action with its arguments: {docker.restart: {service: api}}")
        if self.runbook is not None and self.on is not None:
            raise ValueError("a runbook names its targets itself; on: goes with action:")
        if self.action is not None and self.inputs:
            raise ValueError("an action has arguments; inputs: go with runbook:")
        return self

    @property
    def named(self) -> tuple[str, Mapping[str, Any]] | None:
        """The name of the action and its arguments; None for a runbook."""
        return next(iter(self.action.items())) if self.action else None

    @property
    def does(self) -> str:
        """As a list shows it."""
        return self.runbook or next(iter(self.action or {}), "")
