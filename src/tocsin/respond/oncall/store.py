"""How is an escalation kept? One row for each time an incident calls for people; its pages are deliveries.

The row holds what the policy said when it began, so that a reload does not change an escalation under way;
who the people are is looked up anew for each step.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Index, Integer, Row, Table, Text, select, update

from tocsin.ground.store import Json, Time, metadata
from tocsin.ground.store import add as add_row

escalation = Table(
    "escalation",
    metadata,
    Column("id", Text, primary_key=True),
    Column("incident", Text, nullable=False),
    Column("policy", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("since", Time, nullable=False),
    Column("channels", Json, nullable=False),
    Column("targets", Json, nullable=False),  # of each step, a list of lists
    Column("rounds", Integer, nullable=False),
    Column("state", Text, nullable=False),  # open | stopped | exhausted
    Column("opened_at", Time, nullable=False),
    Column("ended_at", Time),
    Column("urgency", Text, nullable=False, server_default="critical"),
    Column("mentions", Json, nullable=False, server_default="[]"),
    Column("acknowledge_s", Integer),
    Index("ix_escalation_incident", "incident", "opened_at"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Climb:
    """An escalation under way for one incident.

    `urgency` is that of the severity: `critical` passes every rule of a person. `mentions` are called in rooms besides
    the people of a step. `acknowledge_s`: after so many seconds an acknowledgement holds no longer; None: it holds.
    """

    id: str
    incident: str
    policy: str
    title: str
    service: str
    severity: str
    since: datetime
    channels: list[str]
    targets: list[list[str]]
    rounds: int
    state: str
    opened_at: datetime
    ended_at: datetime | None
    urgency: str
    mentions: list[str]
    acknowledge_s: int | None

    @classmethod
    def from_row(cls, row: Row[Any]) -> Climb:
        return cls(**dict(row._mapping))  # pyright: ignore[reportPrivateUsage] - public by documentation, named so to keep columns free

    @property
    def steps(self) -> int:
        return len(self.targets)


def add(conn: Connection, new: Climb) -> None:
    add_row(conn, escalation, {name: getattr(new, name) for name in Climb.__slots__})


def get(conn: Connection, id_: str) -> Climb | None:
    """Held for this transaction: two pages that fail at the same time must see each other's end."""
    row = conn.execute(select(escalation).where(escalation.c.id == id_).with_for_update()).first()
    return Climb.from_row(row) if row else None


def latest(conn: Connection, incident: str) -> Climb | None:
    """The escalation that began last for this incident."""
    query = select(escalation).where(escalation.c.incident == incident)
    row = conn.execute(query.order_by(escalation.c.opened_at.desc(), escalation.c.id.desc()).limit(1)).first()
    return Climb.from_row(row) if row else None


def stop(conn: Connection, incident: str, now: datetime) -> list[str]:
    """Ends what is open; returns the ids, usually one. One that is exhausted has told its end, but pages no more."""
    mine = escalation.c.incident == incident
    done = conn.execute(
        update(escalation)
        .where(mine, escalation.c.state == "open")
        .values(state="stopped", ended_at=now)
        .returning(escalation.c.id)
    )
    ids = list(done.scalars())
    conn.execute(update(escalation).where(mine, escalation.c.state == "exhausted").values(state="stopped"))
    return ids


def exhaust(conn: Connection, id_: str, now: datetime) -> bool:
    done = conn.execute(
        update(escalation)
        .where(escalation.c.id == id_, escalation.c.state == "open")
        .values(state="exhausted", ended_at=now)
    )
    return done.rowcount == 1
