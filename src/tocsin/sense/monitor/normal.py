"""What is normal at this hour? Learned from the hours before, without those in which something was out of bounds.

The median of the same hour of the day, one more or less, on at least three of the last fourteen days. Until so much is
known, the median of the last day; and before there are twenty values, nothing: then nobody is woken by a guess.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from datetime import datetime, timedelta

from tocsin.sense.measures import Point

_DAYS_NEEDED = 3
_POINTS_NEEDED = 20
_JUST_NOW = timedelta(minutes=10)
"""A fall that has just begun must not become what is normal."""


def learned(hours: Sequence[tuple[datetime, float]], points: Sequence[Point], now: datetime) -> float | None:
    """The normal value; None where too little is known. `hours` are medians by the begin of their hour."""
    same = [(at, value) for at, value in hours if at < now - timedelta(hours=3) and _near(at.hour, now.hour)]
    if len({at.date() for at, _ in same}) >= _DAYS_NEEDED:
        return statistics.median(value for _, value in same)
    usual = [each.value for each in points if each.usual and each.at < now - _JUST_NOW]
    return statistics.median(usual) if len(usual) >= _POINTS_NEEDED else None


def _near(one: int, other: int) -> bool:
    apart = abs(one - other)
    return min(apart, 24 - apart) <= 1
