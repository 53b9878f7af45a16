"""Who is called now, until when, and who then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from rota_room import RotaRoom, at

from tocsin.ground.kernel.clock import FrozenClock
from tocsin.ground.kernel.errors import Invalid, NotFound
from tocsin.ground.store import Store


def test_now_tells_every_schedule(desk):
    # It is Saturday 21 November 2026, 18:30 in Taipei.
    backend, nights = desk.oncall.now()
    assert (backend.schedule, backend.person, backend.next_person) == ("backend", "mei", "jun")
    assert backend.until == datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
    assert (nights.person, nights.next_person) == (None, "ana")
    assert nights.until == datetime(2026, 11, 21, 14, 0, tzinfo=UTC)
    assert nights.time_zone == "Asia/Taipei"


def test_who_answers_for_any_instant(desk):
    assert desk.oncall.who("backend") == "mei"
    assert desk.oncall.who("backend", desk.clock.now() + timedelta(days=7)) == "jun"
    with pytest.raises(NotFound, match="no schedule weekend"):
        desk.oncall.who("weekend")


@pytest.mark.parametrize(
    ("targets", "people"),
    [
        (["schedule:backend"], ["mei"]),
        (["schedule:nights"], []),
        (["person:jun", "team:backend"], ["jun", "mei", "ana"]),
        (["everybody"], ["mei", "jun", "ana", "bot"]),
        (["person:gone", "team:gone", "schedule:gone"], []),
    ],
)
def test_targets_mean_people_each_once(desk, targets: list[str], people: list[str]):
    assert desk.oncall.people(targets) == people


def test_what_is_on_call_now_follows_the_clock_the_overrides_and_the_configuration(
    store: Store, clock: FrozenClock
):
    room = RotaRoom(store, clock)

    def now() -> tuple[str | None, datetime | None, str | None]:
        (duty,) = room.oncall.now()
        return duty.person, duty.until, duty.next_person

    assert now() == ("mei", at("11-23 09:00"), "jun")
    clock.tick(3600)
    assert now() == ("mei", at("11-23 09:00"), "jun")
    made = room.put("ana", "11-22 09:00", "11-22 12:00")
    assert now() == ("mei", at("11-22 09:00"), "ana")
    room.overrides.remove(made.id, "person:mei")
    assert now() == ("mei", at("11-23 09:00"), "jun")
    room.later("11-23 09:00")
    assert now() == ("jun", at("11-30 09:00"), "mei")
    room.configure(schedules={"backend": {"layers": [{"people": ["ana"], "start": "2026-01-01T00:00"}]}})
    assert now() == ("ana", None, None)
    room.outbound.close()


@pytest.mark.parametrize("year", [1, 1969, 2200, 9999])
def test_a_time_beyond_reckoning_is_refused(store: Store, clock: FrozenClock, year: int):
    room, moment = RotaRoom(store, clock), datetime(year, 12, 31, 23, tzinfo=UTC)
    for ask in (room.oncall.who, room.oncall.duty):
        with pytest.raises(Invalid, match="between 1970 and 2199"):
            ask("backend", moment)
    with pytest.raises(Invalid, match="between 1970 and 2199"):
        room.oncall.shifts("backend", moment, moment)
    with pytest.raises(Invalid, match="between 1970 and 2199"):
        room.overrides.put(
            schedule="backend", person="ana", start=moment, end=moment, reason="", by="person:mei"
        )
    room.outbound.close()


def test_turns_of_one_person_that_follow_each_other_are_one_shift_with_who_learns(
    store: Store, clock: FrozenClock
):
    layers = [
        {"name": "week", "people": ["mei", "mei", "jun"], "start": "2026-11-16T09:00"},
        {"people": ["new"], "start": "2026-11-25T09:00", "shadow": True},
    ]
    room = RotaRoom(store, clock, {"schedules": {"backend": {"layers": layers}}})
    found = room.oncall.shifts("backend", at("11-16 09:00"), at("12-03 09:00"))
    assert [(each.person, each.start, each.shadow) for each in found] == [
        ("mei", at("11-16 09:00"), ()),
        ("mei", at("11-23 09:00"), ("new",)),
        ("jun", at("11-30 09:00"), ("new",)),
    ]
    assert {each.layer for each in found} == {"week"}
    room.outbound.close()
