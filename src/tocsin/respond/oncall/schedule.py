"""Who is on call at this instant? Layers of rotations in local time, and overrides on top.

All rules are written in the wall time of a zone and answered in UTC. A wall time that exists twice, when
clocks go back, is meant the first time; one that does not exist, when they go forward, is meant where it
would have been had they not. So every hand-over happens at one instant, and at each instant there is at most
one person.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, field_validator, model_validator

from tocsin.ground.catalogue import Slug, TimeZone
from tocsin.ground.kernel.duration import Duration, format_duration
from tocsin.ground.kernel.settings import Settings

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = timedelta(days=1)
_SHORTEST = timedelta(hours=1)
_HORIZON = timedelta(days=400)
_EDGES = 2_000
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Hours:
    """Some days of the week, from one time of day to another; past midnight when the end is not after the
    start.
    """

    days: frozenset[int]
    start: timedelta
    end: timedelta

    @classmethod
    def parse(cls, text: str) -> Hours:
        """`mon-fri 09:00-18:00`, `mon,wed 18:00-09:00` (to the next morning), `sat,sun`, `22:00-06:00`."""
        days: frozenset[int] = frozenset(range(7))
        start, end = timedelta(), _DAY
        words = text.lower().split()
        if not 1 <= len(words) <= 2:
            raise ValueError(_wanted(text))
        for word in words:
            clock = _CLOCK.fullmatch(word)
            if clock:
                first_hour, first_minute, last_hour, last_minute = (int(each) for each in clock.groups())
                start = timedelta(hours=first_hour, minutes=first_minute)
                end = timedelta(hours=last_hour, minutes=last_minute)
                if start >= _DAY or end > _DAY or max(first_minute, last_minute) > 59:
                    raise ValueError(_wanted(text))
                if end <= start:
                    end += _DAY
            else:
                days = frozenset(_days(word, text))
        return cls(days=days, start=start, end=end)

    def windows(self, around: date) -> Iterator[tuple[datetime, datetime]]:
        """In wall time, those that begin from the day before to eight days after `around`, in order."""
        for offset in range(-2, 9):
            day = around + timedelta(days=offset)
            if day.weekday() in self.days:
                midnight = datetime.combine(day, time())
                yield midnight + self.start, midnight + self.end


def _days(word: str, text: str) -> Iterator[int]:
    for part in word.split(","):
        first, dash, last = part.partition("-")
        if first not in DAYS or (dash and last not in DAYS):
            raise ValueError(_wanted(text))
        begin, end = DAYS.index(first), DAYS.index(last if dash else first)
        yield from (index % 7 for index in range(begin, end + 1 if end >= begin else end + 8))


def _wanted(text: str) -> str:
    return f"{text!r} are no hours; write them like mon-fri 09:00-18:00, sat,sun or 18:00-09:00"


def _checked_hours(text: str) -> str:
    Hours.parse(text)
    return text


@lru_cache(maxsize=1_024)
def _hours(text: str) -> Hours:
    return Hours.parse(text)


def _wall(value: datetime) -> datetime:
    if value.tzinfo is not None:
        raise ValueError(
            "a time of a schedule is written without a zone, in the schedule's own: 2026-01-05T09:00"
        )
    return value


WallTime = Annotated[datetime, AfterValidator(_wall)]


class Layer(Settings):
    """People in turn."""

    people: tuple[Slug, ...] = Field(
        min_length=1, description="Names under people:, in the order of their turns."
    )
    rotation: Literal["daily", "weekly"] | Duration = Field(
        default="weekly", description="How long a turn lasts: daily, weekly, or a length such as 12h or 3d."
    )
    start: WallTime = Field(description="When the first turn begins, as wall time: 2026-01-05T09:00.")
    until: WallTime | None = Field(default=None, description="When the layer ends.")
    hours: tuple[Annotated[str, AfterValidator(_checked_hours)], ...] = Field(
        default=(), description="When it counts: mon-fri 09:00-18:00. Empty: always."
    )

    @field_validator("rotation")
    @classmethod
    def _long_enough(cls, value: str | timedelta) -> str | timedelta:
        if isinstance(value, timedelta) and value < _SHORTEST:
            raise ValueError(f"a turn lasts at least 1h, not {format_duration(value)}")
        return value

    @property
    def length(self) -> timedelta:
        if isinstance(self.rotation, timedelta):
            return self.rotation
        return _DAY if self.rotation == "daily" else 7 * _DAY


class Override(Settings):
    """Somebody instead of whoever would be on call."""

    person: Slug
    start: WallTime = Field(alias="from", description="Wall time, 2026-12-24T09:00.")
    until: WallTime = Field(description="Wall time, not included.")

    @model_validator(mode="after")
    def _forward(self) -> Override:
        if self.until <= self.start:
            raise ValueError("an override ends after it begins")
        return self


class Schedule(Settings):
    """Layers, of which a later one goes before an earlier one, and overrides, which go before all."""

    title: str = ""
    time_zone: TimeZone | None = Field(
        default=None, description="Such as Asia/Taipei; else the installation's."
    )
    layers: tuple[Layer, ...] = Field(
        min_length=1, description="The first is the base, later ones go on top."
    )
    overrides: tuple[Override, ...] = Field(default=(), description="The last one that applies counts.")


def instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """The one instant that a wall time means; see above for those that exist twice or never."""
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


def who(schedule: Schedule, at: datetime, zone: ZoneInfo) -> str | None:
    """The person on call; None in a gap."""
    for override in reversed(schedule.overrides):
        if instant(override.start, zone) <= at < instant(override.until, zone):
            return override.person
    for layer in reversed(schedule.layers):
        if _counts(layer, at, zone):
            turn = turn_of(layer, at, zone)
            if turn >= 0:
                return layer.people[turn % len(layer.people)]
    return None


def turn_of(layer: Layer, at: datetime, zone: ZoneInfo) -> int:
    """The number of the turn, from 0; below 0 before the start."""
    local = at.astimezone(zone).replace(tzinfo=None)
    near = (local - layer.start) // layer.length
    # The clocks may stand between here and the start of the turn: look at the turns beside it.
    for turn in range(near + 2, near - 3, -1):
        if _begin(layer, turn, zone) <= at:
            return turn
    return near


def changes(schedule: Schedule, after: datetime, zone: ZoneInfo) -> Iterator[tuple[datetime, str | None]]:
    """When another person takes over (None: nobody), from `after` on, in order, up to a year ahead."""
    person, at = who(schedule, after, zone), after
    for _ in range(_EDGES):
        edge = _next_edge(schedule, at, zone)
        if edge is None or edge - after > _HORIZON:
            return
        at, before = edge, person
        person = who(schedule, at, zone)
        if person != before:
            yield at, person


def gaps(
    schedule: Schedule, start: datetime, end: datetime, zone: ZoneInfo
) -> list[tuple[datetime, datetime]]:
    """Where nobody is on call between two instants."""
    moments = [(start, who(schedule, start, zone))]
    moments += [each for each in changes(schedule, start, zone) if each[0] < end]
    ends = [*moments, (end, None)]
    return [(at, following) for (at, person), (following, _) in pairwise(ends) if person is None]


def _begin(layer: Layer, turn: int, zone: ZoneInfo) -> datetime:
    return instant(layer.start + turn * layer.length, zone)


def _counts(layer: Layer, at: datetime, zone: ZoneInfo) -> bool:
    if layer.until is not None and at >= instant(layer.until, zone):
        return False
    if not layer.hours:
        return True
    today = at.astimezone(zone).date()
    return any(
        instant(start, zone) <= at < instant(end, zone)
        for text in layer.hours
        for start, end in _hours(text).windows(today)
    )


def _next_edge(schedule: Schedule, after: datetime, zone: ZoneInfo) -> datetime | None:
    """The next instant at which the answer might change."""
    found: list[datetime] = []
    for override in schedule.overrides:
        found += [instant(override.start, zone), instant(override.until, zone)]
    for layer in schedule.layers:
        turn = turn_of(layer, after, zone)
        if turn < 0:
            found.append(_begin(layer, 0, zone))
            continue
        if len(layer.people) > 1:
            found += [_begin(layer, turn + ahead, zone) for ahead in (0, 1, 2)]
        if layer.until is not None:
            found.append(instant(layer.until, zone))
        today = after.astimezone(zone).date()
        for text in layer.hours:
            for start, end in _hours(text).windows(today):
                found += [instant(start, zone), instant(end, zone)]
    return min((edge for edge in found if edge > after), default=None)
