"""How are changes kept? One row for each change of a sender, which every message about it settles a little further."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Index,
    Row,
    Table,
    Text,
    delete,
    or_,
    select,
    tuple_,
    update,
)

from tocsin.ground.store import Time, insert, metadata
from tocsin.sense.changes.change import State

change = Table(
    "change",
    metadata,
    Column("id", Text, primary_key=True),
    Column("dedup_key", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("at", Time, nullable=False),
    Column("started_at", Time, nullable=False),
    Column("service", Text, nullable=False),
    Column("environment", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("series", Text, nullable=False),
    Column("first_seen", Time, nullable=False),
    Index("ix_change_newest", "at", "id"),
    Index("ix_change_service", "service", "at", "id"),
)
Index(
    "ix_change_series",
    change.c.key,
    change.c.series,
    change.c.at,
    sqlite_where=change.c.series != "",
    postgresql_where=change.c.series != "",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeRecord:
    """A change as it is known now. `at` is when it came into its state, `started_at` the earliest time told of it.

    `key` and `source` are who told it; `service` is empty where nobody said which.
    """

    id: str
    dedup_key: str
    key: str
    source: str
    kind: str
    title: str
    state: State
    at: datetime
    started_at: datetime
    service: str
    environment: str
    version: str
    by: str
    url: str
    series: str
    first_seen: datetime

    @classmethod
    def from_row(cls, row: Row[Any]) -> ChangeRecord:
        return cls(**row._mapping)  # pyright: ignore[reportPrivateUsage] - the documented name of SQLAlchemy


def id_of(key: str, dedup_key: str) -> str:
    """The id of a sender's change: two processes agree on it without asking."""
    said = f"{key}\0{dedup_key}".encode(errors="surrogatepass")
    return f"chg_{hashlib.sha256(said).hexdigest()[:26]}"


def begin(conn: Connection, row: Mapping[str, Any]) -> bool:
    """Writes the first row of a change; False where it is known already."""
    done = conn.execute(
        insert(conn, change)
        .values(**row)
        .on_conflict_do_nothing(index_elements=["id"])
        .returning(change.c.id)
    )
    return done.first() is not None


def held(conn: Connection, change_id: str) -> ChangeRecord | None:
    """The change, locked against other processes until the transaction ends."""
    row = conn.execute(select(change).where(change.c.id == change_id).with_for_update()).one_or_none()
    return ChangeRecord.from_row(row) if row else None


def move(conn: Connection, change_id: str, values: Mapping[str, Any]) -> None:
    """Writes what a message has made of it."""
    conn.execute(update(change).where(change.c.id == change_id).values(**values))


def end_after(conn: Connection, key: str, series: str, at: datetime) -> ChangeRecord | None:
    """The first end of a sender's series at that time or later."""
    query = (
        select(change)
        .where(*_in(key, series), change.c.state != "started", change.c.at >= at)
        .order_by(change.c.at, change.c.id)
        .limit(1)
    )
    row = conn.execute(query).one_or_none()
    return ChangeRecord.from_row(row) if row else None


def start_before(conn: Connection, key: str, series: str, at: datetime) -> ChangeRecord | None:
    """The newest start of a sender's series at that time or earlier, whose end nobody has told."""
    query = (
        select(change)
        .where(*_in(key, series), change.c.state == "started", change.c.at <= at)
        .order_by(change.c.at.desc(), change.c.id)
        .limit(1)
    )
    row = conn.execute(query).one_or_none()
    return ChangeRecord.from_row(row) if row else None


def _in(key: str, series: str) -> tuple[ColumnElement[bool], ...]:
    return change.c.series != "", change.c.key == key, change.c.series == series


def drop(conn: Connection, change_id: str) -> None:
    """Deletes a change that is told by another row now."""
    conn.execute(delete(change).where(change.c.id == change_id))


def get(conn: Connection, change_id: str) -> ChangeRecord | None:
    """The change of that id."""
    row = conn.execute(select(change).where(change.c.id == change_id)).one_or_none()
    return ChangeRecord.from_row(row) if row else None


def listed(
    conn: Connection,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    service: str | None = None,
    known: Collection[str] | None = None,
    limit: int | None = None,
    after: str | None = None,
) -> list[ChangeRecord]:
    """Changes, newest first. `known`: those of none of these services, too. `after` is the last id of a page."""
    query = select(change).order_by(change.c.at.desc(), change.c.id.desc()).limit(limit)
    if since is not None:
        query = query.where(change.c.at >= since)
    if until is not None:
        query = query.where(change.c.at <= until)
    if service is not None:
        named = change.c.service == service
        query = query.where(named if known is None else or_(named, change.c.service.not_in(known)))
    if after:
        last = select(change.c.at, change.c.id).where(change.c.id == after).subquery()
        query = query.where(
            tuple_(change.c.at, change.c.id)
            < tuple_(select(last.c.at).scalar_subquery(), select(last.c.id).scalar_subquery())
        )
    return [ChangeRecord.from_row(row) for row in conn.execute(query)]


def forget(conn: Connection, before: datetime) -> int:
    """Deletes changes whose last news is older; says how many."""
    return conn.execute(delete(change).where(change.c.at < before)).rowcount
