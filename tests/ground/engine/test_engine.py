"""The trunk: what is due fires once, what is wanted runs, what a dead boot held is taken back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from databases import on_postgres, on_sqlite
from sqlalchemy import func, select, update
from waiting import until

from tocsin.ground.engine import Boots, Engine, Leg, Timer, Timers
from tocsin.ground.engine.boots import boot
from tocsin.ground.engine.timers import timer
from tocsin.ground.engine.work import work
from tocsin.ground.kernel.bell import Bell
from tocsin.ground.kernel.clock import FrozenClock, SystemClock
from tocsin.ground.kernel.errors import Conflict, Unavailable
from tocsin.ground.store import Store


@pytest.fixture
def timers(store: Store, clock: FrozenClock) -> Timers:
    boots = Boots(store, clock)
    boots.begin()
    return Timers(store, clock, boots)


def test_a_timer_fires_when_it_is_due_and_only_once(timers: Timers, store: Store, clock: FrozenClock):
    fired: list[Timer] = []
    timers.on("clock", fired.append)
    store.write(lambda conn: timers.set(conn, "clock", "INC-1", clock.now() + timedelta(minutes=5), {"n": 1}))
    assert timers.sweep() == 0
    clock.tick(300)
    assert timers.sweep() == 1
    assert timers.sweep() == 0
    assert [(each.subject, each.data) for each in fired] == [("INC-1", {"n": 1})]


def test_a_cancelled_timer_stays_silent_and_one_set_anew_fires_later(
    timers: Timers, store: Store, clock: FrozenClock
):
    fired: list[str] = []
    timers.on("clock", lambda due: fired.append(due.subject))
    for subject in ("cancelled", "snoozed"):
        store.write(lambda conn, subject=subject: timers.set(conn, "clock", subject, clock.now()))
    store.write(lambda conn: timers.cancel(conn, "clock", "cancelled"))
    store.write(lambda conn: timers.set(conn, "clock", "snoozed", clock.now() + timedelta(seconds=60)))
    timers.sweep()
    assert fired == []
    clock.tick(60)
    timers.sweep()
    assert fired == ["snoozed"]


def test_a_handler_that_fails_is_tried_again_and_one_that_sets_itself_anew_goes_on(
    timers: Timers, store: Store, clock: FrozenClock
):
    rounds: list[int] = []

    def soak(due: Timer) -> None:
        rounds.append(due.attempt)
        if len(rounds) == 1:
            raise OSError("not now")
        if len(rounds) < 4:
            store.write(
                lambda conn: timers.set(conn, "soak", due.subject, clock.now() + timedelta(seconds=60))
            )

    timers.on("soak", soak)
    store.write(lambda conn: timers.set(conn, "soak", "INC-1", clock.now()))
    for _ in range(6):
        timers.sweep()
        clock.tick(60)
    assert len(rounds) == 4


def test_the_claim_of_a_dead_boot_returns_to_waiting(timers: Timers, store: Store, clock: FrozenClock):
    store.write(lambda conn: timers.set(conn, "page", "p1", clock.now()))
    crashed = Boots(store, clock)
    crashed.begin()
    store.write(
        lambda conn: conn.execute(
            update(timer).values(state="claimed", claimed_by=crashed.id, claimed_at=clock.now())
        )
    )
    later = Boots(store, clock)
    if store.is_sqlite:
        later.begin()
    else:
        clock.tick(20)
        later.begin()
    again = Timers(store, clock, later)
    fired: list[str] = []
    again.on("page", lambda due: fired.append(due.subject))
    assert again.reclaim() == 1
    again.sweep()
    assert fired == ["p1"]


def test_a_timer_whose_end_could_not_be_written_is_not_lost(
    timers: Timers, store: Store, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
):
    fired: list[int] = []
    write, away = store.write, Unavailable("locked")

    def refuse(_: object) -> None:
        raise away

    def handler(due: Timer) -> None:
        fired.append(due.attempt)
        if len(fired) == 1:
            monkeypatch.setattr(store, "write", refuse)
            raise away

    timers.on("clock", handler)
    store.write(lambda conn: timers.set(conn, "clock", "INC-1", clock.now()))
    timers.sweep()
    monkeypatch.setattr(store, "write", write)
    assert timers.reclaim() == 1
    assert timers.sweep() == 1
    assert fired == [1, 2]


def test_a_timer_that_fires_again_while_it_is_still_handled_is_two_firings(
    timers: Timers, store: Store, clock: FrozenClock
):
    first, second, told = threading.Event(), threading.Event(), list[int]()

    def handler(due: Timer) -> None:
        told.append(due.data["n"])
        assert (first if due.data["n"] == 1 else second).wait(20)
        if due.data["n"] == 2 and due.attempt == 1:
            raise OSError("the second one has to come again")

    timers.on("soak", handler)
    timers.start()
    for number in (1, 2):
        store.write(lambda conn, n=number: timers.set(conn, "soak", "INC-1", clock.now(), {"n": n}))
        timers.sweep()
        until(lambda n=number: len(told) == n)
        clock.tick(1)
    first.set()
    until(lambda: timers.firing == 1)
    assert timers.reclaim() == 0
    second.set()
    until(lambda: timers.firing == 0)
    clock.tick(60)
    assert timers.sweep() == 1
    until(lambda: told == [1, 2, 2])
    timers.stop()


def test_what_a_boot_held_that_died_long_ago_is_taken_back(store: Store, clock: FrozenClock):
    crashed = Boots(store, clock)
    crashed.begin()
    before = Timers(store, clock, crashed)
    store.write(lambda conn: before.set(conn, "page", "p1", clock.now()))
    store.write(
        lambda conn: conn.execute(
            update(timer).values(state="claimed", claimed_by=crashed.id, claimed_at=clock.now())
        )
    )
    clock.tick(30 * 86_400)
    later = Boots(store, clock)
    later.begin()
    later.forget()
    assert Timers(store, clock, later).reclaim() == 1
    clock.tick(2 * 3_600)
    later.beat()
    later.forget()
    with store.read() as conn:
        assert list(conn.scalars(select(boot.c.id))) == [later.id]


@on_postgres
def test_a_boot_that_was_silent_once_is_taken_over_again_when_it_dies(
    store: Store, clock: FrozenClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    adopted: list[list[str]] = []
    engine = Engine(store, clock, Bell(), folder=tmp_path)
    monkeypatch.setattr(engine, "_dbos", object())
    monkeypatch.setattr(engine, "_adopt", adopted.append)
    other = Boots(store, clock)
    for each in (engine.boots, other):
        each.begin()
    clock.tick(20)
    engine._recover()
    engine._recover()
    other.beat()
    engine._recover()
    clock.tick(20)
    engine._recover()
    assert adopted == [[other.id], [other.id]]


@on_postgres
def test_a_living_boot_keeps_its_claims_on_postgres(store: Store, clock: FrozenClock):
    one, two = Boots(store, clock), Boots(store, clock)
    one.begin()
    two.begin()
    clock.tick(10)
    two.beat()
    with store.read() as conn:
        assert one.dead(conn) == []
    clock.tick(10)
    two.beat()
    with store.read() as conn:
        assert two.dead(conn) == [one.id]


@pytest.fixture
def started(store: Store, tmp_path: Path) -> Iterator[Callable[[], Engine]]:
    engines: list[Engine] = []

    def start(register: Callable[[Engine], None] = lambda _: None) -> Engine:
        engine = Engine(store, SystemClock(), Bell(), folder=tmp_path)
        register(engine)
        engine.lock()
        engine.start()
        engines.append(engine)
        return engine

    yield start
    for engine in engines:
        engine.stop()


def test_wanted_work_runs_once_however_often_it_is_wanted(store: Store, started):
    ran: list[str] = []

    def leg(leg: Leg) -> None:
        ran.append(leg.step("one", lambda: leg.args["what"]))
        leg.sleep(0.05)

    engine = started(lambda engine: engine.work.register("run", leg))
    for _ in range(3):
        store.write(lambda conn: engine.work.want(conn, "run-1-1", "run", {"what": "restart"}))
        engine.work.wake()

    def done() -> bool:
        with store.read() as conn:
            return conn.scalar(select(work.c.state)) == "done"

    until(done)
    assert ran == ["restart"]


def test_work_goes_on_in_the_next_boot_and_finished_steps_are_not_repeated(
    store: Store, started, tmp_path: Path
):
    steps: list[str] = []
    hold = threading.Event()

    def leg(leg: Leg) -> None:
        leg.step("first", lambda: steps.append("first"))
        leg.step("second", lambda: (steps.append("second"), hold.wait(20))[0])
        leg.step("third", lambda: steps.append("third"))

    first = started(lambda engine: engine.work.register("run", leg))
    store.write(lambda conn: first.work.want(conn, "run-2-1", "run", {}))
    first.work.wake()
    until(lambda: "second" in steps)
    # The first boot is gone as far as the database knows; its thread is let go without a word.
    store.write(lambda conn: conn.execute(update(boot).values(ended_at=SystemClock().now())))
    hold.set()
    until(lambda: "third" in steps)
    with store.read() as conn:
        assert conn.scalar(select(func.count()).select_from(work)) == 1
    assert steps.count("first") == 1


def test_a_leg_that_sleeps_lets_go_at_the_end_of_its_process_and_goes_on_in_the_next(store: Store, started):
    said: list[str] = []

    def leg(leg: Leg) -> None:
        leg.step("first", lambda: said.append("first"))
        leg.sleep(2)
        leg.step("second", lambda: said.append("second"))

    def register(engine: Engine) -> None:
        engine.work.register("run", leg, failed=lambda _id, _args, error: said.append(error))

    first = started(register)
    store.write(lambda conn: first.work.want(conn, "run-3-1", "run", {}))
    first.work.wake()
    until(lambda: said == ["first"])
    begun = time.monotonic()
    first.stop()
    assert time.monotonic() - begun < 1.9, "it waited for the sleep"
    time.sleep(2.2)
    assert said == ["first"]
    if not store.is_sqlite:
        store.write(lambda conn: conn.execute(update(boot).values(ended_at=SystemClock().now())))
    started(register)
    until(lambda: said == ["first", "second"])


def test_nothing_that_hangs_holds_up_the_end(store: Store, started, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tocsin.ground.engine.engine.STOP_S", 1.0)
    hanging: set[str] = set()
    go = threading.Event()

    def hang(where: str) -> None:
        hanging.add(where)
        go.wait(30)

    def register(engine: Engine) -> None:
        engine.on_beat("one", lambda: hang("one"), wake_on="one")
        engine.on_beat("two", lambda: hang("two"), wake_on="two")
        engine.timers.on("clock", lambda due: hang(due.kind))
        engine.work.register("run", lambda leg: leg.step("step", lambda: hang("leg")))

    engine = started(register)
    store.write(lambda conn: engine.timers.set(conn, "clock", "INC-1", SystemClock().now()))
    store.write(lambda conn: engine.work.want(conn, "run-4-1", "run", {}))
    engine.work.wake()
    until(lambda: hanging == {"one", "two", "clock", "leg"})
    begun = time.monotonic()
    engine.stop()
    took = time.monotonic() - begun
    go.set()
    assert took < 2.5
    assert engine.work.wait_idle(10)


def test_work_whose_end_could_not_be_told_is_told_by_the_reconciler(store: Store, started):
    told: list[str] = []

    def failed(_id: str, _args: object, error: str) -> None:
        told.append(error)
        if len(told) == 1:
            raise OSError("the very words of it broke")

    def leg(_: Leg) -> None:
        raise ValueError("a fault of ours")

    engine = started(lambda engine: engine.work.register("run", leg, failed=failed))
    store.write(lambda conn: engine.work.want(conn, "run-5-1", "run", {}))
    engine.work.wake()
    until(lambda: told and engine.work.wait_idle(5))

    def over() -> bool:
        engine.work.reconcile()
        with store.read() as conn:
            return conn.scalar(select(work.c.state)) == "failed"

    until(over)
    assert len(told) == 2


@on_sqlite
def test_a_second_process_on_the_same_file_is_told_so(store: Store, started, tmp_path: Path):
    started()
    with pytest.raises(Conflict, match="another Tocsin"):
        Engine(store, SystemClock(), Bell(), folder=tmp_path).lock()
