"""A sender says that somebody has its alert: the incident is acknowledged and pages no more."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from incident_room import Room

from tocsin.sense.alerts import Sender, Signal, acknowledge

SENDER = Sender(key="key_pd", source="pagerduty")


@pytest.fixture
def say(room: Room) -> Callable[..., None]:
    """A message of PagerDuty's kind about one alert of the shop, and what triage makes of it."""

    def say(
        action: str, key: str = "host1/disk", summary: str = "disk full", sender: Sender = SENDER
    ) -> None:
        if action == "acknowledge":
            room.store.write(lambda conn: acknowledge(conn, [key], sender, room.clock.now()))
        else:
            signal = Signal(
                labels={"alertname": key, "job": "shop-db", "error_rate": "0.3"},
                annotations={"summary": summary},
                resolved=action == "resolve",
                dedup_key=key,
            )
            room.ledger.record([signal], sender)
        while room.triage.step():
            pass

    return say


def queued(room: Room) -> list[str]:
    return [state for _, state in room.pages(room.only().id)]


def test_paging_stops_and_later_triggers_page_nobody(room: Room, say: Callable[..., None]):
    say("trigger")
    assert room.only().state == "triggered"
    say("acknowledge")
    incident = room.only()
    assert (incident.state, incident.acknowledged_by) == ("acknowledged", "key_pd")
    assert "incident.acknowledged" in room.story(incident.id)
    before = queued(room)
    say("trigger", summary="disk still full")
    room.pass_time(1_800)
    assert queued(room) == before
    assert (
        "page.queued" not in room.story(incident.id)[room.story(incident.id).index("incident.acknowledged") :]
    )


def test_an_acknowledgement_told_twice_is_one(room: Room, say: Callable[..., None]):
    for action in ("trigger", "acknowledge", "acknowledge"):
        say(action)
    assert room.story(room.only().id).count("incident.acknowledged") == 1


def test_what_does_not_fire_or_came_by_another_key_is_not_acknowledged(room: Room, say: Callable[..., None]):
    say("acknowledge")
    say("trigger")
    say("acknowledge", sender=Sender(key="key_other", source="pagerduty"))
    say("acknowledge", key="host2/disk")
    assert room.only().state == "triggered"
    say("resolve")
    say("acknowledge")
    assert "incident.acknowledged" not in room.story(room.only().id)


def test_a_new_episode_is_acknowledged_anew(room: Room, say: Callable[..., None]):
    for action in ("trigger", "acknowledge", "resolve", "trigger"):
        say(action)
    story = room.story(room.only().id)
    assert story.count("incident.acknowledged") == 1
    say("acknowledge")
    with room.store.read() as conn:
        told = conn.exec_driver_sql(
            "select episode from alert_event where kind = 'acknowledged' order by seq"
        )
        assert told.scalars().all() == [1, 2]


def test_a_person_who_has_it_already_keeps_it(room: Room, say: Callable[..., None]):
    say("trigger")
    room.incidents.acknowledge(room.only().id, "person:mei")
    say("acknowledge")
    assert room.only().acknowledged_by == "mei"
