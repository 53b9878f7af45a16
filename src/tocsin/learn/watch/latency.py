"""How long does a page take, from its alert's receipt until a provider has taken it? A row a first page, for 30 days.

Only first pages of incidents that alerts opened count: a later step waits on purpose, and so does a group that gathers.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Column, Connection, Index, Integer, Table, Text, delete, func, select

from tocsin.act import notify
from tocsin.ground.kernel.clock import Clock
from tocsin.ground.kernel.settings import Current
from tocsin.ground.store import Store, Time, insert, metadata
from tocsin.ground.timeline import Event, Followers
from tocsin.learn.watch.section import WatchSection
from tocsin.respond.incidents import Incidents
from tocsin.sense.alerts.store import alert_event

PERIOD = timedelta(days=30)
_AT_ONCE = timedelta(seconds=1)
_REMEMBERED_S = 15.0

page_latency = Table(
    "page_latency",
    metadata,
    Column("delivery", Text, primary_key=True),
    Column("incident", Text, nullable=False),
    Column("sent_at", Time, nullable=False),
    Column("ms", Integer, nullable=False),
    Index("ix_page_latency_sent_at", "sent_at"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Latency:
    """The pages of the last 30 days: how many, the median and the 99th percentile in milliseconds, and the share that
    took no longer than `target_ms`. None where there was no page.
    """

    pages: int
    p50_ms: int | None
    p99_ms: int | None
    within: float | None
    target_ms: int


class Latencies:
    """Writes down how long each first page took, and adds them up."""

    def __init__(
        self, store: Store, clock: Clock, current: Current[WatchSection], incidents: Incidents
    ) -> None:
        self._store = store
        self._clock = clock
        self._current = current
        self._incidents = incidents
        self._lock = threading.Lock()
        self._kept: tuple[float, Latency] | None = None

    def follow(self, followers: Followers) -> None:
        followers.follow("page-latency", ("page.sent",), self._react)

    def summary(self) -> Latency:
        """As of 15 seconds ago at most."""
        now = self._clock.monotonic()
        with self._lock:
            if self._kept is not None and 0 <= now - self._kept[0] < _REMEMBERED_S:
                return self._kept[1]
        with self._store.read() as conn:
            found = self._added_up(conn)
        with self._lock:
            self._kept = now, found
        return found

    def _added_up(self, conn: Connection) -> Latency:
        since = self._clock.now() - PERIOD
        target = round(self._current().watch.pages_within.total_seconds() * 1000)
        mine = page_latency.c.sent_at >= since
        count = conn.scalar(select(func.count()).where(mine)) or 0
        within = conn.scalar(select(func.count()).where(mine, page_latency.c.ms <= target)) or 0

        def at(share: float) -> int | None:
            ordered = select(page_latency.c.ms).where(mine).order_by(page_latency.c.ms)
            return conn.scalar(ordered.offset(min(count - 1, int(count * share))).limit(1)) if count else None

        return Latency(
            pages=count,
            p50_ms=at(0.5),
            p99_ms=at(0.99),
            within=within / count if count else None,
            target_ms=target,
        )

    def _react(self, conn: Connection, event: Event) -> None:
        sent = notify.get(conn, str(event.data.get("delivery", "")))
        if sent is None or sent.kind != "page" or (sent.round, sent.step) != (1, 1):
            return
        incident = self._incidents.get(conn, event.incident)
        if incident.source == "person" or sent.due_at > incident.detected_at + _AT_ONCE:
            return
        received = self._received(conn, event.incident, incident.detected_at)
        if received is None:
            return
        ms = max(0, round((event.at - received).total_seconds() * 1000))
        conn.execute(
            insert(conn, page_latency)
            .values(delivery=sent.id, incident=event.incident, sent_at=event.at, ms=ms)
            .on_conflict_do_nothing(index_elements=["delivery"])
        )

    def _received(self, conn: Connection, incident: str, detected_at: datetime) -> datetime | None:
        """When the alert came that opened it."""
        alerts = [each.id for each in self._incidents.alerts(conn, incident)]
        return conn.scalar(
            select(func.max(alert_event.c.at)).where(
                alert_event.c.alert.in_(alerts),
                alert_event.c.kind == "fired",
                alert_event.c.at <= detected_at,
            )
        )

    def forget(self, conn: Connection) -> None:
        """Drops what is older than the period."""
        conn.execute(delete(page_latency).where(page_latency.c.sent_at < self._clock.now() - PERIOD))
