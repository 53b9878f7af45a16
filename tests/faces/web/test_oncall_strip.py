"""A strip says who is on call when, exactly in words and as near as its columns allow to the eye."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from tocsin.faces.web.oncall_people import Badge
from tocsin.faces.web.oncall_strip import Bar, bounds, ribbon_of, strip_of, when_of
from tocsin.faces.web.speech import Speech
from tocsin.respond.oncall import Shift

NOW = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
KNOWN = {
    each: Badge(person=each, name=each.title(), initials=each[:2].upper(), hue=number)
    for number, each in enumerate(("mei", "jun", "ada"))
}


def speech(zone: str = "UTC", language: str = "en") -> Speech:
    return Speech(language=language, zone=zone, now=NOW)


def shift(start: datetime, hours: float, person: str | None = "mei", override: str | None = None) -> Shift:
    return Shift(
        schedule="backend",
        person=person,
        start=start,
        end=start + timedelta(hours=hours),
        override=override,
    )


def turns(start: datetime, hours: float, *people: str | None) -> list[Shift]:
    """One after the other, each as long."""
    step = timedelta(hours=hours)
    return [shift(start + number * step, hours, person) for number, person in enumerate(people)]


def covered(bars: tuple[Bar, ...]) -> list[int]:
    return [column for bar in bars for column in range(bar.at, bar.at + bar.width)]


def test_a_month_has_a_line_for_each_week_and_a_week_one_for_each_day():
    shifts = turns(datetime(2026, 10, 5, 9, tzinfo=UTC), 168, *("mei", "jun") * 8)
    month = strip_of("month", date(2026, 11, 21), shifts, KNOWN, speech())
    assert [line.name for line in month.lines][::5] == ["Mon 26 Oct – Sun 1 Nov", "Mon 30 Nov – Sun 6 Dec"]
    assert (month.before, month.after) == (date(2026, 10, 1), date(2026, 12, 1))
    week = strip_of("week", date(2026, 11, 21), shifts, KNOWN, speech())
    assert [len(line.days) for line in week.lines] == [1] * 7
    assert [line.is_today for line in week.lines] == [False] * 5 + [True, False]
    assert week.lines[5].now == 21, "half past ten is the 21st half hour"


def test_a_hand_over_at_nine_divides_monday():
    shifts = turns(datetime(2026, 11, 9, 9, tzinfo=UTC), 168, "mei", "jun")
    line = strip_of("month", date(2026, 11, 21), shifts, KNOWN, speech()).lines[3]
    assert [(bar.at, bar.width, bar.begins, bar.ends) for bar in line.bars] == [
        (0, 2, False, True),
        (2, 40, True, False),
    ]
    assert line.bars[1].when == "Mon 16, 09:00 – Mon 23, 09:00"


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Taipei"])
@pytest.mark.parametrize("at", [date(2026, 3, 29), date(2026, 10, 25), date(2026, 11, 1), date(2026, 4, 5)])
@pytest.mark.parametrize("view", ["month", "week"])
@pytest.mark.parametrize("hours", [1, 8, 13, 24, 168])
def test_no_bar_lies_on_another_and_no_column_is_left_over(zone: str, at: date, view: str, hours: int):
    start, end = bounds(view, at, zone)
    people = ["mei", "jun", None, "ada"] * 400
    shifts = [each for each in turns(start - timedelta(days=8), hours, *people) if each.start < end]
    for line in strip_of(view, at, shifts, KNOWN, speech(zone)).lines:
        columns = covered(line.bars)
        assert columns == sorted(set(columns))
        assert columns[-1] < (42 if view == "month" else 48)
        assert len(columns) >= 40


@pytest.mark.parametrize("view", ["month", "week"])
def test_a_gap_of_minutes_is_never_swallowed(view: str):
    monday = datetime(2026, 11, 16, tzinfo=UTC)
    shifts = [
        shift(monday, 9.9),
        shift(monday + timedelta(hours=9.9), 0.1, None),
        shift(monday + timedelta(hours=10), 158, "jun"),
    ]
    lines = strip_of(view, date(2026, 11, 21), shifts, KNOWN, speech()).lines
    assert [bar.gap for line in lines for bar in line.bars].count(True) == 1


def test_turns_shorter_than_a_column_share_one_and_a_gap_among_them_shows():
    monday = datetime(2026, 11, 16, tzinfo=UTC)
    line = ribbon_of(monday.date(), turns(monday, 1, "mei", "jun", None, "ada"), KNOWN, speech())
    (bar,) = line.bars
    assert (bar.few, bar.gap) == (("Mei", "Jun", "Ada"), True)


def test_turns_of_one_person_are_one_bar_but_an_override_shows_as_one():
    monday = datetime(2026, 11, 16, tzinfo=UTC)
    whole = turns(monday, 24, "mei", "mei", "mei")
    stands_in = shift(monday + timedelta(days=3), 24, "mei", override="ovr_1")
    line = ribbon_of(monday.date(), [*whole, stands_in], KNOWN, speech())
    assert [(bar.width, bar.shift.override) for bar in line.bars] == [(18, None), (6, "ovr_1")]


@pytest.mark.parametrize(
    ("language", "told"),
    [("en", "Sat 21, 18:00 – Sun 22, 09:00"), ("zh_Hant", "21 日（六）18:00 – 22 日（日）09:00")],
)
def test_a_time_is_said_in_the_readers_zone_and_language(language: str, told: str):
    start = datetime(2026, 11, 21, 10, tzinfo=UTC)
    assert when_of(start, start + timedelta(hours=15), speech("Asia/Taipei", language)) == told


def test_within_a_day_the_day_is_said_once():
    start = datetime(2026, 11, 21, 10, tzinfo=UTC)
    assert when_of(start, start + timedelta(hours=2), speech()) == "Sat 21, 10:00 – 12:00"
