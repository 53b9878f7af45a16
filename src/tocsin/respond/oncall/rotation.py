"""Whose turn is it, and when does it begin? The turns of one layer, and the hours in which they count.

The turn at an instant is the last one that has begun, so every hand-over happens at one instant, and at each
instant there is at most one person, whatever the clocks do.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from tocsin.respond.oncall import holidays
from tocsin.respond.oncall.hours import ALWAYS, Hours, hours_of, instant
from tocsin.respond.oncall.schedule import Layer

Piece = tuple[datetime, datetime]
Turn = tuple[datetime, datetime, str]
_DAY = timedelta(days=1)
# The most that wall clocks were ever set at once: Samoa left out a day.
_JUMP = timedelta(hours=25)


def turn_of(layer: Layer, at: datetime, zone: ZoneInfo) -> int:
    """The number of the turn, from 0; below 0 before the start."""
    local = at.astimezone(zone).replace(tzinfo=None)
    near = (local - layer.start) // layer.length
    margin = _JUMP // layer.length + 2
    for turn in range(near + margin, near - margin - 1, -1):
        if begin_of(layer, turn, zone) <= at:
            return turn
    raise AssertionError("a turn begins within a day of its wall time")


def begin_of(layer: Layer, turn: int, zone: ZoneInfo) -> datetime:
    """When the turn of that number begins."""
    return instant(layer.start + turn * layer.length, zone)


def turns(layer: Layer, start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[Turn]:
    """Every turn that reaches into this time, whole, in order and without a hole from the layer's start on."""
    first = max(turn_of(layer, start, zone), 0)
    margin = _JUMP // layer.length + 2
    last = (end.astimezone(zone).replace(tzinfo=None) - layer.start) // layer.length + margin
    if last < first:
        return
    begins = [begin_of(layer, turn, zone) for turn in range(first, last + 2)]
    for index in range(len(begins) - 2, -1, -1):  # a turn is over when a later one has begun
        begins[index] = min(begins[index], begins[index + 1])
    people = layer.people
    for index in range(len(begins) - 1):
        begin, over = begins[index], begins[index + 1]
        if begin >= end:
            return
        if start < over > begin:
            yield begin, over, people[(first + index) % len(people)]


def counts(layer: Layer, calendar: tuple[str, ...], at: datetime, zone: ZoneInfo) -> bool:
    """Whether the layer's hours, holidays and end let it count at this instant."""
    if layer.until is not None and at >= instant(layer.until, zone):
        return False
    if not layer.hours and layer.holidays is None:
        return True
    today = at.astimezone(zone).date()
    for text in layer.hours or (None,):
        bounds = hours_of(text) if text else ALWAYS
        for offset in range(-3, 2):
            window = _window(layer, bounds, calendar, today + offset * _DAY)
            if window and instant(window[0], zone) <= at < instant(window[1], zone):
                return True
    return False


def windows(
    layer: Layer, calendar: tuple[str, ...], start: datetime, end: datetime, zone: ZoneInfo
) -> list[Piece]:
    """When the layer counts, in order and apart from each other; what reaches into this time is whole."""
    over = end
    if layer.until is not None:
        over = min(end, instant(layer.until, zone))
    if not layer.hours and layer.holidays is None:
        return [(start, over)] if start < over else []
    found: list[Piece] = []
    bounds = [hours_of(text) for text in layer.hours] or [ALWAYS]
    day, last = start.astimezone(zone).date() - 3 * _DAY, end.astimezone(zone).date() + _DAY
    while day <= last:
        for each in bounds:
            window = _window(layer, each, calendar, day)
            if window:
                found.append((instant(window[0], zone), instant(window[1], zone)))
        day += _DAY
    return _joined(found, start, over)


def _window(layer: Layer, bounds: Hours, calendar: tuple[str, ...], day: date) -> Piece | None:
    """The hours that begin on a day; a night that begins on a holiday is one of the holiday."""
    if layer.holidays is not None and holidays.is_holiday(calendar, day) != (layer.holidays == "only"):
        return None
    return bounds.of_day(day)


def _joined(pieces: list[Piece], start: datetime, over: datetime) -> list[Piece]:
    joined: list[Piece] = []
    for begin, stop in sorted(pieces):
        stop = min(stop, over)
        if stop <= max(begin, start) or begin >= over:
            continue
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], stop))
        else:
            joined.append((begin, stop))
    return joined
