"""A quarter of an hour before a silence ends its author hears what will page then, and once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest
from incident_room import CONFIGURATION, Room, opened
from sqlalchemy import select

from tocsin.act.notify.store import delivery
from tocsin.configuration import Configuration
from tocsin.ground.kernel.clock import FrozenClock
from tocsin.ground.kernel.settings import Holder
from tocsin.ground.store import Store
from tocsin.sense.alerts.matchers import parse_matcher
from tocsin.sense.alerts.silence import Silence
from tocsin.sense.alerts.silence_warning import SilenceWarnings


@pytest.fixture
def room(store: Store, clock: FrozenClock) -> Iterator[Room]:
    configured = Holder(Configuration.model_validate(CONFIGURATION))
    with ExitStack() as stack:
        put_together = stack.enter_context(opened(store, clock, configured))
        SilenceWarnings(
            store,
            clock,
            put_together.folds.silences,
            people=configured,
            deliveries=put_together.deliveries,
            alarms=put_together.timers,
        )
        yield put_together


def silenced(room: Room, *, minutes: float = 60, author: str = "person:mei", **more: str) -> Silence:
    return room.folds.silences.put(
        matchers=[parse_matcher('alertname="DiskFull"')],
        starts_at=room.clock.now(),
        ends_at=room.clock.now() + timedelta(minutes=minutes),
        created_by=author,
        comment="the disk is being changed",
        **more,
    )


@pytest.fixture
def letters(room: Room) -> Callable[[], list[tuple[str, str]]]:
    def read() -> list[tuple[str, str]]:
        with room.store.read() as conn:
            rows = conn.execute(select(delivery).where(delivery.c.kind == "notice").order_by(delivery.c.id))
            return [(row.person, row.message["subject"]) for row in rows]

    return read


def test_the_author_hears_of_the_end_while_alerts_still_fire(
    room: Room, letters: Callable[[], list[tuple[str, str]]]
):
    silenced(room)
    room.fire("DiskFull", host="db1")
    room.pass_time(44 * 60, step=60)
    assert letters() == []
    room.pass_time(2 * 60, step=60)
    assert letters() == [
        ("mei", "Your silence ends at 21 Nov 2026, 11:30:00 (UTC), and 1 alerts that it hides still fire")
    ]


def test_nobody_hears_of_a_silence_that_hides_nothing_any_more(
    room: Room, letters: Callable[[], list[tuple[str, str]]]
):
    silenced(room)
    room.fire("DiskFull", host="db1")
    room.clear("DiskFull", host="db1")
    room.pass_time(3600, step=60)
    assert letters() == []


def test_one_that_was_made_longer_is_told_of_before_its_new_end(
    room: Room, letters: Callable[[], list[tuple[str, str]]]
):
    silence = silenced(room)
    room.fire("DiskFull", host="db1")
    room.clock.tick(60)
    silenced(room, minutes=120, id=silence.id)
    room.pass_time(60 * 60, step=60)
    assert letters() == []
    room.pass_time(50 * 60, step=60)
    assert len(letters()) == 1


def test_one_that_was_ended_is_told_of_no_more(room: Room, letters: Callable[[], list[tuple[str, str]]]):
    silence = silenced(room)
    room.fire("DiskFull", host="db1", severity="info")
    room.folds.silences.expire(silence.id, "person:mei")
    room.pass_time(3600, step=60)
    assert letters() == []


@pytest.mark.parametrize(
    ("author", "person"), [("Mei-Ling Chen", "mei"), ("JUN@example.com", "jun"), ("amtool", None)]
)
def test_the_author_is_known_by_name_or_address(
    room: Room, letters: Callable[[], list[tuple[str, str]]], author: str, person: str | None
):
    silenced(room, author=author)
    room.fire("DiskFull", host="db1")
    room.pass_time(50 * 60, step=60)
    assert [each for each, _ in letters()] == ([person] if person else [])
