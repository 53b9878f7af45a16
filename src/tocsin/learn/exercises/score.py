"""How well did it go? What was noticed, taken on and put right, each against the time that there was for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
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
    ok: bool


def score(
    begun_at: datetime, detect_s: float, incident: Incident | None, clocks: Sequence[IncidentClock]
) -> tuple[Mark, ...]:
    """Detection counts from the break, the other two from detection, as the clocks of the incident do.

    What was back before anybody had to have it needed nobody: then the acknowledgement holds without having happened.
    """
    known = incident.detected_at if incident else None
    taken = incident.acknowledged_at if incident else None
    back = (incident.mitigated_at or incident.resolved_at) if incident else None
    detected = _mark(DETECT, _between(begun_at, known), detect_s)
    acknowledged = _mark(ACKNOWLEDGE, _between(known, taken), _allowed(clocks, "acknowledged"))
    restored = _mark(RESTORE, _between(known, back), _allowed(clocks, "mitigated"))
    if taken is None and _in_time(restored.took_s, acknowledged.allowed_s):
        acknowledged = replace(acknowledged, ok=True)
    return detected, acknowledged, restored


def _mark(name: str, took_s: float | None, allowed_s: float | None) -> Mark:
    return Mark(name=name, took_s=took_s, allowed_s=allowed_s, ok=_in_time(took_s, allowed_s))


def _in_time(took_s: float | None, allowed_s: float | None) -> bool:
    return took_s is not None and (allowed_s is None or took_s <= allowed_s)


def _between(begin: datetime | None, end: datetime | None) -> float | None:
    return max(0.0, (end - begin).total_seconds()) if begin and end else None


def _allowed(clocks: Iterable[IncidentClock], act: str) -> float | None:
    """The shortest of the clocks that this act meets."""
    spans = [
        (each.due_at - each.started_at).total_seconds() for each in clocks if MET_BY.get(each.name) == act
    ]
    return min(spans, default=None)
