"""How are drills kept that break something? One row each, from the press to the score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Column, Connection, Index, Row, Table, Text, insert, select, update

from tocsin.ground.kernel.errors import NotFound
from tocsin.ground.store import Json, Time, metadata
from tocsin.learn.exercises.score import Mark

UNDER_WAY = ("wanted", "breaking", "watching")

exercise = Table(
    "exercise",
    metadata,
    Column("id", Text, primary_key=True),
    Column("fault", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("wish", Text, nullable=False),  # "" | stop
    Column("created_at", Time, nullable=False),
    Column("begun_at", Time),
    Column("ended_at", Time),
    Column("incident", Text),
    Column("run", Text),
    Column("runbook", Text, nullable=False),
    Column("printed", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("marks", Json, nullable=False),
    Index("ix_exercise_created_at", "created_at"),
)
_under_way = exercise.c.state.in_(UNDER_WAY)
# Two people press at the same moment: one service is broken once.
Index(
    "uq_exercise_under_way",
    exercise.c.service,
    unique=True,
    sqlite_where=_under_way,
    postgresql_where=_under_way,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Exercise:
    """A drill. `begun_at` is when the fault was put in; `run` and `runbook` are what brought the service back.

    `passed`: every mark held. `failed`: one did not, `why` says which. `void`: the fault could not be put in.
    """

    id: str
    fault: str
    title: str
    service: str
    by: str
    state: str  # wanted | breaking | watching | passed | failed | void | stopped
    wish: str
    created_at: datetime
    begun_at: datetime | None
    ended_at: datetime | None
    incident: str | None
    run: str | None
    runbook: str
    printed: str
    why: str
    marks: tuple[Mark, ...]

    @classmethod
    def from_row(cls, row: Row[Any]) -> Exercise:
        values: dict[str, Any] = dict(row._mapping)  # pyright: ignore[reportPrivateUsage] - public by documentation
        values["marks"] = msgspec.convert(values["marks"], tuple[Mark, ...])
        return cls(**values)

    @property
    def under_way(self) -> bool:
        return self.state in UNDER_WAY


def add(conn: Connection, **values: Any) -> None:
    """Raises sqlalchemy's IntegrityError where the service has one under way."""
    conn.execute(insert(exercise).values(**values))


def get(conn: Connection, id_: str) -> Exercise:
    """Raises NotFound."""
    row = conn.execute(select(exercise).where(exercise.c.id == id_)).first()
    if row is None:
        raise NotFound(f"there is no drill {id_}", field="id", fix="Look at: tocsin drill list")
    return Exercise.from_row(row)


def recent(conn: Connection, limit: int) -> list[Exercise]:
    """The newest first."""
    query = select(exercise).order_by(exercise.c.created_at.desc(), exercise.c.id.desc()).limit(limit)
    return [Exercise.from_row(row) for row in conn.execute(query)]


def under_way(conn: Connection, service: str) -> Exercise | None:
    row = conn.execute(select(exercise).where(exercise.c.service == service, _under_way)).first()
    return Exercise.from_row(row) if row else None


def change(conn: Connection, id_: str, *states: str, **values: Any) -> bool:
    """Whether it was in one of these states and is changed now."""
    marks: Sequence[Mark] | None = values.get("marks")
    if marks is not None:
        values["marks"] = [asdict(mark) for mark in marks]
    where = (exercise.c.id == id_, exercise.c.state.in_(states))
    return conn.execute(update(exercise).where(*where).values(**values)).rowcount > 0
