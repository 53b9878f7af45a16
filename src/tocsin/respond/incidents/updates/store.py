"""How are updates kept? As they were sent, word by word, with who sent them to whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Index, Row, Table, Text, select

from tocsin.ground.store import Json, Time, insert, metadata

stakeholder_update = Table(
    "stakeholder_update",
    metadata,
    Column("id", Text, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("incident", Text, nullable=False),
    Column("template", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("audiences", Json, nullable=False),
    Column("sent_by", Text, nullable=False),
    Column("sent_at", Time, nullable=False),
    Column("next_at", Time),
    Index("ix_stakeholder_update_incident", "incident", "sent_at"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Update:
    """An update as it was sent. `audiences` are names under stakeholders:, `next_at` when the next one is promised.

    `key` is that of the form or call it came by: sent twice, it is one update.
    """

    id: str
    key: str
    incident: str
    template: str
    language: str
    subject: str
    text: str
    audiences: list[str]
    sent_by: str
    sent_at: datetime
    next_at: datetime | None

    @classmethod
    def from_row(cls, row: Row[Any]) -> Update:
        return cls(**{name: getattr(row, name) for name in cls.__slots__})


def add(conn: Connection, new: Update) -> bool:
    """False when one with the same key is there already."""
    statement = insert(conn, stakeholder_update).values(
        **{name: getattr(new, name) for name in Update.__slots__}
    )
    statement = statement.on_conflict_do_nothing(index_elements=["key"])
    return conn.execute(statement.returning(stakeholder_update.c.id)).first() is not None


def by_key(conn: Connection, key: str) -> Update | None:
    row = conn.execute(select(stakeholder_update).where(stakeholder_update.c.key == key)).first()
    return Update.from_row(row) if row else None


def of_incident(conn: Connection, incident: str, *, limit: int = 200) -> list[Update]:
    """The updates about an incident, newest first."""
    columns = stakeholder_update.c
    query = select(stakeholder_update).where(columns.incident == incident)
    rows = conn.execute(query.order_by(columns.sent_at.desc(), columns.id.desc()).limit(limit))
    return [Update.from_row(row) for row in rows]
