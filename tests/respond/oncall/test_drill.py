"""A drill pages who is on call; the button says that it arrived, and what nobody pressed was missed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from tocsin.act.notify import ChannelSection, Deliveries, Delivery
from tocsin.act.notify.store import delivery
from tocsin.ground.catalogue import CatalogueSection
from tocsin.ground.engine import Boots, Timers
from tocsin.ground.engine.timers import timer
from tocsin.ground.kernel.bell import Bell
from tocsin.ground.kernel.clock import FrozenClock
from tocsin.ground.kernel.errors import Invalid, NotFound
from tocsin.ground.kernel.links import Links
from tocsin.ground.kernel.outbound import Outbound
from tocsin.ground.store import Store
from tocsin.respond.oncall import Oncall, OncallSection
from tocsin.respond.oncall.drill import Drills
from tocsin.respond.oncall.drill_section import DrillSection


class Configuration(DrillSection, OncallSection, ChannelSection, CatalogueSection):
    """The sections that drills read."""


TEAM: dict[str, Any] = {
    "time_zone": "Asia/Taipei",
    "channels": {"hook": {"kind": "webhook"}},
    "people": {
        "mei": {"name": "Mei-Ling Chen", "webhook": "http://127.0.0.1:1/mei"},
        "jun": {"name": "Jun Wu", "webhook": "http://127.0.0.1:1/jun", "language": "zh_Hant"},
        "bot": {"name": "Nobody can reach me"},
    },
    "schedules": {
        "backend": {"title": "Backend", "layers": [{"people": ["mei"], "start": "2026-01-05T09:00"}]},
        "shop": {"layers": [{"people": ["jun"], "start": "2026-01-05T09:00"}]},
    },
    "drills": {"every": "30d", "within": "10m"},
}


@dataclass(kw_only=True)
class Room:
    store: Store
    clock: FrozenClock
    timers: Timers
    drills: Drills

    def messages(self, kind: str) -> list[Delivery]:
        with self.store.read() as conn:
            rows = conn.execute(select(delivery).where(delivery.c.kind == kind).order_by(delivery.c.id))
            return [Delivery.from_row(row) for row in rows]


@pytest.fixture
def room(store: Store, clock: FrozenClock) -> Iterator[Room]:
    configuration = Configuration.model_validate(TEAM)
    outbound, boots = Outbound(), Boots(store, clock)
    boots.begin()
    timers = Timers(store, clock, boots)
    links = Links(lambda: "https://tocsin.example.com", b"k" * 32)
    deliveries = Deliveries(
        store, clock, lambda: configuration, bell=Bell(), links=links, outbound=outbound, boots=boots
    )
    oncall = Oncall(lambda: configuration, clock)
    drills = Drills(store, clock, lambda: configuration, oncall=oncall, deliveries=deliveries, timers=timers)
    yield Room(store=store, clock=clock, timers=timers, drills=drills)
    outbound.close()


def test_whoever_is_on_call_is_asked_in_their_language_and_their_answer_is_kept(room: Room):
    asked = room.drills.ask(None, "person:ana")
    assert sorted((each.schedule, each.person, each.state) for each in asked) == [
        ("backend", "mei", "waiting"),
        ("shop", "jun", "waiting"),
    ]
    pages = {page.person: page for page in room.messages("test")}
    assert pages["mei"].message
    assert pages["mei"].message.subject == "Drill: does this page reach you?"
    assert "asked for by ana" in pages["mei"].message.lines[0]
    assert pages["jun"].message
    assert pages["jun"].message.subject.startswith("演練")
    room.clock.tick(42)
    room.drills.arrived(pages["mei"])
    room.clock.tick(600)
    room.drills.arrived(pages["mei"])
    latest = room.drills.latest()
    assert (latest["backend"].state, latest["backend"].after_s) == ("arrived", 42)
    assert latest["backend"].channel == "hook"
    assert (latest["shop"].state, latest["shop"].after_s) == ("missed", None)


def test_a_message_that_is_no_drill_answers_none(room: Room):
    room.drills.ask("mei", "person:ana")
    (page,) = room.messages("test")
    room.store.write(lambda conn: conn.execute(update(delivery).values(cause="tst_1")))
    (other,) = room.messages("test")
    assert room.drills.arrived(other) is None
    assert room.drills.of(page) is not None


def test_a_person_may_be_asked_by_name_and_a_wrong_name_is_told(room: Room):
    (asked,) = room.drills.ask("jun", "person:jun")
    assert (asked.schedule, asked.person) == ("", "jun")
    assert room.drills.latest() == {}
    with pytest.raises(NotFound, match="no schedule and no person nobody"):
        room.drills.ask("nobody", "person:jun")
    with pytest.raises(Invalid, match="no channel reaches bot"):
        room.drills.ask("bot", "person:jun")
    assert len(room.drills.recent()) == 1


def test_who_is_on_call_hears_once_a_day_that_a_drill_is_due(room: Room):
    room.drills.ask("backend", "person:ana")
    room.drills.start()
    room.clock.tick(61)
    room.timers.sweep()
    assert [(page.person, page.kind) for page in room.messages("notice")] == [("jun", "notice")]
    room.drills.start()  # a restart
    room.clock.tick(61)
    room.timers.sweep()
    assert len(room.messages("notice")) == 1
    assert list(room.drills.overdue()) == ["shop"]
    room.clock.tick(timedelta(days=31).total_seconds())
    assert list(room.drills.overdue()) == ["backend", "shop"]
    room.timers.sweep()
    assert sorted(page.person or "" for page in room.messages("notice")) == ["jun", "jun", "mei"]
    with room.store.read() as conn:
        due = conn.scalar(select(timer.c.due_at).where(timer.c.kind == "drill.remind"))
    assert due == room.clock.now() + timedelta(days=1)
