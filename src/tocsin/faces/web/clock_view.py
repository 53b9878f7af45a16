"""How long is left? The clocks of an incident as bars and digits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from tocsin.respond.incidents import IncidentClock


@dataclass(frozen=True, kw_only=True, slots=True)
class ClockView:
    """`share` is the part of the time that has passed, 0 to 100. `took`: until it was met."""

    name: str
    tone: Literal["", "ok", "warn", "crit"]
    state: Literal["running", "warned", "missed", "met", "late"]
    due_at: datetime
    limit: timedelta
    share: int
    took: timedelta | None


def clock_views(clocks: Sequence[IncidentClock], now: datetime) -> list[ClockView]:
    return [_view(each, now) for each in clocks]


def most_pressing(clocks: Sequence[IncidentClock], now: datetime) -> ClockView | None:
    """Of the clocks that nobody has met yet, the one that is due first."""
    open_clocks = [each for each in clocks if each.met_at is None]
    return _view(min(open_clocks, key=lambda each: each.due_at), now) if open_clocks else None


def _view(clock: IncidentClock, now: datetime) -> ClockView:
    limit = clock.due_at - clock.started_at
    passed = (clock.met_at or now) - clock.started_at
    share = min(100, max(0, round(100 * (passed / limit)))) if limit else 100
    state, tone = _state(clock, now)
    return ClockView(
        name=clock.name,
        tone=tone,
        state=state,
        due_at=clock.due_at,
        limit=limit,
        share=share,
        took=clock.met_at - clock.started_at if clock.met_at else None,
    )


def _state(
    clock: IncidentClock, now: datetime
) -> tuple[Literal["running", "warned", "missed", "met", "late"], Literal["", "ok", "warn", "crit"]]:
    missed = clock.state == "missed" or (clock.met_at is None and now >= clock.due_at)
    if clock.met_at:
        return ("late", "crit") if missed else ("met", "ok")
    if missed:
        return "missed", "crit"
    return ("warned", "warn") if now >= clock.warn_at else ("running", "")
