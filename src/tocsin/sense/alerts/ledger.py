"""Where does an alert become fact? `record` returns when what was said is on disk, and not before.

1. A message whose every signal repeats what is committed already is counted in memory and answered at once. 2. All
others wait in one queue; the writer drains it into one transaction (group commit), settles each signal in the order
of arrival, writes alerts and news, and only after the commit lets the answers go: so a duplicate waits for its
original. 3. A commit that fails fails every message in it, and memory stays as it was. 4. Once a second the writer
adds up the repeats and ends the alerts that have not been said again in time.

Threads call `record`; an event loop has an `Entrance` (entrance.py), which hands over what came in one turn of the loop
and is told of a whole commit at once.

On SQLite this process is alone and its memory is the truth. On Postgres others write as well: there each batch reads
and locks the rows it is about, and memory is only where repeats are counted.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import msgspec
import structlog
from msgspec.structs import replace
from sqlalchemy import Connection

from tocsin.ground.kernel.bell import Bell
from tocsin.ground.kernel.clock import Clock
from tocsin.ground.kernel.errors import Overloaded, TocsinError, Unavailable
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


class Outcome(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What became of one signal."""

    alert: str
    result: Result


class Entry:
    """One message on its way into the ledger. Once `after` has been called with it, it has outcomes or a failure."""

    __slots__ = ("after", "failure", "ids", "now", "outcomes", "sender", "signals")

    def __init__(
        self, signals: Sequence[Signal], sender: Sender, now: datetime, after: Callable[[list[Entry]], None]
    ) -> None:
        self.signals = signals
        self.sender = sender
        self.now = now
        self.ids = [id_of(fingerprint(signal, sender)) for signal in signals]
        self.after = after
        """Called in the writer's thread, once for all entries of a commit that share it."""
        self.outcomes: list[Outcome] | None = None
        self.failure: TocsinError | None = None


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
        self._queue: deque[Entry] = deque()
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

        def after(entries: list[Entry]) -> None:
            (entry,) = entries
            if entry.outcomes is not None:
                answer.set_result(entry.outcomes)
            else:
                answer.set_exception(entry.failure or _not_stored())

        entry = self.entry(signals, sender, after)
        if entry.outcomes is not None:
            answer.set_result(entry.outcomes)
        else:
            self.post([entry])
        return answer

    def entry(self, signals: Sequence[Signal], sender: Sender, after: Callable[[list[Entry]], None]) -> Entry:
        """A message to be posted, unless it has its outcomes already, all of it being repeats of what is committed."""
        entry = Entry(signals, sender, self._clock.now(), after)
        if self._alone:
            entry.outcomes = self._repeats(entry)
        return entry

    def post(self, entries: Sequence[Entry]) -> None:
        """Hands messages to the writer. Raises Unavailable, with none of them taken."""
        size = sum([len(entry.ids) for entry in entries])
        with self._wake:
            if self._stopping or self._thread is None:
                raise Unavailable("the alert ledger is closed", fix="Send it again in a moment.")
            if self._waiting and self._waiting + size > _WAITING_MOST:
                raise Overloaded("too many alerts wait to be written", fix="Send it again in a moment.")
            self._waiting += size
            self._queue.extend(entries)
            self._wake.notify()

    def _repeats(self, entry: Entry) -> list[Outcome] | None:
        """The outcomes, counted in memory, if every signal repeats what is committed; else None, and nothing done."""
        timeout, sender, now = self._current().resolve_timeout, entry.sender, entry.now
        memory = self._memory
        touched: list[tuple[Standing, Standing]] = []
        outcomes: list[Outcome] = []
        with self._held:
            for alert_id, signal in zip(entry.ids, entry.signals, strict=True):
                known = memory.get(alert_id)
                if known is None:
                    return None
                verdict = settle(known, signal, sender, alert_id=alert_id, now=now, timeout=timeout)
                if verdict.changed:
                    return None
                touched.append((known, verdict.standing))
                outcomes.append(Outcome(alert=alert_id, result=verdict.result))
            for known, standing in touched:
                if standing is not known:
                    memory.put(standing)
                memory.touch(standing, now)
        return outcomes

    def _serve(self) -> None:
        beat = self._clock.monotonic() + _BEAT_S
        more = False
        while True:
            with self._wake:
                if not more:
                    self._wake.wait_for(lambda: self._stopping or bool(self._queue), timeout=_BEAT_S)
                entries = self._drain()
                last = self._stopping and not self._queue
            if entries:
                self._answer(entries)
            due = self._clock.monotonic() >= beat
            if last or more or due:
                more = self._tidied(partial(self.flush, whole=last))
            if last or due:
                beat = self._clock.monotonic() + _BEAT_S
                self._tidied(self._beat)
            if last:
                return

    def _drain(self) -> list[Entry]:
        taken: list[Entry] = []
        size = 0
        while self._queue and size < _AT_ONCE:
            entry = self._queue.popleft()
            size += len(entry.ids)
            taken.append(entry)
        self._waiting -= size
        return taken

    def _answer(self, entries: list[Entry]) -> None:
        """One transaction for all; then memory, then the answers, then the bell."""
        batch: _Batch | None = None
        try:
            with self._turn:
                batch = self._store.intake(lambda conn: self._write(conn, entries))
                with self._held:
                    for alert_id, now in batch.touches:
                        self._memory.touch(batch.known[alert_id], now)
                    if self._alone:
                        for alert_id in batch.heard:
                            self._memory.put(batch.known[alert_id])
        except Exception as error:
            _log.warning("alerts were not stored", messages=len(entries), error=str(error))
            failure = error if isinstance(error, TocsinError) else _not_stored()
            for entry in entries:
                entry.failure = failure
        else:
            for entry, outcomes in zip(entries, batch.outcomes, strict=True):
                entry.outcomes = outcomes
        told: dict[Callable[[list[Entry]], None], list[Entry]] = {}
        for entry in entries:
            told.setdefault(entry.after, []).append(entry)
        for after, theirs in told.items():
            after(theirs)
        if batch and batch.events:
            self._bell.ring(TOPIC)

    def _write(self, conn: Connection, entries: list[Entry]) -> _Batch:
        """The job: settles every signal and writes what changed. May run twice, so it changes only its own batch."""
        batch = _Batch(self._known(conn, entries), self._service_of)
        timeout = self._current().resolve_timeout
        for entry in entries:
            outcomes: list[Outcome] = []
            for alert_id, signal in zip(entry.ids, entry.signals, strict=True):
                verdict = settle(
                    batch.known.get(alert_id),
                    signal,
                    entry.sender,
                    alert_id=alert_id,
                    now=entry.now,
                    timeout=timeout,
                )
                batch.take(verdict, signal, entry)
                outcomes.append(Outcome(alert=alert_id, result=verdict.result))
            batch.outcomes.append(outcomes)
        batch.write(conn)
        return batch

    def _known(self, conn: Connection, entries: list[Entry]) -> dict[str, Standing]:
        wanted = {alert_id for entry in entries for alert_id in entry.ids}
        known: dict[str, Standing] = {}
        if self._alone:
            with self._held:
                held = ((alert_id, self._memory.get(alert_id)) for alert_id in wanted)
                known = {alert_id: standing for alert_id, standing in held if standing}
        missing = sorted(wanted - known.keys())
        known.update(rows.standings(conn, missing, lock=not self._alone))
        return known

    def _tidied(self, work: Callable[[], bool]) -> bool:
        """What `work` says. Whatever it raised, the writer lives on: the next beat does the same work again."""
        try:
            return work()
        except Exception as error:
            _log.warning("the ledger could not tidy up; it tries again", error=str(error))
            return False

    def _beat(self) -> bool:
        self.expire(self._clock.now())
        if not self._alone:
            with self._store.read() as conn:
                self._counted = rows.count_firing(conn)
        return False

    def flush(self, *, whole: bool = True) -> bool:
        """Adds the repeats counted in memory to the rows, all or a bite of them; whether there are more."""
        while True:
            with self._turn:
                with self._held:
                    touched = self._memory.take_touched(_AT_ONCE)
                if not touched:
                    return False
                rest = len(touched) == _AT_ONCE
                try:
                    self._store.intake(lambda conn, touched=touched: rows.touch(conn, touched))
                except Exception:
                    with self._held:
                        self._memory.restore(touched)
                    raise
            if not (whole and rest):
                return rest

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
        self._texts: dict[str, tuple[Signal, Entry, int]] = {}
        self._moves: dict[str, tuple[datetime, int]] = {}

    def take(self, verdict: Settled, signal: Signal, entry: Entry) -> None:
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
            self.events.append(_news(standing, verdict.event, now, service))

    def _row(self, alert_id: str, signal: Signal, entry: Entry, said: int) -> dict[str, Any]:
        """The text as it was said last, with the state that the batch leaves."""
        standing, now = self.known[alert_id], entry.now
        seen, moved = self._moves.pop(alert_id, (now, 0))
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
        one order."""
        rows.put(conn, [self._row(alert_id, *self._texts[alert_id]) for alert_id in sorted(self._texts)])
        for alert_id in sorted(self._moves):
            seen, count = self._moves[alert_id]
            rows.move(conn, self.known[alert_id], last_seen=seen, count=count)
        rows.announce(conn, self.events)


def _news(standing: Standing, kind: str, now: datetime, service: str = "") -> dict[str, Any]:
    return {
        "alert": standing.id,
        "kind": kind,
        "episode": standing.episode,
        "at": now,
        "state": "new",
        "lane": rows.lane_of(standing.key, service),
    }


def _not_stored() -> Unavailable:
    return Unavailable("the alerts were not stored")
