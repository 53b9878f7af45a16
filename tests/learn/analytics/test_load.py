"""What being on call costs: time counts once, nights by one's own clock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from tocsin.ground.kernel.clock import FrozenClock
from tocsin.ground.store import Store, metadata
from tocsin.learn.analytics import Carried, carried
from tocsin.respond.oncall import Oncall, Schedule, fairness

MONDAY, NEXT = datetime(2026, 11, 16, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC)


class House:
    """What of the configuration is read."""

    def __init__(self, **schedules: object) -> None:
        self.schedules = {name: Schedule.model_validate(each) for name, each in schedules.items()}
        self.time_zone = "UTC"


def layer(*people: str, hours: str = "", rotation: str = "daily") -> Mapping[str, object]:
    limits = {"hours": [hours]} if hours else {}
    return {"people": list(people), "rotation": rotation, "start": "2026-01-05T00:00", **limits}


@pytest.fixture
def tables(store: Store) -> Store:
    metadata.create_all(store.engine)
    return store


def week(store: Store, house: House, zones: Mapping[str, str] | None = None) -> dict[str, Carried]:
    oncall = Oncall(lambda: house, FrozenClock())  # pyright: ignore[reportArgumentType] - the part that is read
    with store.read() as conn:
        found = carried(
            conn, oncall, house.schedules, MONDAY, NEXT, lambda who: ZoneInfo((zones or {}).get(who, "UTC"))
        )
    return {each.person: each for each in found}


def test_two_people_in_turn_carry_the_week(tables: Store):
    found = week(tables, House(a={"layers": [layer("mei", "jun")]}))
    assert {who: each.load.hours for who, each in found.items()} == {"jun": 96, "mei": 72}
    assert list(found) == ["jun", "mei"], "who carries most stands in front"


def test_two_schedules_at_once_count_once(tables: Store):
    found = week(
        tables, House(a={"layers": [layer("mei")]}, b={"layers": [layer("mei", hours="09:00-18:00")]})
    )
    assert found["mei"].load == fairness.Load(hours=168, nights=7, weekends=2)


def test_a_night_is_one_by_the_clock_of_who_works_it(tables: Store):
    house = House(a={"layers": [layer("eva", hours="22:00-06:00")]})
    assert week(tables, house)["eva"].load.nights == 7
    assert week(tables, house, {"eva": "America/Los_Angeles"})["eva"].load.nights == 0


def test_a_holiday_of_one_of_their_schedules_is_a_holiday(tables: Store):
    house = House(a={"layers": [layer("mei")], "holidays": ["2026-11-18"]}, b={"layers": [layer("jun")]})
    found = week(tables, house)
    assert (found["mei"].load.holidays, found["jun"].load.holidays) == (1, 0)


def test_nobody_on_call_is_nobody_here(tables: Store):
    assert week(tables, House(a={"layers": [layer("mei") | {"until": "2026-02-01T00:00"}]})) == {}
