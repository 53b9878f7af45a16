"""How much of it does each carry? Hours, nights, weekend days and holidays on call, by person."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from tocsin.respond.oncall.hours import instant

_DAY = timedelta(days=1)
NIGHT = (time(22), time(6))
"""From when to when a night is, in the schedule's wall time."""
ENOUGH = timedelta(hours=4)
"""From so much on call on, a night, a weekend day or a holiday counts as spent."""


class Served(Protocol):
    """The part of a shift that is counted."""

    @property
    def person(self) -> str | None: ...
    @property
    def start(self) -> datetime: ...
    @property
    def end(self) -> datetime: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Load:
    """`hours` have really passed, also when the clocks changed; `weekends` are Saturdays and Sundays."""

    hours: float = 0.0
    nights: int = 0
    weekends: int = 0
    holidays: int = 0


def _never(_: date) -> bool:
    return False


def hours(
    shifts: Iterable[Served], zone: ZoneInfo, is_holiday: Callable[[date], bool] = _never
) -> dict[str, Load]:
    """The load of everybody who has a shift. A day counts that was at least four hours on call, a night
    (22:00–06:00 of the zone) too, whether these were in one go or not.
    """
    passed: dict[str, timedelta] = {}
    nights: dict[tuple[str, date], timedelta] = {}
    days: dict[tuple[str, date], timedelta] = {}
    for shift in shifts:
        if shift.person is None:
            continue
        passed[shift.person] = passed.get(shift.person, timedelta()) + (shift.end - shift.start)
        for day in _days(shift, zone):
            midnight = datetime.combine(day, time())
            for found, start, end in (
                (days, midnight, midnight + _DAY),
                (nights, datetime.combine(day, NIGHT[0]), datetime.combine(day + _DAY, NIGHT[1])),
            ):
                common = min(shift.end, instant(end, zone)) - max(shift.start, instant(start, zone))
                if common > timedelta():
                    key = (shift.person, day)
                    found[key] = found.get(key, timedelta()) + common
    spent = [key for key, length in days.items() if length >= ENOUGH]
    return {
        person: Load(
            hours=round(length / timedelta(hours=1), 2),
            nights=sum(who == person and each >= ENOUGH for (who, _), each in nights.items()),
            weekends=sum(who == person and day.weekday() >= 5 for who, day in spent),
            holidays=sum(who == person and is_holiday(day) for who, day in spent),
        )
        for person, length in sorted(passed.items())
    }


def _days(shift: Served, zone: ZoneInfo) -> Iterator[date]:
    """The local days whose day or night the shift touches."""
    day, last = shift.start.astimezone(zone).date() - _DAY, shift.end.astimezone(zone).date()
    while day <= last:
        yield day
        day += _DAY
