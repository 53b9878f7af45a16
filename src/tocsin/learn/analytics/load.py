"""What does on call cost people? Their hours and nights on call over a period, and how often they were disturbed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from tocsin.learn.analytics.disturbed import Disturbed, disturbed
from tocsin.respond.oncall import Oncall, Schedule, Shift, fairness, holidays


@dataclass(frozen=True, kw_only=True, slots=True)
class Carried:
    """One person over a period, by their own wall time. Being on call for two schedules at once counts once."""

    person: str
    load: fairness.Load
    disturbed: Disturbed


def carried(
    conn: Connection,
    oncall: Oncall,
    schedules: Mapping[str, Schedule],
    start: datetime,
    end: datetime,
    zone_of: Callable[[str], ZoneInfo],
) -> list[Carried]:
    """Everybody who was on call or paged from `start` to before `end`, who carries most in front."""
    turns: dict[str, list[Shift]] = {}
    calendars: dict[str, set[str]] = {}
    for name, schedule in schedules.items():
        for shift in oncall.shifts(name, start, end):
            if shift.person is not None:
                turns.setdefault(shift.person, []).append(shift)
                calendars.setdefault(shift.person, set()).update(schedule.holidays)
    pages = disturbed(conn, start, end, zone_of)
    found = [
        Carried(
            person=person,
            load=_load(person, turns.get(person, ()), calendars.get(person, ()), zone_of(person)),
            disturbed=pages.get(person, Disturbed()),
        )
        for person in dict.fromkeys([*turns, *pages])
    ]
    return sorted(found, key=lambda each: (-each.load.hours, each.person))


def _load(
    person: str, turns: Sequence[Shift], calendar: Sequence[str] | set[str], zone: ZoneInfo
) -> fairness.Load:
    days = tuple(sorted(calendar))

    def is_holiday(day: date) -> bool:
        return holidays.is_holiday(days, day)

    return fairness.hours(_joined(turns), zone, is_holiday).get(person, fairness.Load())


def _joined(turns: Sequence[Shift]) -> list[Shift]:
    """The same time without what lies on top of each other."""
    found: list[Shift] = []
    for each in sorted(turns, key=lambda turn: turn.start):
        if found and each.start <= found[-1].end:
            found[-1] = replace(found[-1], end=max(found[-1].end, each.end))
        else:
            found.append(each)
    return found
