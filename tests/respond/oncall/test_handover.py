"""At the end of a turn the next one is told what is open, once, whatever happens to the process in between."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from rota_room import RotaRoom, Trouble, at

from tocsin.act.notify import Message
from tocsin.act.notify.delivery import Route
from tocsin.ground import timeline
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.clock import FrozenClock
from tocsin.ground.kernel.errors import Invalid, NotFound
from tocsin.ground.store import Store

LOOKED = timeline.declare("test.looked", N_("The log was read"))


@pytest.fixture
def room(store: Store, clock: FrozenClock) -> Iterator[RotaRoom]:
    room = RotaRoom(store, clock)
    yield room
    room.outbound.close()


def draft(room: RotaRoom, **options: str) -> str:
    with room.store.read() as conn:
        return room.handovers.draft(conn, "backend", **options)


def paged(room: RotaRoom, person: str, incident: str) -> None:
    message = Message(kind="page", subject="Shop is down", lines=(), person=person, incident=incident)
    room.store.write(
        lambda conn: room.deliveries.queue(
            conn,
            kind="page",
            cause=incident,
            incident=incident,
            person=person,
            route=Route(channel="mail", address="mei@example.com"),
            message=message,
            at=room.clock.now(),
        )
    )


def test_a_draft_says_who_hands_over_what(room: RotaRoom):
    room.troubles = [Trouble(), Trouble(id="INC-2026-0002", title="Mail is slow", severity="P2")]
    room.store.write(
        lambda conn: timeline.append(conn, "INC-2026-0001", LOOKED.name, "person:mei", room.clock.now())
    )
    paged(room, "mei", "INC-2026-0001")
    paged(room, "jun", "INC-2026-0002")
    room.clock.tick(60)
    room.handovers.note("backend", "  The vendor calls back on Monday.  ", "person:mei")
    lines = draft(room).splitlines()
    assert lines[0].startswith("Hand-over of Backend, ")
    assert lines[0].endswith("Mei-Ling Chen → Jun Wu")
    assert "Open incidents: 2" in lines
    place = lines.index("- INC-2026-0001 [P0] Shop is down (acknowledged)")
    assert "The log was read" in lines[place + 1]
    assert "- INC-2026-0002 [P2] Mail is slow (acknowledged)" in lines
    (page,) = [line for line in lines if line.startswith("- ") and line.endswith(" INC-2026-0001")]
    assert "18:30" in page, "in the schedule's zone"
    assert not [line for line in lines if line.endswith(" INC-2026-0002")], "Jun was not on call"
    assert lines[-1].endswith("Mei-Ling Chen: The vendor calls back on Monday.")


def test_a_draft_of_a_quiet_turn_says_so(room: RotaRoom):
    lines = draft(room).splitlines()
    assert "No incident is open." in lines
    assert any(line.startswith("Nobody was paged since") for line in lines)


def test_a_long_list_is_cut(room: RotaRoom):
    room.troubles = [Trouble(id=f"INC-2026-{number:04}") for number in range(25)]
    lines = draft(room).splitlines()
    assert "and 5 more" in lines
    assert sum(line.startswith("- INC-2026-") for line in lines) == 20


def test_at_the_end_of_a_turn_the_next_one_is_told_once(room: RotaRoom):
    room.troubles = [Trouble()]
    room.handovers.tick()
    room.later("11-23 09:00")
    room.handovers.tick()
    room.clock.tick(60)
    room.handovers.tick()
    room.process().tick()
    (written,) = room.handovers.written("backend")
    assert (written.at, written.giver, written.taker) == (at("11-23 09:00"), "mei", "jun")
    assert "INC-2026-0001" in written.text
    (told,) = room.told("jun")
    assert told.message is not None
    assert (told.kind, told.message.language) == ("notice", "zh_Hant")
    assert any("INC-2026-0001" in line for line in told.message.lines)
    assert room.told("mei") == []


def test_nobody_is_told_of_a_quiet_turn_and_the_note_is_kept(room: RotaRoom):
    room.handovers.tick()
    room.later("11-23 09:00")
    room.handovers.tick()
    assert len(room.handovers.written("backend")) == 1
    assert room.told("jun") == []


def test_a_schedule_may_want_its_notes_only_kept(room: RotaRoom):
    layers = [{"people": ["mei", "jun"], "rotation": "weekly", "start": "2026-11-16T09:00"}]
    room.configure(schedules={"backend": {"layers": layers, "handover": "keep"}})
    room.troubles = [Trouble()]
    room.handovers.tick()
    room.later("11-23 09:00")
    room.handovers.tick()
    assert len(room.handovers.written("backend")) == 1
    assert room.told("jun") == []


def test_after_some_hours_off_the_note_is_written_all_the_same(room: RotaRoom):
    room.troubles = [Trouble()]
    room.handovers.tick()
    room.later("11-23 09:00")
    room.handovers.tick()
    room.later("11-30 15:00")
    room.process().tick()
    newest, _ = room.handovers.written("backend")
    assert (newest.at, newest.written_at) == (at("11-30 09:00"), at("11-30 15:00"))
    assert len(room.told("mei")) == 1


def test_who_is_relieved_again_meanwhile_is_not_told(room: RotaRoom):
    room.troubles = [Trouble()]
    room.handovers.tick()
    room.put("ana", "11-22 09:00", "11-22 12:00")
    room.later("11-22 13:00")
    room.handovers.tick()
    assert [each.taker for each in room.handovers.written("backend")] == ["mei", "ana"]
    assert room.told("ana") == []
    assert len(room.told("mei")) == 1


def test_a_new_installation_writes_no_history(room: RotaRoom):
    room.later("11-23 10:00")
    room.handovers.tick()
    assert room.handovers.written("backend") == []


def test_a_note_belongs_to_the_turn_in_which_it_was_written(room: RotaRoom):
    room.handovers.note("backend", "First week", "person:mei")
    room.later("11-24 09:00")
    room.handovers.note("backend", "Second week", "person:jun")
    assert "First week" not in draft(room)
    assert "Second week" in draft(room)


@pytest.mark.parametrize("text", ["", "   ", "x" * 10_001, "a\x00b"])
def test_a_note_says_something(room: RotaRoom, text: str):
    with pytest.raises(Invalid, match="a note has"):
        room.handovers.note("backend", text, "person:mei")


def test_what_is_not_there_has_no_note(room: RotaRoom):
    with pytest.raises(NotFound):
        room.handovers.note("frontend", "Hello", "person:mei")
    with pytest.raises(NotFound):
        room.handovers.written("frontend")


def test_a_gap_is_handed_over_to_nobody(room: RotaRoom):
    layers = [{"people": ["mei"], "start": "2026-11-16T09:00", "hours": ["mon-fri 09:00-18:00"]}]
    room.configure(schedules={"backend": {"layers": layers}})
    room.later("11-23 10:00")
    room.handovers.tick()
    room.clock.tick(timedelta(hours=9).total_seconds())
    room.handovers.tick()
    (written,) = room.handovers.written("backend")
    assert (written.giver, written.taker) == ("mei", None)
    assert "Mei-Ling Chen → nobody" in written.text
