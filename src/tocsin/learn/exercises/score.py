"""How well did it go? What was noticed, taken on and put right, each against the time that there was for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from tocsin.ground.i18n import N_
from tocsin.respond.incidents.clocks import MET_BY
from tocsin.respond.incidents.incident import Incident
from tocsin.respond.incidents.store import IncidentClock

DETECT, ACKNOWLEDGE, RESTORE = N_("detect"), N_("acknowledge"), N_("restore")


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """One part of the score, in seconds: `took_s` None for what never happened, `allowed_s` where nothing was set."""

    name: str  # detect | acknowledge | restore
    took_s: float | None
    allowed_s: float | None

    @property
    def ok(self) -> bool:
        return self.took_s is not None and (self.allowed_s is None or self.took_s <= self.allowed_s)


def score(
    begun_at: datetime, detect_s: float, incident: Incident | None, clocks: Sequence[IncidentClock]
) -> tuple[Mark, ...]:
    """Detection counts from the break, the other two from detection, as the clocks of the incident do."""
    known = incident.detected_at if incident else None
    back = (incident.mitigated_at or incident.resolved_at) if incident else None
    taken = incident.acknowledged_at if incident else None
    return (
        Mark(name=DETECT, took_s=_between(begun_at, known), allowed_s=detect_s),
        Mark(name=ACKNOWLEDGE, took_s=_between(known, taken), allowed_s=_allowed(clocks, "acknowledged")),
        Mark(name=RESTORE, took_s=_between(known, back), allowed_s=_allowed(clocks, "mitigated")),
    )


def _between(begin: datetime | None, end: datetime | None) -> float | None:
    return max(0.0, (end - begin).total_seconds()) if begin and end else None


def _allowed(clocks: Iterable[IncidentClock], act: str) -> float | None:
    """The shortest of the clocks that this act meets."""
    spans = [
        (each.due_at - each.started_at).total_seconds() for each in clocks if MET_BY.get(each.name) == act
    ]
    return min(spans, default=None)
