"""How are war rooms kept? One row for each incident that wants one: what is there already, and when to look again.

A row is worked on by one process at a time, under a lease; what each step brought is written before the next one
begins, so that whoever goes on after a kill knows how far it came.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
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
    case,
    literal,
    or_,
    select,
    update,
)

from tocsin.ground.store import Json, Time, insert, metadata

war_room = Table(
    "war_room",
    metadata,
    Column("incident", Text, primary_key=True),
    Column("state", Text, nullable=False),  # wanted | open | dropped
    Column("name", Text, unique=True),
    Column("room", Text, unique=True),
    Column("topic", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("summary_seen", Text, nullable=False),
    Column("pinned", Integer, nullable=False),
    Column("invited", Json, nullable=False),
    Column("stirred", Integer, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("error", Text, nullable=False),
    Column("created_at", Time, nullable=False),
    Column("opened_at", Time),
    Column("next_at", Time),
    Column("leased_until", Time),
    Index("ix_war_room_next_at", "next_at"),
)
war_room_line = Table(
    "war_room_line",
    metadata,
    Column("incident", Text, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("told", Integer, nullable=False),
)
war_room_message = Table(
    "war_room_message",
    metadata,
    Column("room", Text, primary_key=True),
    Column("ts", Text, primary_key=True),
    Column("at", Time, nullable=False),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class WarRoom:
    """The room of one incident. `name` is chosen before the room is made, `room` is its id where it is.

    `summary` names the pinned message, `summary_seen` is what stands in it; `invited` are people who were, by name;
    `stirred` counts how often something was to be told. `error` says why it does not work now, empty while it does.
    `next_at` is when there is something to do, None for nothing.
    """

    incident: str
    state: str
    name: str | None
    room: str | None
    topic: str
    summary: str
    summary_seen: str
    pinned: int
    invited: list[str]
    stirred: int
    attempt: int
    error: str
    created_at: datetime
    opened_at: datetime | None
    next_at: datetime | None
    leased_until: datetime | None

    @classmethod
    def from_row(cls, row: Row[Any]) -> WarRoom:
        return cls(**{name: getattr(row, name) for name in cls.__slots__})


def want(conn: Connection, incident: str, at: datetime) -> bool:
    """Whether it is new that this incident wants a room."""
    statement = insert(conn, war_room).values(
        incident=incident,
        state="wanted",
        topic="",
        summary="",
        summary_seen="",
        pinned=0,
        invited=[],
        stirred=0,
        attempt=0,
        error="",
        created_at=at,
        next_at=at,
    )
    done = statement.on_conflict_do_nothing(index_elements=["incident"]).returning(war_room.c.incident)
    return conn.execute(done).first() is not None


def add_lines(conn: Connection, incident: str, seqs: Sequence[int]) -> None:
    """These events are to be told in the room; one that was noted before stays as it is."""
    for seq in seqs:
        statement = insert(conn, war_room_line).values(incident=incident, seq=seq, told=0)
        conn.execute(statement.on_conflict_do_nothing(index_elements=["incident", "seq"]))


def untold(conn: Connection, incident: str) -> list[int]:
    """The events that are still to be told, in their order."""
    columns = war_room_line.c
    query = select(columns.seq).where(columns.incident == incident, columns.told == 0)
    return list(conn.scalars(query.order_by(columns.seq)))


def mark_told(conn: Connection, incident: str, seqs: Sequence[int]) -> None:
    columns = war_room_line.c
    conn.execute(
        update(war_room_line).where(columns.incident == incident, columns.seq.in_(seqs)).values(told=1)
    )


def stir(conn: Connection, incident: str, at: datetime) -> None:
    """There is something to do in its room, at that time; one that does not work keeps the time of its next try."""
    columns = war_room.c
    sooner = or_(columns.next_at.is_(None), columns.next_at > at)
    conn.execute(
        update(war_room)
        .where(columns.incident == incident, columns.state == "open")
        .values(
            stirred=columns.stirred + 1,
            next_at=case((and_(columns.error == "", sooner), literal(at, Time)), else_=columns.next_at),
        )
    )


def of_incident(conn: Connection, incident: str) -> WarRoom | None:
    row = conn.execute(select(war_room).where(war_room.c.incident == incident)).first()
    return WarRoom.from_row(row) if row else None


def of_room(conn: Connection, room: str) -> WarRoom | None:
    row = conn.execute(select(war_room).where(war_room.c.room == room)).first()
    return WarRoom.from_row(row) if row else None


def names_taken(conn: Connection, names: Sequence[str]) -> set[str]:
    """Which of these names other rooms have."""
    rows = conn.execute(select(war_room.c.name).where(war_room.c.name.in_(names)))
    return {str(row.name) for row in rows}


def due(conn: Connection, now: datetime) -> str | None:
    """An incident whose room has something to do and that nobody works on."""
    return conn.execute(
        select(war_room.c.incident).where(_free(now)).order_by(war_room.c.next_at).limit(1)
    ).scalar()


def lease(conn: Connection, incident: str, now: datetime, until: datetime) -> WarRoom | None:
    """The row, for this process alone until then; None when another was quicker."""
    row = conn.execute(
        update(war_room)
        .where(war_room.c.incident == incident, _free(now))
        .values(leased_until=until)
        .returning(war_room)
    ).first()
    return WarRoom.from_row(row) if row else None


def change(conn: Connection, incident: str, **values: Any) -> None:
    conn.execute(update(war_room).where(war_room.c.incident == incident).values(**values))


def release(conn: Connection, leased: WarRoom, next_at: datetime | None, **values: Any) -> None:
    """Nobody works on it any more. `next_at` is None for nothing to do, unless it was stirred meanwhile."""
    columns = war_room.c
    stirred = conn.execute(
        select(columns.stirred, columns.next_at).where(columns.incident == leased.incident).with_for_update()
    ).one()
    if next_at is None and stirred.stirred != leased.stirred:
        next_at = stirred.next_at
    change(conn, leased.incident, leased_until=None, next_at=next_at, **values)


def hear(conn: Connection, room: str, ts: str, at: datetime) -> bool:
    """Whether this message of the room is heard for the first time."""
    statement = insert(conn, war_room_message).values(room=room, ts=ts, at=at)
    done = statement.on_conflict_do_nothing(index_elements=["room", "ts"]).returning(war_room_message.c.ts)
    return conn.execute(done).first() is not None


def _free(now: datetime) -> ColumnElement[bool]:
    return and_(
        war_room.c.next_at <= now, or_(war_room.c.leased_until.is_(None), war_room.c.leased_until <= now)
    )
