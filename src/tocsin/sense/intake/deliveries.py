"""What came by this key, and what was it told? The last 100 deliveries of each key, and the counts of an hour.

Noting one costs the request a few microseconds: it goes to a queue in memory, of which only the last 100 of a key are
kept. Once a second the queues are written; that of a key in a storm only every ten seconds, so that a thousand
messages a second cost ten rows a second. Neither key nor signature nor authorization is ever kept: their headers and
parameters read `***`, and every secret that Tocsin knows is taken out of all texts.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple
from urllib.parse import quote

import structlog
from sqlalchemy import Connection, Row

from tocsin.ground.kernel.clock import Clock
from tocsin.ground.kernel.errors import NotFound
from tocsin.ground.kernel.ids import new_id
from tocsin.ground.kernel.secret import MASK, scrub
from tocsin.ground.store import Store
from tocsin.sense.intake import store as rows
from tocsin.sense.intake.source import Answer, Message

KEPT = 100
BODY_KEPT = 64 * 1024
ANSWER_KEPT = 2 * 1024
HOUR = timedelta(hours=1)
_COUNTS_KEPT = timedelta(days=2)
_FLUSH_S = 1.0
_STORM_FLUSH_S = 10.0
_STORM = 20
_WAITING_BYTES = 16 * 1024 * 1024
_FORGET_S = 600.0
_TEXT_KEPT = 2 * 1024
_TELLTALE = ("auth", "cookie", "sign", "secret", "token", "key", "pass", "hmac", "credential", "session")
_log = structlog.get_logger(__name__)

Result = Literal["taken", "partly", "refused", "limited", "failed"]
"""All of it is stored; some of it; none, as it was not acceptable; none, as it was too much; none, by our fault."""
State = Literal["unused", "ok", "refusing", "limited", "failing"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Received:
    """One delivery. `headers` and `query` are masked, `body` and `answer` cut and scrubbed, `size` is that of the whole
    body in bytes, `ms` the time until the answer. `incomplete` says why it cannot be sent again; empty if it can.
    """

    id: str
    key: str
    at: datetime
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: str
    size: int
    incomplete: str
    status: int
    answer: str
    outcome: Result
    alerts: int
    changes: int
    ms: float
    replay_of: str | None = None

    @classmethod
    def from_row(cls, row: Row[Any]) -> Received:
        return cls(**{name: getattr(row, name) for name in rows.received.c.keys()})  # noqa: SIM118 - no dict


@dataclass(frozen=True, kw_only=True, slots=True)
class Health:
    """How a key does. The counts are those of the last hour; `state` is told by the last delivery."""

    state: State = "unused"
    last: Received | None = None
    messages: Mapping[Result, int] = field(default_factory=dict[Result, int])
    alerts: int = 0
    changes: int = 0


class Handled(NamedTuple):
    """What became of a message: as the receiver notes it."""

    outcome: Result
    alerts: int
    changes: int
    ms: float
    replay_of: str | None = None
    unproven: bool = False
    """Nobody knows whether it came from who it says: it must not be sent again by our own hand."""


def result_of(status: int, taken: int, *, limited: bool = False) -> Result:
    """What became of a delivery that was answered with this status, and of which so many items were taken."""
    if limited:
        return "limited"
    if status < 400:
        return "taken"
    if taken:
        return "partly"
    return "failed" if status >= 500 else "refused"


class _Note(NamedTuple):
    """A delivery as it was noted; `body` is what is kept of its `size` bytes."""

    at: datetime
    key: str
    secret: str
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    size: int
    status: int
    answer: bytes
    handled: Handled


_Minute = tuple[str, datetime, Result]


class Mailbook:
    """The deliveries of one installation. `note` is for the receiver; everybody may read."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._waiting: dict[str, deque[_Note | Received]] = {}
        self._bytes = 0
        self._counts: dict[_Minute, list[int]] = {}
        self._written: dict[str, float] = {}
        self._last_at = datetime.min.replace(tzinfo=UTC)
        self._flush_at = 0.0
        self._forget_at = 0.0

    # Noting

    def note(self, key: str, secret: str, message: Message, answer: Answer, handled: Handled) -> None:
        """Remembers a delivery of the key with this id; `secret` is what the sender named it by."""
        body = message.payload or message.raw
        with self._lock:
            # No two at the same moment: what came later is also listed as later.
            at = self._last_at = max(message.at, self._last_at + timedelta(microseconds=1))
            queue = self._waiting.get(key)
            if queue is None:
                queue = self._waiting[key] = deque()
            kept = body[:BODY_KEPT] if self._bytes < _WAITING_BYTES else b""
            self._bytes += len(kept)
            queue.append(
                _Note(
                    at,
                    key,
                    secret,
                    message.method,
                    message.path,
                    message.query,
                    message.headers,
                    kept,
                    len(body),
                    answer.status,
                    answer.body[:ANSWER_KEPT],
                    handled,
                )
            )
            if len(queue) > KEPT:
                self._bytes -= _weight(queue.popleft())
            minute = (key, at.replace(second=0, microsecond=0), handled.outcome)
            counted = self._counts.get(minute)
            if counted is None:
                counted = self._counts[minute] = [0, 0, 0]
            counted[0] += 1
            counted[1] += handled.alerts
            counted[2] += handled.changes

    # Writing

    def tick(self) -> None:
        """Writes what waits, once a second; to be called more often than that."""
        now = self._clock.monotonic()
        if now < self._flush_at:
            return
        self._flush_at = now + _FLUSH_S
        self.flush(everything=False)
        if now >= self._forget_at:
            self._forget_at = now + _FORGET_S
            before = self._clock.now() - _COUNTS_KEPT
            self._store.write(lambda conn: rows.forget_counts(conn, before))

    def stop(self) -> None:
        """Writes what waits; a store that is gone by now costs no more than the last second."""
        try:
            self.flush()
        except Exception as error:
            _log.warning("the last deliveries were not written down", error=str(error))

    def flush(self, *, everything: bool = True) -> None:
        """Writes what waits: of a key in a storm only what is due, unless `everything` is asked for."""
        with self._writing:
            now = self._clock.monotonic()
            with self._lock:
                due = [
                    key
                    for key, queue in self._waiting.items()
                    if everything
                    or len(queue) < _STORM
                    or now >= self._written.get(key, -_STORM_FLUSH_S) + _STORM_FLUSH_S
                ]
                taken = {key: self._waiting.pop(key) for key in due}
                counts, self._counts = self._counts, {}
                self._written = {key: at for key, at in self._written.items() if now < at + _STORM_FLUSH_S}
                self._written.update(dict.fromkeys(due, now))
            if not taken and not counts:
                return
            made = {key: deque(_made(each) for each in queue) for key, queue in taken.items()}
            try:
                self._store.write(lambda conn: self._write(conn, made, counts))
            except Exception:
                self._restore(made, counts)
                raise
            finally:
                weight = sum(_weight(each) for queue in taken.values() for each in queue)
                with self._lock:
                    self._bytes -= weight

    def _write(
        self,
        conn: Connection,
        made: Mapping[str, Iterable[Received]],
        counts: Mapping[_Minute, Sequence[int]],
    ) -> None:
        if fresh := [asdict(each) for queue in made.values() for each in queue]:
            rows.remember(conn, fresh, KEPT)
        if counts:
            rows.count(
                conn,
                [
                    {"key": key, "minute": minute, "outcome": outcome}
                    | {"messages": messages, "alerts": alerts, "changes": changes}
                    for (key, minute, outcome), (messages, alerts, changes) in sorted(counts.items())
                ],
            )

    def _restore(self, made: Mapping[str, Iterable[Received]], counts: Mapping[_Minute, list[int]]) -> None:
        """The store did not take it: it waits on, before what came since."""
        with self._lock:
            for key, queue in made.items():
                both = deque[_Note | Received](queue)
                both.extend(self._waiting.get(key, ()))
                while len(both) > KEPT:
                    self._bytes -= _weight(both.popleft())
                self._waiting[key] = both
                self._bytes += sum(_weight(each) for each in queue)
            for minute, numbers in counts.items():
                since = self._counts.get(minute, [0, 0, 0])
                self._counts[minute] = [one + two for one, two in zip(numbers, since, strict=True)]

    # Reading

    def latest(self, key: str, limit: int = KEPT) -> list[Received]:
        """The last deliveries of a key, newest first, those that are not written yet included."""
        unwritten = self._unwritten(key)
        with self._store.read() as conn:
            written = [Received.from_row(row) for row in rows.latest(conn, key, limit)]
        known = {each.id for each in written}
        every = [*written, *(each for each in unwritten if each.id not in known)]
        return sorted(every, key=lambda each: each.at, reverse=True)[:limit]

    def get(self, id_: str) -> Received:
        """The delivery with this id. Raises NotFound."""
        with self._lock:
            keys = list(self._waiting)
        for key in keys:
            for each in self._unwritten(key):
                if each.id == id_:
                    return each
        with self._store.read() as conn:
            row = rows.get(conn, id_)
        if row is None:
            raise NotFound(
                f"there is no delivery {id_}",
                fix=f"Each key remembers its last {KEPT}: `tocsin key deliveries NAME` lists them.",
            )
        return Received.from_row(row)

    def health(self, keys: Sequence[str]) -> dict[str, Health]:
        """How each of these keys does."""
        since = self._clock.now() - HOUR
        unwritten = {key: self._unwritten(key) for key in keys}
        totals = {key: _Total() for key in keys}
        with self._lock:
            for (key, minute, outcome), numbers in self._counts.items():
                if key in totals and minute >= since:
                    totals[key].add(outcome, *numbers)
        with self._store.read() as conn:
            last = {row.key: Received.from_row(row) for row in rows.newest(conn, keys)}
            for row in rows.counts(conn, keys, since):
                outcome: Result = row.outcome
                totals[row.key].add(outcome, row.messages, row.alerts, row.changes)
        last |= {key: found[-1] for key, found in unwritten.items() if found}
        return {key: _health(last.get(key), totals[key]) for key in keys}

    def _unwritten(self, key: str) -> list[Received]:
        """What waits to be written of a key, oldest first."""
        with self._lock:
            queue = self._waiting.get(key)
            if not queue:
                return []
            before = sum(_weight(each) for each in queue)
            made = [_made(each) for each in queue]
            self._waiting[key] = deque(made)
            self._bytes += sum(_weight(each) for each in made) - before
            return made


