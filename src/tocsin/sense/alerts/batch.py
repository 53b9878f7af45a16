"""What does one transaction of the ledger change? Settled standings in, rows and news out.

A batch is settled first, against what stands, and written later, perhaps in another transaction: between the two
nothing else may be settled against the tables.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

import msgspec
from sqlalchemy import Connection

from tocsin.sense.alerts import store as rows
from tocsin.sense.alerts.memory import Touch
from tocsin.sense.alerts.settle import Result, Settled, Standing, time_flags
from tocsin.sense.alerts.signal import Sender, Signal


class Outcome(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What became of one signal."""

    alert: str
    result: Result


class Heard(Protocol):
    """Of a message: who sent it, and when it was received."""

    @property
    def sender(self) -> Sender: ...
    @property
    def now(self) -> datetime: ...


class Batch:
    """What one transaction changes: the standings it leaves, the rows and news it writes, the answers it allows."""

    def __init__(self, known: dict[str, Standing], service_of: Callable[[Mapping[str, str]], str]) -> None:
        self.known = known
        self.heard: set[str] = set()
        self.touches: list[tuple[str, datetime]] = []
        self.outcomes: list[list[Outcome]] = []
        self._events: list[tuple[Standing, str, datetime, str]] = []
        self._service_of = service_of
        self._texts: dict[str, tuple[Signal, Heard, int]] = {}
        self._moves: dict[str, tuple[datetime, int]] = {}

    def take(self, verdict: Settled, signal: Signal, entry: Heard) -> None:
        standing, now = verdict.standing, entry.now
        self.known[standing.id] = standing
        self.heard.add(standing.id)
        if not verdict.changed:
            self.touches.append((standing.id, now))
            return
        if verdict.text:
            before = self._texts.get(standing.id)
            self._texts[standing.id] = (signal, entry, before[2] + 1 if before else 1)
        else:
            _, count = self._moves.get(standing.id, (now, 0))
            self._moves[standing.id] = (now, count + 1)
        if verdict.event:
            service = signal.labels.get("service", "")
            self._events.append((standing, verdict.event, now, service))

    @property
    def is_news(self) -> bool:
        """Whether there is something to triage in it."""
        return bool(self._events)

    def repeats(self) -> list[tuple[str, Touch]]:
        """What came again without a change, added up, by id."""
        found: dict[str, Touch] = {}
        for alert_id, now in self.touches:
            before = found.get(alert_id)
            times = before.times + 1 if before else 1
            found[alert_id] = Touch(times=times, last_seen=now, expires_at=self.known[alert_id].expires_at)
        return sorted(found.items())

    def _row(self, alert_id: str, signal: Signal, entry: Heard, said: int) -> dict[str, Any]:
        """The text as it was said last, with the state that the batch leaves."""
        standing, now = self.known[alert_id], entry.now
        seen, moved = self._moves.get(alert_id, (now, 0))
        return {
            "id": alert_id,
            "name": signal.name,
            "service": self._service_of(signal.labels),
            "labels": dict(signal.labels),
            "annotations": dict(signal.annotations),
            "value": signal.value,
            "state": standing.state,
            "source": entry.sender.source,
            "key": entry.sender.key,
            "url": signal.url,
            "flags": signal.flags + time_flags(signal, now),
            "dedup_key": signal.dedup_key,
            "episode": standing.episode,
            "starts_at": standing.starts_at,
            "ends_at": standing.ends_at,
            "expires_at": standing.expires_at,
            "sender_start": standing.sender_start,
            "sender_end": standing.sender_end,
            "first_seen": now,
            "last_seen": max(seen, now),
            "said": said + moved,
        }

    def write(self, conn: Connection) -> None:
        """Texts first; then the alerts whose state alone has moved. By id: two processes then wait for each other in
        one order. Changes nothing here, so that it can be done again."""
        rows.put(conn, [self._row(alert_id, *self._texts[alert_id]) for alert_id in sorted(self._texts)])
        for alert_id in sorted(self._moves.keys() - self._texts.keys()):
            seen, count = self._moves[alert_id]
            rows.move(conn, self.known[alert_id], last_seen=seen, count=count)
        rows.announce(conn, [news(*each) for each in self._events])


def news(standing: Standing, kind: str, now: datetime, service: str = "") -> dict[str, Any]:
    return {
        "alert": standing.id,
        "kind": kind,
        "episode": standing.episode,
        "at": now,
        "state": "new",
        "lane": rows.lane_of(standing.key, service),
    }
