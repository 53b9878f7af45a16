"""The clock jumps, summer time begins and ends, the machine is off for six hours: what is due comes once, if it still
matters, and says that it is late.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from incident_room import CONFIGURATION, Room, opened
from receiver import Receiver
from sqlalchemy import update
from waiting import until

from tocsin.act.notify import of_incident
from tocsin.configuration import Configuration
from tocsin.ground import timeline
from tocsin.ground.engine.timers import timer
from tocsin.ground.kernel.clock import FrozenClock
from tocsin.ground.kernel.settings import Holder
from tocsin.ground.store import Store

SIX_HOURS = 6 * 3_600
ORDINARY = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
SUMMER_BEGINS = datetime(2027, 3, 28, 0, 58, tzinfo=UTC)  # at 1:00 UTC Berlin goes from 2:00 to 3:00
SUMMER_ENDS = datetime(2027, 10, 31, 0, 58, tzinfo=UTC)  # at 1:00 UTC Berlin goes from 3:00 to 2:00


@pytest.fixture
def inbox() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.stop()


@pytest.fixture(params=[ORDINARY, SUMMER_BEGINS, SUMMER_ENDS], ids=["ordinary", "to summer", "to winter"])
def house(
    request: pytest.FixtureRequest, store: Store, clock: FrozenClock, inbox: Receiver
) -> Iterator[Room]:
    clock.tick((request.param - clock.now()).total_seconds())
    people = {name: {"name": name.title(), "webhook": inbox.url} for name in ("mei", "jun")}
    values: dict[str, Any] = CONFIGURATION | {
        "people": people,
        "channels": {"hook": {"kind": "webhook"}},
        "outbound": {"allow": ["127.0.0.0/8"]},
        "time_zone": "Europe/Berlin",
    }
    with opened(store, clock, Holder(Configuration.model_validate(values))) as room:
        room.deliveries.start()
        yield room
        room.deliveries.stop()


def off(room: Room, seconds: float) -> None:
    """The machine is off for so long."""
    room.deliveries.stop()
    room.clock.tick(seconds)
    room.deliveries.start()


def sent(room: Room, incident: str) -> Counter[str]:
    """Person → how often they were paged; once all that is due has left."""
    until(lambda: not unsent(room, incident), 60, "the end of what is due")
    with room.store.read() as conn:
        rows = of_incident(conn, incident)
    return Counter(
        each.person for each in rows if each.kind == "page" and each.state == "sent" and each.person
    )


def unsent(room: Room, incident: str) -> list[str]:
    now = room.clock.now()
    with room.store.read() as conn:
        rows = of_incident(conn, incident)
    return [each.id for each in rows if each.state in ("waiting", "claimed") and each.next_at <= now]


def burning(room: Room) -> str:
    return room.incidents.declare("Checkout is broken", "shop", "P0", "", "person:ana").id


def test_a_step_comes_after_its_minutes_whatever_the_clocks_on_the_wall_do(house: Room, inbox: Receiver):
    id_ = burning(house)
    house.clock.tick(299)
    assert sent(house, id_)["jun"] == 0
    house.clock.tick(1)
    assert sent(house, id_)["jun"] == 1


def test_after_six_hours_off_what_is_due_comes_once_and_says_that_it_is_late(house: Room, inbox: Receiver):
    house.deliveries.stop()  # the power fails between the incident and its page
    id_ = burning(house)
    house.clock.tick(SIX_HOURS)
    house.deliveries.start()
    assert sent(house, id_) == {"mei": 1, "jun": 1}
    house.clock.tick(60)
    assert sent(house, id_) == {"mei": 1, "jun": 1}
    told = {body["data"]["person"]: body["data"]["lines"] for _, _, body in inbox.messages}
    assert told.keys() == {"mei", "jun"}
    for lines in told.values():
        assert len([line for line in lines if "This message is late: it was due at" in line]) == 1


def test_after_six_hours_off_nobody_is_paged_for_what_is_over(house: Room, inbox: Receiver):
    id_ = burning(house)
    sent(house, id_)
    house.deliveries.stop()
    house.clock.tick(SIX_HOURS)
    house.incidents.acknowledge(id_, "person:mei")  # by the link, before the sweep came round
    house.deliveries.start()
    assert sent(house, id_)["jun"] == 0


def test_each_clock_that_ran_out_meanwhile_is_missed_once(house: Room):
    id_ = burning(house)
    off(house, SIX_HOURS)
    for _ in range(3):
        while house.timers.sweep():
            pass
        house.clock.tick(60)
    assert {"assess": 1, "restore": 1}.items() <= missed(house, id_).items()
    assert set(missed(house, id_).values()) == {1}


@pytest.mark.parametrize("hours", [-3, 3])
def test_a_clock_that_jumps_fires_nothing_twice_and_loses_nothing(house: Room, inbox: Receiver, hours: int):
    id_ = burning(house)
    house.clock.tick(60)
    assert sent(house, id_) == {"mei": 1}
    house.clock._now += timedelta(hours=hours)  # the wall clock alone; the one for waits only ever grows
    paged = sent(house, id_)
    assert paged["mei"] == 1
    house.clock._now -= timedelta(hours=hours)  # it is set right
    house.clock.tick(240)
    assert sent(house, id_) == {"mei": 1, "jun": 1}
    while house.timers.sweep():
        pass
    assert max(missed(house, id_).values(), default=0) <= 1


def missed(room: Room, incident: str) -> Counter[str]:
    with room.store.read() as conn:
        return Counter(
            str(each.data["clock"]) for each in timeline.of_incident(conn, incident, kinds=("clock.missed",))
        )


def test_two_sweeps_at_the_same_moment_after_the_stop_fire_each_timer_once(house: Room):
    """As two workers that start together after a power cut."""
    id_ = burning(house)
    off(house, SIX_HOURS)
    house.store.write(
        lambda conn: conn.execute(update(timer).where(timer.c.state == "claimed").values(state="waiting"))
    )
    threads = [threading.Thread(target=house.timers.sweep) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while house.timers.sweep():
        pass
    assert set(missed(house, id_).values()) == {1}