class _Total:
    """What was counted of one key, added up."""

    def __init__(self) -> None:
        self.messages: dict[Result, int] = {}
        self.alerts = 0
        self.changes = 0

    def add(self, outcome: Result, messages: int, alerts: int, changes: int) -> None:
        self.messages[outcome] = self.messages.get(outcome, 0) + messages
        self.alerts += alerts
        self.changes += changes


_STATES: Mapping[Result, State] = {
    "taken": "ok",
    "partly": "ok",
    "refused": "refusing",
    "limited": "limited",
    "failed": "failing",
}


def _health(last: Received | None, total: _Total) -> Health:
    return Health(
        state=_STATES[last.outcome] if last else "unused",
        last=last,
        messages=total.messages,
        alerts=total.alerts,
        changes=total.changes,
    )


def _weight(each: _Note | Received) -> int:
    return len(each.body)


def _made(note: _Note | Received) -> Received:
    """The delivery as it may be kept: cut, masked, scrubbed."""
    if isinstance(note, Received):
        return note
    handled = note.handled
    body, incomplete = _body(note.body, note.secret, note.size)
    path = _unnamed(note.path, note.secret)
    if path != note.path:
        incomplete = "its address held the key, which is not kept"
    if handled.unproven:
        incomplete = "nobody knows whether it came from who it says"
    return Received(
        id=new_id("rcv", at_ms=int(note.at.timestamp() * 1000)),
        key=note.key,
        at=note.at,
        method=note.method[:20],
        path=_text(path),
        query=_text(_unnamed("&".join(_parameter(each) for each in note.query.split("&")), note.secret)),
        headers={
            _text(name): MASK if _tells(name) else _text(_unnamed(value, note.secret))
            for name, value in note.headers.items()
        },
        body=body,
        size=note.size,
        incomplete=incomplete,
        status=note.status,
        answer=_text(_unnamed(note.answer.decode(errors="replace"), note.secret)),
        outcome=handled.outcome,
        alerts=handled.alerts,
        changes=handled.changes,
        ms=round(handled.ms, 3),
        replay_of=handled.replay_of,
    )


