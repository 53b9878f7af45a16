"""Who keeps everything going? Starts, beats and stops the boots, timers and workflows of one process."""

from __future__ import annotations

import logging
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog
from dbos import DBOS, DBOSConfig
from sqlalchemy import Engine as SqlEngine
from sqlalchemy import create_engine, event, make_url, text

from tocsin.ground.engine.boots import Boots, ProcessLock, Role
from tocsin.ground.engine.timers import SWEEP_S, Timers
from tocsin.ground.engine.wires import Wires
from tocsin.ground.engine.work import PlainJson, Work, activate
from tocsin.ground.kernel.bell import Bell
from tocsin.ground.kernel.clock import Clock
from tocsin.ground.kernel.errors import Unavailable
from tocsin.ground.store import Store

# Fixed on purpose: DBOS's automatic hash of the code would strand every run at an upgrade.
APPLICATION_VERSION = "tocsin-1"
_LEADER = 0x70C51  # pg_try_advisory_lock: who hands a dead boot's workflows over
_RECONCILE_S = 60.0
_BEAT_S = 2.0
_LEADING_S = 1.0
STOP_S = 8.0
"""The end of a process takes no longer than this, of what belongs to the engine."""
_PRAGMAS = (
    "PRAGMA busy_timeout=30000",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
)
_log = structlog.get_logger(__name__)


