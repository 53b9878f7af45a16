"""What people do with an incident, and what each act refuses, with its cause and its cure."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from databases import on_postgres
from incident_room import Room

from tocsin.act.notify import of_incident
from tocsin.ground import timeline
from tocsin.ground.kernel.errors import Conflict, Invalid, NotFound
from tocsin.respond.incidents import Incident
from tocsin.respond.incidents.store import incident_number, next_number

Act = Callable[[Room, str], Incident]


def burning(room: Room, severity: str = "P0") -> str:
    return room.incidents.declare("Checkout is broken", "shop", severity, "", "person:jun").id


def told(room: Room, incident: str, kind: str) -> list[timeline.Event]:
    with room.store.read() as conn:
        return timeline.of_incident(conn, incident, kinds=(kind,))


def ladder(room: Room, incident: str) -> list[tuple[str | None, str]]:
    """Whom the ladder would page, or has paged."""
    with room.store.read() as conn:
        return [(each.person, each.state) for each in of_incident(conn, incident) if each.kind == "page"]


def deliver(room: Room, incident: str) -> None:
    """Every page that was to leave at once has been taken by the mail server."""
    with room.store.read() as conn:
        claimed = [each for each in of_incident(conn, incident) if each.state == "claimed"]
    for each in claimed:
        room.store.write(lambda conn, each=each: room.deliveries._sent(conn, each, room.clock.now()))


# Acts


def test_declared_by_hand_it_says_who_and_keeps_their_words(room: Room):
    incident = room.incidents.declare("  Checkout\n is  broken ", "shop", "", "customers call", "person:jun")
    assert (incident.title, incident.severity, incident.source) == ("Checkout is broken", "P0", "person")
    (declared,) = told(room, incident.id, "incident.declared")
    assert declared.actor == "person:jun"
    (noted,) = told(room, incident.id, "note.added")
    assert (noted.actor, noted.data["text"]) == ("person:jun", "customers call")


def test_declared_without_a_service_it_belongs_to_nobody_and_still_pages(room: Room):
    incident = room.incidents.declare("Something smells", "", "", "", "person:jun")
    assert incident.service == "unassigned"
    assert {person for person, state in ladder(room, incident.id) if state == "claimed"} == {"mei", "jun"}


def test_two_people_press_the_button_and_the_first_has_it(room: Room):
    id_ = burning(room)
    first = room.incidents.acknowledge(id_, "person:mei")
    room.clock.tick(3)
    second = room.incidents.acknowledge(id_, "person:jun")
    assert second == first
    assert second.acknowledged_by == "mei"
    assert len(told(room, id_, "incident.acknowledged")) == 1
    assert len(told(room, id_, "role.assigned")) == 1


def test_two_people_press_the_button_at_the_same_moment(room: Room):
    id_ = burning(room)
    with ThreadPoolExecutor(2) as both:
        answers = list(
            both.map(lambda who: room.incidents.acknowledge(id_, who), ("person:mei", "person:jun"))
        )
    assert answers[0].acknowledged_by == answers[1].acknowledged_by
    assert len(told(room, id_, "incident.acknowledged")) == 1


def test_a_program_that_acknowledges_becomes_no_commander(room: Room):
    id_ = burning(room)
    assert room.incidents.acknowledge(id_, "token:ci").acknowledged_by == "ci"
    with room.store.read() as conn:
        assert room.incidents.roles(conn, id_) == {}


def test_a_number_is_known_in_small_letters(room: Room):
    id_ = burning(room)
    assert room.incidents.acknowledge(id_.lower(), "person:mei").id == id_


def test_the_whole_life_by_hand(room: Room):
    id_ = burning(room)
    states = [
        act.state
        for act in (
            room.incidents.acknowledge(id_, "person:mei"),
            room.incidents.mitigate(id_, "restarted", "person:mei"),
            room.incidents.resolve(id_, "stays well", "person:mei"),
            room.incidents.close(id_, "", "person:mei"),
            room.incidents.reopen(id_, "it is back", "person:mei"),
        )
    ]
    assert states == ["acknowledged", "mitigated", "resolved", "closed", "triggered"]
    last = room.only()
    assert (last.mitigated_at, last.resolved_at, last.closed_at, last.soak_until) == (None, None, None, None)
    assert last.acknowledged_at, "how long it took the first time stays known"


def test_opened_again_after_its_end_nobody_has_it_until_somebody_says_so(room: Room):
    id_ = burning(room)
    room.incidents.acknowledge(id_, "person:mei")
    room.incidents.resolve(id_, "", "person:mei")
    reopened = room.incidents.reopen(id_, "it is back", "person:jun")
    assert (reopened.state, reopened.acknowledged_by) == ("triggered", None)
    assert ("mei", "claimed") in ladder(room, id_), "the ladder starts anew"
    room.incidents.mitigate(id_, "restarted", "run:run_1")
    back = room.incidents.reopen(id_, "no", "tocsin")
    assert back.state == "triggered", "whoever had it the first time does not have it now"
    again = room.incidents.acknowledge(id_, "person:jun")
    assert (again.state, again.acknowledged_by) == ("acknowledged", "jun")


def test_acknowledged_while_it_is_watched_somebody_has_it_should_it_come_back(room: Room):
    id_ = burning(room)
    room.incidents.mitigate(id_, "restarted", "person:jun")
    watched = room.incidents.acknowledge(id_, "person:mei")
    assert (watched.state, watched.acknowledged_by) == ("mitigated", "mei")
    assert room.incidents.reopen(id_, "no", "tocsin").state == "acknowledged"


def test_roles_are_given_and_handed_over_on_the_story(room: Room):
    id_ = burning(room)
    room.incidents.acknowledge(id_, "person:mei")
    room.incidents.assign(id_, "scribe", "jun", "person:mei")
    room.incidents.assign(id_, "commander", "jun", "person:mei")
    with room.store.read() as conn:
        assert room.incidents.roles(conn, id_) == {"commander": "jun", "scribe": "jun"}
        assert room.incidents.commanders(conn, [id_, "INC-2026-9999"]) == {id_: "jun"}
    given = [
        (each.actor, each.data["role"], each.data["person"]) for each in told(room, id_, "role.assigned")
    ]
    assert given == [
        ("person:mei", "commander", "mei"),
        ("person:mei", "scribe", "jun"),
        ("person:mei", "commander", "jun"),
    ]


def test_a_role_given_twice_to_the_same_person_is_told_once(room: Room):
    id_ = burning(room)
    room.incidents.assign(id_, "scribe", "jun", "person:mei")
    room.incidents.assign(id_, "scribe", "jun", "person:jun")
    assert len(told(room, id_, "role.assigned")) == 1


def test_a_change_of_severity_keeps_its_reason_and_pages_anew_what_nobody_has(room: Room):
    id_ = burning(room, "P1")
    room.incidents.set_severity(id_, "P0", "  everybody is affected ", "person:mei")
    (changed,) = told(room, id_, "severity.changed")
    assert changed.data == {"old": "P1", "new": "P0", "reason": "everybody is affected"}
    assert ladder(room, id_).count(("mei", "claimed")) == 1, "the pages of the old severity are withdrawn"
    room.incidents.acknowledge(id_, "person:mei")
    before = len(ladder(room, id_))
    room.incidents.set_severity(id_, "P1", "not so bad", "person:mei")
    assert len(ladder(room, id_)) == before, "whoever has it is not paged"


def test_the_same_severity_again_changes_nothing(room: Room):
    id_ = burning(room)
    before = room.story(id_)
    room.incidents.set_severity(id_, "P0", "indeed", "person:mei")
    assert room.story(id_) == before


def test_a_note_keeps_what_was_written(room: Room):
    id_ = burning(room)
    room.incidents.note(id_, "  <b>bold</b>\n| a | b |  ", "person:mei")
    (noted,) = told(room, id_, "note.added")
    assert noted.data["text"] == "<b>bold</b>\n| a | b |"
    room.incidents.note(id_, "x" * 10_000, "person:mei")


# Refusals: the act, the state it is tried in, the cause and the cure

_TRIGGERED: tuple[Act, ...] = ()
_ACKNOWLEDGED: tuple[Act, ...] = (lambda room, id_: room.incidents.acknowledge(id_, "person:mei"),)
_MITIGATED: tuple[Act, ...] = (lambda room, id_: room.incidents.mitigate(id_, "", "person:mei"),)
_RESOLVED: tuple[Act, ...] = (lambda room, id_: room.incidents.resolve(id_, "", "person:mei"),)
_CLOSED: tuple[Act, ...] = (*_RESOLVED, lambda room, id_: room.incidents.close(id_, "", "person:mei"))


@pytest.mark.parametrize(
    ("before", "act", "cause", "cure"),
    [
        (_RESOLVED, "acknowledge", "already resolved", "Open it again"),
        (_CLOSED, "acknowledge", "already closed", "Open it again"),
        (_MITIGATED, "mitigate", "already mitigated", "being watched"),
        (_RESOLVED, "mitigate", "already resolved", "Open it again"),
        (_RESOLVED, "resolve", "already resolved", "nothing to do"),
        (_CLOSED, "resolve", "already closed", "nothing to do"),
        (_TRIGGERED, "reopen", "open as it is", "Work on it"),
        (_ACKNOWLEDGED, "reopen", "open as it is", "Work on it"),
        (_TRIGGERED, "close", "is triggered", "Resolve it first"),
        (_MITIGATED, "close", "is mitigated", "Resolve it first"),
        (_CLOSED, "close", "is closed", "Open it again"),
    ],
)
def test_an_act_out_of_its_time_is_refused_with_cause_and_cure(
    room: Room, before: tuple[Act, ...], act: str, cause: str, cure: str
):
    id_ = burning(room)
    for each in before:
        each(room, id_)
    story = room.story(id_)
    arguments = (id_, "person:jun") if act == "acknowledge" else (id_, "why", "person:jun")
    with pytest.raises(Conflict, match=cause) as refused:
        getattr(room.incidents, act)(*arguments)
    assert id_ in refused.value.message
    assert cure in refused.value.fix
    assert room.story(id_) == story, "what is refused leaves no trace"


@pytest.mark.parametrize(
    ("act", "arguments", "field", "cure"),
    [
        ("note", (" \n",), "text", "Write"),
        ("note", ("x" * 10_001,), "text", "Shorten"),
        ("note", ("a\0b",), "text", "characters"),
        ("note", ("half a \ud83d",), "text", "characters"),
        ("assign", ("captain", "mei"), "role", "commander"),
        ("assign", ("scribe", " "), "person", "people:"),
        ("assign", ("scribe", "mie"), "person", "mei"),
        ("assign", ("scribe", "a\0b"), "person", "mei"),
        ("set_severity", ("P9", "worse"), "severity", "P0, P1, P3"),
        ("set_severity", ("P1", ""), "reason", "why"),
        ("set_severity", ("P1", "a\0b"), "reason", "characters"),
        ("resolve", ("a\0b",), "why", "characters"),
        ("mitigate", ("\ud83d",), "why", "characters"),
        ("resolve", ("x" * 10_001,), "why", "Shorten"),
    ],
)
def test_what_cannot_be_taken_names_the_field_and_the_cure(
    room: Room, act: str, arguments: tuple[str, ...], field: str, cure: str
):
    id_ = burning(room)
    story = room.story(id_)
    with pytest.raises(Invalid) as refused:
        getattr(room.incidents, act)(id_, *arguments, "person:jun")
    assert refused.value.field == field
    assert cure in refused.value.fix
    assert room.story(id_) == story


@pytest.mark.parametrize(
    ("title", "text", "field"),
    [("a\0b", "", "title"), ("\ud83d", "", "title"), ("x", "a\0b", "text"), ("x", "y" * 10_001, "text")],
)
def test_a_declaration_that_cannot_be_stored_is_refused_before_anybody_is_paged(
    room: Room, title: str, text: str, field: str
):
    with pytest.raises(Invalid) as refused:
        room.incidents.declare(title, "shop", "P0", text, "person:jun")
    assert refused.value.field == field
    with room.store.read() as conn:
        assert room.incidents.list(conn) == []


@pytest.mark.parametrize(
    "number", ["", "INC-2026-9999", "inc", "a\0b", "\ud83d", "x" * 10_000, "'; DROP TABLE"]
)
def test_an_incident_that_is_not_there_is_nobody_s_error(room: Room, number: str):
    with room.store.read() as conn, pytest.raises(NotFound) as refused:
        room.incidents.get(conn, number)
    assert "tocsin incident list" in refused.value.fix
    with pytest.raises(NotFound):
        room.incidents.acknowledge(number, "person:mei")
    with room.store.read() as conn, pytest.raises(NotFound):
        room.incidents.list(conn, after=number or "INC")


@pytest.mark.parametrize("odd", ["a\0b", "\ud83d", ""])
def test_an_odd_filter_finds_nothing_or_everything(room: Room, odd: str):
    burning(room)
    with room.store.read() as conn:
        found = [
            room.incidents.list(conn, severity=odd),
            room.incidents.list(conn, service=odd),
        ]
    assert [len(each) for each in found] == ([0, 0] if odd else [1, 1])


def test_the_list_goes_on_after_the_last_one_seen(room: Room):
    ids = [burning(room) for _ in range(5)]
    with room.store.read() as conn:
        first = [each.id for each in room.incidents.list(conn, limit=2)]
        rest = [each.id for each in room.incidents.list(conn, limit=10, after=first[-1])]
    assert first + rest == ids[::-1]


# Numbers


def test_a_refused_declaration_takes_no_number(room: Room):
    burning(room)
    with pytest.raises(Invalid):
        room.incidents.declare("", "shop", "P0", "", "person:jun")
    assert burning(room) == "INC-2026-0002"


def test_numbers_are_given_once_when_many_declare_at_the_same_moment(room: Room):
    with ThreadPoolExecutor(8) as many:
        ids = list(many.map(lambda _: burning(room), range(24)))
    assert sorted(ids) == [f"INC-2026-{number:04d}" for number in range(1, 25)]


def test_the_ten_thousandth_has_five_digits(room: Room):

    burning(room)
    room.store.write(lambda conn: conn.execute(incident_number.update().values(last=9_999)))
    assert burning(room) == "INC-2026-10000"
    with room.store.read() as conn:
        assert [each.id for each in room.incidents.list(conn, limit=1)] == ["INC-2026-10000"]


@on_postgres
def test_a_writer_that_fails_leaves_a_gap_and_holds_nobody_up(room: Room):

    with room.store.engine.connect() as first:
        transaction = first.begin()
        next_number(first, 2026)
        with ThreadPoolExecutor(1) as other:
            waiting = other.submit(burning, room)
            assert not waiting.done()
            transaction.rollback()
            assert waiting.result(timeout=20) == "INC-2026-0001"
