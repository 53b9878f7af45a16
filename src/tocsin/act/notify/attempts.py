"""What was tried, when, and what came of it? One row for each attempt at a delivery, from its claim to its end.

An attempt that has begun and not ended is under way, or its process died: what becomes of the latter is
`unknown`, since the message may have left before, and another attempt follows under the same key.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Float,
    Index,
    Integer,
    Row,
    Table,
    Text,
    delete,
    insert,
    select,
    update,
)

from tocsin.ground.store import Time, metadata

ACCEPTED, TEMPORARY, PERMANENT, UNKNOWN = "accepted", "temporary", "permanent", "unknown"

delivery_attempt = Table(
    "delivery_attempt",
    metadata,
    Column("delivery", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("boot", Text, nullable=False),
    Column("started_at", Time, nullable=False),
    Column("ended_at", Time),
    Column("outcome", Text),  # accepted | temporary | permanent | unknown; none while it is under way
    Column("error", Text),
    Column("retry_after", Float),
    Index("ix_delivery_attempt_channel", "channel", "outcome", "ended_at"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """One try at one delivery, by the process `boot`. `retry_after`: seconds that the receiver asked to wait."""

    delivery: str
    number: int
    channel: str
    boot: str
    started_at: datetime
    ended_at: datetime | None = None
    outcome: str | None = None
    error: str | None = None
    retry_after: float | None = None

    @classmethod
    def from_row(cls, row: Row[Any]) -> Attempt:
        return cls(**row._mapping)  # pyright: ignore[reportPrivateUsage] - public by documentation, named so to keep columns free


def begin(conn: Connection, begun: Sequence[Attempt]) -> None:
    """Written with the claim, in its transaction."""
    if begun:
        rows = [{name: getattr(each, name) for name in Attempt.__slots__} for each in begun]
        conn.execute(insert(delivery_attempt), rows)


def end(
    conn: Connection,
    delivery: str,
    number: int,
    *,
    outcome: str,
    started_at: datetime,
    ended_at: datetime,
    error: str | None = None,
    retry_after: float | None = None,
) -> None:
    """What came of it. `started_at` is when it left its lane, which may be later than its claim."""
    conn.execute(
        update(delivery_attempt)
        .where(delivery_attempt.c.delivery == delivery, delivery_attempt.c.number == number)
        .values(
            outcome=outcome, started_at=started_at, ended_at=ended_at, error=error, retry_after=retry_after
        )
    )


def forget(conn: Connection, deliveries: Sequence[str]) -> None:
    """These were claimed, and then not tried at all."""
    conn.execute(
        delete(delivery_attempt).where(
            delivery_attempt.c.delivery.in_(deliveries), delivery_attempt.c.outcome.is_(None)
        )
    )


def abandon(conn: Connection, deliveries: Sequence[str], at: datetime) -> None:
    """Nobody works on these any more, and nobody knows how far they came."""
    conn.execute(
        update(delivery_attempt)
        .where(delivery_attempt.c.delivery.in_(deliveries), delivery_attempt.c.outcome.is_(None))
        .values(outcome=UNKNOWN, ended_at=at)
    )


def of_delivery(conn: Connection, delivery: str) -> list[Attempt]:
    """Every attempt at one delivery, the first one first."""
    return of_deliveries(conn, [delivery]).get(delivery, [])


def of_deliveries(conn: Connection, deliveries: Sequence[str]) -> dict[str, list[Attempt]]:
    """Delivery → its attempts in order, for a list of deliveries, in one query."""
    query = select(delivery_attempt).where(delivery_attempt.c.delivery.in_(deliveries))
    found: dict[str, list[Attempt]] = {}
    for row in conn.execute(query.order_by(delivery_attempt.c.delivery, delivery_attempt.c.number)):
        found.setdefault(row.delivery, []).append(Attempt.from_row(row))
    return found


def newest(conn: Connection, channel: str, outcomes: Sequence[str]) -> Attempt | None:
    """The last attempt by a channel that ended in one of these ways."""
    columns = delivery_attempt.c
    query = select(delivery_attempt).where(columns.channel == channel, columns.outcome.in_(outcomes))
    row = conn.execute(query.order_by(columns.ended_at.desc()).limit(1)).first()
    return Attempt.from_row(row) if row else None