class Engine:
    """The trunk of one process.

    `folder` holds the lock and, on SQLite, the file of the workflows; on Postgres they live in the schema `dbos`.
    """

    def __init__(self, store: Store, clock: Clock, bell: Bell, *, folder: Path, role: Role = "all") -> None:
        self._store = store
        self._clock = clock
        self._bell = bell
        self._folder = folder
        self.boots = Boots(store, clock, role)
        self.timers = Timers(store, clock, self.boots)
        self.work = Work(store, clock, bell)
        self._lock = ProcessLock(folder / "tocsin.lock") if store.is_sqlite else None
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._sql: SqlEngine | None = None
        self._dbos: DBOS | None = None
        self._recovered: set[str] = set()
        self._problems: dict[str, str] = {}
        self._patience: dict[str, float] = {}
        self._came_round: dict[str, float] = {}
        self.beats: list[str] = []
        self._added: dict[str, tuple[Callable[[], object], str]] = {}
        self._wires = None if store.is_sqlite else Wires(store, bell, self.boots.id)
        self._leading = (float("-inf"), False)

    @property
    def boot(self) -> str:
        return self.boots.id

    @property
    def works(self) -> bool:
        """Does this process fire timers and run workflows? One that serves the web alone does not."""
        return self.boots.role != "web"

    def leads(self) -> bool:
        """Is it for this process to do what only one is to do? Asked of the store once a second at most; while that is
        away, it is for nobody.
        """
        asked_at, answer = self._leading
        now = self._clock.monotonic()
        if not 0 <= now - asked_at < _LEADING_S:
            try:
                with self._store.read() as conn:
                    answer = self.boots.leads(conn)
            except Unavailable:
                answer = False
            self._leading = now, answer
        return answer

    def problems(self) -> dict[str, str]:
        """What has stopped working, by the name of the beat; empty when all is well."""
        return dict(self._problems)

    def hanging(self, seconds: float) -> dict[str, float]:
        """The beats that have not come round for longer than that beyond their time, with how long, in seconds."""
        now = self._clock.monotonic()
        quiet = {name: now - at for name, at in list(self._came_round.items())}
        return {name: each for name, each in quiet.items() if each > seconds + self._patience.get(name, 0.0)}

    def on_beat(
        self,
        name: str,
        act: Callable[[], object],
        *,
        wake_on: str,
        led: bool = False,
        patience_s: float = 0.0,
    ) -> None:
        """Before the start: calls `act` each quarter of a second, or at once when the bell rings; with `led` only in
        the process that leads. `patience_s` is how long one call may take without hanging.
        """
        self._patience[name] = patience_s

        def as_leader() -> None:
            if self.leads():
                act()

        self._added[name] = (as_leader if led else act, wake_on)

    def lock(self) -> None:
        """Takes the one-process lock of SQLite; raises Conflict where another process holds it."""
        if self._lock:
            self._lock.take()

    def start(self) -> None:
        self.boots.begin()
        if self._wires:
            self._wires.start()
        if self.works:
            self._launch()
            self.timers.start()
            self.timers.reclaim()
            self._recover()
            self.work.reconcile()
            self._beat("timers", SWEEP_S, self.timers.sweep, wake_on="timers")
            self._beat("work", 1.0, self.work.start_wanted, wake_on="work")
            self._beat("reconcile", _RECONCILE_S, self._reconcile)
        for name, (act, wake_on) in self._added.items():
            self._beat(name, SWEEP_S, act, wake_on=wake_on)
        self._beat("boots", _BEAT_S, self._alive)

    def stop(self) -> None:
        """Ends within `STOP_S` seconds, whatever hangs; what is left undone stands in its rows for the next boot."""
        until = time.monotonic() + STOP_S

        def left(share: float = 1.0) -> float:
            return max(0.0, until - time.monotonic()) * share

        self._stopping.set()
        self.work.stop()
        if self._wires:
            self._wires.stop()
        for topic in ("work", "timers", *(wake_on for _, wake_on in self._added.values())):
            self._bell.ring(topic)
        for thread in self._threads:
            thread.join(left(0.4))
        self.timers.stop(left(0.5))
        # Before the engine below is taken apart: a leg would take that for a failure of its own.
        self.work.wait_idle(left(0.5))
        self.work.abandon()
        within(left(0.7), "the workflows", self._take_down)
        # Where this cannot be said, the others find out by the silence.
        within(left(), "the end of this boot", self.boots.end)
        if self._lock:
            self._lock.release()

    def _take_down(self) -> None:
        if self._dbos:
            DBOS.destroy(workflow_completion_timeout_sec=0)
            activate(None)
        if self._sql:
            self._sql.dispose()

    def _launch(self) -> None:
        logging.getLogger("dbos").setLevel(logging.ERROR)
        self._sql = _engine_for_workflows(self._store, self._folder)
        config: DBOSConfig = {
            "name": "tocsin",
            "system_database_url": self._sql.url.render_as_string(hide_password=False),
            "system_database_engine": self._sql,
            "application_version": APPLICATION_VERSION,
            "executor_id": self.boots.id,
            "serializer": PlainJson(),
            "log_level": "ERROR",
            "enable_otlp": False,
        }
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            self._dbos = DBOS(config=config)
            activate(self.work)
            DBOS.launch()

    def _beat(
        self, name: str, every_s: float, act: Callable[[], object], *, wake_on: str | None = None
    ) -> None:
        """Calls `act` each `every_s` seconds, or at once when the bell rings; an error is told and the beat goes on."""
        woken = threading.Event()
        self.beats.append(name)
        self._came_round[name] = self._clock.monotonic()
        self._patience.setdefault(name, every_s)
        if wake_on:
            self._bell.on(wake_on, woken.set)

        def loop() -> None:
            while not self._stopping.is_set():
                try:
                    act()
                    self._problems.pop(name, None)
                except Exception as problem:
                    if name not in self._problems:
                        _log.exception("a beat of the engine failed", beat=name)
                    self._problems[name] = str(problem)
                self._came_round[name] = self._clock.monotonic()
                if wake_on:
                    woken.wait(every_s)
                    woken.clear()
                else:
                    self._stopping.wait(every_s)

        thread = threading.Thread(target=loop, name=f"engine-{name}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _alive(self) -> None:
        self.boots.beat()
        if self.works:
            self.timers.reclaim()
            if not self._store.is_sqlite:
                self._recover()

    def _reconcile(self) -> None:
        self.work.reconcile()
        self.boots.forget()

    def _recover(self) -> None:
        """Gives the workflows of dead boots to this process; on Postgres one process at a time does so."""
        with self._store.read() as conn:
            gone = set(self.boots.dead(conn))
        # One that was only silent for a while, and lives, may die for good later.
        self._recovered &= gone
        dead = sorted(gone - self._recovered)
        if not dead or not self._dbos:
            return
        if self._store.is_sqlite:
            self._adopt(dead)
        else:
            with self._store.engine.connect() as conn, conn.begin():
                if not conn.scalar(text("select pg_try_advisory_xact_lock(:key)"), {"key": _LEADER}):
                    return
                self._adopt(dead)
        self._recovered.update(dead)

    def _adopt(self, boots: list[str]) -> None:
        # Not public in DBOS, which notices a dead worker only in its paid edition: the version is pinned,
        # and tests/contracts/test_dbos.py holds this call to what it does today.
        assert self._dbos
        self._dbos._recover_pending_workflows(boots)  # pyright: ignore[reportPrivateUsage] - see above


def within(seconds: float, what: str, act: Callable[[], None]) -> None:
    """Does it, and waits no longer than that for its end; what goes wrong is told in the log."""

    def attempt() -> None:
        try:
            act()
        except Exception:
            _log.exception("could not be ended in order", what=what)

    thread = threading.Thread(target=attempt, name=f"end-{what}", daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        _log.warning("did not end in time and is left", what=what)


def _engine_for_workflows(store: Store, folder: Path) -> SqlEngine:
    """DBOS's own connections: on SQLite its own file, written by this process alone; on Postgres a small pool."""
    if not store.is_sqlite:
        url = make_url(store.engine.url.render_as_string(hide_password=False))
        return create_engine(url, pool_size=5, max_overflow=5, pool_pre_ping=True)
    engine = create_engine(
        f"sqlite:///{folder / 'tocsin-runs.db'}",
        pool_size=2,
        max_overflow=0,
        connect_args={"check_same_thread": False},
    )
    event.listen(engine, "connect", _prepare_workflows)
    return engine


def _prepare_workflows(connection: Any, _record: Any) -> None:
    # As DBOS sets up an engine of its own, and durable besides.
    connection.isolation_level = "IMMEDIATE"
    for pragma in _PRAGMAS:
        connection.execute(pragma)
