"""How is a diagnosis kept? One row for each, and one for each question with what it showed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    Row,
    Table,
    Text,
    delete,
    select,
    tuple_,
    update,
)

from tocsin.ground.kernel.errors import NotFound
from tocsin.ground.store import Json, Time, insert, metadata

diagnosis = Table(
    "diagnosis",
    metadata,
    Column("id", Text, primary_key=True),
    Column("incident", Text),
    Column("service", Text, nullable=False),
    Column("state", Text, nullable=False),  # running | done | failed
    # What it is about while it is under way: asked twice, it is one.
    Column("under_way", Text, unique=True),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", Time, nullable=False),
    Column("since", Time, nullable=False),
    Column("ended_at", Time),
    Column("findings", Json),
    Index("ix_diagnosis_newest", "asked_at", "id"),
    Index("ix_diagnosis_incident", "incident", "asked_at"),
)
part = Table(
    "diagnosis_part",
    metadata,
    Column("diagnosis", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("place", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("hint", Text, nullable=False),
    Column("state", Text, nullable=False),  # waiting | asked | answered | late | by_hand
    Column("ok", Boolean),
    Column("said", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("facts", Json, nullable=False),
    Column("asked_at", Time),
    Column("ended_at", Time),
)
OVER = ("answered", "late", "by_hand")


@dataclass(frozen=True, kw_only=True, slots=True)
class Diagnosis:
    """One asking of everything. `since` is when the trouble began, as far as known: it parts before from after.

    `findings` is what reading the answers has shown, as plain JSON; None until all are in.
    """

    id: str
    incident: str | None
    service: str
    state: str
    asked_by: str
    asked_at: datetime
    since: datetime
    ended_at: datetime | None
    findings: dict[str, Any] | None

    @property
    def is_over(self) -> bool:
        return self.state != "running"

    @classmethod
    def from_row(cls, row: Row[Any]) -> Diagnosis:
        return cls(**{name: getattr(row, name) for name in cls.__slots__})


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One question of a diagnosis. `state` is waiting, asked, answered, late (no answer within its time) or by_hand.

    `text` is everything that was shown, secrets masked, at most the last 256 KiB; in a list of parts it is left out.
    """

    diagnosis: str
    key: str
    place: int
    kind: str
    title: str
    source: str
    hint: str
    state: str
    ok: bool | None
    said: str
    text: str
    facts: dict[str, Any]
    asked_at: datetime | None
    ended_at: datetime | None

    @property
    def is_over(self) -> bool:
        return self.state in OVER

    @classmethod
    def from_row(cls, row: Row[Any]) -> Part:
        return cls(**{name: getattr(row, name) for name in cls.__slots__})


def add(conn: Connection, values: Mapping[str, Any]) -> bool:
    """False where one about the same is under way already."""
    statement = insert(conn, diagnosis).values(**values).on_conflict_do_nothing(index_elements=["under_way"])
    return conn.execute(statement.returning(diagnosis.c.id)).first() is not None


def under_way(conn: Connection, about: str) -> Diagnosis | None:
    """The one that is being asked about this right now."""
    row = conn.execute(select(diagnosis).where(diagnosis.c.under_way == about)).first()
    return Diagnosis.from_row(row) if row else None


def get(conn: Connection, id_: str) -> Diagnosis:
    """Raises NotFound."""
    row = conn.execute(select(diagnosis).where(diagnosis.c.id == id_)).first()
    if row is None:
        raise NotFound(f"there is no diagnosis {id_}", fix="`tocsin diagnose --list` shows them.")
    return Diagnosis.from_row(row)


def listed(
    conn: Connection,
    *,
    incident: str | None = None,
    service: str | None = None,
    limit: int = 50,
    after: str | None = None,
) -> list[Diagnosis]:
    """The newest first."""
    query = select(diagnosis).order_by(diagnosis.c.asked_at.desc(), diagnosis.c.id.desc()).limit(limit)
    if incident is not None:
        query = query.where(diagnosis.c.incident == incident)
    if service is not None:
        query = query.where(diagnosis.c.service == service)
    if after:
        last = select(diagnosis.c.asked_at, diagnosis.c.id).where(diagnosis.c.id == after).subquery()
        query = query.where(
            tuple_(diagnosis.c.asked_at, diagnosis.c.id)
            < tuple_(select(last.c.asked_at).scalar_subquery(), select(last.c.id).scalar_subquery())
        )
    return [Diagnosis.from_row(row) for row in conn.execute(query)]


def end(conn: Connection, id_: str, state: str, at: datetime, findings: Mapping[str, Any]) -> bool:
    """Writes how it ended; False where that is written already."""
    statement = update(diagnosis).where(diagnosis.c.id == id_, diagnosis.c.state == "running")
    values = {"state": state, "ended_at": at, "under_way": None, "findings": dict(findings)}
    return conn.execute(statement.values(**values)).rowcount == 1


def put_part(conn: Connection, values: Mapping[str, Any]) -> None:
    """A question that will be asked; known already, it stays as it is."""
    conn.execute(
        insert(conn, part).values(**values).on_conflict_do_nothing(index_elements=["diagnosis", "key"])
    )


def change_part(conn: Connection, id_: str, key: str, **values: Any) -> None:
    conn.execute(update(part).where(part.c.diagnosis == id_, part.c.key == key).values(**values))


def parts(conn: Connection, id_: str, *, texts: bool = True) -> list[Part]:
    """Its questions in their order. Without `texts` what they showed is left out, which may be much."""
    columns = [each for each in part.c if texts or each.name != "text"]
    rows = conn.execute(select(*columns).where(part.c.diagnosis == id_).order_by(part.c.place, part.c.key))
    if texts:
        return [Part.from_row(row) for row in rows]
    names = [name for name in Part.__slots__ if name != "text"]
    return [Part(text="", **{name: getattr(row, name) for name in names}) for row in rows]


def get_part(conn: Connection, id_: str, key: str) -> Part:
    """Raises NotFound."""
    row = conn.execute(select(part).where(part.c.diagnosis == id_, part.c.key == key)).first()
    if row is None:
        raise NotFound(f"the diagnosis {id_} has no part {key}", fix="Its page lists them.")
    return Part.from_row(row)


def forget(conn: Connection, before: datetime) -> None:
    """Those of no incident that are older: what belongs to one is kept with it."""
    old = select(diagnosis.c.id).where(diagnosis.c.incident.is_(None), diagnosis.c.asked_at < before)
    conn.execute(delete(part).where(part.c.diagnosis.in_(old)))
    conn.execute(delete(diagnosis).where(diagnosis.c.incident.is_(None), diagnosis.c.asked_at < before))
