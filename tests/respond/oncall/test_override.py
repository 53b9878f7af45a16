"""Somebody stands in for somebody else: at once, for as long as asked, and with the author's name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from rota_room import RotaRoom, at
from sqlalchemy import Connection

from tocsin.ground.kernel.bell import Bell
from tocsin.ground.kernel.clock import FrozenClock
from tocsin.ground.kernel.errors import Conflict, Invalid, NotFound, Unavailable
from tocsin.ground.store import Store
from tocsin.respond.oncall import Oncall, Overrides


@pytest.fixture
def room(store: Store, clock: FrozenClock) -> Iterator[RotaRoom]:
    room = RotaRoom(store, clock)
    yield room
    room.outbound.close()


def test_an_override_counts_at_once_and_everywhere(room: RotaRoom):
    assert room.who("11-22 12:00") == "mei"
    made = room.put("ana", "11-22 09:00", "11-22 21:00", reason="A wedding")
    assert room.who("11-22 12:00") == "ana"
    assert room.who("11-22 21:00") == "mei"
    assert room.oncall.people(["schedule:backend"], at("11-22 12:00")) == ["ana"]
    duty = room.oncall.duty("backend", at("11-22 12:00"))
    assert (duty.person, duty.until, duty.next_person) == ("ana", at("11-22 21:00"), "mei")
    assert room.shifts("11-22 00:00", "11-23 12:00") == [
        ("11-22 00:00", "mei"),
        ("11-22 09:00", "ana"),
        ("11-22 21:00", "mei"),
        ("11-23 09:00", "jun"),
    ]
    (shift,) = [
        each for each in room.oncall.shifts("backend", at("11-22 00:00"), at("11-23 00:00")) if each.override
    ]
    assert (shift.override, shift.layer) == (made.id, "")
    (kept,) = room.overrides.list()
    assert kept == made
    assert (kept.created_by, kept.created_at, kept.reason) == ("person:mei", room.clock.now(), "A wedding")


def test_the_last_one_made_counts(room: RotaRoom):
    room.put("ana", "11-22 09:00", "11-22 21:00")
    room.clock.tick(1)
    room.put("jun", "11-22 12:00", "11-22 13:00")
    assert [room.who(f"11-22 {hour}:30") for hour in (11, 12, 13)] == ["ana", "jun", "ana"]


def test_removed_before_it_begins_it_never_counts(room: RotaRoom):
    made = room.put("ana", "11-22 09:00", "11-22 21:00")
    removed = room.overrides.remove(made.id, "person:jun")
    assert room.who("11-22 12:00") == "mei"
    assert (removed.removed_by, removed.removed_at) == ("person:jun", room.clock.now())
    assert room.overrides.list() == []
    with pytest.raises(Conflict, match="is over"):
        room.overrides.remove(made.id, "person:jun")


def test_removed_while_it_is_under_way_it_ends_now_and_what_was_stays(room: RotaRoom):
    made = room.put("ana", "11-21 12:00", "11-22 21:00")
    removed = room.overrides.remove(made.id, "person:jun")
    assert removed.end == room.clock.now()
    assert room.oncall.who("backend") == "mei"
    assert room.who("11-21 13:00") == "ana"
    with pytest.raises(Conflict, match="is over"):
        room.overrides.remove(made.id, "person:jun")


def test_a_list_holds_what_reaches_into_a_time(room: RotaRoom):
    first = room.put("ana", "11-22 09:00", "11-22 21:00")
    second = room.put("ana", "11-24 09:00", "11-24 21:00")
    assert room.overrides.list("backend", at("11-22 12:00"), at("11-24 09:00")) == [first]
    assert room.overrides.list("backend", at("11-22 21:00")) == [second]
    assert room.overrides.list("frontend") == []


@pytest.mark.parametrize(
    ("values", "error", "match"),
    [
        ({"person": "bob"}, NotFound, "no person bob"),
        ({"schedule": "front"}, NotFound, "no schedule front"),
        ({"end": "11-22 08:00"}, Invalid, "ends after it begins"),
        ({"start": "11-20 08:00", "end": "11-21 08:00"}, Invalid, "is over"),
        ({"reason": "x" * 501}, Invalid, "at most 500"),
        ({"reason": "a\x00b"}, Invalid, "reason"),
    ],
)
def test_what_makes_no_sense_is_refused(room: RotaRoom, values: dict[str, str], error: type, match: str):
    given = {"person": "ana", "start": "11-22 09:00", "end": "11-22 21:00"} | values
    with pytest.raises(error, match=match):
        room.put(**given)
    assert room.overrides.list() == []


def test_one_of_the_configuration_is_changed_there(room: RotaRoom):
    with pytest.raises(Conflict, match="configuration"):
        room.overrides.remove("config:1", "person:mei")
    with pytest.raises(NotFound):
        room.overrides.remove("ovr_gone", "person:mei")


def test_who_has_left_stands_in_for_nobody(room: RotaRoom):
    room.put("ana", "11-22 09:00", "11-22 21:00")
    people = {name: {"name": name, "email": f"{name}@example.com"} for name in ("mei", "jun")}
    room.configure(people=people)
    assert room.who("11-22 12:00") == "mei"


def test_another_process_sees_it_within_seconds(room: RotaRoom, store: Store, clock: FrozenClock):
    elsewhere = Overrides(store, clock, room.current, Bell())
    oncall = Oncall(room.current, clock, elsewhere)
    assert oncall.who("backend", at("11-22 12:00")) == "mei"
    room.put("ana", "11-22 09:00", "11-22 21:00")
    clock.tick(6)
    assert oncall.who("backend", at("11-22 12:00")) == "ana"


def test_while_the_database_is_away_the_last_answer_stands(
    room: RotaRoom, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
):
    room.put("ana", "11-22 09:00", "11-22 21:00")
    assert room.who("11-22 12:00") == "ana"

    def away() -> None:
        raise Unavailable("gone")

    monkeypatch.setattr(room.store, "read", away)
    clock.tick(60)
    assert room.who("11-22 12:00") == "ana"


def test_answers_come_from_memory(room: RotaRoom, monkeypatch: pytest.MonkeyPatch):
    room.put("ana", "11-22 09:00", "11-22 21:00")
    room.who("11-22 12:00")

    def never() -> None:
        raise AssertionError("the store was asked again")

    monkeypatch.setattr(room.store, "read", never)
    for _ in range(100):
        assert room.who("11-22 12:00") == "ana"


def test_a_change_that_comes_while_the_store_is_read_is_not_overlooked(
    room: RotaRoom, monkeypatch: pytest.MonkeyPatch
):
    read = room.store.read

    @contextmanager
    def slowly() -> Iterator[Connection]:
        with read() as conn:
            yield conn
        monkeypatch.setattr(room.store, "read", read)
        room.put("ana", "11-22 09:00", "11-22 21:00")

    monkeypatch.setattr(room.store, "read", slowly)
    assert room.who("11-22 12:00") == "mei"
    assert room.who("11-22 12:00") == "ana"
