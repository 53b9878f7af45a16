"""Which messages are forgotten? Tests, drills and digests once they are old; what belongs to an incident stays with it.

`tocsin watch` alone writes a message a minute. A page of an incident is a part of its story, and a proof: it is kept
as long as the incident.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select

from tocsin.act.notify.attempts import delivery_attempt
from tocsin.act.notify.store import OPEN, delivery
from tocsin.ground.kernel.clock import Clock
from tocsin.ground.store import Store

KEPT = timedelta(days=90)
BITE = 200
_AGAIN_S = 3_600.0
_BEAT_S = 1.0


class Retention:
    """Forgets, one bite a second until nothing is old enough; then it looks again in an hour."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._due = 0.0

    def tick(self) -> int:
        """One bite, if it is time for one; says how many messages it took away."""
        if self._clock.monotonic() < self._due:
            return 0
        before = self._clock.now() - KEPT
        gone = self._store.write(lambda conn: forget(conn, before))
        self._due = self._clock.monotonic() + (_BEAT_S if gone == BITE else _AGAIN_S)
        return gone


def forget(conn: Connection, before: datetime) -> int:
    """Takes away up to 200 messages about no incident that were due before then, with their attempts."""
    about_none = select(delivery.c.id).where(delivery.c.incident.is_(None), delivery.c.due_at < before)
    over = about_none.where(delivery.c.state.not_in(OPEN)).order_by(delivery.c.due_at).limit(BITE)
    old = list(conn.scalars(over.with_for_update(skip_locked=True)))
    if old:
        conn.execute(delete(delivery_attempt).where(delivery_attempt.c.delivery.in_(old)))
        conn.execute(delete(delivery).where(delivery.c.id.in_(old)))
    return len(old)
