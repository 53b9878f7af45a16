"""What does an escalation ask of the pages that are written down? What left a moment ago, and what waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, or_, select

from tocsin.act.notify.store import OPEN, REACHED, delivery


@dataclass(frozen=True, kw_only=True, slots=True)
class Left:
    """A page to a person, or to a room: sent, or still to be sent."""

    person: str
    channel: str
    cause: str
    due_at: datetime
    sent_at: datetime | None


def recent(conn: Connection, incident: str, since: datetime) -> list[Left]:
    """Pages of an incident that left after `since`, and those that have not left yet."""
    columns = delivery.c
    query = select(columns.person, columns.channel, columns.cause, columns.due_at, columns.sent_at).where(
        columns.incident == incident,
        columns.kind.in_(("page", "ticket")),
        columns.person.is_not(None),
        or_(columns.state.in_(REACHED) & (columns.sent_at > since), columns.state.in_(OPEN)),
    )
    return [
        Left(person=row.person, channel=row.channel, cause=row.cause, due_at=row.due_at, sent_at=row.sent_at)
        for row in conn.execute(query)
    ]
