"""A person says that there was nothing, and may take it back."""

from __future__ import annotations

import pytest
from incident_room import Room

from tocsin.ground import timeline
from tocsin.ground.kernel.errors import Conflict, Invalid, NotFound
from tocsin.ground.timeline import sentence


def burning(room: Room) -> str:
    room.fire("Down", job="shop-web", availability="0")
    room.fire("Errors", job="shop-api", error_rate="0.5")
    return room.only().id


def test_a_false_alarm_ends_at_once_without_a_soak_and_without_anything_to_learn(room: Room):
    id_ = burning(room)
    incident = room.incidents.false_alarm(id_, "the probe ran out of disk", "person:mei")
    assert (incident.state, incident.outcome) == ("resolved", "false_alarm")
    story = room.story(id_)
    assert "soak.started" not in story
    with room.store.read() as conn:
        (event,) = timeline.of_incident(conn, id_, kinds=("alert.false_alarm",))
        clocks = {each.name: each.state for each in room.incidents.clocks(conn, id_)}
    assert event.data["rules"] == ["Down", "Errors"]
    assert sentence(event) == "mei says it was a false alarm: the probe ran out of disk"
    assert clocks == {"assess": "met", "restore": "met"}, "no report is due"
    assert all(state in ("cancelled", "claimed", "sent") for _, state in room.pages(id_))


def test_what_goes_on_firing_does_not_open_it_again_but_a_new_firing_pages(room: Room):
    id_ = burning(room)
    room.incidents.false_alarm(id_, "wrong threshold", "person:mei")
    for _ in range(6):
        room.pass_time(60)
        room.fire("Down", job="shop-web", availability="0")
        room.ledger.flush()
    assert room.only().state == "resolved"
    room.clear("Down", job="shop-web", availability="0")
    room.clock.tick(60)
    room.fire("Down", job="shop-web", availability="0")
    with room.store.read() as conn:
        newest, first = room.incidents.list(conn)
    assert (first.id, first.outcome) == (id_, "false_alarm")
    assert newest.state == "triggered"


def test_opening_it_again_takes_the_word_back(room: Room):
    id_ = burning(room)
    room.incidents.false_alarm(id_, "nothing to see", "person:mei")
    again = room.incidents.reopen(id_, "there was", "person:jun")
    assert (again.state, again.outcome) == ("triggered", "")


def test_what_has_ended_may_turn_out_to_have_been_false(room: Room):
    id_ = burning(room)
    room.incidents.resolve(id_, "it went away", "person:mei")
    with room.store.read() as conn:
        assert any(each.name == "report" for each in room.incidents.clocks(conn, id_))
    incident = room.incidents.false_alarm(id_, "the sensor was broken", "person:jun")
    assert (incident.state, incident.outcome) == ("resolved", "false_alarm")
    with room.store.read() as conn:
        assert not any(each.name == "report" for each in room.incidents.clocks(conn, id_))
    room.pass_time(3600)
    assert room.only().state == "resolved"


def test_it_needs_a_reason_and_is_said_once(room: Room):
    id_ = burning(room)
    with pytest.raises(Invalid) as refused:
        room.incidents.false_alarm(id_, "  ", "person:mei")
    assert refused.value.field == "why"
    room.incidents.false_alarm(id_, "no", "person:mei")
    with pytest.raises(Conflict, match="already"):
        room.incidents.false_alarm(id_, "no", "person:mei")
    with pytest.raises(NotFound):
        room.incidents.false_alarm("INC-2026-9999", "no", "person:mei")


def test_an_alert_is_called_noise_or_useful_and_the_last_word_counts(room: Room):
    id_ = burning(room)
    with room.store.read() as conn:
        alert = room.incidents.alerts(conn, id_)[0]
    room.incidents.mark_alert(alert.id, "noise", "every Monday", "person:mei")
    room.clock.tick(1)
    room.incidents.mark_alert(alert.id, "useful", "", "person:mei")
    room.incidents.mark_alert(alert.id, "noise", "", "person:jun")
    with room.store.read() as conn:
        said = {each.by: each.mark for each in room.incidents.marks(conn, alert.id)}
        events = timeline.of_incident(conn, id_, kinds=("alert.marked",))
    assert said == {"person:mei": "useful", "person:jun": "noise"}
    assert [sentence(each) for each in events] == [
        f"mei calls alert {alert.name} noise: every Monday",
        f"mei calls alert {alert.name} useful",
        f"jun calls alert {alert.name} noise",
    ]
    with pytest.raises(Invalid):
        room.incidents.mark_alert(alert.id, "boring", "", "person:mei")
    with pytest.raises(NotFound):
        room.incidents.mark_alert("alr_0", "noise", "", "person:mei")
