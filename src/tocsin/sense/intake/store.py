"""How are deliveries kept? The last of each key with the answer given, and how many there were, minute by minute."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Float, Index, Integer, Row, Table, Text, delete, func, select

from tocsin.ground.store import Json, Time, insert, metadata

received = Table(
    "received",
    metadata,
    Column("id", Text, primary_key=True),
    Column("key", Text, nullable=False),
    Column("at", Time, nullable=False),
    Column("method", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("query", Text, nullable=False),
    Column("headers", Json, nullable=False),
    Column("body", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("incomplete", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("answer", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("alerts", Integer, nullable=False),
    Column("changes", Integer, nullable=False),
    Column("ms", Float, nullable=False),
    Column("replay_of", Text),
    Index("ix_received_key_at", "key", "at"),
)

received_count = Table(
    "received_count",
    metadata,
    Column("key", Text, primary_key=True),
    Column("minute", Time, primary_key=True),
    Column("outcome", Text, primary_key=True),
    Column("messages", Integer, nullable=False),
    Column("alerts", Integer, nullable=False),
    Column("changes", Integer, nullable=False),
    Index("ix_received_count_minute", "minute"),
)


def remember(conn: Connection, rows: Sequence[dict[str, Any]], most: int) -> None:
    """Writes deliveries, and forgets those that are no longer among the last `most` of their key."""
    conn.execute(insert(conn, received).on_conflict_do_nothing(index_elements=["id"]), list(rows))
    for key in sorted({row["key"] for row in rows}):
        oldest_kept = (
            select(received.c.at)
            .where(received.c.key == key)
            .order_by(received.c.at.desc())
            .offset(most - 1)
            .limit(1)
            .scalar_subquery()
        )
        conn.execute(delete(received).where(received.c.key == key, received.c.at < oldest_kept))


def count(conn: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Adds to the counts of minutes."""
    adding = insert(conn, received_count)
    conn.execute(
        adding.on_conflict_do_update(
            index_elements=["key", "minute", "outcome"],
            set_={
                name: received_count.c[name] + adding.excluded[name]
                for name in ("messages", "alerts", "changes")
            },
        ),
        list(rows),
    )


def forget_counts(conn: Connection, before: datetime) -> None:
    conn.execute(delete(received_count).where(received_count.c.minute < before))


def latest(conn: Connection, key: str, most: int) -> Sequence[Row[Any]]:
    """The last deliveries of a key, newest first."""
    return conn.execute(
        select(received).where(received.c.key == key).order_by(received.c.at.desc()).limit(most)
    ).all()


def get(conn: Connection, id_: str) -> Row[Any] | None:
    return conn.execute(select(received).where(received.c.id == id_)).one_or_none()


def newest(conn: Connection, keys: Iterable[str]) -> Sequence[Row[Any]]:
    """The last delivery of each of these keys."""
    wanted = list(keys)
    last = (
        select(received.c.key, func.max(received.c.at).label("at"))
        .where(received.c.key.in_(wanted))
        .group_by(received.c.key)
        .subquery()
    )
    return conn.execute(
        select(received).join(last, (received.c.key == last.c.key) & (received.c.at == last.c.at))
    ).all()


def counts(conn: Connection, keys: Iterable[str], since: datetime) -> Sequence[Row[Any, Any, Any, Any, Any]]:
    """`key, outcome, messages, alerts, changes` of these keys, added up."""
    table = received_count.c
    return conn.execute(
        select(
            table.key,
            table.outcome,
            func.sum(table.messages).label("messages"),
            func.sum(table.alerts).label("alerts"),
            func.sum(table.changes).label("changes"),
        )
        .where(table.key.in_(list(keys)), table.minute >= since)
        .group_by(table.key, table.outcome)
    ).all()
