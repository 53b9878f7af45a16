"""Who has said yes or no to a request? One row a person, never changed: a request that needs several is their sum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Boolean, Column, Connection, Table, Text, select

from tocsin.ground.accounts import Identity
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.errors import Conflict
from tocsin.ground.store import Time, insert, metadata

vote = Table(
    "vote",
    metadata,
    Column("approval", Text, primary_key=True),
    Column("voter", Text, primary_key=True),
    Column("yes", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Time, nullable=False),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Vote:
    """One person's word on one request."""

    approval: str
    voter: str
    yes: bool
    reason: str
    at: datetime


def voter_of(who: Identity) -> str:
    """A person is one voter, by whichever way they speak: their token is no second pair of eyes."""
    return f"person:{who.person}" if who.person else who.actor


def cast(conn: Connection, approval: str, who: Identity, *, yes: bool, reason: str, at: datetime) -> int:
    """Keeps the vote; gives how many have said yes by now. Raises Conflict for a second one of the same person."""
    values = {"approval": approval, "voter": voter_of(who), "yes": yes, "reason": reason, "at": at}
    added = conn.execute(
        insert(conn, vote)
        .values(**values)
        .on_conflict_do_nothing(index_elements=["approval", "voter"])
        .returning(vote.c.voter)
    ).first()
    if added is None:
        raise Conflict(N_("you have voted on this already"), fix=N_("Somebody else has to look at it, too."))
    return sum(each.yes for each in of(conn, approval))


def of(conn: Connection, approval: str) -> list[Vote]:
    """The votes on a request, the oldest first."""
    return of_all(conn, [approval]).get(approval, [])


def of_all(conn: Connection, approvals: Sequence[str]) -> dict[str, list[Vote]]:
    """The votes on several requests, by request."""
    found: dict[str, list[Vote]] = {}
    for row in conn.execute(
        select(vote).where(vote.c.approval.in_(approvals)).order_by(vote.c.at, vote.c.voter)
    ):
        each = Vote(**row._mapping)  # pyright: ignore[reportPrivateUsage] - SQLAlchemy's documented accessor
        found.setdefault(each.approval, []).append(each)
    return found
