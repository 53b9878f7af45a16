"""Hours, nights, weekend days and holidays are counted for each person, by the clocks of the schedule."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from tocsin.respond.oncall.fairness import Load, hours
from tocsin.respond.oncall.timetable import Stretch

BERLIN = ZoneInfo("Europe/Berlin")


def shift(person: str | None, start: str, end: str) -> Stretch:
    begin, over = (
        datetime.fromisoformat(each).replace(tzinfo=BERLIN).astimezone(UTC) for each in (start, end)
    )
    return Stretch(start=begin, end=over, person=person)


def test_a_week_has_its_nights_and_its_weekend():
    assert hours([shift("mei", "2026-01-05T09:00", "2026-01-12T09:00")], BERLIN) == {
        "mei": Load(hours=168.0, nights=7, weekends=2, holidays=0)
    }


def test_hours_are_those_that_passed_when_the_clocks_change():
    forward = hours([shift("mei", "2026-03-28T12:00", "2026-03-29T12:00")], BERLIN)
    back = hours([shift("mei", "2026-10-24T12:00", "2026-10-25T12:00")], BERLIN)
    assert (forward["mei"].hours, back["mei"].hours) == (23.0, 25.0)


def test_office_hours_have_no_nights():
    days = [shift("mei", f"2026-01-0{day}T09:00", f"2026-01-0{day}T18:00") for day in range(5, 10)]
    assert hours(days, BERLIN)["mei"] == Load(hours=45.0, nights=0, weekends=0, holidays=0)


def test_a_day_counts_from_four_hours_on_in_one_go_or_not():
    short = [shift("mei", "2026-01-10T09:00", "2026-01-10T12:59")]
    pieces = [
        shift("jun", "2026-01-10T09:00", "2026-01-10T11:00"),
        shift("jun", "2026-01-10T13:00", "2026-01-10T15:00"),
    ]
    found = hours([*short, *pieces], BERLIN)
    assert (found["mei"].weekends, found["jun"].weekends) == (0, 1)


def test_a_night_is_divided_where_it_is_handed_over():
    found = hours(
        [
            shift("mei", "2026-01-05T18:00", "2026-01-06T02:00"),
            shift("jun", "2026-01-06T02:00", "2026-01-06T09:00"),
            shift("ana", "2026-01-06T18:00", "2026-01-07T01:00"),
        ],
        BERLIN,
    )
    assert {person: load.nights for person, load in found.items()} == {"mei": 1, "jun": 1, "ana": 0}


def test_holidays_are_counted_and_gaps_belong_to_nobody():
    found = hours(
        [
            shift("mei", "2026-12-25T00:00", "2026-12-26T00:00"),
            shift(None, "2026-12-26T00:00", "2026-12-27T00:00"),
        ],
        BERLIN,
        lambda day: day == date(2026, 12, 25),
    )
    assert found == {"mei": Load(hours=24.0, nights=1, weekends=0, holidays=1)}
