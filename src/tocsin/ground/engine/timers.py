"""What is due? Our own rows with a claim, written in the transaction of their cause.

One sweep each quarter of a second looks for due rows and claims up to 500 by a conditional update, those that page
before all else; a handler runs at least once and first asks whether it still matters. Acknowledge is one update, snooze
is a new `due_at`. What waited long for its thread is fired only if the claim still stands: this process may have been
stopped, and another one have taken it. A claim of a dead boot returns to waiting (docs/decisions/0002: measured against
workflows, 28 ms late against 7.8 s).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    Row,
    Table,
    Text,
    UniqueConstraint,
    case,
    select,
    update,
)

from tocsin.ground.engine.boots import Boots
from tocsin.ground.kernel.clock import Clock
from tocsin.ground.kernel.ids import new_id
from tocsin.ground.store import Json, Store, Time, add, metadata

timer = Table(
    "timer",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("due_at", Time, nullable=False),
    Column("state", Text, nullable=False),  # waiting | claimed | done | cancelled
    Column("attempt", Integer, nullable=False, default=0),
    Column("claimed_by", Text),
    Column("claimed_at", Time),
    Column("data", Json, nullable=False),
    UniqueConstraint("kind", "subject"),
)
Index(
    "ix_timer_due",
    timer.c.due_at,
    sqlite_where=timer.c.state == "waiting",
    postgresql_where=timer.c.state == "waiting",
)

SWEEP_S = 0.25
_BATCH = 500
_IN_HAND_MOST = 1_000
_FRESH = timedelta(seconds=4)  # less than after which a claim may be taken back: what is older asks again
_THREADS = 4
_LONGEST_PAUSE = timedelta(minutes=5)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Timer:
    """Something due: `kind` names the handler, `subject` what it is about."""

    id: str
    kind: str
    subject: str
    due_at: datetime
    attempt: int
    data: dict[str, Any]
    claimed_at: datetime | None = None

    @property
    def claim(self) -> tuple[str, datetime, int]:
        """Which claim of it this is: set anew and claimed again, it is another."""
        return self.id, self.due_at, self.attempt

    @classmethod
    def from_row(cls, row: Row[Any]) -> Timer:
        return cls(
            id=row.id,
            kind=row.kind,
            subject=row.subject,
            due_at=row.due_at,
            attempt=row.attempt,
            data=row.data,
            claimed_at=row.claimed_at,
        )


Handler = Callable[[Timer], None]


class Timers:
    """All timers of the house. Handlers are told once, by kind, when the rooms are put together."""

    def __init__(self, store: Store, clock: Clock, boots: Boots) -> None:
        self._store = store
        self._clock = clock
        self._boots = boots
        self._handlers: dict[str, Handler] = {}
        self._urgent: set[str] = set()
        self._pools: dict[bool, ThreadPoolExecutor] = {}
        self._in_hand: set[tuple[str, datetime, int]] = set()
        self._forgotten = False
        self._firing = 0
        self._changed = threading.Condition()
        self._claiming = threading.Lock()  # so that what is just being claimed is not taken for forgotten

    def on(self, kind: str, handler: Handler, *, urgent: bool = False) -> None:
        """`handler` runs when a timer of `kind` is due; at least once, so it must bear a repetition.

        What is `urgent`, since somebody is paged by it, is claimed first and waits for nothing that is not.
        """
        self._handlers[kind] = handler
        if urgent:
            self._urgent.add(kind)

    def set(
        self, conn: Connection, kind: str, subject: str, due_at: datetime, data: dict[str, Any] | None = None
    ) -> None:
        """Sets the timer (kind, subject) within the caller's transaction; one that exists is set anew."""
        fresh = {
            "due_at": due_at,
            "state": "waiting",
            "attempt": 0,
            "claimed_by": None,
            "claimed_at": None,
            "data": data or {},
        }
        row = {"id": new_id("tim"), "kind": kind, "subject": subject, **fresh}
        add(conn, timer, row, unless=("kind", "subject"), renewing=tuple(fresh))

    def cancel(self, conn: Connection, kind: str, subject: str) -> None:
        """Whatever it was about has been settled. A timer that is just firing finds that out by itself."""
        conn.execute(
            update(timer)
            .where(timer.c.kind == kind, timer.c.subject == subject, timer.c.state != "done")
            .values(state="cancelled", claimed_by=None, claimed_at=None)
        )

    def start(self) -> None:
        self._pools = {
            urgent: ThreadPoolExecutor(
                max_workers=_THREADS, thread_name_prefix="urgent" if urgent else "timer"
            )
            for urgent in (True, False)
        }

    @property
    def firing(self) -> int:
        """How many handlers are at work."""
        return self._firing

    def stop(self, timeout: float = 10.0) -> None:
        """Fires nothing more and waits up to `timeout` seconds for what is just firing; the rest is the next boot's."""
        pools, self._pools = self._pools, {}
        for pool in pools.values():
            pool.shutdown(wait=False, cancel_futures=True)
        with self._changed:
            self._changed.wait_for(lambda: not self._firing, timeout)

    def reclaim(self) -> int:
        """Takes back what dead boots had claimed, and what this one claimed and has not in hand: it could not be
        written down how it ended. Returns how many.
        """

        def lost(conn: Connection) -> list[str]:
            holders = self._boots.dead(conn)
            if self._forgotten:
                holders.append(self._boots.id)
            if not holders:
                return []
            rows = conn.execute(
                select(timer).where(timer.c.state == "claimed", timer.c.claimed_by.in_(holders))
            )
            return [row.id for row in rows if Timer.from_row(row).claim not in self._in_hand]

        def job(conn: Connection) -> int:
            return conn.execute(
                update(timer)
                .where(timer.c.state == "claimed", timer.c.id.in_(lost(conn)))
                .values(state="waiting", claimed_by=None, claimed_at=None)
            ).rowcount

        with self._claiming:
            with self._store.read() as conn:
                count = len(lost(conn))
            if count:
                count = self._store.write(job)
            self._forgotten = False
        return count

    def sweep(self) -> int:
        """Claims what is due, a batch at a time until no more is, and hands it to the handlers; returns how many."""
        count = 0
        while True:
            batch = self._take()
            count += len(batch)
            if len(batch) < _BATCH or not self._pools:
                return count

    def _take(self) -> list[Timer]:
        with self._claiming:
            try:
                claimed = self._claim()
            except Exception:
                self._forgotten = True  # the commit may have come through all the same
                raise
            with self._changed:
                self._in_hand.update(each.claim for each in claimed)
        for each in claimed:
            pool = self._pools.get(each.kind in self._urgent)
            if pool:
                pool.submit(self._fire, each)
            else:
                self._fire(each)
        return claimed

    def _claim(self) -> list[Timer]:
        now = self._clock.now()
        # While many wait for their thread here, other processes may do better with those that have time.
        kinds = list(self._handlers if len(self._in_hand) < _IN_HAND_MOST else self._urgent)
        due = select(timer.c.id).where(
            timer.c.state == "waiting", timer.c.due_at <= now, timer.c.kind.in_(kinds)
        )
        with self._store.read() as conn:
            if conn.execute(due.limit(1)).first() is None:
                return []
        first = case((timer.c.kind.in_(self._urgent), 0), else_=1)
        due = due.order_by(first, timer.c.due_at).limit(_BATCH)

        def claim(conn: Connection) -> list[Timer]:
            wanted = due if self._store.is_sqlite else due.with_for_update(skip_locked=True)
            claimed = conn.execute(
                update(timer)
                .where(timer.c.id.in_(list(conn.scalars(wanted))), timer.c.state == "waiting")
                .values(
                    state="claimed",
                    claimed_by=self._boots.id,
                    claimed_at=now,
                    attempt=timer.c.attempt + 1,
                )
                .returning(timer)
            )
            found = [Timer.from_row(row) for row in claimed]
            return sorted(found, key=lambda each: (each.kind not in self._urgent, each.due_at))

        return self._store.write(claim)

    def _fire(self, due: Timer) -> None:
        with self._changed:
            self._firing += 1
        try:
            self._handle(due)
        except Exception:
            # It stays claimed and is found again by `reclaim`: late, and not lost.
            self._forgotten = True
            _log.exception("how a timer ended could not be written down", kind=due.kind, subject=due.subject)
        finally:
            with self._changed:
                self._in_hand.discard(due.claim)
                self._firing -= 1
                self._changed.notify_all()

    def _handle(self, due: Timer) -> None:
        if not self._still_mine(due):
            return
        try:
            self._handlers[due.kind](due)
        except Exception:
            _log.exception(
                "a timer's handler failed", kind=due.kind, subject=due.subject, attempt=due.attempt
            )
            pause = min(timedelta(seconds=2 ** min(due.attempt, 10)), _LONGEST_PAUSE)
            outcome: dict[str, Any] = {"state": "waiting", "due_at": self._clock.now() + pause}
        else:
            outcome = {"state": "done"}
        # A handler may have set its own timer anew; then the row is waiting, or claimed once more, and none of ours.
        mine = self._mine(due)
        self._store.write(
            lambda conn: conn.execute(
                update(timer).where(*mine).values(claimed_by=None, claimed_at=None, **outcome)
            )
        )

    def _still_mine(self, due: Timer) -> bool:
        """Whether the claim stands: it waited long for its thread, or this process stood still."""
        now = self._clock.now()
        if due.claimed_at is None or timedelta(0) <= now - due.claimed_at <= _FRESH:
            return True
        renewed = update(timer).where(*self._mine(due)).values(claimed_at=now)
        return self._store.write(lambda conn: conn.execute(renewed).rowcount == 1)

    def _mine(self, due: Timer) -> tuple[ColumnElement[bool], ...]:
        return (
            timer.c.id == due.id,
            timer.c.state == "claimed",
            timer.c.claimed_by == self._boots.id,
            timer.c.due_at == due.due_at,
            timer.c.attempt == due.attempt,
        )
