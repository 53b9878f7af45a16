"""How are hand-overs kept? Each question with its note and its answer; one open question for a role."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Index, Row, Table, Text, insert, select, update

from tocsin.ground.store import Time, metadata

incident_handover = Table(
    "incident_handover",
    metadata,
    Column("id", Text, primary_key=True),
    Column("incident", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("giver", Text, nullable=False),
    Column("taker", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("state", Text, nullable=False),  # asked | accepted | declined | withdrawn
    Column("asked_by", Text, nullable=False),
    Column("asked_at", Time, nullable=False),
    Column("answered_by", Text, nullable=False),
    Column("answered_at", Time),
    Column("reason", Text, nullable=False),
    Index("ix_incident_handover_incident", "incident"),
)
_asked = incident_handover.c.state == "asked"
Index(
    "uq_incident_handover_asked",
    incident_handover.c.incident,
    incident_handover.c.role,
    unique=True,
    sqlite_where=_asked,
    postgresql_where=_asked,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Handover:
    """Somebody is asked to take a role over. `giver` and `taker` are people; `state` is asked, accepted, declined or
    withdrawn. Times are UTC.
    """

    id: str
    incident: str
    role: str
    giver: str
    taker: str
    note: str
    state: str
    asked_by: str
    asked_at: datetime
    answered_by: str = ""
    answered_at: datetime | None = None
    reason: str = ""

    @classmethod
    def from_row(cls, row: Row[Any]) -> Handover:
        return cls(**{name: getattr(row, name) for name in cls.__slots__})


def add(conn: Connection, new: Handover) -> None:
    conn.execute(
        insert(incident_handover).values(**{name: getattr(new, name) for name in Handover.__slots__})
    )


def open_of(conn: Connection, incident: str, role: str = "") -> list[Handover]:
    """The questions that nobody has answered yet, the oldest first."""
    query = select(incident_handover).where(incident_handover.c.incident == incident, _asked)
    if role:
        query = query.where(incident_handover.c.role == role)
    return [Handover.from_row(row) for row in conn.execute(query.order_by(incident_handover.c.asked_at))]


def answer(conn: Connection, id_: str, state: str, by: str, at: datetime, reason: str = "") -> bool:
    """Whether it was still open."""
    done = conn.execute(
        update(incident_handover)
        .where(incident_handover.c.id == id_, _asked)
        .values(state=state, answered_by=by, answered_at=at, reason=reason)
    )
    return done.rowcount == 1
