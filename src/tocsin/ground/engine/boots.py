"""Who is alive? Each start of a process is a boot; what a dead boot had claimed is taken back.

On SQLite there is one process, so every other boot is dead. On Postgres a boot is dead when it has not
been seen for 8 s; its claims return to waiting and its workflows go to another process. What only one process
is to do at a time is done by the oldest living boot that works.
"""

from __future__ import annotations

import fcntl
import os
import platform
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from sqlalchemy import Column, Connection, Index, Integer, Table, Text, or_, select, update

from tocsin.ground.kernel.clock import Clock
from tocsin.ground.kernel.errors import Conflict
from tocsin.ground.kernel.ids import new_id
from tocsin.ground.store import Store, Time, insert, metadata

boot = Table(
    "boot",
    metadata,
    Column("id", Text, primary_key=True),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started_at", Time, nullable=False),
    Column("seen_at", Time, nullable=False),
    Column("ended_at", Time),
    Column("role", Text, nullable=False, server_default="all"),  # all | web | worker
    Index("ix_boot_seen_at", "seen_at"),
)

SILENT = timedelta(seconds=8)
"""A boot that was not seen for so long is dead. Two of three workers may die and pages go on within 15 s: this, a beat
of the others, and a sweep.
"""
_KEPT = timedelta(days=7)
_TAKEN_OVER_S = 3600.0
Role = Literal["all", "web", "worker"]
"""What a process does: everything; intake and pages; triage, timers, deliveries and runs."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Living:
    """A process that is alive."""

    boot: str
    host: str
    pid: int
    role: str
    started_at: datetime
    seen_at: datetime


class Boots:
    """This process among all that were ever started on the same database."""

    def __init__(self, store: Store, clock: Clock, role: Role = "all") -> None:
        self._store = store
        self._clock = clock
        self.role: Role = role
        self.id = new_id("boot")
        self._began = clock.monotonic()

    def begin(self) -> None:
        """Makes this boot known; before anything is claimed in its name."""
        now = self._clock.now()

        def job(conn: Connection) -> None:
            if self._store.is_sqlite:
                conn.execute(update(boot).where(boot.c.ended_at.is_(None)).values(ended_at=now))
            conn.execute(
                insert(conn, boot).values(
                    id=self.id,
                    host=platform.node(),
                    pid=os.getpid(),
                    started_at=now,
                    seen_at=now,
                    role=self.role,
                )
            )

        self._store.write(job)

    def beat(self) -> None:
        """Says "alive"; every few seconds."""
        now = self._clock.now()
        self._store.write(
            lambda conn: conn.execute(update(boot).where(boot.c.id == self.id).values(seen_at=now))
        )

    def forget(self) -> None:
        """Drops what is known of boots long dead; not before this one has had an hour to take over what they held,
        since a claim of a boot that nobody knows would stay one for ever.
        """
        if self._clock.monotonic() - self._began < _TAKEN_OVER_S:
            return
        limit = self._clock.now() - _KEPT
        self._store.write(
            lambda conn: conn.execute(boot.delete().where(boot.c.seen_at < limit, boot.c.id != self.id))
        )

    def end(self) -> None:
        now = self._clock.now()
        self._store.write(
            lambda conn: conn.execute(update(boot).where(boot.c.id == self.id).values(ended_at=now))
        )

    def leads(self, conn: Connection) -> bool:
        """Is this boot the one that does what only one is to do? The oldest that works and was seen of late does.

        For a moment there may be two, after one that stood still: what is led bears that, it is only not worth doing
        twice.
        """
        if self._store.is_sqlite:
            return True
        living = select(boot.c.id).where(
            boot.c.ended_at.is_(None), boot.c.seen_at >= self._clock.now() - SILENT, boot.c.role != "web"
        )
        return conn.scalar(living.order_by(boot.c.started_at, boot.c.id).limit(1)) == self.id

    def living(self, conn: Connection) -> list[Living]:
        """The processes that are alive, oldest first."""
        alive = select(boot).where(boot.c.ended_at.is_(None))
        if not self._store.is_sqlite:
            alive = alive.where(boot.c.seen_at >= self._clock.now() - SILENT)
        rows = conn.execute(alive.order_by(boot.c.started_at, boot.c.id))
        return [
            Living(
                boot=row.id,
                host=row.host,
                pid=row.pid,
                role=row.role,
                started_at=row.started_at,
                seen_at=row.seen_at,
            )
            for row in rows
        ]

    def dead(self, conn: Connection) -> list[str]:
        """Boots whose claims are nobody's any more."""
        limit = self._clock.now() - SILENT
        gone = boot.c.ended_at.is_not(None)
        silent = gone if self._store.is_sqlite else or_(gone, boot.c.seen_at < limit)
        return list(conn.scalars(select(boot.c.id).where(silent, boot.c.id != self.id)))


class ProcessLock:
    """Holds the one-process rule of SQLite: a second `tocsin up` on the same file is told so at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = -1

    def take(self) -> None:
        """Raises Conflict where another process has it; taking it again changes nothing."""
        if self._descriptor >= 0:
            return
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(descriptor, 64).decode(errors="replace").strip() or "unknown"
            os.close(descriptor)
            raise Conflict(
                f"another Tocsin (process {holder}) already serves this database",
                fix="Stop it first, or use Postgres for several processes.",
            ) from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
        self._descriptor = descriptor

    def release(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
