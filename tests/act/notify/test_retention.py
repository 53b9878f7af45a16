"""What is forgotten of messages: tests and drills after three months, never what belongs to an incident."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from tocsin.act.notify import store as deliveries
from tocsin.act.notify.attempts import delivery_attempt
from tocsin.act.notify.retention import BITE, KEPT, Retention
from tocsin.act.notify.store import Delivery, delivery
from tocsin.ground.kernel.clock import FrozenClock
from tocsin.ground.store import Store


def written(conn: Connection, clock: FrozenClock, name: str, **other: Any) -> None:
    now = clock.now()
    row: dict[str, Any] = {
        "id": f"dlv_{name}",
        "kind": "test",
        "incident": None,
        "cause": name,
        "person": "mei",
        "target": None,
        "channel": "mail",
        "address": "mei@example.com",
        "message": None,
        "page": name,
        "round": 1,
        "step": 1,
        "steps": 1,
        "due_at": now,
        "state": "claimed",
        "attempt": 1,
        "next_at": now,
        "switch_at": None,
        "claimed_by": "boot",
        "claimed_at": now,
        "sent_at": None,
        "error": None,
        "key": name,
    }
    assert deliveries.add(conn, Delivery(**{**row, **other}))


def kept(store: Store) -> set[str]:
    with store.read() as conn:
        return set(conn.scalars(select(delivery.c.id)))


def test_old_tests_are_forgotten_with_their_attempts_and_pages_stay(store: Store, clock: FrozenClock):
    def job(conn: Connection) -> None:
        written(conn, clock, "trial")
        written(conn, clock, "stuck")
        written(conn, clock, "page", kind="page", incident="INC-1")
        conn.execute(delivery.update().where(delivery.c.id != "dlv_stuck").values(state="sent"))

    store.write(job)
    clock.tick(KEPT.total_seconds() - 60)
    store.write(lambda conn: written(conn, clock, "young", state="sent"))
    retention = Retention(store, clock)
    assert retention.tick() == 0, "nothing is old yet"
    clock.tick(3_700)
    assert retention.tick() == 1
    assert kept(store) == {"dlv_stuck", "dlv_page", "dlv_young"}
    with store.read() as conn:
        attempts = set(conn.scalars(select(delivery_attempt.c.delivery)))
    assert "dlv_trial" not in attempts
    assert "dlv_page" in attempts


def test_many_go_a_bite_a_second(store: Store, clock: FrozenClock):
    def job(conn: Connection) -> None:
        for number in range(BITE + 3):
            written(conn, clock, f"t{number}", state="sent")

    store.write(job)
    clock.tick((KEPT + timedelta(days=1)).total_seconds())
    retention = Retention(store, clock)
    assert retention.tick() == BITE
    assert retention.tick() == 0, "no sender waits for it"
    clock.tick(1)
    assert retention.tick() == 3
    with store.read() as conn:
        assert conn.scalar(select(func.count()).select_from(delivery)) == 0
