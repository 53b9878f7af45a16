"""The two rotas of the example do what their comments say, on holidays and when the clocks change, too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tocsin.configuration import Configuration, load
from tocsin.ground.kernel.clock import FrozenClock
from tocsin.respond.oncall import Oncall, schedule_lint

FOLDER = Path(__file__).resolve().parents[3] / "examples" / "on-call"
YEAR = (datetime(2026, 1, 7, tzinfo=UTC), datetime(2027, 1, 7, tzinfo=UTC))


@pytest.fixture(scope="module")
def configuration() -> Configuration:
    return load(FOLDER).required()


@pytest.fixture
def oncall(configuration: Configuration, clock: FrozenClock) -> Oncall:
    return Oncall(lambda: configuration, clock)


def at(text: str, zone: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(
    ("time", "layer", "person"),
    [
        ("2026-03-06T12:00", "day", "mei"),  # a Friday
        ("2026-03-06T17:59", "day", "mei"),
        ("2026-03-06T18:00", "night", "ting"),
        ("2026-03-07T08:59", "night", "ting"),
        ("2026-03-07T09:00", "weekend", "wei"),
        ("2026-03-09T08:59", "weekend", "wei"),
        ("2026-03-09T09:00", "day", "jun"),
        ("2026-02-17T08:59", "holiday", "yun"),  # in the night after the eve of the new year
        ("2026-02-17T12:00", "holiday", "wei"),
        ("2026-02-17T20:00", "holiday", "wei"),
        ("2026-02-18T09:00", "holiday", "yun"),
    ],
)
def test_day_night_weekend_and_holiday_in_taipei(oncall: Oncall, time: str, layer: str, person: str):
    moment = at(time, "Asia/Taipei")
    (shift,) = oncall.shifts("platform", moment, moment + timedelta(seconds=1))
    assert (shift.layer, shift.person) == (layer, person)
    assert oncall.who("platform", moment) == person


def test_who_learns_is_there_by_day_and_never_on_call(oncall: Oncall):
    assert oncall.shadows("platform", at("2026-03-06T12:00", "Asia/Taipei")) == ("nils",)
    assert oncall.shadows("platform", at("2026-03-06T20:00", "Asia/Taipei")) == ()
    assert "nils" not in {each.person for each in oncall.shifts("platform", *YEAR)}


def test_three_rotas_call_three_people_at_every_hour_of_a_year(oncall: Oncall):
    moment = YEAR[0]
    while moment < YEAR[1]:
        called = [oncall.who(f"payments-{rank}", moment) for rank in ("primary", "secondary", "manager")]
        assert None not in called
        assert len(set(called)) == 3
        moment += timedelta(hours=31)


def test_who_is_second_this_week_is_first_in_the_next(oncall: Oncall):
    for week in range(52):
        moment = YEAR[0] + timedelta(weeks=week)
        assert oncall.who("payments-secondary", moment) == oncall.who(
            "payments-primary", moment + timedelta(weeks=1)
        )


def test_in_london_the_turn_ends_at_ten_in_summer_and_in_winter(oncall: Oncall):
    found = oncall.shifts("payments-primary", *YEAR)[1:]
    london = ZoneInfo("Europe/London")
    assert {f"{each.start.astimezone(london):%a %H:%M}" for each in found} == {"Tue 10:00"}
    assert {each.start.hour for each in found} == {9, 10}


def test_there_is_nothing_to_complain_about(configuration: Configuration, oncall: Oncall):
    names = oncall.schedules()
    found = schedule_lint.findings(
        names, oncall.timetable, configuration, lambda person: person.reachable, YEAR[0]
    )
    assert found == ([], 100)
    for name in names:
        assert [each for each in oncall.shifts(name, *YEAR) if each.person is None] == []
