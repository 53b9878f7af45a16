"""What was changed, as far as we were told? The room that takes changes and finds them again.

Every message about a change settles one row. A change that has ended never runs again, and of two ends the later one
counts, so that late, repeated and shuffled messages leave the same row. Text that a later message leaves out stays.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import Connection

from tocsin.ground.kernel.clock import Clock
from tocsin.ground.store import Store
from tocsin.sense.changes import store as rows
from tocsin.sense.changes.change import Change, State
from tocsin.sense.changes.store import ChangeRecord

KEPT = timedelta(days=90)
"""As long as PagerDuty keeps change events (developer.pagerduty.com, Events API v2, send change events)."""
_TIDY = timedelta(hours=1)
_WEIGHT: dict[State, int] = {"started": 0, "cancelled": 1, "succeeded": 2, "failed": 3}
_FACTS = ("kind", "title", "service", "environment", "version", "by", "url")
_AROUND_MOST = 50


class Teller(Protocol):
    """Who speaks: the id of an intake key or the name of a part of Tocsin, and the kind of source."""

    @property
    def key(self) -> str: ...

    @property
    def source(self) -> str: ...


class Changes:
    """Takes changes, and finds them again for 90 days."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._tidied: datetime | None = None

    def record(self, conn: Connection, changes: Sequence[Change], sender: Teller) -> list[ChangeRecord]:
        """What each change of one message has come to, in its order."""
        now = self._clock.now()
        told = [replace(each, at=min(each.at, now)) for each in changes]
        settled: dict[str, ChangeRecord] = {}
        # In one order for everybody, so that two processes never wait for each other.
        for each in sorted(told, key=lambda each: rows.id_of(sender.key, each.dedup_key)):
            record = _first(each, sender, now)
            settled[record.id] = self._take(conn, record, each)
        return [settled[rows.id_of(sender.key, each.dedup_key)] for each in changes]

    def _take(self, conn: Connection, fresh: ChangeRecord, told: Change) -> ChangeRecord:
        if told.series and told.state == "started":
            end = rows.end_after(conn, fresh.key, told.series, told.at)
            # Its own start, told again or overtaken by its end.
            if end and end.started_at in (told.at, end.at):
                return self._settle(conn, end, told)
        if not rows.begin(conn, _row(fresh)):
            return self._settle(conn, fresh, told)
        if told.series and told.state != "started":
            return self._with_start(conn, fresh)
        return fresh

    def _with_start(self, conn: Connection, end: ChangeRecord) -> ChangeRecord:
        """The end of a change that has a row of its own since it began: the two become one."""
        start = rows.start_before(conn, end.key, end.series, end.at)
        if start is None:
            return end
        rows.drop(conn, start.id)
        gaps = {name: getattr(start, name) for name in _FACTS if not getattr(end, name)}
        whole = replace(end, started_at=start.started_at, **gaps)
        rows.move(conn, end.id, _row(whole))
        return whole

    def _settle(self, conn: Connection, fresh: ChangeRecord, told: Change) -> ChangeRecord:
        known = rows.held(conn, fresh.id)
        if known is None:  # forgotten in this very moment
            rows.begin(conn, _row(fresh))
            return fresh
        settled = settle(known, told)
        if settled != known:
            rows.move(conn, known.id, _row(settled))
        return settled

    def get(self, conn: Connection, change_id: str) -> ChangeRecord | None:
        """The change of that id."""
        return rows.get(conn, change_id)

    def since(self, conn: Connection, at: datetime, service: str | None = None) -> list[ChangeRecord]:
        """The changes of a service, or of all, that came into their state at `at` or later; newest first."""
        return rows.listed(conn, since=at, service=service)

    def around(
        self, conn: Connection, start: datetime, end: datetime, service: str, known: Collection[str]
    ) -> list[ChangeRecord]:
        """What may explain an outage of the service: its changes, and those of no service that is `known`."""
        return rows.listed(conn, since=start, until=end, service=service, known=known, limit=_AROUND_MOST)

    def listed(
        self, conn: Connection, *, service: str | None = None, limit: int = 50, after: str | None = None
    ) -> list[ChangeRecord]:
        """Changes, newest first. `after` is the id of the last one of the page before."""
        return rows.listed(conn, service=service, limit=limit, after=after)

    def tick(self) -> None:
        """Once an hour: forgets what is older than 90 days."""
        now = self._clock.now()
        if self._tidied is not None and now - self._tidied < _TIDY:
            return
        self._tidied = now
        self._store.write(lambda conn: rows.forget(conn, now - KEPT))


def settle(known: ChangeRecord, told: Change) -> ChangeRecord:
    """The change after one more message: what weighs more tells its state; the other fills in what is not said."""
    started_at = min(known.started_at, told.at)
    if _weight(told.state, told.at) <= _weight(known.state, known.at):
        gaps = {name: getattr(told, name) for name in _FACTS if not getattr(known, name)}
        return replace(known, started_at=started_at, **gaps)
    facts = {name: getattr(told, name) or getattr(known, name) for name in _FACTS}
    return replace(known, state=told.state, at=told.at, started_at=started_at, **facts)


def _weight(state: State, at: datetime) -> tuple[bool, datetime, int]:
    """An end weighs more than a start, then a later time more than an earlier one."""
    return state != "started", at, _WEIGHT[state]


def _first(told: Change, sender: Teller, now: datetime) -> ChangeRecord:
    return ChangeRecord(
        id=rows.id_of(sender.key, told.dedup_key),
        dedup_key=told.dedup_key,
        key=sender.key,
        source=sender.source,
        kind=told.kind,
        title=told.title,
        state=told.state,
        at=told.at,
        started_at=told.at,
        service=told.service,
        environment=told.environment,
        version=told.version,
        by=told.by,
        url=told.url,
        series=told.series,
        first_seen=now,
    )


def _row(record: ChangeRecord) -> dict[str, Any]:
    return {each.name: getattr(record, each.name) for each in fields(record)}
