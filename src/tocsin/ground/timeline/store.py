"""How is the story kept? Rows that are only ever added: the database itself refuses to change one.

Followers read on from where they stopped. On Postgres a transaction that began earlier may commit later, so a number
from a sequence alone would let a follower step over it; each row also carries its transaction's id, and only rows
older than every transaction still open are shown to followers, in the order (transaction, number).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import (
    DDL,
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    Row,
    Table,
    Text,
    and_,
    event,
    literal_column,
    or_,
    select,
    tuple_,
)
from sqlalchemy import insert as sql_insert

from tocsin.ground.store import Json, Time, metadata
from tocsin.ground.timeline.event import Event

timeline_event = Table(
    "timeline_event",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("xid", BigInteger, nullable=False),
    Column("incident", Text, nullable=False),
    Column("at", Time, nullable=False),
    Column("kind", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("data", Json, nullable=False),
    Index("ix_timeline_event_incident", "incident", "seq"),
    Index("ix_timeline_event_position", "xid", "seq"),
    sqlite_autoincrement=True,
)

APPEND_ONLY = {
    "sqlite": (
        "CREATE TRIGGER timeline_event_no_update BEFORE UPDATE ON timeline_event BEGIN "
        "SELECT RAISE(ABORT, 'the timeline is append-only'); END",
        "CREATE TRIGGER timeline_event_no_delete BEFORE DELETE ON timeline_event BEGIN "
        "SELECT RAISE(ABORT, 'the timeline is append-only'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION timeline_event_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the timeline is append-only'; END $$",
        "CREATE TRIGGER timeline_event_no_change BEFORE UPDATE OR DELETE ON timeline_event "
        "FOR EACH ROW EXECUTE FUNCTION timeline_event_append_only()",
    ),
}
for _dialect, _statements in APPEND_ONLY.items():
    for _statement in _statements:
        event.listen(timeline_event, "after_create", DDL(_statement).execute_if(dialect=_dialect))

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_THIS_TRANSACTION: ColumnElement[int] = literal_column("pg_current_xact_id()::text::bigint")
_OLDEST_OPEN: ColumnElement[int] = literal_column("pg_snapshot_xmin(pg_current_snapshot())::text::bigint")

_append = {
    "postgresql": sql_insert(timeline_event).values(xid=_THIS_TRANSACTION),
    "sqlite": sql_insert(timeline_event).values(xid=0),
}


def append(conn: Connection, incident: str, kind: str, actor: str, moment: datetime, /, **data: Any) -> int:
    """Adds one event within the caller's transaction and returns its number."""
    result = conn.execute(
        _append[conn.dialect.name],
        {"incident": incident, "at": moment, "kind": kind, "actor": actor, "data": _storable(data)},
    )
    key = result.inserted_primary_key
    return int(key[0]) if key else 0


def _storable(value: Any) -> Any:
    """What a command printed may hold what no database keeps: that must not keep an event from its story."""
    match value:
        case str():
            return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", value)
        case dict():
            named = cast("dict[str, Any]", value)
            return {_storable(key): _storable(each) for key, each in named.items()}
        case list() | tuple():
            return [_storable(each) for each in cast("Sequence[Any]", value)]
        case _:
            return value


def of_incident(
    conn: Connection, incident: str, *, after: int = 0, kinds: Sequence[str] = (), limit: int = 1_000
) -> list[Event]:
    """The story of one incident from number `after` on, oldest first."""
    query = select(timeline_event).where(timeline_event.c.incident == incident, timeline_event.c.seq > after)
    if kinds:
        query = query.where(timeline_event.c.kind.in_(kinds))
    return [_event(row) for row in conn.execute(query.order_by(timeline_event.c.seq).limit(limit))]


def after(
    conn: Connection, position: tuple[int, int], *, kinds: Sequence[str] = (), limit: int = 200
) -> list[Event]:
    """All incidents' events behind a follower's position that no open transaction can still precede."""
    xid, seq = position
    columns = timeline_event.c
    query = select(timeline_event)
    if conn.dialect.name == "postgresql":
        query = query.where(tuple_(columns.xid, columns.seq) > (xid, seq), columns.xid < _OLDEST_OPEN)
    else:
        query = query.where(or_(columns.xid > xid, and_(columns.xid == xid, columns.seq > seq)))
    if kinds:
        query = query.where(columns.kind.in_(kinds))
    return [_event(row) for row in conn.execute(query.order_by(columns.xid, columns.seq).limit(limit))]


def newest(conn: Connection) -> tuple[int, int]:
    """The position of the newest event that followers may see: what `after` gives from here on is still to come."""
    columns = timeline_event.c
    query = select(columns.xid, columns.seq)
    if conn.dialect.name == "postgresql":
        query = query.where(columns.xid < _OLDEST_OPEN)
    row = conn.execute(query.order_by(columns.xid.desc(), columns.seq.desc()).limit(1)).first()
    return (row.xid, row.seq) if row else (0, 0)


def _event(row: Row[Any]) -> Event:
    return Event(
        seq=row.seq,
        incident=row.incident,
        at=row.at,
        kind=row.kind,
        actor=row.actor,
        data=row.data,
        position=(row.xid, row.seq),
    )
