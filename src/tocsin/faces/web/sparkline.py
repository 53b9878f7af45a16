"""How did it go of late? A line over time, drawn on the server as SVG, with a gap where nothing was measured."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

WIDTH, HEIGHT = 240.0, 36.0
_MARGIN = 2.0
_GAPS = 4
"""So many times the usual distance between two values is a gap."""
_POINTS_MOST = 240


@dataclass(frozen=True, kw_only=True, slots=True)
class Dot:
    """One value in the drawing. `bad`: it was out of bounds, or the round failed."""

    at: datetime
    value: float
    bad: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Sparkline:
    """`path` and `dots` are for SVG; `limit_y` is where the bound lies, None where it is outside or there is none."""

    path: str
    dots: tuple[tuple[float, float], ...]
    limit_y: float | None
    least: float
    most: float
    count: int
    bad: int


def sparkline(values: Sequence[Dot], limit: float | None = None) -> Sparkline | None:
    """The drawing of values in order of time; None of fewer than two."""
    dots = _thinned(values)
    if len(dots) < 2:
        return None
    least, most = min(each.value for each in values), max(each.value for each in values)
    low, high = _scale(least, most, limit)
    begin, span = dots[0].at, max((dots[-1].at - dots[0].at).total_seconds(), 1e-6)

    def y(value: float) -> float:
        share = (value - low) / (high - low) if high > low else 0.5
        return round(HEIGHT - _MARGIN - share * (HEIGHT - 2 * _MARGIN), 1)

    places = [
        (round((each.at - begin).total_seconds() / span * WIDTH, 1), y(each.value), each) for each in dots
    ]
    usual = statistics.median((later.at - earlier.at).total_seconds() for earlier, later in pairwise(dots))
    parts = [f"M{places[0][0]} {places[0][1]}"]
    for (_, _, before), (x, at_y, each) in pairwise(places):
        is_gap = (each.at - before.at).total_seconds() > _GAPS * usual
        parts.append(f"{'M' if is_gap else 'L'}{x} {at_y}")
    return Sparkline(
        path="".join(parts),
        dots=tuple((x, at_y) for x, at_y, each in places if each.bad),
        limit_y=y(limit) if limit is not None and low <= limit <= high else None,
        least=least,
        most=most,
        count=len(values),
        bad=sum(1 for each in values if each.bad),
    )


def _thinned(values: Sequence[Dot]) -> list[Dot]:
    """Of too many, the most striking of each few: a bad one, else the highest."""
    if len(values) <= _POINTS_MOST:
        return list(values)
    step = -(-len(values) // _POINTS_MOST)
    few = [values[start : start + step] for start in range(0, len(values), step)]
    return [max(each, key=lambda dot: (dot.bad, dot.value)) for each in few]


def _scale(least: float, most: float, limit: float | None) -> tuple[float, float]:
    """From the least to the most, with the bound where it is near enough to tell something."""
    low, high = min(least, 0.0) if least < most / 2 else least, most
    if limit is not None and low <= limit <= high + 2 * (high - low):
        high = max(high, limit)
    return low, high
