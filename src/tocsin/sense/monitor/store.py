"""How did the last day go, and how does each monitor stand? A row for each round of a day, and one for each monitor."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Boolean, Column, Connection, Float, Index, Integer, Table, Text, delete, select

from tocsin.act.checks import Round
from tocsin.ground.store import Json, Time, insert, metadata
from tocsin.sense.monitor.standing import Standing

KEPT = timedelta(days=1)

monitor_round = Table(
    "monitor_round",
    metadata,
    Column("service", Text, primary_key=True),
    Column("at", Time, primary_key=True),
    Column("ok", Boolean, nullable=False),
    Column("availability", Float, nullable=False),
    Column("latency_ms", Float, nullable=False),
    Column("findings", Json, nullable=False),
    Index("ix_monitor_round_at", "at"),
)
monitor_state = Table(
    "monitor_state",
    metadata,
    Column("monitor", Text, primary_key=True),
    Column("service", Text, nullable=False),
    Column("breached", Boolean, nullable=False),
    Column("told", Boolean, nullable=False),
    Column("blind", Boolean, nullable=False),
    Column("bad", Integer, nullable=False),
    Column("good", Integer, nullable=False),
    Column("since", Time),
    Column("ends", Json, nullable=False),
    Column("looked_at", Time, nullable=False),
    Column("heard_at", Time),
    Column("value", Float),
    Column("normal", Float),
    Column("level", Text, nullable=False),
    Column("problem", Text, nullable=False),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class PastRound:
    """A round as it is remembered. `findings` are `{check, ok, ms, text}` each."""

    service: str
    at: datetime
    ok: bool
    availability: float
    latency_ms: float
    findings: list[dict[str, Any]]


def remember(conn: Connection, service: str, looked: Round) -> None:
    """Writes one round."""
    findings = [
        {"check": each.check, "ok": each.ok, "ms": each.ms, "text": each.text} for each in looked.findings
    ]
    conn.execute(
        insert(conn, monitor_round)
        .values(
            service=service,
            at=looked.at,
            ok=looked.ok,
            availability=looked.availability,
            latency_ms=looked.latency_ms,
            findings=findings,
        )
        .on_conflict_do_nothing(index_elements=["service", "at"])
    )


def forget(conn: Connection, now: datetime) -> int:
    """Drops what is older than a day; says how many rounds."""
    return conn.execute(delete(monitor_round).where(monitor_round.c.at < now - KEPT)).rowcount


def past_rounds(conn: Connection, service: str, *, limit: int = 120) -> list[PastRound]:
    """The latest rounds of a service, oldest first."""
    rows = conn.execute(
        select(monitor_round)
        .where(monitor_round.c.service == service)
        .order_by(monitor_round.c.at.desc())
        .limit(limit)
    )
    found = [
        PastRound(
            service=row.service,
            at=row.at,
            ok=row.ok,
            availability=row.availability,
            latency_ms=row.latency_ms,
            findings=row.findings,
        )
        for row in rows
    ]
    return found[::-1]


def standing(conn: Connection, monitor: str) -> Standing | None:
    """How that monitor stands; None where it has never looked."""
    row = conn.execute(select(monitor_state).where(monitor_state.c.monitor == monitor)).one_or_none()
    return Standing.from_row(row) if row else None


def standings(conn: Connection) -> dict[str, Standing]:
    """How every monitor stands, by name; those that left the configuration too."""
    rows = conn.execute(select(monitor_state).order_by(monitor_state.c.monitor))
    return {row.monitor: Standing.from_row(row) for row in rows}


def put_standing(conn: Connection, now_stands: Standing) -> None:
    """Writes how a monitor stands."""
    values = {each.name: getattr(now_stands, each.name) for each in fields(now_stands)}
    values["ends"] = [each.isoformat() for each in now_stands.ends]
    changed = {name: value for name, value in values.items() if name != "monitor"}
    statement = insert(conn, monitor_state).values(values)
    conn.execute(statement.on_conflict_do_update(index_elements=["monitor"], set_=changed))


def drop_standing(conn: Connection, monitor: str) -> None:
    conn.execute(delete(monitor_state).where(monitor_state.c.monitor == monitor))
