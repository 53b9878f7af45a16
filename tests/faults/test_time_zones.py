"""Exactly one person is on call at every instant, and every hand-over is where the wall clock says, in every zone.

What is expected is reckoned from the zone's changes of offset alone, without the code that answers: 40 zones over three
years here, all of them over ten years where TOCSIN_FAULTS=full asks for it. 2011 is the year without a 30 December in
Samoa.
"""

from __future__ import annotations

import os
import random
import zoneinfo
from bisect import bisect_right
from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tocsin.respond.oncall.schedule import Schedule
from tocsin.respond.oncall.timetable import Stretch, Timetable

FULL = os.environ.get("TOCSIN_FAULTS") == "full"
YEARS = (2010, 2020) if FULL else (2010, 2013)
START, END = (datetime(year, 1, 1, tzinfo=UTC) for year in YEARS)
HARD = [
    "UTC", "Asia/Taipei", "Europe/Berlin", "America/New_York", "America/St_Johns", "Australia/Lord_Howe",
    "Pacific/Apia", "Africa/Casablanca", "Asia/Kathmandu", "America/Sao_Paulo", "Pacific/Chatham", "Asia/Tehran",
    "Antarctica/Troll", "Antarctica/Casey", "Asia/Pyongyang", "America/Caracas", "Europe/Moscow", "Africa/Cairo",
    "Asia/Gaza", "Pacific/Fakaofo",
]  # fmt: skip
EVERY = sorted(zoneinfo.available_timezones())
OTHERS = sorted(set(EVERY) - set(HARD))
ZONES = EVERY if FULL else [*HARD, *random.Random(5).sample(OTHERS, 20)]
DAY, HOUR, MOMENT = timedelta(days=1), timedelta(hours=1), timedelta(microseconds=1)
FOREVER = datetime(2100, 1, 1, tzinfo=UTC)
WEEKDAYS = range(5)

Events = list[tuple[datetime, int]]


def layer(people: str, start: str, **values: Any) -> dict[str, Any]:
    return {"people": people.split(), "start": start, **values}


# At half past two, when most clocks change.
ROTATIONS = {
    "daily": (layer("mei jun ana", "2009-12-07T02:30", rotation="daily"), DAY),
    "weekly": (layer("mei jun ana", "2009-12-06T02:30", rotation="weekly"), 7 * DAY),
    "every twelve hours": (layer("mei jun ana", "2009-12-07T02:30", rotation="12h"), 12 * HOUR),
}
DAYS, NIGHTS, WEEKENDS = ["dora", "dirk"], ["nora", "noel", "nils"], ["wim"]
OFFICE = [
    layer(" ".join(DAYS), "2009-12-07T09:00", hours=["mon-fri 09:00-18:00"]),
    layer(" ".join(NIGHTS), "2009-12-07T09:00", hours=["mon-fri 18:00-09:00"]),
    layer(" ".join(WEEKENDS), "2009-12-07T09:00", hours=["sat,sun 09:00-09:00"]),
]


