"""What has happened in a run so far? The rows of a run as values, from which alone the next move follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from tocsin.respond.runbooks.plan import PlannedStep

State = Literal["waiting", "started", "finished", "unknown", "skipped"]
"""`waiting`: allotted, to be dispatched. `unknown`: begun, and nobody knows how it ended. `skipped`: a person went
over it, or it was refused (`ok` false), or it turned out never to have begun and another attempt took its place.
"""

Clear = Literal["cleared", "firing", "none"]
"""Of the incident's alerts; `none` where it has none, so that only a check can tell a recovery."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """One go at a step, or the life of a part or round (`kind` rung, option, round)."""

    key: str
    attempt: int
    state: State
    ok: bool | None = None
    why: str = ""
    title: str = ""
    level: str = "read"
    kind: str = "bash"
    exit: int | None = None
    status: int | None = None
    ms: float | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    folder: str = ""
    boot: str = ""
    detail: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def over(self) -> bool:
        return self.state in ("finished", "skipped")


@dataclass(frozen=True, kw_only=True, slots=True)
class Grant:
    """A person's yes to one text of one step. A `press` starts a change in guided mode; an `approval` is a vote."""

    step: str  # the document's id
    text_hash: str
    kind: Literal["press", "approval"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """Everything that decides what comes next. Durations are seconds."""

    mode: str  # guided | automatic | plan
    allowed: str = "none"  # none | read | change: the highest level that runs without a person
    attempts: tuple[Attempt, ...] = ()
    grants: frozenset[Grant] = frozenset()
    values: Mapping[str, str] = field(default_factory=dict[str, str])  # inputs that have a value
    places: Mapping[str, str] = field(default_factory=dict[str, str])  # the seals of the service's targets
    provided: frozenset[str] = frozenset()  # names that the service's environment gives
    clear: Clear = "none"
    checks: bool = False  # has the service checks of its own?
    window_s: float = 120.0  # for the alert to clear after a verification that passed
    settle_s: float = 30.0  # for the service to settle after a rung whose author named no wait
    poll_s: float = 5.0
    watched_since: datetime | None = None  # nobody could tell us before that an alert has cleared

    def of(self, key: str) -> list[Attempt]:
        return sorted((row for row in self.attempts if row.key == key), key=lambda row: row.attempt)

    def last(self, key: str) -> Attempt | None:
        rows = self.of(key)
        return rows[-1] if rows else None

    def hash_of(self, step: PlannedStep) -> str:
        """What a yes to this step is bound to as things stand."""
        return step.text_hash(self.values, self.places.get(step.on or "", ""))

    def granted(self, step: PlannedStep, *, vote: bool) -> bool:
        text_hash = self.hash_of(step)
        kinds: tuple[Literal["press", "approval"], ...] = ("approval",) if vote else ("approval", "press")
        return any(Grant(step=step.id, text_hash=text_hash, kind=kind) in self.grants for kind in kinds)

    def missing(self, step: PlannedStep) -> tuple[str, ...]:
        """Inputs of the step that nobody has given a value yet."""
        return tuple(name for name in step.inputs if name not in self.values and name not in self.provided)
