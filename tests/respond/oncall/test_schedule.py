"""Who is on call: layers, hours and overrides, right on the days when the clocks change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tocsin.respond.oncall.hours import Hours, instant
from tocsin.respond.oncall.rotation import turn_of
from tocsin.respond.oncall.schedule import Schedule
from tocsin.respond.oncall.timetable import Timetable

TAIPEI = ZoneInfo("Asia/Taipei")
BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [
    "UTC", "Asia/Taipei", "Europe/Berlin", "America/New_York", "America/St_Johns", "Australia/Lord_Howe",
    "Pacific/Apia", "Africa/Casablanca", "Asia/Kathmandu", "America/Sao_Paulo", "Pacific/Chatham", "Asia/Tehran",
]  # fmt: skip


def schedule(**values: Any) -> Schedule:
    return Schedule.model_validate(values)


def layer(people: str, start: str = "2026-01-05T09:00", **values: Any) -> dict[str, Any]:
    return {"people": people.split(), "start": start, **values}


def who(rota: Schedule, moment: datetime, zone: ZoneInfo) -> str | None:
    return Timetable(rota, zone).who(moment)


def changes(rota: Schedule, moment: datetime, zone: ZoneInfo) -> Iterator[tuple[datetime, str | None]]:
    return Timetable(rota, zone).changes(moment)


def gaps(rota: Schedule, start: datetime, end: datetime, zone: ZoneInfo) -> list[tuple[datetime, datetime]]:
    return Timetable(rota, zone).gaps(start, end)


def at(text: str, zone: ZoneInfo = TAIPEI, *, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).astimezone(UTC)


def test_weeks_go_round_from_the_start():
    rota = schedule(layers=[layer("mei jun ana")])
    for day, person in (("05", "mei"), ("11", "mei"), ("12", "jun"), ("19", "ana"), ("26", "mei")):
        assert who(rota, at(f"2026-01-{day}T09:00"), TAIPEI) == person
    assert who(rota, at("2026-01-12T08:59:59"), TAIPEI) == "mei"
    assert who(rota, at("2026-01-05T08:59:59"), TAIPEI) is None


@pytest.mark.parametrize(
    ("rotation", "moments"),
    [
        ("daily", {"2026-01-05T09:00": "mei", "2026-01-06T08:59": "mei", "2026-01-06T09:00": "jun"}),
        ("12h", {"2026-01-05T09:00": "mei", "2026-01-05T21:00": "jun", "2026-01-06T09:00": "mei"}),
        ("3d", {"2026-01-07T09:00": "mei", "2026-01-08T09:00": "jun", "2026-01-11T09:00": "mei"}),
        ("2w", {"2026-01-18T09:00": "mei", "2026-01-19T09:00": "jun"}),
    ],
)
def test_a_turn_may_have_any_length(rotation: str, moments: dict[str, str]):
    rota = schedule(layers=[layer("mei jun", rotation=rotation)])
    for moment, person in moments.items():
        assert who(rota, at(moment), TAIPEI) == person


def test_hours_limit_a_layer_to_some_days_and_times():
    rota = schedule(layers=[layer("mei", hours=["mon-fri 09:00-18:00"])])
    assert who(rota, at("2026-01-09T09:00"), TAIPEI) == "mei"
    assert who(rota, at("2026-01-09T17:59:59"), TAIPEI) == "mei"
    assert who(rota, at("2026-01-09T18:00"), TAIPEI) is None
    assert who(rota, at("2026-01-10T12:00"), TAIPEI) is None


def test_day_night_and_weekend_as_a_real_team_has_it():
    # Weekdays 09–18; nights from Monday to Friday 18:00 for 15 hours; the weekend from Saturday 09:00 to Monday 09:00.
    rota = schedule(
        layers=[
            layer("day", hours=["mon-fri 09:00-18:00"]),
            layer("night", hours=["mon-fri 18:00-09:00"]),
            layer("weekend", hours=["sat,sun 09:00-09:00"]),
        ]
    )
    expected = {
        "2026-01-09T12:00": "day",
        "2026-01-09T18:00": "night",
        "2026-01-10T08:59": "night",
        "2026-01-10T09:00": "weekend",
        "2026-01-11T23:00": "weekend",
        "2026-01-12T08:59": "weekend",
        "2026-01-12T09:00": "day",
        "2026-01-13T03:00": "night",
    }
    assert {moment: who(rota, at(moment), TAIPEI) for moment in expected} == expected
    assert gaps(rota, at("2026-01-05T09:00"), at("2026-03-02T09:00"), TAIPEI) == []


def test_a_gap_is_found():
    rota = schedule(layers=[layer("mei", hours=["mon-fri 09:00-18:00"])])
    found = gaps(rota, at("2026-01-08T12:00"), at("2026-01-12T12:00"), TAIPEI)
    assert found == [
        (at("2026-01-08T18:00"), at("2026-01-09T09:00")),
        (at("2026-01-09T18:00"), at("2026-01-12T09:00")),
    ]


def test_a_later_layer_goes_before_an_earlier_one_and_an_override_before_all():
    rota = schedule(
        layers=[
            layer("mei"),
            layer("jun", hours=["sat,sun"]),
            layer("ana", "2026-01-10T12:00", until="2026-01-10T14:00"),
        ],
        overrides=[
            {"person": "lee", "from": "2026-01-10T13:00", "until": "2026-01-10T13:30"},
            {"person": "kim", "from": "2026-01-10T13:15", "until": "2026-01-10T13:20"},
        ],
    )
    expected = {
        "2026-01-09T13:00": "mei",
        "2026-01-10T11:59": "jun",
        "2026-01-10T12:00": "ana",
        "2026-01-10T13:00": "lee",
        "2026-01-10T13:15": "kim",
        "2026-01-10T13:20": "lee",
        "2026-01-10T13:30": "ana",
        "2026-01-10T14:00": "jun",
        "2026-01-12T00:00": "mei",
    }
    assert {moment: who(rota, at(moment), TAIPEI) for moment in expected} == expected
    told = list(changes(rota, at("2026-01-10T00:30"), TAIPEI))[:7]
    assert told == [(at(moment), person) for moment, person in list(expected.items())[2:]]


def test_a_hand_over_follows_the_wall_clock_when_the_clocks_change():
    rota = schedule(layers=[layer("mei jun", "2026-03-23T09:00")])  # Berlin goes forward on 2026-03-29
    assert who(rota, datetime(2026, 3, 30, 6, 59, 59, tzinfo=UTC), BERLIN) == "mei"
    assert who(rota, datetime(2026, 3, 30, 7, 0, tzinfo=UTC), BERLIN) == "jun"


def test_a_hand_over_in_the_hour_that_is_missing_or_doubled_happens_once():
    forward = schedule(layers=[layer("mei jun", "2026-03-28T02:30", rotation="daily")])
    assert next(changes(forward, at("2026-03-28T12:00", BERLIN), BERLIN)) == (
        datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
        "jun",
    )
    back = schedule(layers=[layer("mei jun", "2026-10-24T02:30", rotation="daily")])
    told = list(changes(back, at("2026-10-24T12:00", BERLIN), BERLIN))[:2]
    assert told == [
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "jun"),
        (datetime(2026, 10, 26, 1, 30, tzinfo=UTC), "mei"),
    ]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("rotation", ["daily", "weekly", "12h", "36h"])
def test_every_hand_over_of_two_years_is_where_the_wall_clock_says(zone: str, rotation: str):
    there = ZoneInfo(zone)
    rota = schedule(layers=[layer("mei jun ana", "2025-01-06T02:30", rotation=rotation)])
    length = rota.layers[0].length
    turns = timedelta(days=730) // length
    for turn in range(0, turns, max(1, turns // 150)):
        begin = instant(rota.layers[0].start + turn * length, there)
        assert who(rota, begin, there) == ("mei", "jun", "ana")[turn % 3]
        assert turn_of(rota.layers[0], begin - timedelta(microseconds=1), there) == turn - 1


SCHEDULES = st.builds(
    lambda layers, overrides: schedule(layers=layers, overrides=overrides),
    st.lists(
        st.builds(
            layer,
            st.sampled_from(["mei", "mei jun", "mei jun ana"]),
            st.sampled_from(["2026-01-05T09:00", "2026-03-29T02:30", "2026-10-25T02:30", "2026-11-01T01:15"]),
            rotation=st.sampled_from(["daily", "weekly", "12h", "25h", "1h"]),
            hours=st.sampled_from(
                [[], ["mon-fri 09:00-18:00"], ["18:00-09:00"], ["sat,sun", "fri 22:00-04:30"]]
            ),
        ),
        min_size=1,
        max_size=3,
    ),
    st.lists(
        st.sampled_from(
            [
                {"person": "lee", "from": "2026-03-29T01:00", "until": "2026-03-29T03:30"},
                {"person": "kim", "from": "2026-10-25T02:00", "until": "2026-10-25T02:45"},
            ]
        ),
        max_size=2,
    ),
)
MOMENTS = st.integers(0, 425 * 24 * 60).map(
    lambda minutes: at("2026-01-01T00:00") + timedelta(minutes=minutes)
)


@settings(deadline=None)
@given(SCHEDULES, MOMENTS, st.sampled_from(ZONES))
def test_between_two_changes_the_answer_stays_and_at_each_it_changes(
    rota: Schedule, moment: datetime, zone: str
):
    there = ZoneInfo(zone)
    person = who(rota, moment, there)
    following = next(iter(changes(rota, moment, there)), None)
    end = following[0] if following else moment + timedelta(days=30)
    step = max((end - moment) / 17, timedelta(minutes=1))
    probe = moment
    while probe < end:
        assert who(rota, probe, there) == person
        probe += step
    assert who(rota, end - timedelta(microseconds=1), there) == person
    if following:
        assert end > moment
        assert following[1] != person
        assert who(rota, end, there) == following[1]


@pytest.mark.parametrize(
    ("text", "days", "start", "end"),
    [
        ("mon-fri 09:00-18:00", {0, 1, 2, 3, 4}, 9, 18),
        ("sat,sun", {5, 6}, 0, 24),
        ("18:00-09:00", set(range(7)), 18, 33),
        ("fri-mon 22:00-24:00", {4, 5, 6, 0}, 22, 24),
        ("Sat,Sun 09:00-09:00", {5, 6}, 9, 33),
        ("wed 0:00-6:00", {2}, 0, 6),
    ],
)
def test_hours_are_read(text: str, days: set[int], start: int, end: int):
    assert Hours.parse(text) == Hours(frozenset(days), timedelta(hours=start), timedelta(hours=end))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "monday",
        "mon-fr",
        "9-18",
        "25:00-26:00",
        "09:00-18:60",
        "mon 09:00-18:00 tue",
        "24:00-06:00",
        "mon-",
    ],
)
def test_hours_that_are_none_are_refused_with_an_example(text: str):
    with pytest.raises(ValueError, match="write them like"):
        Hours.parse(text)


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"layers": []}, "at least 1"),
        ({"layers": [layer("", "2026-01-05T09:00")]}, "at least 1"),
        ({"layers": [layer("mei", rotation="30m")]}, "at least 1h"),
        ({"layers": [layer("mei", rotation="monthly")]}, "rotation"),
        ({"layers": [layer("mei", "2026-01-05T09:00+08:00")]}, "without a zone"),
        ({"layers": [layer("mei", hours=["9 to 5"])]}, "write them like"),
        ({"layers": [layer("mei", "0001-01-01T00:00")]}, "between 1970 and 2199"),
        ({"layers": [layer("mei", until="9999-12-31T00:00")]}, "between 1970 and 2199"),
        ({"layers": [layer("mei", shadow=True)]}, "must not be a shadow"),
        ({"layers": [layer("mei", holidays="only")]}, "say whose"),
        ({"layers": [layer("mei")], "holidays": ["Atlantis"]}, "like TW"),
        ({"layers": [layer("mei")], "time_zone": "Taipei"}, "Asia/Taipei"),
        (
            {
                "layers": [layer("mei")],
                "overrides": [{"person": "jun", "from": "2026-01-02T00:00", "until": "2026-01-01"}],
            },
            "ends after it begins",
        ),
    ],
)
def test_a_schedule_that_cannot_be_is_refused(values: dict[str, Any], wrong: str):
    with pytest.raises(ValidationError, match=wrong):
        schedule(**values)
