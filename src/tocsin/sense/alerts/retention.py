"""What is kept of alerts that are long over? How often each rule fired on each day; the rest is forgotten in time.

A million alerts a day stay flat: what is older than `keep_alerts` is counted into `alert_day` and deleted, in one
transaction, a bite a beat, so that no sender waits for it. Nothing is forgotten that fires, that waits for triage or
that somebody still needs (an incident shows its alerts for ever).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Connection, Integer, Row, Table, Text, and_, delete, or_, select

from tocsin.ground.kernel.clock import Clock
from tocsin.ground.kernel.settings import Current
from tocsin.ground.store import Store, insert, metadata
from tocsin.sense.alerts.folding_store import alert_flap, alert_hold, alert_trace
from tocsin.sense.alerts.section import AlertsSection
from tocsin.sense.alerts.store import alert, alert_event

BITE = 200
_AGAIN_S = 3_600.0
_BEAT_S = 1.0

alert_day = Table(
    "alert_day",
    metadata,
    Column("day", Text, primary_key=True),
    Column("service", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("fired", Integer, nullable=False),
    Column("said", Integer, nullable=False),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class AlertDay:
    """One rule on one day (UTC) that is forgotten in detail: episodes that began, messages about alerts that ended."""

    day: date
    service: str
    name: str
    fired: int
    said: int

    @classmethod
    def from_row(cls, row: Row[Any]) -> AlertDay:
        return cls(
            day=date.fromisoformat(row.day),
            service=row.service,
            name=row.name,
            fired=row.fired,
            said=row.said,
        )


def days(conn: Connection, since: date, *, limit: int = 10_000) -> list[AlertDay]:
    """The days from `since` on that are kept as counts only, oldest first."""
    query = select(alert_day).where(alert_day.c.day >= since.isoformat())
    ordered = query.order_by(alert_day.c.day, alert_day.c.service, alert_day.c.name)
    return [AlertDay.from_row(row) for row in conn.execute(ordered.limit(limit))]


class Retention:
    """Forgets, one bite a second until nothing is old enough; then it looks again in an hour."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        current: Current[AlertsSection],
        needed: Callable[[Connection, Sequence[str]], Collection[str]],
    ) -> None:
        """`needed` says which of some alerts must stay, whatever their age."""
        self._store = store
        self._clock = clock
        self._current = current
        self._needed = needed
        self._due = 0.0
        self._seen: tuple[datetime, str] | None = None

    def tick(self) -> int:
        """One bite, if it is time for one; says how many rows it took away."""
        if self._clock.monotonic() < self._due:
            return 0
        before = self._clock.now() - self._current().keep_alerts
        gone, seen = self._store.write(lambda conn: self._bite(conn, before))
        done = seen is None and not gone
        self._seen = seen
        self._due = self._clock.monotonic() + (_AGAIN_S if done else _BEAT_S)
        return gone

    def _bite(self, conn: Connection, before: datetime) -> tuple[int, tuple[datetime, str] | None]:
        gone = _forget_events(conn, before) + _forget_traces(conn, before)
        alerts, seen = self._forget_alerts(conn, before)
        return gone + alerts, seen

    def _forget_alerts(self, conn: Connection, before: datetime) -> tuple[int, tuple[datetime, str] | None]:
        """Alerts over before then, from where the last bite ended; where this one did, or None at the end of them."""
        query = select(
            alert.c.id, alert.c.starts_at, alert.c.ends_at, alert.c.service, alert.c.name, alert.c.said
        )
        query = query.where(alert.c.state == "resolved", alert.c.starts_at < before)
        if self._seen:
            at, last = self._seen
            query = query.where(or_(alert.c.starts_at > at, and_(alert.c.starts_at == at, alert.c.id > last)))
        ordered = query.order_by(alert.c.starts_at, alert.c.id).limit(BITE)
        rows = conn.execute(ordered.with_for_update(skip_locked=True)).all()
        ids = [row.id for row in rows]
        waiting = conn.scalars(
            select(alert_event.c.alert).where(alert_event.c.alert.in_(ids), alert_event.c.state != "done")
        )
        stays = {*self._needed(conn, ids), *waiting} if ids else set[str]()
        old = [
            row for row in rows if row.ends_at is not None and row.ends_at < before and row.id not in stays
        ]
        if old:
            said: Counter[tuple[str, str, str]] = Counter()
            for row in old:
                said[(row.ends_at.date().isoformat(), row.service, row.name)] += row.said
            _count(conn, Counter(), said)
            gone = [row.id for row in old]
            _count(conn, _fired(conn, alert_event.c.alert.in_(gone)), Counter())
            for table in (alert_event, alert_trace, alert_hold, alert_flap):
                conn.execute(delete(table).where(table.c.alert.in_(gone)))
            conn.execute(delete(alert).where(alert.c.id.in_(gone)))
        return len(old), (rows[-1].starts_at, rows[-1].id) if len(rows) == BITE else None


def _forget_events(conn: Connection, before: datetime) -> int:
    """The oldest news, of alerts that go on as well; it ends at the first that is young or waits for triage."""
    rows = conn.execute(
        select(alert_event.c.seq, alert_event.c.at, alert_event.c.state)
        .order_by(alert_event.c.seq)
        .limit(BITE)
        .with_for_update(skip_locked=True)  # counted once, whoever else forgets at this moment
    ).all()
    old = [row.seq for row in rows if row.at < before and row.state == "done"]
    if old:
        _count(conn, _fired(conn, alert_event.c.seq.in_(old)), Counter())
        conn.execute(delete(alert_event).where(alert_event.c.seq.in_(old)))
    return len(old)


def _forget_traces(conn: Connection, before: datetime) -> int:
    rows = conn.execute(
        select(alert_trace.c.seq, alert_trace.c.at).order_by(alert_trace.c.seq).limit(BITE)
    ).all()
    old = [row.seq for row in rows if row.at < before]
    if old:
        conn.execute(delete(alert_trace).where(alert_trace.c.seq.in_(old)))
    return len(old)


def _fired(conn: Connection, which: Any) -> Counter[tuple[str, str, str]]:
    """How many episodes began, by day, service and name, according to this news."""
    rows = conn.execute(
        select(alert_event.c.at, alert.c.service, alert.c.name)
        .join(alert, alert.c.id == alert_event.c.alert)
        .where(which, alert_event.c.kind == "fired")
    )
    return Counter((row.at.date().isoformat(), row.service, row.name) for row in rows)


def _count(
    conn: Connection, fired: Counter[tuple[str, str, str]], said: Counter[tuple[str, str, str]]
) -> None:
    for day, service, name in sorted({*fired, *said}):
        known = (day, service, name)
        statement = insert(conn, alert_day).values(
            day=day, service=service, name=name, fired=fired[known], said=said[known]
        )
        conn.execute(
            statement.on_conflict_do_update(
                index_elements=["day", "service", "name"],
                set_={
                    "fired": alert_day.c.fired + statement.excluded.fired,
                    "said": alert_day.c.said + statement.excluded.said,
                },
            )
        )
