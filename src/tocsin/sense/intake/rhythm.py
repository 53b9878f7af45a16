"""How does a key usually send? Its last hour minute by minute, and how long it is quiet as a rule.

Read from the counts of minutes that the mailbook writes; what it has not written yet is not in them.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from tocsin.sense.intake.store import received_count

_MINUTE = timedelta(minutes=1)
_ENOUGH = 6


@dataclass(frozen=True, kw_only=True, slots=True)
class Minute:
    """What came in one minute, by what became of it: `{"taken": 3, "refused": 1}`."""

    at: datetime
    messages: dict[str, int]


def last_hour(conn: Connection, keys: Collection[str], now: datetime) -> dict[str, list[Minute]]:
    """The sixty minutes up to now of each key, oldest first, the empty ones too."""
    end = now.replace(second=0, microsecond=0)
    starts = [end - n * _MINUTE for n in range(59, -1, -1)]
    table = received_count.c
    counted: dict[tuple[str, datetime], dict[str, int]] = {}
    for row in conn.execute(
        select(table.key, table.minute, table.outcome, table.messages).where(
            table.key.in_(keys), table.minute >= starts[0]
        )
    ):
        counted.setdefault((row.key, row.minute), {})[row.outcome] = row.messages
    return {key: [Minute(at=at, messages=counted.get((key, at), {})) for at in starts] for key in keys}


def usual_pause(conn: Connection, keys: Collection[str], since: datetime) -> dict[str, timedelta]:
    """How long lies between two minutes in which a key sends, on the average since then.

    A key that has sent in fewer than six minutes has no habits yet and is left out.
    """
    table = received_count.c
    rows = conn.execute(
        select(
            table.key,
            func.count(table.minute.distinct()).label("minutes"),
            func.min(table.minute).label("first"),
            func.max(table.minute).label("last"),
        )
        .where(table.key.in_(keys), table.minute >= since)
        .group_by(table.key)
    )
    return {row.key: (row.last - row.first) / (row.minutes - 1) for row in rows if row.minutes >= _ENOUGH}
