"""Where does an alert become fact? `record` returns when what was said is on disk, and not before.

1. A request whose every signal repeats what is committed already is counted in memory and answered at once. 2. All
others wait in one queue; the writer drains it into one transaction (group commit), settles each signal in the order
of arrival, writes alerts and news, and only after the commit lets the answers go: so a duplicate waits for its
original. 3. A commit that fails fails every request in it, and memory stays as it was. 4. Once a second the writer
adds up the repeats and ends the alerts that have not been said again in time.

On SQLite this process is alone and its memory is the truth. On Postgres others write as well: there each batch reads
and locks the rows it is about, and memory is only where repeats are counted.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection

from tocsin.ground.kernel.bell import Bell
from tocsin.ground.kernel.clock import Clock
from tocsin.ground.kernel.errors import TocsinError, Unavailable
from tocsin.ground.kernel.settings import Current
from tocsin.ground.store import Store
from tocsin.sense.alerts import store as rows
from tocsin.sense.alerts.alert import id_of
from tocsin.sense.alerts.fingerprint import fingerprint
from tocsin.sense.alerts.memory import Memory
from tocsin.sense.alerts.section import AlertsSection
from tocsin.sense.alerts.settle import Result, Settled, Standing, settle, time_flags
from tocsin.sense.alerts.signal import Sender, Signal

TOPIC = "alerts"
_BEAT_S = 1.0
_AT_ONCE = 2_000
_WAITING_MOST = 50_000
_ENDED_AT_ONCE = 500
_OTHERS_FLUSH = timedelta(seconds=2)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What became of one signal."""

    alert: str
    result: Result


@dataclass(frozen=True, kw_only=True, slots=True)
class _Request:
    ids: list[str]
    signals: Sequence[Signal]
    sender: Sender
    now: datetime
    answer: Future[list[Outcome]]


