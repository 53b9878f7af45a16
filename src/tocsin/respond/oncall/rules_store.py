"""How are a person's own rules kept? One row for each person who has some, with who wrote them and when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Row, Table, Text, delete, select

from tocsin.ground.store import Json, Time, insert, metadata

contact_rules = Table(
    "contact_rules",
    metadata,
    Column("person", Text, primary_key=True),
    Column("rules", Json, nullable=False),
    Column("changed_by", Text, nullable=False),
    Column("changed_at", Time, nullable=False),
)


def of(conn: Connection, people: Sequence[str]) -> Sequence[Row[Any]]:
    """The rows of those who have some."""
    return conn.execute(select(contact_rules).where(contact_rules.c.person.in_(people))).all()


def put(conn: Connection, person: str, rules: list[dict[str, Any]], by: str, at: datetime) -> None:
    values = {"rules": rules, "changed_by": by, "changed_at": at}
    conn.execute(
        insert(conn, contact_rules)
        .values(person=person, **values)
        .on_conflict_do_update(index_elements=["person"], set_=values)
    )


def remove(conn: Connection, person: str) -> None:
    conn.execute(delete(contact_rules).where(contact_rules.c.person == person))
