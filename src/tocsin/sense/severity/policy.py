"""How bad is it, and what does that ask for? A policy: levels from the worst down, each with its rules and demands."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal, cast

from pydantic import Field, PrivateAttr, StringConstraints, model_validator

from tocsin.ground.catalogue import Grouping
from tocsin.ground.kernel.conditions import ALERT, Environment
from tocsin.ground.kernel.duration import Deadline
from tocsin.ground.kernel.settings import Settings
from tocsin.sense.severity.standard import STANDARD

LevelName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$")]


class Level(Settings):
    """One severity: the rules that lead to it, and what follows.

    A level named P0, P1, P2 or P3 has the usual demands where it does not say otherwise itself.
    """

    title: str = Field(default="", description="In words: Critical.")
    when: tuple[str, ...] = Field(default=(), description="Conditions in CEL; one that is true is enough.")
    otherwise: bool = Field(default=False, description="The level of what no rule matches. One level has it.")
    urgency: Literal["critical", "high", "medium", "low"] = Field(
        default="medium", description="How loud it is."
    )
    clocks: dict[str, Deadline] = Field(
        default_factory=dict,
        description="Deadlines by name: assess, act, restore, report, postmortem, or one of your own; none is none.",
    )
    channels: tuple[str, ...] = Field(
        default=(), description="Names under channels: to page by. Empty: each person's own order."
    )
    mentions: tuple[str, ...] = Field(
        default=(),
        description="Whom a message in a room calls besides the people of the step: everyone, role:commander, "
        "lead:backend, person:mei.",
    )
    incident: bool = Field(default=True, description="Whether an alert of this level opens an incident.")
    page: bool = Field(default=True, description="Whether somebody is woken.")
    escalate: bool = Field(default=True, description="Whether the next one is paged when nobody answers.")
    confirm: bool = Field(
        default=False, description="Whether the service's own probes are run at once: is it real?"
    )
    repeat: Deadline = Field(
        default=None,
        description="While nobody has acknowledged and its alerts fire, the escalation begins anew after so long.",
    )
    roles: tuple[str, ...] = Field(default=(), description="Roles to fill: commander, technical-lead, …")
    war_room: bool = Field(default=False, description="Whether a room of its own is opened.")
    runbooks: tuple[str, ...] = Field(
        default=(), description='Globs of runbooks to offer, such as "shop/*.md".'
    )


class CaseAlert(Settings):
    """An alert as a case tells it."""

    name: str = Field(default="", description="Name; without it the label alertname.")
    labels: dict[str, str | int | float | bool] = Field(default_factory=dict, description="Its labels.")
    annotations: dict[str, str | int | float | bool] = Field(
        default_factory=dict, description="Its annotations."
    )
    value: float | None = Field(default=None, description="The value that was measured.")
    source: str = Field(default="case", description="Kind of source.")


class Case(Settings):
    """An example that proves the policy: with this alert, that level."""

    name: str = Field(min_length=1, description="What the case shows.")
    service: str = Field(default="", description="A service of the configuration, for its tier and baseline.")
    alert: CaseAlert = Field(default=CaseAlert(), description="The alert.")
    m: dict[str, float] = Field(
        default_factory=dict, description="Measures, instead of labels or annotations."
    )
    q: dict[str, bool] = Field(default_factory=dict, description="Answers, instead of labels.")
    expect: LevelName = Field(description="The level that must come out.")


class Policy(Settings):
    """Levels in order, the worst first; the first whose rules match is the level."""

    levels: dict[LevelName, Level] = Field(min_length=1, description="The worst first, such as P0 to P3.")
    group: Grouping | None = Field(default=None, description="How alerts of its services are grouped.")
    cases: tuple[Case, ...] = Field(default=(), description="Examples that `tocsin policy test` runs.")
    _name: str = PrivateAttr(default="default")
    _environment: Environment = PrivateAttr(default=ALERT)

    @model_validator(mode="before")
    @classmethod
    def _usual_demands(cls, value: Any) -> Any:
        """Fills what a level with a usual name leaves unsaid."""
        whole = _map(value)
        levels = _map(whole.get("levels"))
        if not levels:
            return value
        filled: dict[str, Any] = {}
        for name, level in levels.items():
            demands = STANDARD.get(str(name))
            filled[name] = {**demands, **_map(level)} if demands and isinstance(level, dict) else level
        return {**whole, "levels": filled}

    @property
    def name(self) -> str:
        """Its key under policies:."""
        return self._name

    @property
    def environment(self) -> Environment:
        """The variables of its conditions, measures of the configuration's own among them."""
        return self._environment

    @property
    def fallback(self) -> str:
        """The level of what no rule matches; the first if none says so, since nobody knows how bad it is."""
        return next((name for name, level in self.levels.items() if level.otherwise), next(iter(self.levels)))

    def placed(self, name: str, measures: Iterable[str]) -> Policy:
        """The same policy, knowing its name and the measures that the configuration declares."""
        placed = self.model_copy()
        placed._name = name
        placed._environment = ALERT.with_measures(measures)
        return placed


def _map(value: Any) -> dict[str, Any]:
    """As YAML gave it, if it is a map; not validated yet."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
