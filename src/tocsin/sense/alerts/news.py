"""Which alerts wait to be triaged, and who has taken them? Claims on the rows that the ledger wrote with each change.

`claim` marks waiting news with the id of this boot, in one conditional update; the claimer acts and calls `done`, all
in one transaction: whoever dies in between has taken nothing. Of each alert only the oldest unfinished piece of news
is given out: nobody triages an end before its beginning.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, exists, select, update

from tocsin.ground.store.door import POURING
from tocsin.sense.alerts.alert import AlertEvent
from tocsin.sense.alerts.store import alert_event, get_many

_SMALL = 16


def claim(conn: Connection, boot: str, limit: int = 64) -> list[AlertEvent]:
    """Takes up to `limit` pieces of news for `boot`, oldest first, with each alert as it stands now.

    While alerts pour in it gives out fewer: as long as they are judged, nobody can write.
    """
    if conn.info.get(POURING):
        limit = min(limit, _SMALL)
    older = alert_event.alias("older")
    heads = (
        select(alert_event.c.seq)
        .where(
            alert_event.c.state == "new",
            ~exists().where(
                older.c.alert == alert_event.c.alert,
                older.c.seq < alert_event.c.seq,
                older.c.state != "done",
            ),
        )
        .order_by(alert_event.c.seq)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    seqs = list(conn.scalars(heads))
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
