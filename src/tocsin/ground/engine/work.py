"""What is being worked on? Durable workflows on DBOS, each wanted by a row of ours.

The row `(id, kind, args, state)` is written in the transaction of its cause; a reconciler starts every wanted id that
has no workflow, so the engine's own database can be lost and every run goes on from our rows. The id is deterministic:
starting it twice is starting it once. A leg that waits for a person ends; the vote wants the next leg.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

import msgspec
import structlog
from dbos import DBOS, SetWorkflowID
from dbos._serialization import Serializer
from sqlalchemy import Column, Connection, Index, Table, Text, select, update

from tocsin.ground.kernel.bell import Bell
from tocsin.ground.kernel.clock import Clock
from tocsin.ground.kernel.errors import Unavailable
from tocsin.ground.store import Json, Store, Time, insert, metadata

T = TypeVar("T")

work = Table(
    "work",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("args", Json, nullable=False),
    Column("state", Text, nullable=False),  # wanted | started | done | failed
    Column("wanted_at", Time, nullable=False),
    Column("started_at", Time),
    Column("ended_at", Time),
    Column("error", Text),
)
Index(
    "ix_work_open",
    work.c.wanted_at,
    sqlite_where=work.c.state.in_(("wanted", "started")),
    postgresql_where=work.c.state.in_(("wanted", "started")),
)
_AGAIN_S = 1.0
_ENDED = ("SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")
_log = structlog.get_logger(__name__)


class Interrupted(BaseException):
    """This process stops: leave everything as it stands, the next one finds it. Not an Exception on purpose: nothing
    on the way may take it for a failure of the work, neither here nor in the engine below.
    """


class PlainJson(Serializer):
    """Recorded values are JSON, never pickles: what lies in a database must not be able to run."""

    def serialize(self, data: Any) -> str:
        return msgspec.json.encode(data, enc_hook=_plain).decode()

    def deserialize(self, serialized_data: str) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride] - its self is `cls`
        data: Any = msgspec.json.decode(serialized_data)
        match data:
            case {"$error": str(problem)}:
                return RuntimeError(problem)
            case _:
                return data

    def name(self) -> str:
        return "tocsin_json"


def _plain(value: Any) -> Any:
    if isinstance(value, BaseException):
        return {"$error": f"{type(value).__name__}: {value}"}
    raise TypeError(f"a step's result must be plain JSON, not {type(value).__name__}")


@dataclass(frozen=True, kw_only=True)
class Leg:
    """One stretch of a workflow, from its start to its end or to a question to a person."""

    id: str
    args: dict[str, Any]
    clock: Clock
    nudged: threading.Event = field(default_factory=threading.Event)
    stopping: threading.Event = field(default_factory=threading.Event)
    abandoned: threading.Event = field(default_factory=threading.Event)

    def step(self, name: str, function: Callable[..., T], *args: Any) -> T:
        """Runs `function` and records its result (plain JSON); after a crash a recorded step is not repeated,
        the one that was under way is. Raises Interrupted where this process stops."""
        if self.stopping.is_set():
            raise Interrupted

        def unless_abandoned() -> T:
            result = function(*args)
            if self.abandoned.is_set():
                raise Interrupted
            return result

        return DBOS.run_step({"name": name}, unless_abandoned)

    def sleep(self, seconds: float) -> None:
        """Waits until `seconds` after the first time it was asked, across restarts; a nudge ends it early."""
        until = self.step("sleep", lambda: (self.clock.now() + timedelta(seconds=seconds)).isoformat())
        left = (datetime.fromisoformat(until) - self.clock.now()).total_seconds()
        if left > 0:
            self.nudged.wait(left)
        self.nudged.clear()


Workflow = Callable[[Leg], None]
Failed = Callable[[str, dict[str, Any], str], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Kind:
    workflow: Workflow
    failed: Failed | None


class Work:
    """The workflows of the house. One instance a process is active, since DBOS is one a process."""

    def __init__(self, store: Store, clock: Clock, bell: Bell) -> None:
        self._store = store
        self._clock = clock
        self._bell = bell
        self._kinds: dict[str, _Kind] = {}
        self._legs: dict[str, Leg] = {}
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._abandoned = threading.Event()

    def register(self, kind: str, workflow: Workflow, *, failed: Failed | None = None) -> None:
        """`workflow(leg)` runs for each wanted id of `kind`; `failed(id, args, error)` when it raises."""
        self._kinds[kind] = _Kind(workflow=workflow, failed=failed)

    def want(self, conn: Connection, id_: str, kind: str, args: dict[str, Any]) -> None:
        """Within the caller's transaction: this must run. Asking again for the same id changes nothing.

        After the commit, `wake()` starts it at once instead of at the next reconciliation.
        """
        conn.execute(
            insert(conn, work)
            .values(id=id_, kind=kind, args=args, state="wanted", wanted_at=self._clock.now())
            .on_conflict_do_nothing(index_elements=["id"])
        )

    def wake(self) -> None:
        self._bell.ring("work")

    def nudge(self, id_: str) -> None:
        """Ends the sleep of a leg that is under way here, so that it looks at its rows again."""
        leg = self._legs.get(id_)
        if leg:
            leg.nudged.set()

    def stop(self) -> None:
        """Begins no further step of any leg; one that sleeps ends now and goes on in the next process."""
        self._stopping.set()
        for leg in list(self._legs.values()):
            leg.nudged.set()

    def abandon(self) -> None:
        """The engine below goes away: a step that still hangs records nothing once it comes back."""
        self._abandoned.set()

    def wait_idle(self, timeout: float) -> bool:
        """Whether every leg of this process has come to its end, or let go, within `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._legs, timeout)

    def start_wanted(self) -> int:
        """Starts what is wanted and not yet started; returns how many."""
        with self._store.read() as conn:
            wanted = conn.execute(
                select(work.c.id, work.c.kind, work.c.args).where(work.c.state == "wanted")
            ).all()
        for row in wanted:
            self._start(row.id, row.kind, row.args)
        return len(wanted)

    def reconcile(self) -> int:
        """Starts again what our rows call started and the engine has never heard of; returns how many.

        What the engine calls over while our row does not has broken on the way, and whoever wanted it is told.
        """
        count = self.start_wanted()
        with self._store.read() as conn:
            open_ = conn.execute(
                select(work.c.id, work.c.kind, work.c.args).where(work.c.state == "started")
            ).all()
        for row in open_:
            status = DBOS.get_workflow_status(row.id)
            if status is None:
                self._start(row.id, row.kind, row.args)
                count += 1
            elif status.status in _ENDED and row.id not in self._legs:
                error = None if status.status == "SUCCESS" else f"the engine gave up: {status.status}"
                self._end(row.kind, row.id, row.args, error)
        return count

    def _start(self, id_: str, kind: str, args: dict[str, Any]) -> None:
        with SetWorkflowID(id_):
            DBOS.start_workflow(_leg, kind, id_, args)
        now = self._clock.now()
        self._store.write(
            lambda conn: conn.execute(
                update(work)
                .where(work.c.id == id_, work.c.state == "wanted")
                .values(state="started", started_at=now)
            )
        )

    def run(self, kind: str, id_: str, args: dict[str, Any]) -> None:
        """The body of every workflow: finds its kind, runs it, writes down how it ended."""
        leg = Leg(id=id_, args=args, clock=self._clock, stopping=self._stopping, abandoned=self._abandoned)
        with self._changed:
            self._legs[id_] = leg
        try:
            error = None
            try:
                self._kinds[kind].workflow(leg)
            except Exception as problem:
                if self._stopping.is_set():  # the engine below is being taken apart
                    raise Interrupted from problem
                error = f"{type(problem).__name__}: {problem}"
                _log.exception("a workflow failed", id=id_, kind=kind)
            self._end(kind, id_, args, error)
        finally:
            with self._changed:
                del self._legs[id_]
                self._changed.notify_all()

    def _end(self, kind: str, id_: str, args: dict[str, Any], error: str | None) -> None:
        """Writes down how it ended, however long the store is away: nobody else would ever say it."""
        known = self._kinds.get(kind)
        failed = known.failed if known else None
        now = self._clock.now()
        values = {"state": "failed" if error else "done", "ended_at": now, "error": error}
        mine = (work.c.id == id_, work.c.state.in_(("wanted", "started")))
        while True:
            try:
                if error and failed:
                    failed(id_, args, error)
                self._store.write(lambda conn: conn.execute(update(work).where(*mine).values(**values)))
                return
            except Unavailable as problem:
                _log.warning("the end of a workflow waits for the store", id=id_)
                if self._stopping.wait(_AGAIN_S):
                    raise Interrupted from problem


_active: list[Work] = []


def activate(instance: Work | None) -> None:
    """Makes `instance` the one that DBOS's workflows belong to (None: nobody's)."""
    _active[:] = [instance] if instance else []


@DBOS.workflow(name="leg")
def _leg(kind: str, id_: str, args: dict[str, Any]) -> None:
    _active[0].run(kind, id_, args)