def _body(kept: bytes, secret: str, size: int) -> tuple[str, str]:
    """The text of a body without the key that stood in it, and why it cannot be sent again."""
    text = kept.decode(errors="replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
    if len(kept) < size:
        # What begins a secret that was cut in two is not left at the end.
        return scrub(_unnamed(text, secret)), f"only the first {len(kept)} of its {size} bytes were kept"
    scrubbed = scrub(text)
    if scrubbed != text:
        return _unnamed(scrubbed, secret), "a secret was taken out of it"
    if text.encode() != kept:
        return _unnamed(text, secret), "it is not text"
    return _unnamed(text, secret), ""


def _unnamed(text: str, secret: str) -> str:
    """Without the key by which the sender is known."""
    if not secret:
        return text
    return text.replace(secret, MASK).replace(quote(secret, safe=""), MASK)


def _text(text: str) -> str:
    return scrub(text[:_TEXT_KEPT]).replace("\0", "\N{REPLACEMENT CHARACTER}")


def _tells(name: str) -> bool:
    """Does something of this name hold what proves who speaks?"""
    return any(each in name for each in _TELLTALE)


def _parameter(pair: str) -> str:
    name, equals, value = pair.partition("=")
    return f"{name}={MASK}" if equals and value and _tells(name.lower()) else pair
