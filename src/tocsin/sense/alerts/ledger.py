"""Where does an alert become fact? `record` returns when what was said is on disk, and not before.

1. A message whose every signal repeats what is committed already is counted in memory and answered at once. 2. All
others wait in one queue; the writer drains it into one transaction (group commit), settles each signal in the order
of arrival, writes alerts and news, and only after the commit lets the answers go: so a duplicate waits for its
original. 3. A commit that fails fails every message in it, and memory stays as it was. 4. Once a second the writer
adds up the repeats and ends the alerts that have not been said again in time.

While alerts pour in, 2 is divided: what was said is settled and written to the journal (journal.py), which costs a
fifth; that commit lets the answers go, and the writer brings the tables up to date behind it, in a quarter of its time,
and in all of it once it is far behind. So an answer in a storm is as durable as any, and comes sooner.

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
from typing import NamedTuple

import structlog
from msgspec.structs import replace
from sqlalchemy import Connection

from tocsin.ground.kernel.bell import Bell
from tocsin.ground.kernel.clock import Clock
from tocsin.ground.kernel.errors import Overloaded, TocsinError, Unavailable
from tocsin.ground.kernel.settings import Current
from tocsin.ground.store import Store
from tocsin.sense.alerts import journal
from tocsin.sense.alerts import store as rows
from tocsin.sense.alerts.alert import id_of
from tocsin.sense.alerts.batch import Batch, Outcome, news
from tocsin.sense.alerts.fingerprint import fingerprint
from tocsin.sense.alerts.memory import Memory
from tocsin.sense.alerts.section import AlertsSection
from tocsin.sense.alerts.settle import Standing, settle
from tocsin.sense.alerts.signal import Sender, Signal

TOPIC = "alerts"
_BEAT_S = 1.0
_AT_ONCE = 2_000
_JOURNALED_AT_ONCE = 500
_FEW = 64
"""So many alerts that come alone go into the tables at once: what Prometheus sends on a quiet day."""
_JUST_S = 0.02
_BEHIND_MOST_S = 2.0
"""Nothing that was answered waits longer for the tables than this: then they come first, and senders wait."""
_BEHIND_HELD = 4_000
"""What is to be written is kept at hand for so many alerts; of more, the journal is read again."""
_BEHIND_SHARE = 9
"""How much longer than the tables the journal has the writer while alerts pour in."""
_UNTIDY_MOST_S = 5.0
_WAITING_MOST = 50_000
_ENDED_AT_ONCE = 500
_OTHERS_FLUSH = timedelta(seconds=2)
_log = structlog.get_logger(__name__)


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


class _Behind(NamedTuple):
    """A row of the journal that the tables do not know yet: how many alerts, since when (s), and what they change."""

    place: int
    size: int
    since: float
    batch: Batch | None


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
        self._behind: deque[_Behind] = deque()
        self._behind_size = 0
        self._behind_held = 0
        self._tables_due = 0.0
        self._answered_at = 0.0
        self._thread: threading.Thread | None = None
        self._stopping = False
        self._started = clock.now()
        self._counted = 0

    def start(self) -> None:
        """Carries over what the journal holds, rebuilds the memory from the store, and begins to write."""
        self._started = self._clock.now()
        self._carry_over()
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

    @property
    def behind(self) -> int:
        """How many alerts were answered and are not in the tables yet."""
        return self._behind_size

    def catch_up(self) -> None:
        """Returns when all that was answered before stands in the tables; not for the loop. Raises Unavailable."""
        if self._behind:
            with self._turn:
                self._write_tables(whole=True)

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
                if not (more or self._behind):
                    self._wake.wait_for(lambda: self._stopping or bool(self._queue), timeout=_BEAT_S)
                pouring = self._alone and self._is_pouring()
                entries = self._drain(_JOURNALED_AT_ONCE if pouring else _AT_ONCE)
                last = self._stopping and not self._queue
            if entries:
                self._answer(entries, pouring=pouring)
            now = self._clock.monotonic()
            if self._behind:
                late = now > beat + _UNTIDY_MOST_S
                if not self._tidied(partial(self._follow_up, whole=last or late, idle=not entries)):
                    self._wait_a_beat()
            if self._behind:
                if last:
                    return  # the journal keeps it for the next start
                continue
            due = self._clock.monotonic() >= beat
            if last or more or due:
                more = self._tidied(partial(self.flush, whole=last))
            if last or due:
                beat = self._clock.monotonic() + _BEAT_S
                self._tidied(self._beat)
            if last:
                return

    def _is_pouring(self) -> bool:
        """Do more alerts wait than a quiet day brings, or several when others have just been written?"""
        if self._behind or self._waiting > _FEW:
            return True
        return len(self._queue) > 1 and self._clock.monotonic() - self._answered_at < _JUST_S

    def _wait_a_beat(self) -> None:
        """The tables cannot be written at the moment: it is tried again, but not all the time."""
        with self._wake:
            self._wake.wait_for(lambda: self._stopping or bool(self._queue), timeout=_BEAT_S / 4)

    def _drain(self, most: int) -> list[Entry]:
        taken: list[Entry] = []
        size = 0
        while self._queue and size < most:
            entry = self._queue.popleft()
            size += len(entry.ids)
            taken.append(entry)
        self._waiting -= size
        return taken

    def _answer(self, entries: list[Entry], *, pouring: bool = False) -> None:
        """One transaction for all; then memory, then the answers, then the bell."""
        batch: Batch | None = None
        try:
            with self._turn:
                if self._behind and self._clock.monotonic() - self._behind[0].since > _BEHIND_MOST_S:
                    self._write_tables(whole=False)
                batch = self._journaled(entries) if pouring else self._written(entries)
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
        self._answered_at = self._clock.monotonic()
        told: dict[Callable[[list[Entry]], None], list[Entry]] = {}
        for entry in entries:
            told.setdefault(entry.after, []).append(entry)
        for after, theirs in told.items():
            after(theirs)
        if batch and batch.is_news and not pouring:
            self._bell.ring(TOPIC)

    def _written(self, entries: Sequence[Entry]) -> Batch:
        """Settles and writes into the tables, which say already whatever was answered before."""
        self._write_tables(whole=True)

        def job(conn: Connection) -> Batch:
            batch = self._settled(self._known(conn, entries), entries)
            batch.write(conn)
            return batch

        return self._store.intake(job)

    def _journaled(self, entries: Sequence[Entry]) -> Batch:
        """Settles, and writes down what was said; the tables follow."""
        said = journal.words(journal.Said(each.signals, each.sender, each.now) for each in entries)

        def job(conn: Connection) -> tuple[int, Batch]:
            batch = self._settled(self._known(conn, entries), entries)
            return journal.keep(conn, said), batch

        place, batch = self._store.intake(job)
        size = sum([len(each.ids) for each in entries])
        held = size if self._behind_held + size <= _BEHIND_HELD else 0
        self._behind.append(_Behind(place, size, self._clock.monotonic(), batch if held else None))
        self._behind_size += size
        self._behind_held += held
        return batch

    def _follow_up(self, *, whole: bool, idle: bool) -> bool:
        """Brings the tables nearer to what was answered: all the way if `whole`, and at once when there is nothing else
        to do; else when it is their turn. True."""
        began = self._clock.monotonic()
        if whole or idle or began >= self._tables_due:
            with self._turn:
                self._write_tables(whole=whole)
            ended = self._clock.monotonic()
            self._tables_due = ended + _BEHIND_SHARE * (ended - began)
        return True

    def _write_tables(self, *, whole: bool) -> None:
        """Carries the oldest of what was answered into the tables, or all of it. In our turn."""
        while self._behind:
            bite: list[_Behind] = []
            for each in self._behind:
                bite.append(each)
                if sum([one.size for one in bite]) >= _JOURNALED_AT_ONCE:
                    break
            self._into_tables(bite)
            if not whole:
                return

    def _into_tables(self, bite: list[_Behind]) -> None:
        """Writes the first rows that wait, in one transaction."""
        try:
            news_of = self._store.intake(
                lambda conn: [self._carry(conn, each.place, each.batch) for each in bite]
            )
        except TocsinError:
            raise  # the database, not the alerts: it is tried again
        except Exception:
            if len(bite) > 1:
                for each in bite:
                    self._into_tables([each])
                return
            _log.exception("alerts stay in the journal until the next start", place=bite[0].place)
            news_of = [False]
            with self._held, self._store.read() as conn:
                for each in journal.read(conn, bite[0].place):
                    self._memory.forget(Entry(each.signals, each.sender, each.now, _nobody_waits).ids)
        for each in bite:
            self._behind.popleft()
            self._behind_size -= each.size
            self._behind_held -= each.size if each.batch else 0
        if any(news_of):
            self._bell.ring(TOPIC)

    def _carry(
        self, conn: Connection, place: int, batch: Batch | None = None, *, repeats: bool = False
    ) -> bool:
        """Writes a row of the journal into the tables, which say already whatever came before it; whether that is news.

        `repeats`: counts what came again, too, which no memory has counted.
        """
        if batch is None:
            said = journal.read(conn, place)
            entries = [Entry(each.signals, each.sender, each.now, _nobody_waits) for each in said]
            ids = {alert_id for entry in entries for alert_id in entry.ids}
            batch = self._settled(rows.standings(conn, sorted(ids), lock=False), entries)
        batch.write(conn)
        if repeats:
            rows.touch(conn, batch.repeats())
        journal.carried_over(conn, place)
        return batch.is_news

    def _carry_over(self) -> None:
        """What a process that died had answered, and not yet written into the tables."""
        with self._store.read() as conn:
            places = journal.left_behind(conn)
        for place in places:
            try:
                self._store.intake(lambda conn, place=place: self._carry(conn, place, repeats=True))
            except TocsinError:
                raise
            except Exception:
                _log.exception(
                    "alerts of the journal could not be carried over; they stay there", place=place
                )

    def _settled(self, known: dict[str, Standing], entries: Sequence[Entry]) -> Batch:
        """Settles every signal in order, against what stands. May run twice, so it changes only its own batch."""
        batch = Batch(known, self._service_of)
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
        return batch

    def _known(self, conn: Connection, entries: Sequence[Entry]) -> dict[str, Standing]:
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
                self._write_tables(whole=True)  # a repeat is added to a row that has to be there
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
            self._write_tables(whole=True)
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
        rows.announce(conn, [news(standing, "resolved", now) for standing in ended])
        return ended

    def _repeated_since(self, alert_id: str, due: datetime) -> bool:
        """Was it said again after the last flush?"""
        with self._held:
            known = self._memory.get(alert_id)
        return known is not None and known.expires_at is not None and known.expires_at > due


def _nobody_waits(_: list[Entry]) -> None:
    """Its sender was answered, or knows that it was not."""


def _not_stored() -> Unavailable:
    return Unavailable("the alerts were not stored")
