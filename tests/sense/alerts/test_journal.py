"""In a storm an answer comes from the journal and is kept as any other: the tables follow, whatever comes between."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from databases import on_sqlite
from sqlalchemy import Connection
from waiting import until

from tocsin.ground.kernel.bell import Bell
from tocsin.ground.kernel.clock import FrozenClock
from tocsin.ground.kernel.errors import Unavailable
from tocsin.ground.store import Store
from tocsin.sense.alerts import Alert, AlertsSection, Ledger, Sender, Signal, journal, list_alerts
from tocsin.sense.alerts.batch import Batch

PROMETHEUS = Sender(key="key_a", source="alertmanager")
STORM = 200

pytestmark = on_sqlite


def new_ledger(store: Store, clock: FrozenClock) -> Ledger:
    made = Ledger(store, clock, AlertsSection, Bell(), lambda labels: labels["service"])
    made.start()
    return made


def storm(**more: Any) -> list[Signal]:
    return [Signal(labels={"alertname": f"A{each}", "service": "shop"}, **more) for each in range(STORM)]


def stored(store: Store) -> list[Alert]:
    with store.read() as conn:
        return list_alerts(conn, limit=1_000)


def in_the_journal(store: Store) -> int:
    with store.read() as conn:
        return journal.count(conn)


class Tables:
    """The tables of alerts, which can be out of order."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.broken: Exception | None = None
        written = Batch.write

        def write(batch: Batch, conn: Connection) -> None:
            if self.broken:
                raise self.broken
            written(batch, conn)

        monkeypatch.setattr(Batch, "write", write)


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> Tables:
    return Tables(monkeypatch)


def test_the_tables_follow_the_answers(store: Store, clock: FrozenClock):
    ledger = new_ledger(store, clock)
    outcomes = ledger.record(storm(annotations={"summary": "慢"}, value=0.5), PROMETHEUS)
    assert {each.result for each in outcomes} == {"fired"}
    ledger.catch_up()
    assert {each.id for each in stored(store)} == {each.alert for each in outcomes}
    assert {(each.annotations["summary"], each.value) for each in stored(store)} == {("慢", 0.5)}
    until(lambda: in_the_journal(store) == 0 and ledger.behind == 0)
    ledger.stop()


def test_while_the_tables_cannot_be_written_what_is_answered_is_on_disk(
    store: Store, clock: FrozenClock, tables: Tables
):
    ledger = new_ledger(store, clock)
    tables.broken = Unavailable("the disk is full")
    began = clock.now()
    ledger.record(storm(fades=True), PROMETHEUS)
    clock.tick(1)
    again = ledger.record(storm(fades=True), PROMETHEUS)
    assert {each.result for each in again} == {"duplicate"}
    assert stored(store) == []
    assert in_the_journal(store) > 0
    ledger.stop()  # as far as it can

    tables.broken = None
    clock.tick(1)
    following = new_ledger(store, clock)
    assert len(stored(store)) == STORM
    assert {each.first_seen for each in stored(store)} == {began}
    assert in_the_journal(store) == 0
    assert {each.result for each in following.record(storm(fades=True), PROMETHEUS)} == {"duplicate"}
    following.stop()


def test_an_end_that_overtakes_the_tables_is_the_end(store: Store, clock: FrozenClock, tables: Tables):
    ledger = new_ledger(store, clock)
    tables.broken = Unavailable("the disk is full")
    ledger.record(storm(), PROMETHEUS)
    clock.tick(1)
    ended = ledger.record(storm(resolved=True), PROMETHEUS)
    assert {each.result for each in ended} == {"resolved"}
    tables.broken = None
    ledger.catch_up()
    assert {(each.state, each.episode, each.ends_at) for each in stored(store)} == {
        ("resolved", 1, clock.now())
    }
    ledger.stop()


def test_a_repeat_counts_although_its_row_was_not_there_yet(store: Store, clock: FrozenClock, tables: Tables):
    ledger = new_ledger(store, clock)
    tables.broken = Unavailable("the disk is full")
    ledger.record(storm(fades=True), PROMETHEUS)
    clock.tick(60)
    ledger.record(storm(fades=True), PROMETHEUS)
    tables.broken = None
    ledger.flush()
    assert {(each.count, each.last_seen - each.first_seen) for each in stored(store)} == {
        (2, timedelta(minutes=1))
    }
    ledger.stop()


def test_what_no_table_takes_stays_in_the_journal_and_delays_nobody(
    store: Store, clock: FrozenClock, tables: Tables
):
    ledger = new_ledger(store, clock)
    tables.broken = ValueError("a mistake of ours")
    ledger.record(storm(), PROMETHEUS)
    ledger.catch_up()
    assert (stored(store), in_the_journal(store)) == ([], 1)
    tables.broken = None
    (one,) = ledger.record(storm()[:1], PROMETHEUS)
    assert one.result == "fired"  # said again it is news again
    ledger.stop()

    following = new_ledger(store, clock)
    assert len(stored(store)) == STORM
    assert in_the_journal(store) == 0
    following.stop()


def test_more_than_is_kept_at_hand_is_read_from_the_journal_again(
    store: Store, clock: FrozenClock, tables: Tables, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("tocsin.sense.alerts.ledger._BEHIND_HELD", STORM)
    ledger = new_ledger(store, clock)
    tables.broken = Unavailable("the disk is full")
    ledger.record(storm(annotations={"summary": "one"}), PROMETHEUS)
    clock.tick(1)
    ledger.record(storm(annotations={"summary": "two"}), PROMETHEUS)
    tables.broken = None
    ledger.catch_up()
    assert {(each.annotations["summary"], each.count, each.episode) for each in stored(store)} == {
        ("two", 2, 1)
    }
    ledger.stop()
