"""How much within an hour? The growth of a counter and the sum of events, over a window that ends now."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from tocsin.sense.measures import Point


def growth(points: Sequence[Point]) -> float:
    """How much a counter has grown from the first point to the last; one that fell began anew at 0."""
    return sum(
        later.value - earlier.value if later.value >= earlier.value else later.value
        for earlier, later in pairwise(points)
    )


def total(points: Sequence[Point]) -> float:
    """The sum of what each point tells of."""
    return sum(each.value for each in points)
