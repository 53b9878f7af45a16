"""How are repairs kept? What a person said of causes and versions, roll backs, and what stands only for now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Index, Integer, Row, Select, Table, Text, select, update

from tocsin.ground.kernel.errors import NotFound
from tocsin.ground.store import Json, Time, add, insert, metadata

OPEN = ("preparing", "performing", "verifying")
"""States of a roll back that is under way, in their order."""
_SAID_OF_A_CAUSE = ("cause", "by", "at", "why")
_SAID_OF_A_VERSION = ("stable", "by", "at", "why")

cause = Table(
    "repair_cause",
    metadata,
    Column("incident", Text, primary_key=True),
    Column("cause", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", Time, nullable=False),
    Column("why", Text, nullable=False),
)
verdict = Table(
    "version_verdict",
    metadata,
    Column("service", Text, primary_key=True),
    Column("version", Text, primary_key=True),
    Column("stable", Integer, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", Time, nullable=False),
    Column("why", Text, nullable=False),
)
rollback = Table(
    "rollback",
    metadata,
    Column("id", Text, primary_key=True),
    Column("service", Text, nullable=False),
    Column("incident", Text),
    Column("from_version", Text, nullable=False),
    Column("to_version", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("run", Text),
    Column("stages", Json, nullable=False),
    Column("started_at", Time, nullable=False),
    Column("stage_at", Time, nullable=False),
    Column("ended_at", Time),
    Column("why", Text, nullable=False),
    Index("ix_rollback_newest", "started_at", "id"),
    Index("ix_rollback_incident", "incident"),
)
_under_way = rollback.c.state.in_(OPEN)
# Two people who roll the same service back at the same moment: one does, the other hears of it.
Index(
    "ux_rollback_one",
    rollback.c.service,
    unique=True,
    sqlite_where=_under_way,
    postgresql_where=_under_way,
)
makeshift = Table(
    "makeshift",
    metadata,
    Column("id", Text, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("incident", Text),
    Column("reason", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("began_at", Time, nullable=False),
    Column("due_at", Time, nullable=False),
    Column("nagged", Integer, nullable=False),
    Column("back", Json),
    Column("run", Text),
    Column("ended_at", Time),
    Column("ended_by", Text),
    Index("ix_makeshift_began", "began_at", "id"),
    Index("ix_makeshift_incident", "incident"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Cause:
    """What somebody takes for the cause of an incident."""

    incident: str
    cause: str
    by: str
    at: datetime
    why: str

    @classmethod
    def from_row(cls, row: Row[Any]) -> Cause:
        return cls(**row._mapping)  # pyright: ignore[reportPrivateUsage] - the documented name of SQLAlchemy


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What somebody says of a version, whatever the record says."""

    service: str
    version: str
    stable: bool
    by: str
    at: datetime
    why: str

    @classmethod
    def from_row(cls, row: Row[Any]) -> Verdict:
        return cls(
            service=row.service,
            version=row.version,
            stable=bool(row.stable),
            by=row.by,
            at=row.at,
            why=row.why,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Rollback:
    """One roll back. `stages` are what was done so far, in order: {stage, attempt, ok, text, at, findings}; `run` is
    that of the stage under way. `state`: those of OPEN, then done, unproven, failed or cancelled.
    """

    id: str
    service: str
    incident: str | None
    from_version: str
    to_version: str
    state: str
    attempt: int
    actor: str
    reason: str
    run: str | None
    stages: list[dict[str, Any]]
    started_at: datetime
    stage_at: datetime
    ended_at: datetime | None
    why: str

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @classmethod
    def from_row(cls, row: Row[Any]) -> Rollback:
        return cls(**row._mapping)  # pyright: ignore[reportPrivateUsage] - the documented name of SQLAlchemy


@dataclass(frozen=True, kw_only=True, slots=True)
class Makeshift:
    """Something that stands only for now. `kind` is rule (a security rule that is off) or degrade; `nagged` how often
    people were reminded; `back` how it is taken back: {action, arguments, on} or {runbook, inputs}; `run` what does so.
    """

    id: str
    key: str
    kind: str
    what: str
    service: str
    incident: str | None
    reason: str
    by: str
    began_at: datetime
    due_at: datetime
    nagged: int
    back: dict[str, Any] | None
    run: str | None
    ended_at: datetime | None
    ended_by: str | None

    @classmethod
    def from_row(cls, row: Row[Any]) -> Makeshift:
        return cls(**row._mapping)  # pyright: ignore[reportPrivateUsage] - the documented name of SQLAlchemy


def put_cause(conn: Connection, new: Cause) -> None:
    """The newest word on the cause of an incident holds."""
    add(conn, cause, _told(new), unless=("incident",), renewing=_SAID_OF_A_CAUSE)


def cause_of(conn: Connection, incident: str) -> Cause | None:
    row = conn.execute(select(cause).where(cause.c.incident == incident)).one_or_none()
    return Cause.from_row(row) if row else None


def put_verdict(conn: Connection, new: Verdict) -> None:
    told = {**_told(new), "stable": int(new.stable)}
    add(conn, verdict, told, unless=("service", "version"), renewing=_SAID_OF_A_VERSION)


def verdicts_of(conn: Connection, service: str) -> dict[str, Verdict]:
    """What people say of a service's versions, by version."""
    rows = conn.execute(select(verdict).where(verdict.c.service == service))
    return {row.version: Verdict.from_row(row) for row in rows}


def add_rollback(conn: Connection, new: Rollback) -> bool:
    """False where another one of the service is under way."""
    statement = insert(conn, rollback).values(**_told(new)).on_conflict_do_nothing()
    return conn.execute(statement.returning(rollback.c.id)).first() is not None


def get_rollback(conn: Connection, id_: str, *, lock: bool = False) -> Rollback:
    """Raises NotFound. `lock` holds it against other processes until the transaction ends."""
    row = _row(conn, rollback, id_, lock=lock)
    if row is None:
        raise NotFound(f"there is no roll back {id_}", fix="`tocsin rollout list` shows them.")
    return Rollback.from_row(row)


def change_rollback(conn: Connection, id_: str, **values: Any) -> None:
    conn.execute(update(rollback).where(rollback.c.id == id_).values(**values))


def rollbacks(
    conn: Connection,
    *,
    service: str | None = None,
    incident: str | None = None,
    states: Sequence[str] = (),
    limit: int = 50,
    after: str | None = None,
) -> list[Rollback]:
    """The newest first. `after` is the last id of the page before."""
    query = _newest(rollback, incident, limit, after)
    if service is not None:
        query = query.where(rollback.c.service == service)
    if states:
        query = query.where(rollback.c.state.in_(states))
    return [Rollback.from_row(row) for row in conn.execute(query)]


def add_makeshift(conn: Connection, new: Makeshift) -> bool:
    """False where the same thing is known already, by its key."""
    return add(conn, makeshift, _told(new), unless=("key",))


def get_makeshift(conn: Connection, id_: str, *, lock: bool = False) -> Makeshift:
    """Raises NotFound. `lock` holds it against other processes until the transaction ends."""
    row = _row(conn, makeshift, id_, lock=lock)
    if row is None:
        raise NotFound(f"there is no makeshift {id_}", fix="`tocsin rollout makeshifts` shows them.")
    return Makeshift.from_row(row)


def change_makeshift(conn: Connection, id_: str, **values: Any) -> None:
    conn.execute(update(makeshift).where(makeshift.c.id == id_).values(**values))


def makeshifts(
    conn: Connection,
    *,
    incident: str | None = None,
    only_open: bool = False,
    limit: int = 50,
    after: str | None = None,
) -> list[Makeshift]:
    """The newest first. `after` is the last id of the page before."""
    query = _newest(makeshift, incident, limit, after)
    if only_open:
        query = query.where(makeshift.c.ended_at.is_(None))
    return [Makeshift.from_row(row) for row in conn.execute(query)]


def _told(new: Cause | Verdict | Rollback | Makeshift) -> dict[str, Any]:
    return {name: getattr(new, name) for name in new.__slots__}


def _row(conn: Connection, table: Table, id_: str, *, lock: bool) -> Row[Any] | None:
    query = select(table).where(table.c.id == id_)
    return conn.execute(query.with_for_update() if lock else query).one_or_none()


def _newest(table: Table, incident: str | None, limit: int, after: str | None) -> Select[Any]:
    query = select(table).order_by(table.c.id.desc()).limit(limit)
    if incident is not None:
        query = query.where(table.c.incident == incident)
    return query.where(table.c.id < after) if after else query
