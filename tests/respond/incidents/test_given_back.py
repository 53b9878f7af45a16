"""“I have it” that ends: given back, expired, passed on. Then it pages again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from incident_room import CONFIGURATION, Room
from sqlalchemy import update

from tocsin.act.notify import Delivery, of_incident
from tocsin.act.notify.store import delivery
from tocsin.configuration import Configuration
from tocsin.ground import timeline
from tocsin.ground.engine import Timers
from tocsin.ground.kernel.errors import Conflict
from tocsin.ground.kernel.settings import Holder
from tocsin.respond.incidents import Incident
from tocsin.respond.incidents.wishes import Wishes
from tocsin.respond.oncall.store import latest


@pytest.fixture
def configured() -> Holder[Configuration]:
    backend = {**CONFIGURATION["escalations"]["backend"], "acknowledge_for": "30m"}
    return Holder(Configuration.model_validate({**CONFIGURATION, "escalations": {"backend": backend}}))


@pytest.fixture
def burning(room: Room) -> Incident:
    room.fire(job="shop-api", availability="0")
    leave(room)
    return room.only()


def leave(room: Room) -> None:
    """What is claimed is sent."""
    room.store.write(
        lambda conn: conn.execute(
            update(delivery)
            .where(delivery.c.state == "claimed")
            .values(state="sent", sent_at=room.clock.now(), switch_at=None)
        )
    )


def pages(room: Room, incident: str) -> list[tuple[str | None, str]]:
    """(person, state) of the pages themselves."""
    with room.store.read() as conn:
        return [(each.person, each.state) for each in of_incident(conn, incident) if each.kind == "page"]


def newest(room: Room, incident: str) -> list[tuple[str | None, int, str]]:
    """(person, step, state) of the escalation that began last."""
    with room.store.read() as conn:
        rows = [each for each in of_incident(conn, incident) if each.kind == "page"]
        return [
            (each.person, each.step, each.state)
            for each in rows
            if each.cause == max(row.cause for row in rows)
        ]


def told(room: Room, incident: str) -> list[str]:
    with room.store.read() as conn:
        return [timeline.sentence(each) for each in timeline.of_incident(conn, incident)]


class TestExpires:
    def test_after_its_time_it_pages_again_and_the_story_says_why(self, room: Room, burning: Incident):
        room.incidents.acknowledge(burning.id, "person:mei")
        room.pass_time(1_799)
        assert room.only().state == "acknowledged"
        room.pass_time(1)
        assert (room.only().state, room.only().acknowledged_by) == ("triggered", None)
        assert "The acknowledgement by mei has expired after 30 min: it pages again" in told(room, burning.id)
        assert newest(room, burning.id) == [("mei", 1, "claimed"), (None, 2, "waiting")]

    def test_it_ends_though_tocsin_was_started_anew_meanwhile(self, room: Room, burning: Incident):
        room.incidents.acknowledge(burning.id, "person:mei")
        boots: Any = room.timers._boots
        other = Timers(room.store, room.clock, boots)
        other._handlers = room.timers._handlers
        room.clock.tick(6 * 3_600)
        while other.sweep():
            pass
        assert room.only().state == "triggered"
        assert newest(room, burning.id)[0] == ("mei", 1, "claimed")

    def test_a_timer_that_fires_twice_pages_once(self, room: Room, burning: Incident):
        room.incidents.acknowledge(burning.id, "person:mei")
        room.pass_time(1_800)
        before = pages(room, burning.id)
        room.store.write(
            lambda conn: room.timers.set(conn, "incident.acknowledgement", burning.id, room.clock.now())
        )
        while room.timers.sweep():
            pass
        assert pages(room, burning.id) == before

    def test_who_says_it_again_has_it_for_as_long_again(self, room: Room, burning: Incident):
        room.incidents.acknowledge(burning.id, "person:mei")
        room.pass_time(1_200)
        room.incidents.acknowledge(burning.id, "person:mei")
        assert "Acknowledged once more by mei, until 21 Nov 2026, 11:20:00 (UTC)" in told(room, burning.id)
        room.pass_time(1_799)
        assert room.only().state == "acknowledged"
        room.pass_time(1)
        assert room.only().state == "triggered"

    def test_a_button_that_is_pressed_twice_says_it_once(self, room: Room, burning: Incident):
        room.incidents.acknowledge(burning.id, "person:mei")
        room.pass_time(30)
        room.incidents.acknowledge(burning.id, "person:mei")
        assert "acknowledgement.renewed" not in room.story(burning.id)

    def test_it_is_acknowledged_again_and_expires_again(self, room: Room, burning: Incident):
        for _ in range(2):
            room.incidents.acknowledge(burning.id, "person:mei")
            room.pass_time(1_800)
        assert room.story(burning.id).count("acknowledgement.expired") == 2

    @pytest.mark.parametrize("act", ["mitigate", "resolve"])
    def test_what_is_over_expires_no_more(self, room: Room, burning: Incident, act: str):
        room.incidents.acknowledge(burning.id, "person:mei")
        getattr(room.incidents, act)(burning.id, "fixed", "person:mei")
        room.pass_time(1_800, step=60)
        assert "acknowledgement.expired" not in room.story(burning.id)

    def test_opened_again_for_whoever_has_it_its_time_is_counted_anew(self, room: Room, burning: Incident):
        room.incidents.acknowledge(burning.id, "person:mei")
        room.pass_time(1_000)
        room.clear(job="shop-api", availability="0")
        room.fire(job="shop-api", availability="0")
        assert room.only().state == "acknowledged"
        room.pass_time(1_799)
        assert room.only().state == "acknowledged"
        room.pass_time(1)
        assert room.only().state == "triggered"

    def test_an_escalation_keeps_the_time_that_its_policy_gave(
        self, room: Room, burning: Incident, configured: Holder[Configuration]
    ):
        room.incidents.acknowledge(burning.id, "person:mei")
        configured.swap(Configuration.model_validate(CONFIGURATION))
        room.pass_time(1_800)
        assert room.only().state == "triggered"

    def test_without_a_time_it_holds_for_good(self, room: Room, configured: Holder[Configuration]):
        configured.swap(Configuration.model_validate(CONFIGURATION))
        room.fire(job="shop-api", availability="0")
        room.incidents.acknowledge(room.only().id, "person:mei")
        room.pass_time(86_400, step=3_600)
        assert room.only().state == "acknowledged"


class TestGivenBack:
    def test_nobody_has_it_so_it_pages_again_and_the_clocks_begin_anew(self, room: Room, burning: Incident):
        room.pass_time(60)
        room.incidents.acknowledge(burning.id, "person:mei")
        room.pass_time(300)
        found = room.incidents.unacknowledge(burning.id, "my train is in a tunnel", "person:mei")
        assert (found.state, found.acknowledged_by) == ("triggered", None)
        assert "mei has it no longer: my train is in a tunnel" in told(room, burning.id)
        assert newest(room, burning.id) == [("mei", 1, "claimed"), (None, 2, "waiting")]
        with room.store.read() as conn:
            assess = next(each for each in room.incidents.clocks(conn, burning.id) if each.name == "assess")
        assert (assess.state, assess.due_at - room.clock.now()) == ("running", timedelta(minutes=5))
        room.pass_time(1_800)
        assert "acknowledgement.expired" not in room.story(burning.id)

    def test_within_the_minute_of_the_page_the_next_one_waits_for_its_end(
        self, room: Room, burning: Incident
    ):
        room.incidents.acknowledge(burning.id, "person:mei")
        room.clock.tick(10)
        room.incidents.unacknowledge(burning.id, "", "person:mei")
        assert newest(room, burning.id)[0] == ("mei", 1, "waiting")

    def test_what_nobody_has_cannot_be_given_back(self, room: Room, burning: Incident):
        with pytest.raises(Conflict, match="is triggered: there is no acknowledgement"):
            room.incidents.unacknowledge(burning.id, "", "person:mei")
        room.incidents.resolve(burning.id, "over", "person:mei")
        with pytest.raises(Conflict, match="is resolved"):
            room.incidents.unacknowledge(burning.id, "", "person:mei")

    def test_acknowledged_once_more_it_is_had_by_whoever_said_so_then(self, room: Room, burning: Incident):
        room.incidents.acknowledge(burning.id, "person:mei")
        room.incidents.unacknowledge(burning.id, "", "person:mei")
        assert room.incidents.acknowledge(burning.id, "person:jun").acknowledged_by == "jun"


class TestPassedOn:
    def test_who_cannot_take_it_calls_the_next_step(self, room: Room, burning: Incident):
        room.incidents.escalate(burning.id, "person:mei")
        assert ("jun", "claimed") in pages(room, burning.id)
        assert "mei asked for the next step" in told(room, burning.id)

    def test_pressed_twice_it_counts_once(self, room: Room, burning: Incident):
        room.incidents.escalate(burning.id, "person:mei")
        before = pages(room, burning.id)
        room.incidents.escalate(burning.id, "person:mei")
        assert pages(room, burning.id) == before
        assert room.story(burning.id).count("escalation.pressed") == 1

    def test_who_has_it_and_cannot_go_on_passes_it_to_the_second_step(self, room: Room, burning: Incident):
        room.incidents.acknowledge(burning.id, "person:mei")
        room.pass_time(120)
        found = room.incidents.escalate(burning.id, "person:mei")
        assert found.state == "triggered"
        assert newest(room, burning.id) == [("jun", 2, "claimed")]

    def test_what_is_over_is_passed_to_nobody(self, room: Room, burning: Incident):
        room.incidents.resolve(burning.id, "over", "person:mei")
        with pytest.raises(Conflict, match="nobody is to be paged"):
            room.incidents.escalate(burning.id, "person:mei")

    def test_a_level_that_does_not_climb_by_itself_does_so_when_it_is_asked(
        self, room: Room, configured: Holder[Configuration]
    ):
        core = CONFIGURATION["policies"]["core"]["levels"]
        levels = {**core, "P0": {**core["P0"], "escalate": False}}
        configured.swap(
            Configuration.model_validate({**CONFIGURATION, "policies": {"core": {"levels": levels}}})
        )
        room.fire(job="shop-api", availability="0")
        number = room.only().id
        assert newest(room, number) == [("mei", 1, "claimed")]
        room.incidents.escalate(number, "person:mei")
        assert newest(room, number) == [("jun", 2, "claimed")]


class TestWishes:
    """By button, reply or key; the sentence is what the person reads or hears."""

    def wish(self, room: Room, incident: str, what: Any, person: str = "mei") -> str:
        with room.store.read() as conn:
            page: Delivery = next(each for each in of_incident(conn, incident) if each.person == "mei")
        return Wishes(room.incidents, room.desk.services).carry_out(page, what, person)

    def test_they_are_carried_out_and_answered(self, room: Room, burning: Incident):
        assert self.wish(room, burning.id, "escalated") == (f"The next step of {burning.id} is being paged.")
        assert self.wish(room, burning.id, "acknowledged") == f"You have {burning.id}: nobody else is paged."
        assert room.only().acknowledged_by == "mei"

    def test_what_is_over_needs_nobody(self, room: Room, burning: Incident):
        room.incidents.resolve(burning.id, "over", "person:jun")
        for what in ("acknowledged", "escalated"):
            assert self.wish(room, burning.id, what) == f"{burning.id} needs nobody any more."


class TestSeverity:
    def test_raised_to_one_that_escalates_by_itself_it_climbs(
        self, room: Room, configured: Holder[Configuration]
    ):
        core = CONFIGURATION["policies"]["core"]["levels"]
        levels = {**core, "P1": {**core["P1"], "escalate": False}}
        configured.swap(
            Configuration.model_validate({**CONFIGURATION, "policies": {"core": {"levels": levels}}})
        )
        number = room.incidents.declare("The till is slow", "shop", "P1", "", "person:mei").id
        assert newest(room, number) == [("mei", 1, "claimed")]
        leave(room)
        room.pass_time(120)
        room.incidents.set_severity(number, "P0", "the till is down", "person:mei")
        assert newest(room, number) == [("mei", 1, "claimed"), (None, 2, "waiting")]

    def test_the_urgency_and_mentions_of_the_level_go_along(self, room: Room):
        number = room.incidents.declare("Down", "shop", "P0", "", "person:mei").id
        with room.store.read() as conn:
            climb = latest(conn, number)
        assert climb is not None
        assert (climb.urgency, climb.mentions) == ("critical", ["everyone"])
