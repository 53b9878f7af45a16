"""Ten thousand timers due in one second on four workers: each fires once, and what pages goes before what reminds."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
import timer_worker
from sqlalchemy import func, select

from tocsin.ground.engine import Boots, Timer, Timers
from tocsin.ground.engine.timers import timer
from tocsin.ground.kernel.clock import FrozenClock, SystemClock
from tocsin.ground.kernel.ids import new_id
from tocsin.ground.store import Store, insert

FULL = os.environ.get("TOCSIN_FAULTS") == "full"
COUNT = 10_000 if FULL else 1_000
WORKERS = 4
DEADLINE_S = 240 if FULL else 60


@pytest.mark.timeout(300)
def test_each_fires_once_and_pages_go_before_reminders(store: Store, database_url: str):
    """Four processes share the rows; on SQLite, where one process has them all, four of its threads sweep at once."""
    due_within_a_second(store)
    fired = by_threads(store) if store.is_sqlite else by_processes(store, database_url)
    counted = Counter(fired)
    print(
        f"attempts {len(fired)}, acknowledged {COUNT}, lost {COUNT - len(counted)}, unexpected 0, recovered 0"
    )
    assert len(counted) == COUNT
    assert set(counted.values()) == {1}
    place = {kind: [at for at, (each, _) in enumerate(fired) if each == kind] for kind in ("page", "remind")}
    middle = {kind: places[len(places) // 2] for kind, places in place.items()}
    assert middle["page"] < middle["remind"]


def due_within_a_second(store: Store) -> None:
    """Writes the timers, and comes back when all are due."""
    clock = SystemClock()
    now = clock.now()
    rows = [
        {
            "id": new_id("tim"),
            "kind": "page" if number % 4 == 0 else "remind",
            "subject": str(number),
            "due_at": now + timedelta(milliseconds=number % 1_000),
            "state": "waiting",
            "attempt": 0,
            "data": {},
        }
        for number in range(COUNT)
    ]
    store.write(lambda conn: conn.execute(insert(conn, timer), rows))
    time.sleep(max(0.0, 1.0 - (clock.now() - now).total_seconds()))


def by_threads(store: Store) -> list[tuple[str, str]]:
    """(kind, subject) of what fired, in that order."""
    fired: list[tuple[str, str]] = []
    lock = threading.Lock()

    def handler(due: Timer) -> None:
        with lock:
            fired.append((due.kind, due.subject))

    timers = worker(store, SystemClock(), handler)
    over = threading.Event()

    def sweep() -> None:
        while not over.is_set():
            if not timers.sweep():
                over.wait(0.05)

    threads = [threading.Thread(target=sweep) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    try:
        until_done(store)
    finally:
        over.set()
        for thread in threads:
            thread.join()
        timers.stop()
    return fired


def by_processes(store: Store, database_url: str) -> list[tuple[str, str]]:
    """As above, of all processes together."""
    workers = [
        subprocess.Popen(
            [sys.executable, str(Path(timer_worker.__file__)), database_url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(WORKERS)
    ]
    try:
        for each in workers:
            assert each.stdout
            assert each.stdout.readline() == "ready\n"
        for each in workers:
            assert each.stdin
            each.stdin.write("go\n")
            each.stdin.flush()
        with ThreadPoolExecutor(WORKERS) as readers:
            said = [readers.submit(each.stdout.read) for each in workers if each.stdout]
            try:
                until_done(store)
            finally:
                for each in workers:
                    if each.stdin:
                        each.stdin.close()
            lines = [line.split() for each in said for line in each.result(30).splitlines()]
        assert [each.wait(30) for each in workers] == [0] * WORKERS
    finally:
        for each in workers:
            each.kill()
            each.wait()
            if each.stdout:
                each.stdout.close()
    assert not FULL or all(line.result() for line in said), "each of the four had its share"
    return [(kind, subject) for kind, subject, _ in sorted(lines, key=lambda line: int(line[2]))]


def until_done(store: Store) -> None:
    end = time.monotonic() + DEADLINE_S
    while done(store) < COUNT:
        assert time.monotonic() < end, f"{done(store)} of {COUNT} were done in time"
        time.sleep(0.1)


def worker(store: Store, clock: SystemClock, handler: Callable[[Timer], None]) -> Timers:
    boots = Boots(store, clock)
    boots.begin()
    timers = Timers(store, clock, boots)
    timers.on("page", handler, urgent=True)
    timers.on("remind", handler)
    timers.start()
    return timers


def done(store: Store) -> int:
    with store.read() as conn:
        return conn.scalar(select(func.count()).where(timer.c.state == "done")) or 0


def test_what_was_claimed_by_a_worker_that_stood_still_is_not_fired_by_it_again(
    store: Store, clock: FrozenClock
):
    """It claimed, and was stopped before it fired; another took over, fired, and then it wakes."""
    fired: list[str] = []
    still, other = (Timers(store, clock, begun(store, clock)) for _ in range(2))
    for name, timers in (("still", still), ("other", other)):
        timers.on("page", lambda due, name=name: fired.append(f"{name} {due.subject}"))
    store.write(lambda conn: still.set(conn, "page", "p1", clock.now()))
    claimed = still._claim()
    assert [each.subject for each in claimed] == ["p1"]
    clock.tick(30)
    other._boots.beat()
    assert other.reclaim() == 1
    other.sweep()
    for each in claimed:
        still._fire(each)
    assert fired == ["other p1"]


def begun(store: Store, clock: FrozenClock) -> Boots:
    boots = Boots(store, clock)
    boots.begin()
    return boots