class Ledger:
    """The one writer of alerts in this process. `service_of` finds the service that labels speak of."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        current: Current[AlertsSection],
        bell: Bell,
        service_of: Callable[[Mapping[str, str]], str],
    ) -> None:
        self._store = store
        self._clock = clock
        self._current = current
        self._bell = bell
        self._service_of = service_of
        self._alone = store.is_sqlite
        self._memory = Memory()
        self._held = threading.Lock()  # memory
        self._turn = threading.Lock()  # one transaction of ours at a time
        self._wake = threading.Condition()
        self._queue: list[_Request] = []
        self._waiting = 0
        self._thread: threading.Thread | None = None
        self._stopping = False
        self._started = clock.now()
        self._counted = 0

    def start(self) -> None:
        """Rebuilds the memory from the store and begins to write."""
        self._started = self._clock.now()
        with self._store.read() as conn:
            standing = list(rows.firing_standings(conn))
        with self._held:
            for each in standing:
                self._memory.put(each)
        self._thread = threading.Thread(target=self._serve, name="ledger", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Writes what waits, then ends."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        if self._thread:
            self._thread.join()

    @property
    def firing(self) -> int:
        """How many alerts fire; on Postgres, where others write as well, as of the last beat."""
        return len(self._memory) if self._alone else self._counted

    def record(self, signals: Sequence[Signal], sender: Sender) -> list[Outcome]:
        """Takes the signals of one message, all or none; returns after the commit. Raises Unavailable."""
        return self.submit(signals, sender).result()

    def submit(self, signals: Sequence[Signal], sender: Sender) -> Future[list[Outcome]]:
        """As `record`, without waiting: the future is done once the commit is."""
        answer: Future[list[Outcome]] = Future()
        answer.set_running_or_notify_cancel()  # a client that leaves must not take the writer's answer away
        now = self._clock.now()
        ids = [id_of(fingerprint(signal, sender)) for signal in signals]
        if self._alone:
            repeated = self._repeats(ids, signals, sender, now)
            if repeated is not None:
                answer.set_result(repeated)
                return answer
        with self._wake:
            if self._stopping or self._thread is None:
                raise Unavailable("the alert ledger is closed", fix="Send it again in a moment.")
            if self._waiting and self._waiting + len(ids) > _WAITING_MOST:
                raise Unavailable("too many alerts wait to be written", fix="Send it again in a moment.")
            self._waiting += len(ids)
            self._queue.append(_Request(ids=ids, signals=signals, sender=sender, now=now, answer=answer))
            self._wake.notify()
        return answer

    def _repeats(
        self, ids: list[str], signals: Sequence[Signal], sender: Sender, now: datetime
    ) -> list[Outcome] | None:
        """The outcomes, counted in memory, if every signal repeats what is committed; else None, and nothing done."""
        timeout = self._current().resolve_timeout
        touched: list[Standing] = []
        outcomes: list[Outcome] = []
        with self._held:
            for alert_id, signal in zip(ids, signals, strict=True):
                known = self._memory.get(alert_id)
                if known is None:
                    return None
                verdict = settle(known, signal, sender, alert_id=alert_id, now=now, timeout=timeout)
                if verdict.changed:
                    return None
                touched.append(verdict.standing)
                outcomes.append(Outcome(alert=alert_id, result=verdict.result))
            for standing in touched:
                self._memory.put(standing)
                self._memory.touch(standing, now)
        return outcomes

    def _serve(self) -> None:
        beat = self._clock.monotonic() + _BEAT_S
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._stopping or bool(self._queue), timeout=_BEAT_S)
                requests = self._drain()
                last = self._stopping and not self._queue
            if requests:
                self._answer(requests)
            if last or self._clock.monotonic() >= beat:
                beat = self._clock.monotonic() + _BEAT_S
                self._sweep()
            if last:
                return

    def _drain(self) -> list[_Request]:
        taken: list[_Request] = []
        size = 0
        while self._queue and size < _AT_ONCE:
            request = self._queue.pop(0)
            size += len(request.ids)
            taken.append(request)
        self._waiting -= size
        return taken

    def _answer(self, requests: list[_Request]) -> None:
        """One transaction for all; then memory, then the answers, then the bell."""
        try:
            with self._turn:
                batch = self._store.intake(lambda conn: self._write(conn, requests))
                with self._held:
                    for alert_id, now in batch.touches:
                        self._memory.touch(batch.known[alert_id], now)
                    if self._alone:
                        for alert_id in batch.heard:
                            self._memory.put(batch.known[alert_id])
        except Exception as error:
            _log.warning("alerts were not stored", requests=len(requests), error=str(error))
            failure = error if isinstance(error, TocsinError) else Unavailable("the alerts were not stored")
            for request in requests:
                request.answer.set_exception(failure)
            return
        for request, outcomes in zip(requests, batch.outcomes, strict=True):
            request.answer.set_result(outcomes)
        if batch.events:
            self._bell.ring(TOPIC)

    def _write(self, conn: Connection, requests: list[_Request]) -> _Batch:
        """The job: settles every signal and writes what changed. May run twice, so it changes only its own batch."""
        batch = _Batch(self._known(conn, requests), self._service_of)
        timeout = self._current().resolve_timeout
        for request in requests:
            outcomes: list[Outcome] = []
            for alert_id, signal in zip(request.ids, request.signals, strict=True):
                verdict = settle(
                    batch.known.get(alert_id),
                    signal,
                    request.sender,
                    alert_id=alert_id,
                    now=request.now,
                    timeout=timeout,
                )
                batch.take(verdict, signal, request)
                outcomes.append(Outcome(alert=alert_id, result=verdict.result))
            batch.outcomes.append(outcomes)
        batch.write(conn)
        return batch

    def _known(self, conn: Connection, requests: list[_Request]) -> dict[str, Standing]:
        wanted = {alert_id for request in requests for alert_id in request.ids}
        known: dict[str, Standing] = {}
        if self._alone:
            with self._held:
                held = ((alert_id, self._memory.get(alert_id)) for alert_id in wanted)
                known = {alert_id: standing for alert_id, standing in held if standing}
        missing = sorted(wanted - known.keys())
        known.update(rows.standings(conn, missing, lock=not self._alone))
        return known

    def _sweep(self) -> None:
        try:
            self.flush()
            self.expire(self._clock.now())
            if not self._alone:
                with self._store.read() as conn:
                    self._counted = rows.count_firing(conn)
        except Exception as error:
            # Whatever it was, the writer lives on: the next beat does the same work again.
            _log.warning("the ledger could not tidy up; it tries again", error=str(error))

    def flush(self) -> None:
        """Adds the repeats counted in memory to the rows."""
        with self._turn:
            with self._held:
                touched = self._memory.take_touched()
            if not touched:
                return
            try:
                self._store.intake(lambda conn: rows.touch(conn, touched))
            except Exception:
                with self._held:
                    self._memory.restore(touched)
                raise

    def expire(self, now: datetime) -> int:
        """Ends the alerts that were due to be said again before `now`; says how many."""
        due = now if self._alone else now - _OTHERS_FLUSH
        settled = self._started + self._current().resolve_timeout
        with self._turn:
            ended = self._store.intake(lambda conn: self._end(conn, due, now, settled))
            if self._alone:
                with self._held:
                    for standing in ended:
                        self._memory.put(standing)
        if ended:
            self._bell.ring(TOPIC)
        return len(ended)

    def _end(self, conn: Connection, due: datetime, now: datetime, settled: datetime) -> list[Standing]:
        ended = [
            replace(each, state="resolved", ends_at=max(each.expires_at or now, each.starts_at))
            for each in rows.run_out(conn, due, self._started, settled, _ENDED_AT_ONCE)
            if not self._repeated_since(each.id, due)
        ]
        for standing in ended:
            rows.move(conn, standing, last_seen=now, count=0)
        rows.announce(conn, [_news(standing, "resolved", now) for standing in ended])
        return ended

    def _repeated_since(self, alert_id: str, due: datetime) -> bool:
        """Was it said again after the last flush?"""
        with self._held:
            known = self._memory.get(alert_id)
        return known is not None and known.expires_at is not None and known.expires_at > due


class _Batch:
    """What one transaction changes: the standings it leaves, the rows and news it writes, the answers it allows."""

    def __init__(self, known: dict[str, Standing], service_of: Callable[[Mapping[str, str]], str]) -> None:
        self.known = known
        self.heard: set[str] = set()
        self.touches: list[tuple[str, datetime]] = []
        self.outcomes: list[list[Outcome]] = []
        self.events: list[dict[str, Any]] = []
        self._service_of = service_of
        self._texts: dict[str, dict[str, Any]] = {}
        self._moves: dict[str, tuple[datetime, int]] = {}

    def take(self, verdict: Settled, signal: Signal, request: _Request) -> None:
        standing, now = verdict.standing, request.now
        self.known[standing.id] = standing
        self.heard.add(standing.id)
        if not verdict.changed:
            self.touches.append((standing.id, now))
            return
        if verdict.text:
            self._texts[standing.id] = self._row(standing, signal, request)
        else:
            _, count = self._moves.get(standing.id, (now, 0))
            self._moves[standing.id] = (now, count + 1)
        if verdict.event:
            self.events.append(_news(standing, verdict.event, now))

    def _row(self, standing: Standing, signal: Signal, request: _Request) -> dict[str, Any]:
        before = self._texts.get(standing.id)
        return {
            "id": standing.id,
            "name": signal.name,
            "service": self._service_of(signal.labels),
            "labels": dict(signal.labels),
            "annotations": dict(signal.annotations),
            "value": signal.value,
            "source": request.sender.source,
            "key": request.sender.key,
            "url": signal.url,
            "flags": [*signal.flags, *time_flags(signal, request.now)],
            "dedup_key": signal.dedup_key,
            **_place(standing),
            "first_seen": request.now,
            "last_seen": request.now,
            "said": before["said"] + 1 if before else 1,
        }

    def write(self, conn: Connection) -> None:
        """Texts first, each with the state that the batch leaves; then the alerts whose state alone has moved."""
        for alert_id, row in self._texts.items():
            row.update(_place(self.known[alert_id]))
            seen, count = self._moves.pop(alert_id, (row["last_seen"], 0))
            row["last_seen"] = max(seen, row["last_seen"])
            row["said"] += count
        rows.put(conn, [self._texts[alert_id] for alert_id in sorted(self._texts)])
        for alert_id in sorted(self._moves):
            seen, count = self._moves[alert_id]
            rows.move(conn, self.known[alert_id], last_seen=seen, count=count)
        rows.announce(conn, self.events)


def _place(standing: Standing) -> dict[str, Any]:
    return {
        "state": standing.state,
        "episode": standing.episode,
        "starts_at": standing.starts_at,
        "ends_at": standing.ends_at,
        "expires_at": standing.expires_at,
        "sender_start": standing.sender_start,
        "sender_end": standing.sender_end,
    }


def _news(standing: Standing, kind: str, now: datetime) -> dict[str, Any]:
    return {"alert": standing.id, "kind": kind, "episode": standing.episode, "at": now, "state": "new"}
