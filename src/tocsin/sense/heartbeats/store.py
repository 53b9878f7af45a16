"""How are heartbeats kept? One row a job with all that its next report needs, and its last reports."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Float,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    delete,
    func,
    select,
    update,
)

from tocsin.ground.store import Json, Time, insert, metadata
from tocsin.sense.heartbeats.heartbeat import BY_HAND, CONFIGURED, Heartbeat, Ping, Pinged

T = TypeVar("T")
Job = Callable[[Connection], T]
Change = Callable[[Heartbeat, datetime], Heartbeat]
KEPT = 100
"""Reports of each heartbeat that are kept."""

heartbeat = Table(
    "heartbeat",
    metadata,
    Column("id", Text, primary_key=True),
    Column("uuid", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("slug", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("period_s", Float),
    Column("cron", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("grace_s", Float, nullable=False),
    Column("max_runtime_s", Float, nullable=False),
    Column("severity", Text, nullable=False),
    Column("labels", Json, nullable=False),
    Column("watched", Boolean, nullable=False),
    Column("paused", Boolean, nullable=False),
    Column("created_at", Time, nullable=False),
    Column("pings", Integer, nullable=False),
    Column("last_ping", Time),
    Column("last_kind", Text, nullable=False),
    Column("last_duration_s", Float),
    Column("exit_status", Integer),
    Column("output", Text, nullable=False),
    Column("running", Json, nullable=False),
    Column("due_at", Time),
    Column("check_at", Time),
    Column("excused", Integer, nullable=False),
    Column("trouble", Text, nullable=False),
    Column("since", Time),
    Column("version", Integer, nullable=False),
    Column("told", Integer, nullable=False),
    UniqueConstraint("uuid"),
    UniqueConstraint("owner", "slug"),
)
Index("ix_heartbeat_slug", heartbeat.c.slug)
Index(
    "ix_heartbeat_check",
    heartbeat.c.check_at,
    sqlite_where=heartbeat.c.check_at.is_not(None),
    postgresql_where=heartbeat.c.check_at.is_not(None),
)
Index(
    "ix_heartbeat_untold",
    heartbeat.c.id,
    sqlite_where=heartbeat.c.version != heartbeat.c.told,
    postgresql_where=heartbeat.c.version != heartbeat.c.told,
)

heartbeat_ping = Table(
    "heartbeat_ping",
    metadata,
    Column("heartbeat", Text, primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("at", Time, nullable=False),
    Column("kind", Text, nullable=False),
    Column("rid", Text, nullable=False),
    Column("exit_status", Integer),
    Column("duration_s", Float),
    Column("method", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("body", Text, nullable=False),
)
_DERIVED = {"schedule", "grace", "max_runtime", "last_duration", "running", "labels"}
_PLAIN = tuple(field.name for field in fields(Heartbeat) if field.name not in _DERIVED)


def row_of(beat: Heartbeat) -> dict[str, Any]:
    """The heartbeat as its row."""
    return {
        **{name: getattr(beat, name) for name in _PLAIN},
        "period_s": _seconds(beat.schedule.period),
        "cron": beat.schedule.cron,
        "zone": beat.schedule.zone,
        "grace_s": beat.grace.total_seconds(),
        "max_runtime_s": beat.max_runtime.total_seconds(),
        "last_duration_s": _seconds(beat.last_duration),
        "running": {rid: at.isoformat() for rid, at in beat.running.items()},
        "labels": dict(beat.labels),
    }


def _seconds(value: timedelta | None) -> float | None:
    return None if value is None else value.total_seconds()


def add(conn: Connection, beat: Heartbeat) -> bool:
    """Writes a new one; False where its owner has one of that slug."""
    made = insert(conn, heartbeat).values(row_of(beat))
    made = made.on_conflict_do_nothing(index_elements=["owner", "slug"]).returning(heartbeat.c.id)
    return conn.execute(made).first() is not None


def put(conn: Connection, beat: Heartbeat) -> None:
    """Writes what has changed of one that is there."""
    conn.execute(update(heartbeat).where(heartbeat.c.id == beat.id).values(row_of(beat)))


def lock(conn: Connection, beat_id: str) -> Heartbeat | None:
    """One, held until the transaction ends."""
    row = conn.execute(select(heartbeat).where(heartbeat.c.id == beat_id).with_for_update()).one_or_none()
    return Heartbeat.from_row(row) if row else None


def get_many(conn: Connection, ids: Sequence[str]) -> list[Heartbeat]:
    return [Heartbeat.from_row(row) for row in conn.execute(select(heartbeat).where(heartbeat.c.id.in_(ids)))]


def owned(conn: Connection, owner: str) -> dict[str, Heartbeat]:
    """Those of one owner, by slug, held until the transaction ends."""
    rows = conn.execute(select(heartbeat).where(heartbeat.c.owner == owner).with_for_update())
    return {row.slug: Heartbeat.from_row(row) for row in rows}


def by_uuid(conn: Connection, uuid: str) -> Heartbeat | None:
    """The watched one that is pinged by this address."""
    which = select(heartbeat).where(heartbeat.c.uuid == uuid, heartbeat.c.watched)
    row = conn.execute(which).one_or_none()
    return Heartbeat.from_row(row) if row else None


def by_slug(conn: Connection, slug: str, key: str | None = None) -> list[Heartbeat]:
    """The watched ones of this name; with `key`, those that this intake key may ping."""
    which = select(heartbeat).where(heartbeat.c.slug == slug, heartbeat.c.watched).order_by(heartbeat.c.id)
    if key is not None:
        which = which.where(heartbeat.c.owner.in_((CONFIGURED, BY_HAND, key)))
    return [Heartbeat.from_row(row) for row in conn.execute(which)]


def everything(conn: Connection) -> list[Heartbeat]:
    """Every heartbeat, those that left the configuration too, by name."""
    return [Heartbeat.from_row(row) for row in conn.execute(select(heartbeat).order_by(heartbeat.c.slug))]


def made_by(conn: Connection, owner: str) -> int:
    """How many belong to that owner."""
    return conn.execute(select(func.count()).where(heartbeat.c.owner == owner)).scalar_one()


def due(conn: Connection, now: datetime, limit: int) -> list[Heartbeat]:
    """Those that somebody has to look at by now, longest due first."""
    which = select(heartbeat).where(heartbeat.c.check_at <= now).order_by(heartbeat.c.check_at).limit(limit)
    return [Heartbeat.from_row(row) for row in conn.execute(which)]


def untold(conn: Connection, limit: int) -> list[str]:
    """The ids of those whose alert the ledger does not know as it is."""
    which = select(heartbeat.c.id).where(heartbeat.c.version != heartbeat.c.told).limit(limit)
    return list(conn.execute(which).scalars())


def mark_told(conn: Connection, told: Sequence[Heartbeat]) -> list[str]:
    """The ledger knows these versions now; the ids of those that have moved on meanwhile."""
    moved: list[str] = []
    for beat in told:
        which = update(heartbeat).where(heartbeat.c.id == beat.id, heartbeat.c.version == beat.version)
        if not conn.execute(which.values(told=beat.version)).rowcount:
            moved.append(beat.id)
    return moved


def remove(conn: Connection, beat_id: str) -> None:
    conn.execute(delete(heartbeat_ping).where(heartbeat_ping.c.heartbeat == beat_id))
    conn.execute(delete(heartbeat).where(heartbeat.c.id == beat_id))


def remember(conn: Connection, beat: Heartbeat, ping: Ping, duration: timedelta | None) -> None:
    """Writes one report, the latest of its heartbeat, and drops the oldest."""
    conn.execute(
        heartbeat_ping.insert().values(
            heartbeat=beat.id,
            n=beat.pings,
            at=ping.at,
            kind=ping.kind,
            rid=ping.rid,
            exit_status=ping.exit_status,
            duration_s=_seconds(duration),
            method=ping.method,
            agent=ping.agent,
            body=ping.body,
        )
    )
    old = (heartbeat_ping.c.heartbeat == beat.id, heartbeat_ping.c.n <= beat.pings - KEPT)
    conn.execute(delete(heartbeat_ping).where(*old))


def has_ended(conn: Connection, beat_id: str, rid: str) -> bool:
    """Has the end of this run been reported?"""
    which = (heartbeat_ping.c.heartbeat == beat_id, heartbeat_ping.c.rid == rid)
    ended = select(heartbeat_ping.c.n).where(*which, heartbeat_ping.c.kind.in_(("success", "fail")))
    return conn.execute(ended.limit(1)).first() is not None


def pings(conn: Connection, beat_id: str, limit: int = KEPT) -> list[Pinged]:
    """The last reports, latest first."""
    which = select(heartbeat_ping).where(heartbeat_ping.c.heartbeat == beat_id)
    rows = conn.execute(which.order_by(heartbeat_ping.c.n.desc()).limit(limit))
    return [Pinged.from_row(row) for row in rows]
