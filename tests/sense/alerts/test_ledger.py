"""What the ledger answers is on disk; what it tells triage is told once, whatever fails in between."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from datetime import timedelta
from typing import Any

import pytest
from databases import on_postgres, on_sqlite
from sqlalchemy import Connection, delete, func, select

from tocsin.ground.kernel.bell import Bell
from tocsin.ground.kernel.clock import FrozenClock
from tocsin.ground.kernel.errors import Unavailable
from tocsin.ground.store import Store
from tocsin.sense.alerts import (
    TOPIC,
    Alert,
    AlertsSection,
    Ledger,
    Sender,
    Signal,
    claim,
    done,
    get,
    list_alerts,
)
from tocsin.sense.alerts.store import alert, alert_event

PROMETHEUS = Sender(key="key_a", source="alertmanager")
SCRIPT = Sender(key="key_b", source="webhook")


def new_ledger(store: Store, clock: FrozenClock, bell: Bell | None = None) -> Ledger:
    return Ledger(
        store, clock, AlertsSection, bell or Bell(), lambda labels: labels.get("service") or "unassigned"
    )


@pytest.fixture
def ledger(store: Store, clock: FrozenClock) -> Iterator[Ledger]:
    running = new_ledger(store, clock)
    running.start()
    yield running
    running.stop()


def disk_full(name: str = "DiskFull", **more: Any) -> Signal:
    return Signal(labels={"alertname": name, "service": "shop"}, **more)


def the_alert(store: Store) -> Alert:
    with store.read() as conn:
        (only,) = list_alerts(conn)
    return only


def news(store: Store) -> list[tuple[str, int]]:
    with store.read() as conn:
        rows = conn.execute(select(alert_event.c.kind, alert_event.c.episode).order_by(alert_event.c.seq))
        return [(row.kind, row.episode) for row in rows]


def test_an_alert_that_is_answered_is_in_the_store(ledger: Ledger, store: Store, clock: FrozenClock):
    signal = disk_full(annotations={"summary": "92 %"}, value=0.92, url="http://127.0.0.1/graph")
    (outcome,) = ledger.record([signal], PROMETHEUS)
    assert outcome.result == "fired"
    stored = the_alert(store)
    assert (stored.id, stored.name, stored.service, stored.state) == (
        outcome.alert,
        "DiskFull",
        "shop",
        "firing",
    )
    assert (stored.annotations, stored.value, stored.url) == (
        {"summary": "92 %"},
        0.92,
        "http://127.0.0.1/graph",
    )
    assert (stored.source, stored.key, stored.starts_at) == ("alertmanager", "key_a", clock.now())
    assert news(store) == [("fired", 1)]


def test_repeats_are_counted_and_change_nothing_else(ledger: Ledger, store: Store, clock: FrozenClock):
    for _ in range(5):
        ledger.record([disk_full(fades=True)], PROMETHEUS)
        clock.tick(60)
    ledger.flush()
    stored = the_alert(store)
    assert stored.count == 5
    assert stored.last_seen - stored.first_seen == timedelta(minutes=4)
    assert stored.expires_at == stored.last_seen + timedelta(minutes=5)
    assert news(store) == [("fired", 1)]


def test_it_ends_and_begins_again_on_the_same_row(ledger: Ledger, store: Store, clock: FrozenClock):
    results = []
    for resolved in (False, True, True, False):
        clock.tick(60)
        results += [each.result for each in ledger.record([disk_full(resolved=resolved)], SCRIPT)]
    assert results == ["fired", "resolved", "duplicate", "fired"]
    stored = the_alert(store)
    assert (stored.state, stored.episode, stored.ends_at, stored.starts_at) == (
        "firing",
        2,
        None,
        clock.now(),
    )
    assert news(store) == [("fired", 1), ("resolved", 1), ("fired", 2)]


def test_one_message_may_tell_of_the_same_alert_twice(ledger: Ledger, store: Store):
    outcomes = ledger.record([disk_full(), disk_full(), disk_full(resolved=True)], SCRIPT)
    assert [each.result for each in outcomes] == ["fired", "duplicate", "resolved"]
    ledger.flush()
    stored = the_alert(store)
    assert (stored.state, stored.count) == ("resolved", 3)
    assert news(store) == [("fired", 1), ("resolved", 1)]


def test_a_key_of_de_duplication_holds_for_its_sender_only(ledger: Ledger, store: Store):
    def job(number: int) -> Signal:
        return Signal(labels={"alertname": f"Job {number}"}, dedup_key="nightly")

    ledger.record([job(1), job(2)], SCRIPT)
    ledger.record([job(3)], PROMETHEUS)
    with store.read() as conn:
        assert sorted(each.name for each in list_alerts(conn)) == ["Job 2", "Job 3"]


def test_an_alert_not_said_again_in_time_is_over(ledger: Ledger, store: Store, clock: FrozenClock):
    ledger.record([disk_full(fades=True)], PROMETHEUS)
    clock.tick(299)
    assert ledger.expire(clock.now()) == 0
    clock.tick(1)
    assert ledger.expire(clock.now()) == (1 if store.is_sqlite else 0)
    clock.tick(2)
    ledger.expire(clock.now())
    stored = the_alert(store)
    assert (stored.state, stored.ends_at) == ("resolved", stored.starts_at + timedelta(minutes=5))
    assert ledger.record([disk_full(fades=True)], PROMETHEUS)[0].result == "fired"
    assert news(store) == [("fired", 1), ("resolved", 1), ("fired", 2)]


def test_a_source_that_never_repeats_itself_is_never_taken_for_silent(
    ledger: Ledger, store: Store, clock: FrozenClock
):
    ledger.record([disk_full()], SCRIPT)
    clock.tick(86_400 * 30)
    assert ledger.expire(clock.now()) == 0
    assert the_alert(store).state == "firing"


def test_after_a_restart_it_knows_what_fires_and_gives_senders_time_to_say_it_again(
    ledger: Ledger, store: Store, clock: FrozenClock
):
    ledger.record([disk_full(fades=True)], PROMETHEUS)
    ledger.stop()
    clock.tick(3_600)
    after = new_ledger(store, clock)
    after.start()
    assert after.expire(clock.now()) == 0
    assert after.record([disk_full(fades=True)], PROMETHEUS)[0].result == "duplicate"
    clock.tick(299)
    assert after.record([disk_full(resolved=True)], PROMETHEUS)[0].result == "resolved"
    after.stop()


def test_what_nobody_repeats_after_a_restart_is_over(ledger: Ledger, store: Store, clock: FrozenClock):
    ledger.record([disk_full(fades=True)], PROMETHEUS)
    ledger.stop()
    clock.tick(3_600)
    after = new_ledger(store, clock)
    after.start()
    clock.tick(303)
    assert after.expire(clock.now()) == 1
    after.stop()


def test_many_at_once_share_commits_and_none_is_lost(ledger: Ledger, store: Store):
    gate = threading.Barrier(8)
    answers: list[Future[Any]] = []
    lock = threading.Lock()

    def sender(number: int) -> None:
        gate.wait()
        for each in range(50):
            answer = ledger.submit([disk_full(f"Alert {number}-{each}"), disk_full("Shared")], PROMETHEUS)
            with lock:
                answers.append(answer)

    threads = [threading.Thread(target=sender, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wait(answers, timeout=30)
    results = [outcome.result for answer in answers for outcome in answer.result()]
    assert results.count("fired") == 401
    assert results.count("duplicate") == 399
    ledger.flush()
    with store.read() as conn:
        assert conn.scalar(select(func.count()).select_from(alert)) == 401
        shared = next(each for each in list_alerts(conn, limit=1_000) if each.name == "Shared")
    assert shared.count == 400
    assert len(news(store)) == 401


@on_postgres
def test_two_processes_on_postgres_agree(ledger: Ledger, store: Store, clock: FrozenClock):
    other = new_ledger(store, clock)
    other.start()
    assert ledger.record([disk_full()], SCRIPT)[0].result == "fired"
    assert other.record([disk_full()], SCRIPT)[0].result == "duplicate"
    assert other.record([disk_full(resolved=True)], SCRIPT)[0].result == "resolved"
    assert ledger.record([disk_full()], SCRIPT)[0].result == "fired"
    other.stop()
    assert news(store) == [("fired", 1), ("resolved", 1), ("fired", 2)]


def test_when_the_store_fails_nobody_is_told_it_went_well(
    ledger: Ledger, store: Store, monkeypatch: pytest.MonkeyPatch
):
    def broken(job: Callable[[Connection], Any]) -> Any:
        raise Unavailable("the disk is full")

    monkeypatch.setattr(store, "intake", broken)
    with pytest.raises(Unavailable):
        ledger.record([disk_full()], PROMETHEUS)
    monkeypatch.undo()
    assert ledger.record([disk_full()], PROMETHEUS)[0].result == "fired"


@on_sqlite
def test_repeats_that_could_not_be_written_are_kept(
    ledger: Ledger, store: Store, monkeypatch: pytest.MonkeyPatch
):
    ledger.record([disk_full()], PROMETHEUS)
    ledger.record([disk_full()], PROMETHEUS)

    def broken(job: Callable[[Connection], Any]) -> Any:
        raise Unavailable("the disk is full")

    monkeypatch.setattr(store, "intake", broken)
    with pytest.raises(Unavailable):
        ledger.flush()
    monkeypatch.undo()
    ledger.record([disk_full()], PROMETHEUS)
    ledger.flush()
    assert the_alert(store).count == 3


def test_a_client_that_leaves_takes_nothing_with_it(ledger: Ledger, store: Store):
    answer = ledger.submit([disk_full()], PROMETHEUS)
    assert not answer.cancel()
    assert answer.result()[0].result == "fired"


def test_the_bell_rings_for_news_only(store: Store, clock: FrozenClock):
    bell, rings = Bell(), list[int]()
    bell.on(TOPIC, lambda: rings.append(1))
    ledger = new_ledger(store, clock, bell)
    ledger.start()
    ledger.record([disk_full()], SCRIPT)
    ledger.record([disk_full()], SCRIPT)
    ledger.record([disk_full(resolved=True)], SCRIPT)
    ledger.stop()
    assert len(rings) == 2


def test_news_is_claimed_once_and_whoever_dies_with_it_has_taken_nothing(ledger: Ledger, store: Store):
    ledger.record([disk_full("A"), disk_full("B")], SCRIPT)

    def dies(conn: Connection) -> None:
        assert len(claim(conn, "boot_1")) == 2
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        store.write(dies)
    taken = store.write(lambda conn: claim(conn, "boot_2"))
    assert [(each.kind, each.alert.name) for each in taken] == [("fired", "A"), ("fired", "B")]
    assert store.write(lambda conn: claim(conn, "boot_3")) == []


def test_an_end_is_not_triaged_before_its_beginning(ledger: Ledger, store: Store):
    ledger.record([disk_full(), disk_full(resolved=True)], SCRIPT)
    (fired,) = store.write(lambda conn: claim(conn, "boot_1"))
    assert store.write(lambda conn: claim(conn, "boot_2")) == []
    store.write(lambda conn: done(conn, [fired.seq]))
    (resolved,) = store.write(lambda conn: claim(conn, "boot_2"))
    assert (fired.kind, resolved.kind) == ("fired", "resolved")


def test_alerts_are_listed_page_by_page(ledger: Ledger, store: Store, clock: FrozenClock):
    for number in range(5):
        clock.tick(1)
        ledger.record([disk_full(f"A{number}")], SCRIPT)
    ledger.record([disk_full("A0", resolved=True)], SCRIPT)
    with store.read() as conn:
        first = list_alerts(conn, limit=2)
        second = list_alerts(conn, limit=2, after=first[-1].id)
        assert [each.name for each in first + second] == ["A4", "A3", "A2", "A1"]
        assert [each.name for each in list_alerts(conn, state="resolved")] == ["A0"]
        assert list_alerts(conn, service="nothing") == []
        assert list_alerts(conn, key="key_a") == []
        assert get(conn, first[0].id) == first[0]
        assert get(conn, "alr_none") is None


def test_a_thousand_shuffled_messages_end_as_in_order(store: Store, clock: FrozenClock):
    """Every third one repeated, three senders' alerts at once, in batches of any size."""
    chance = random.Random(20261121)
    start = clock.now()
    story = [
        Signal(
            labels={"alertname": f"A{number}"},
            starts_at=start + timedelta(minutes=100 * episode),
            ends_at=start + timedelta(minutes=100 * episode + 40) if over else None,
            resolved=over,
        )
        for number in range(30)
        for episode in range(10)
        for over in ((False, True) if (episode, number % 2) != (9, 0) else (False,))
    ]
    clock.tick(60 * 2_000)

    def play(messages: list[Signal]) -> dict[str, tuple[object, ...]]:
        store.write(lambda conn: (conn.execute(delete(alert)), conn.execute(delete(alert_event))))
        ledger = new_ledger(store, clock)
        ledger.start()
        while messages:
            size = chance.randint(1, 40)
            ledger.record(messages[:size], PROMETHEUS)
            messages = messages[size:]
        ledger.stop()
        with store.read() as conn:
            return {
                each.name: (each.state, each.starts_at, each.ends_at)
                for each in list_alerts(conn, limit=1_000)
            }

    in_order = play(story)
    shuffled = story + chance.sample(story, len(story) // 3)
    chance.shuffle(shuffled)
    assert play(shuffled) == in_order


def test_who_is_quiet_does_not_wait_behind_a_storm(ledger: Ledger, store: Store):
    ledger.record([disk_full(f"Storm {number}") for number in range(300)], PROMETHEUS)
    ledger.record([disk_full("Quiet")], SCRIPT)
    ledger.record([Signal(labels={"alertname": "Also", "service": "bank"})], PROMETHEUS)
    taken = store.write(lambda conn: claim(conn, "boot_1"))
    assert {"Quiet", "Also"} <= {each.alert.name for each in taken}
    assert len(taken) <= 64


def test_every_lane_has_its_turn(ledger: Ledger, store: Store):
    for number in range(40):
        ledger.record([disk_full(f"A{number}")], Sender(key=f"key_{number}", source="webhook"))
    names: set[str] = set()
    while taken := store.write(claimed_and_done):
        names |= taken
    assert names == {f"A{number}" for number in range(40)}


def claimed_and_done(conn: Connection) -> set[str]:
    taken = claim(conn, "boot_1")
    done(conn, [each.seq for each in taken])
    return {each.alert.name for each in taken}
