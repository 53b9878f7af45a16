"""What is long over becomes a count; what fires, waits or is needed stays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest
from sqlalchemy import Connection, func, select, update

from tocsin.ground.kernel.bell import Bell
from tocsin.ground.kernel.clock import FrozenClock
from tocsin.ground.store import Store
from tocsin.sense.alerts import AlertsSection, Ledger, Sender, Signal, list_alerts
from tocsin.sense.alerts.retention import BITE, Retention, days
from tocsin.sense.alerts.store import alert_event

SCRIPT = Sender(key="key_b", source="webhook")
MONTH = 31 * 86_400


@pytest.fixture
def ledger(store: Store, clock: FrozenClock) -> Iterator[Ledger]:
    running = Ledger(
        store, clock, AlertsSection, Bell(), lambda labels: labels.get("service") or "unassigned"
    )
    running.start()
    yield running
    running.stop()


class Needed:
    """Which alerts belong to an incident."""

    def __init__(self) -> None:
        self.ids: set[str] = set()

    def __call__(self, conn: Connection, ids: Sequence[str]) -> set[str]:
        return self.ids & set(ids)


@pytest.fixture
def needed() -> Needed:
    return Needed()


@pytest.fixture
def retention(store: Store, clock: FrozenClock, needed: Needed) -> Retention:
    return Retention(store, clock, AlertsSection, needed)


def say(ledger: Ledger, name: str, *, over: bool = False, host: str = "a") -> str:
    signal = Signal(labels={"alertname": name, "service": "shop", "host": host}, resolved=over)
    return ledger.record([signal], SCRIPT)[0].alert


def triaged(store: Store) -> None:
    store.write(lambda conn: conn.execute(update(alert_event).values(state="done")))


def until_calm(retention: Retention, clock: FrozenClock) -> int:
    """Bites as long as there is something to bite."""
    gone = 0
    clock.tick(3_600)
    while taken := retention.tick():
        gone += taken
        clock.tick(1)
    return gone


def names(store: Store) -> list[str]:
    with store.read() as conn:
        return sorted(each.name for each in list_alerts(conn, limit=1_000))


def test_a_month_after_its_end_an_alert_is_a_count(
    ledger: Ledger, store: Store, clock: FrozenClock, retention: Retention
):
    began = clock.now()
    for over in (False, True, False, True):
        say(ledger, "DiskFull", over=over)
        clock.tick(60)
    triaged(store)
    clock.tick(MONTH)
    until_calm(retention, clock)
    assert names(store) == []
    with store.read() as conn:
        (day,) = days(conn, began.date())
        assert conn.scalar(select(func.count()).select_from(alert_event)) == 0
    assert (day.day, day.service, day.name, day.fired, day.said) == (began.date(), "shop", "DiskFull", 2, 4)


def test_what_fires_or_ended_lately_or_waits_or_is_needed_stays(
    ledger: Ledger, store: Store, clock: FrozenClock, retention: Retention, needed: Needed
):
    for name in ("Old", "Needed", "Firing", "Lately"):
        say(ledger, name)
    say(ledger, "Old", over=True)
    needed.ids.add(say(ledger, "Needed", over=True))
    triaged(store)
    say(ledger, "Waiting")
    say(ledger, "Waiting", over=True)
    clock.tick(MONTH)
    say(ledger, "Lately", over=True)
    until_calm(retention, clock)
    assert names(store) == ["Firing", "Lately", "Needed", "Waiting"]


def test_many_go_in_bites_and_those_that_stay_are_not_in_the_way(
    ledger: Ledger, store: Store, clock: FrozenClock, retention: Retention, needed: Needed
):
    many = [
        Signal(labels={"alertname": "Many", "service": "shop", "host": str(number)}, resolved=over)
        for number in range(3 * BITE)
        for over in (False, True)
    ]
    outcomes = ledger.record(many, SCRIPT)
    needed.ids.update(each.alert for each in outcomes[: 3 * BITE])
    triaged(store)
    clock.tick(MONTH)
    until_calm(retention, clock)
    clock.tick(3_600)
    until_calm(retention, clock)
    with store.read() as conn:
        assert len(list_alerts(conn, limit=10_000)) == len(needed.ids)
        (day,) = days(conn, clock.now().date() - timedelta(days=60))
    assert day.fired == 3 * BITE


def test_it_fires_again_as_something_new_after_it_was_forgotten(
    ledger: Ledger, store: Store, clock: FrozenClock, retention: Retention
):
    say(ledger, "DiskFull")
    say(ledger, "DiskFull", over=True)
    triaged(store)
    clock.tick(MONTH)
    until_calm(retention, clock)
    say(ledger, "DiskFull")
    with store.read() as conn:
        (only,) = list_alerts(conn)
    assert only.state == "firing"
