"""What is to be diagnosed, and what is already known of it? And what runbooks bring to it, told from above."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from tocsin.ground.catalogue import Service
from tocsin.respond.diagnosis.collector import Collector
from tocsin.sense.alerts import Alert


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """A service in trouble. `since` is when that began, as far as known, `now` when it is looked at.

    `title` is that of the incident, `alerts` are its alerts, the first to fire first; none where there is no incident.
    `measured` is what monitors saw last of the service, by the name of the measure.
    """

    service: str
    settings: Service
    since: datetime
    now: datetime
    incident: str | None = None
    title: str = ""
    severity: str = ""
    alerts: tuple[Alert, ...] = ()
    measured: Mapping[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True, kw_only=True, slots=True)
class BookCause:
    """A cause that a runbook knows, and where it stands there. `fix` is what helps, in its author's words."""

    name: str
    runbook: str
    title: str
    line: int
    symptom: str = ""
    match: tuple[str, ...] = ()
    fix: str = ""


class Books(Protocol):
    """The runbooks of a case: what they ask, and which causes they know."""

    def collectors(self, case: Case) -> Iterable[Collector]: ...
    def causes(self, case: Case) -> Sequence[BookCause]: ...
