"""Which reviews were made, and when was one called for? Rows that are only ever added."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, ColumnElement, Connection, Index, Table, Text, func, select

from tocsin.ground.kernel.ids import new_id
from tocsin.ground.store import Time, insert, metadata
from tocsin.respond.runbooks.store import run

runbook_review = Table(
    "runbook_review",
    metadata,
    Column("id", Text, primary_key=True),
    Column("path", Text, nullable=False),
    Column("hash", Text, nullable=False),  # of the file that was looked over
    Column("reviewed_at", Time, nullable=False),
    Column("by", Text, nullable=False),
    Column("note", Text, nullable=False),
    Index("ix_runbook_review_path", "path", "reviewed_at"),
)

review_call = Table(
    "review_call",
    metadata,
    Column("id", Text, primary_key=True),
    Column("at", Time, nullable=False),
    Column("by", Text, nullable=False),
    Column("why", Text, nullable=False),
    Index("ix_review_call_at", "at"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Review:
    """Somebody looked a runbook over, and this is what they looked at."""

    path: str
    hash: str
    reviewed_at: datetime
    by: str
    note: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """Somebody said that the system changed, so that every runbook has to be looked over."""

    at: datetime
    by: str
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Use:
    """The last time that an incident used a runbook, and is done with it."""

    incident: str
    ended_at: datetime


def add(conn: Connection, review: Review) -> None:
    conn.execute(
        insert(conn, runbook_review).values(
            id=new_id("rev"),
            path=review.path,
            hash=review.hash,
            reviewed_at=review.reviewed_at,
            by=review.by,
            note=review.note,
        )
    )


def call(conn: Connection, called: Call) -> None:
    conn.execute(
        insert(conn, review_call).values(id=new_id("rvc"), at=called.at, by=called.by, why=called.why)
    )


def of_path(conn: Connection, path: str, *, limit: int = 20) -> list[Review]:
    """The reviews of one runbook, the newest first."""
    columns = runbook_review.c
    rows = conn.execute(
        select(columns.path, columns.hash, columns.reviewed_at, columns.by, columns.note)
        .where(columns.path == path)
        .order_by(columns.reviewed_at.desc())
        .limit(limit)
    )
    return [
        Review(path=row.path, hash=row.hash, reviewed_at=row.reviewed_at, by=row.by, note=row.note)
        for row in rows
    ]


def latest(conn: Connection, path: str | None = None) -> dict[str, datetime]:
    """When each runbook was last looked over, by path."""
    columns = runbook_review.c
    query = select(columns.path, func.max(columns.reviewed_at).label("at")).group_by(columns.path)
    if path is not None:
        query = query.where(columns.path == path)
    return {row.path: row.at for row in conn.execute(query)}


def latest_call(conn: Connection) -> Call | None:
    """The last time that somebody said that the system changed."""
    columns = review_call.c
    row = conn.execute(
        select(columns.at, columns.by, columns.why).order_by(columns.at.desc()).limit(1)
    ).first()
    return Call(at=row.at, by=row.by, why=row.why) if row else None


def used_by_incidents(conn: Connection, path: str | None = None) -> dict[str, Use]:
    """The last use of each runbook in an incident that is over, by path."""
    where: list[ColumnElement[bool]] = [
        run.c.mode != "plan",
        run.c.incident.is_not(None),
        run.c.ended_at.is_not(None),
    ]
    if path is not None:
        where.append(run.c.path == path)
    rank = func.row_number().over(partition_by=run.c.path, order_by=run.c.ended_at.desc()).label("rank")
    ranked = select(run.c.path, run.c.incident, run.c.ended_at, rank).where(*where).subquery()
    rows = conn.execute(select(ranked).where(ranked.c.rank == 1))
    return {row.path: Use(incident=row.incident, ended_at=row.ended_at) for row in rows}