@cache
def offsets(zone: str) -> tuple[list[datetime], list[timedelta]]:
    """When the zone's offset changed, to the second, and what it was from then on."""
    there = ZoneInfo(zone)

    def offset(at: datetime) -> timedelta:
        found = at.astimezone(there).utcoffset()
        assert found is not None
        return found

    at, end = START - 60 * DAY, END + 60 * DAY
    since, values = [at], [offset(at)]
    while at < end:
        following = at + 6 * HOUR
        if offset(following) != values[-1]:
            low, high = at, following
            while high - low > timedelta(seconds=1):
                middle = (low + (high - low) // 2).replace(microsecond=0)
                low, high = (low, middle) if offset(middle) != values[-1] else (middle, high)
            since.append(high)
            values.append(offset(high))
        at = following
    return since, values


def reckoned(wall: datetime, zone: str) -> datetime:
    """The first instant at which a clock on the wall shows this; where none ever does, as if it had not been put on."""
    since, values = offsets(zone)
    naive = wall.replace(tzinfo=UTC)
    for index, value in enumerate(values):
        at = naive - value
        ends = since[index + 1] if index + 1 < len(since) else FOREVER
        if at < ends and (at >= since[index] or index == 0):
            return at
        if at < since[index]:  # left out by the change that brought this offset
            return naive - values[index - 1]
    raise AssertionError(wall)


def told(moments: Iterable[tuple[datetime, int]]) -> Events:
    """Numbered moments in the order of time: what was begun later stays, whatever the clocks do."""
    found: Events = []
    for at, number in sorted(moments):
        if found and number < found[-1][1]:
            continue
        if found and at == found[-1][0]:
            found.pop()
        found.append((at, number))
    return found


def at(events: Events, moment: datetime) -> int:
    return events[bisect_right(events, (moment, 10**9)) - 1][1]


def turns(start: str, length: timedelta, zone: str) -> Events:
    begin = datetime.fromisoformat(start)
    count = (END.replace(tzinfo=None) - begin) // length + 30
    first = max((START.replace(tzinfo=None) - begin) // length - 60, 0)
    return told((reckoned(begin + n * length, zone), n) for n in range(first, count))


def whole(found: list[Stretch]) -> None:
    """One stretch after the other, from the first instant to the last, with somebody in each."""
    assert (found[0].start, found[-1].end) == (START, END)
    for before, stretch in pairwise(found):
        assert before.end == stretch.start
        assert before.start < before.end
    assert [each for each in found if each.person is None] == []


@pytest.mark.parametrize("kind", list(ROTATIONS))
@pytest.mark.parametrize("zone", ZONES)
def test_each_turn_begins_at_its_instant_and_one_person_has_it(zone: str, kind: str) -> None:
    values, length = ROTATIONS[kind]
    table = Timetable(Schedule.model_validate({"layers": [values]}), ZoneInfo(zone))
    people, events = values["people"], turns(values["start"], length, zone)
    found = table.stretches(START, END)
    whole(found)
    expected = [(moment, people[n % 3]) for moment, n in events if START < moment < END]
    assert [(each.start, each.person) for each in found[1:]] == expected
    for stretch in found[::7]:
        assert table.who(stretch.start) == stretch.person == people[at(events, stretch.start) % 3]
        assert table.who(stretch.end - MOMENT) == stretch.person


@pytest.mark.parametrize("zone", ZONES)
def test_days_nights_and_weekends_leave_no_instant_to_nobody(zone: str) -> None:
    table = Timetable(Schedule.model_validate({"layers": OFFICE}), ZoneInfo(zone))
    weeks = turns("2009-12-07T09:00", 7 * DAY, zone)
    found = table.stretches(START, END)
    whole(found)
    # The crew changes on weekdays at nine and at six, and on Saturdays at nine.
    moments: list[tuple[datetime, int]] = []
    crews: list[list[str]] = []
    day = START.date() - 10 * DAY
    while day <= END.date() + 2 * DAY:
        for hour in (9, 18):
            if day.weekday() in WEEKDAYS or (day.weekday() == 5 and hour == 9):
                crew = WEEKENDS if day.weekday() == 5 else DAYS if hour == 9 else NIGHTS
                moments.append((reckoned(datetime.combine(day, time(hour)), zone), len(crews)))
                crews.append(crew)
        day += DAY
    shifts = told(moments)
    edges = {moment for moment, _ in (*shifts, *weeks)}
    for stretch in found:
        assert stretch.start in edges or stretch.start == START
        crew = crews[at(shifts, stretch.start)]
        assert stretch.person == crew[at(weeks, stretch.start) % len(crew)]
    for stretch in found[::7]:
        assert table.who(stretch.start) == table.who(stretch.end - MOMENT) == stretch.person
