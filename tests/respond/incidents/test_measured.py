"""An alert that says little is judged with what monitors have measured of its service."""

from __future__ import annotations

from datetime import timedelta

from incident_room import Room

from tocsin.sense.measures import store as measures


def measured(room: Room, **values: float) -> None:
    now = room.clock.now()
    room.store.write(lambda conn: measures.put(conn, "shop", values, now, now + timedelta(minutes=1)))


def test_the_last_value_of_a_monitor_decides_until_it_is_old(room: Room):
    measured(room, availability=0.2)
    room.fire("Slow", job="shop-web")
    assert room.only().severity == "P0"


def test_an_old_value_decides_nothing(room: Room):
    measured(room, availability=0.2)
    room.pass_time(61)
    room.fire("Slow", job="shop-web")
    assert room.only().severity == "P3"


def test_the_alerts_own_word_counts_before_that_of_a_monitor(room: Room):
    measured(room, availability=0.2)
    room.fire("Slow", job="shop-web", availability="0.99", error_rate="0.3")
    assert room.only().severity == "P1"
