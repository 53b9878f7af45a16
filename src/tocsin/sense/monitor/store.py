"""How did the last day go? One row per round of a service's monitor, kept for a day, so that pages can draw it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Boolean, Column, Connection, Float, Index, Table, Text, delete, select

from tocsin.act.checks import Round
from tocsin.ground.store import Json, Time, insert, metadata

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
