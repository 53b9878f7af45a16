"""A shift changes hands when both have agreed, in one direction or in both."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from rota_room import RotaRoom, at

from tocsin.ground.accounts import Identity
from tocsin.ground.kernel.clock import FrozenClock
from tocsin.ground.kernel.errors import Conflict, Denied, Invalid, NotFound, Unauthenticated
from tocsin.ground.store import Store
from tocsin.respond.oncall.swap import may_answer, may_ask


@pytest.fixture
def room(store: Store, clock: FrozenClock) -> Iterator[RotaRoom]:
    room = RotaRoom(store, clock)
    yield room
    room.outbound.close()


def test_nothing_changes_until_it_is_accepted(room: RotaRoom):
    swap = room.ask("11-22 00:00", "11-23 00:00", note="A wedding")
    assert room.who("11-22 12:00") == "mei"
    assert room.swaps.open() == room.swaps.open("jun") == room.swaps.open("mei") == [swap]
    assert room.swaps.open("ana") == []
    accepted = room.swaps.accept(swap.id, "person:jun")
    assert (accepted.state, accepted.answered_by) == ("accepted", "person:jun")
    assert room.who("11-22 12:00") == "jun"
    assert room.who("11-23 00:00") == "mei"
    assert room.swaps.open() == []
    (made,) = room.overrides.list()
    assert (made.swap, made.created_by, made.reason) == (swap.id, "person:jun", "A wedding")


def test_both_directions_change_hands(room: RotaRoom):
    swap = room.ask("11-22 00:00", "11-22 12:00", back_start=at("11-24 00:00"), back_end=at("11-24 12:00"))
    room.swaps.accept(swap.id, "person:jun")
    assert room.shifts("11-21 20:00", "11-25 00:00") == [
        ("11-21 20:00", "mei"),
        ("11-22 00:00", "jun"),
        ("11-22 12:00", "mei"),
        ("11-23 09:00", "jun"),
        ("11-24 00:00", "mei"),
        ("11-24 12:00", "jun"),
    ]


def test_only_what_the_giver_has_is_given(room: RotaRoom):
    room.put("ana", "11-22 09:00", "11-22 12:00")
    swap = room.ask("11-22 00:00", "11-24 00:00")
    room.swaps.accept(swap.id, "person:jun")
    # Ana keeps her hours, and Jun his own turn from Monday on.
    assert room.shifts("11-22 00:00", "11-24 00:00") == [
        ("11-22 00:00", "jun"),
        ("11-22 09:00", "ana"),
        ("11-22 12:00", "jun"),
        ("11-23 09:00", "jun"),
    ]


@pytest.mark.parametrize(("act", "state"), [("decline", "declined"), ("cancel", "cancelled")])
def test_without_an_agreement_all_stays_as_it_was(room: RotaRoom, act: str, state: str):
    swap = room.ask("11-22 00:00", "11-23 00:00")
    assert getattr(room.swaps, act)(swap.id, "person:jun").state == state
    assert room.who("11-22 12:00") == "mei"
    assert room.overrides.list() == []
    for again in (room.swaps.accept, room.swaps.decline, room.swaps.cancel):
        with pytest.raises(Conflict, match=f"was {state} already"):
            again(swap.id, "person:jun")


def test_it_is_accepted_once(room: RotaRoom):
    swap = room.ask("11-22 00:00", "11-23 00:00")
    room.swaps.accept(swap.id, "person:jun")
    with pytest.raises(Conflict):
        room.swaps.accept(swap.id, "person:jun")
    assert len(room.overrides.list()) == 1


def test_a_shift_that_has_moved_since_cannot_be_taken(room: RotaRoom):
    swap = room.ask("11-22 00:00", "11-23 00:00")
    room.put("ana", "11-21 00:00", "11-24 00:00")
    with pytest.raises(Conflict, match="not on call"):
        room.swaps.accept(swap.id, "person:jun")


def test_what_is_over_waits_for_nobody(room: RotaRoom):
    swap = room.ask("11-22 00:00", "11-23 00:00")
    room.later("11-23 00:00")
    assert room.swaps.open() == []
    assert room.swaps.list() == [swap]
    with pytest.raises(Conflict, match="is over"):
        room.swaps.accept(swap.id, "person:jun")


@pytest.mark.parametrize(
    ("values", "error", "match"),
    [
        ({"taker": "mei"}, Invalid, "two people"),
        ({"taker": "bob"}, NotFound, "no person bob"),
        ({"giver": "ana"}, Invalid, "ana is not on call"),
        ({"schedule": "front"}, NotFound, "no schedule front"),
        ({"back_start": at("11-24 00:00")}, Invalid, "a start and an end"),
        ({"back_start": at("11-22 12:00"), "back_end": at("11-24 00:00")}, Invalid, "lies beside"),
        ({"back_start": at("12-01 00:00"), "back_end": at("12-02 00:00")}, Invalid, "jun is not on call"),
        ({"note": "x" * 501}, Invalid, "at most 500"),
    ],
)
def test_what_cannot_be_swapped_is_not_asked(room: RotaRoom, values: dict, error: type, match: str):
    with pytest.raises(error, match=match):
        room.ask("11-22 00:00", "11-23 00:00", **values)
    assert room.swaps.list() == []


def test_the_other_one_is_told_each_time_in_their_language(room: RotaRoom):
    swap = room.ask("11-22 00:00", "11-23 00:00", note="A wedding")
    (asked,) = room.told("jun")
    assert asked.message is not None
    assert "Mei-Ling Chen" in asked.message.subject
    assert "Backend" in asked.message.subject
    assert asked.message.lines[-1] == "A wedding"
    assert asked.message.language == "zh_Hant"
    room.swaps.decline(swap.id, "person:jun")
    (answered,) = room.told("mei")
    assert answered.message is not None
    assert answered.message.subject == "Jun Wu cannot take your shift of Backend"


def who(person: str | None, role: str) -> Identity:
    return Identity(kind="person" if person else "token", name=person or "ci", role=role, person=person)  # pyright: ignore[reportArgumentType] - a role by name


def test_everybody_speaks_for_themselves_and_an_operator_for_others():
    may_ask(who("mei", "responder"), "mei")
    may_answer(who("jun", "responder"), "jun")
    may_answer(who(None, "operator"), "jun")
    with pytest.raises(Denied):
        may_answer(who("mei", "responder"), "jun")
    with pytest.raises(Denied):
        may_ask(who("mei", "viewer"), "mei")
    with pytest.raises(Unauthenticated):
        may_ask(Identity(kind="nobody", name="nobody"), "mei")
