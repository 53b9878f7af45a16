"""How is a small message of a known sender taken without a task, a scope and a receiver of its own?

What comes whole in one piece to the address of a key, is small and plain, is read where it arrives: the same source
reads it, the same quota counts it, the same ledger takes it, and its answer is written when that is on disk. Whatever
is unusual, down to the smallest doubt, goes the long way (`receive.py`), as if it had never been here.
"""

from __future__ import annotations

from collections.abc import Callable, MutableMapping, Sequence
from typing import NamedTuple

import structlog

from tocsin.ground.accounts import Key
from tocsin.ground.kernel.clock import Clock
from tocsin.ground.kernel.errors import TocsinError
from tocsin.sense.alerts import Entrance, Outcome, Sender
from tocsin.sense.intake import limits
from tocsin.sense.intake.deliveries import Handled, Mailbook, result_of
from tocsin.sense.intake.flight import SMALL, Flight, UnderWay
from tocsin.sense.intake.quota import Quota, cost
from tocsin.sense.intake.refusal import failed, refusal
from tocsin.sense.intake.source import Answer, Message, Reading, Source, of_service

Respond = Callable[[Answer], None]
_BY_KEY = b"/in/"
_WAYS = 1_024
_log = structlog.get_logger(__name__)


class Way(NamedTuple):
    """Where a path leads: to this key and its source, there to `rest`. Believed until then, by the monotonic clock."""

    key: Key
    source: Source
    secret: str
    rest: str
    until: float


class _Under(NamedTuple):
    """A message that was read."""

    way: Way
    message: Message
    reading: Reading
    under_way: UnderWay
    begun: float


class ShortWay:
    """`find` says where a path leads, of what is known already; the rest belongs to the receiver, and is shared."""

    def __init__(
        self,
        find: Callable[[str], Way | None],
        *,
        clock: Clock,
        entrance: Entrance,
        flight: Flight,
        quota: Quota,
        mailbook: Mailbook,
    ) -> None:
        self._find = find
        self._clock = clock
        self._entrance = entrance
        self._flight = flight
        self._quota = quota
        self._mailbook = mailbook
        self._ways: MutableMapping[bytes, Way] = {}

    def take(
        self, path: bytes, headers: Sequence[tuple[bytes, bytes]], body: bytes, respond: Respond
    ) -> bool:
        """Takes a POST, and calls `respond` once, now or later; or does nothing at all, and says False.

        On the loop. `path` is as it was sent, with its query; `headers` have names in lower case.
        """
        begun = self._clock.monotonic()
        way = self._ways.get(path)
        if way is None or way.until < begun:
            way = self._way(path)
            if way is None or way.until < begun:  # a key may have been revoked since
                return False
        if len(body) > SMALL:
            return False
        named = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers}
        if len(named) != len(headers) or "content-encoding" in named:
            return False
        under_way: UnderWay | None = None
        counted = False
        try:
            limits.check_content_type(named.get("content-type"), way.source.content_types)
            message = Message(
                method="POST",
                path=way.rest,
                query="",
                headers=named,
                raw=body,
                payload=limits.decode(body, "", way.source.limit, binary=way.source.binary),
                at=self._clock.now(),
            )
            under_way = self._flight.begin()
            under_way.belongs_to(way.key.id)
            self._quota.admit(way.key)
            counted = True
            reading = way.source.read(message, way.key)
            if not reading.signals or reading.changes or reading.acknowledged:
                raise _Unusual
        except Exception:  # whatever it is, the long way finds it again and says it
            if counted:
                self._quota.charge(way.key, -1)
            if under_way:
                under_way.end()
            return False
        under = _Under(way, message, reading, under_way, begun)
        sender = Sender(key=way.key.id, source=way.key.kind, service=way.key.service)
        signals = of_service(reading.signals, way.key.service)
        self._entrance.hand_in(signals, sender, lambda what: self._told(under, what, respond))
        return True

    def _way(self, path: bytes) -> Way | None:
        if not path.startswith(_BY_KEY) or b"%" in path or b"?" in path or not path.isascii():
            return None
        way = self._find(path.decode("ascii"))
        if way is not None:
            if len(self._ways) >= _WAYS:
                self._ways.clear()
            self._ways[path] = way
        return way

    def _told(self, under: _Under, what: list[Outcome] | TocsinError, respond: Respond) -> None:
        under.under_way.end()
        outcomes: list[Outcome] = []
        try:
            if isinstance(what, TocsinError):
                answer = refusal(under.way.source, what)
            else:
                outcomes = what
                answer = under.way.source.answer(under.reading, outcomes)
                self._quota.charge(under.way.key, (cost(outcomes) or 1) - 1)
            ms = (self._clock.monotonic() - under.begun) * 1000
            handled = Handled(result_of(answer.status, len(outcomes)), len(outcomes), 0, ms)
            self._mailbook.note(under.way.key.id, under.way.secret, under.message, answer, handled)
        except Exception:
            _log.exception("intake failed", path=under.way.rest)
            answer = refusal(under.way.source, failed())
        respond(answer)


class _Unusual(Exception):
    """Not for here."""
