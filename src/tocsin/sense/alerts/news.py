"""Which alerts wait to be triaged, and who has taken them? Claims on the rows that the ledger wrote with each change.

`claim` marks waiting news with the id of this boot, in one conditional update; the claimer acts and calls `done`, all
in one transaction: whoever dies in between has taken nothing. Of each alert only the oldest unfinished piece of news
is given out: nobody triages an end before its beginning. Within a lane (a sender and some of its services) news is
given out in order, and all lanes that wait get the same share: who is quiet never waits behind a storm.
"""

from __future__ import annotations

import random
from collections.abc import Collection
from typing import Any

from sqlalchemy import (
    Connection,
    Select,
    bindparam,
    exists,
    func,
    literal_column,
    select,
    update,
)

from tocsin.ground.store.door import POURING
from tocsin.sense.alerts.alert import AlertEvent
from tocsin.sense.alerts.store import alert_event, get_many

_SMALL = 16
_LANES_AT_ONCE = 8
_OLDER = alert_event.alias("older")
_HEADS = (
    select(alert_event.c.seq)
    .where(
        alert_event.c.state == literal_column("'new'"),
        alert_event.c.lane == bindparam("lane"),
        ~exists().where(
            _OLDER.c.alert == alert_event.c.alert,
            _OLDER.c.seq < alert_event.c.seq,
            _OLDER.c.state != "done",
        ),
    )
    .order_by(alert_event.c.seq)
    .limit(bindparam("share"))
    .with_for_update(skip_locked=True)
)


def _lanes() -> Select[Any]:
    """Every lane in which news waits, each found by one step into the index instead of by reading all news."""
    waiting = alert_event.c.state == literal_column("'new'")
    first = select(func.min(alert_event.c.lane).label("lane")).where(waiting).cte("lanes", recursive=True)
    following = select(func.min(alert_event.c.lane)).where(waiting, alert_event.c.lane > first.c.lane)
    lanes = first.union_all(select(following.scalar_subquery()).where(first.c.lane.is_not(None)))
    return select(lanes.c.lane).where(lanes.c.lane.is_not(None))


_LANES = _lanes()


def claim(conn: Connection, boot: str, limit: int = 64) -> list[AlertEvent]:
    """Takes up to `limit` pieces of news for `boot`, oldest first, with each alert as it stands now.

    While alerts pour in it gives out fewer: as long as they are judged, nobody can write.
    """
    if conn.info.get(POURING):
        limit = min(limit, _SMALL)
    lanes = list(conn.scalars(_LANES))
    if len(lanes) > _LANES_AT_ONCE:
        lanes = random.sample(lanes, _LANES_AT_ONCE)
    seqs: list[int] = []
    for lane in lanes:
        seqs += conn.scalars(_HEADS, {"lane": lane, "share": max(1, limit // len(lanes))})
    if not seqs:
        return []
    taken = conn.execute(
        update(alert_event)
        .where(alert_event.c.seq.in_(seqs), alert_event.c.state == "new")
        .values(state="claimed", claimed_by=boot)
        .returning(
            alert_event.c.seq,
            alert_event.c.alert,
            alert_event.c.kind,
            alert_event.c.episode,
            alert_event.c.at,
        )
    ).all()
    alerts = get_many(conn, [row.alert for row in taken])
    return [
        AlertEvent(seq=row.seq, kind=row.kind, at=row.at, episode=row.episode, alert=alerts[row.alert])
        for row in sorted(taken, key=lambda row: row.seq)
    ]


def done(conn: Connection, seqs: Collection[int]) -> None:
    """Closes claimed news; it never comes back."""
    conn.execute(update(alert_event).where(alert_event.c.seq.in_(seqs)).values(state="done"))
