"""How does an event loop reach the ledger? Without a thread, a lock or a wake-up for each message.

All messages of one turn of the loop are handed over together at its end, and all answers of one commit come back with
one call: in a storm the loop and the writer change places a few hundred times a second instead of ten thousand.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import NamedTuple

from tocsin.ground.kernel.errors import TocsinError, Unavailable
from tocsin.sense.alerts.batch import Outcome
from tocsin.sense.alerts.ledger import Entry, Ledger
from tocsin.sense.alerts.signal import Sender, Signal

COMMIT_S = 10.0
_LOOK_S = 1.0


Told = Callable[[list[Outcome] | TocsinError], None]
"""Hears, on the loop and once, what became of a message: its outcomes, or why it was not taken."""


class _Waiting(NamedTuple):
    told: Told
    until: float


class Entrance:
    """The ledger for one event loop at a time: the one that it is called in."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._loop: asyncio.AbstractEventLoop | None = None
        self._gathered: list[Entry] = []
        self._waiting: dict[int, _Waiting] = {}
        self._looking = False

    async def record(self, signals: Sequence[Signal], sender: Sender) -> list[Outcome]:
        """Takes the signals of one message, all or none; returns after the commit.

        Raises Unavailable, also when the commit takes longer than ten seconds; it may then still come.
        """
        answer: asyncio.Future[list[Outcome]] = asyncio.get_running_loop().create_future()

        def told(what: list[Outcome] | TocsinError) -> None:
            if answer.done():  # the client left
                return
            if isinstance(what, TocsinError):
                answer.set_exception(what)
            else:
                answer.set_result(what)

        self.hand_in(signals, sender, told)
        return await answer

    def hand_in(self, signals: Sequence[Signal], sender: Sender, told: Told) -> None:
        """As `record`, without waiting: `told` is called at once for what repeats only, else after the commit."""
        entry = self._ledger.entry(signals, sender, self._written)
        if entry.outcomes is not None:
            told(entry.outcomes)
            return
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._loop, self._gathered, self._waiting, self._looking = loop, [], {}, False
        if not self._gathered:
            loop.call_soon(self._hand_over)
        self._gathered.append(entry)
        self._waiting[id(entry)] = _Waiting(told, loop.time() + COMMIT_S)
        if not self._looking:
            self._looking = True
            loop.call_later(_LOOK_S, self._look, loop)

    def _hand_over(self) -> None:
        entries, self._gathered = self._gathered, []
        try:
            self._ledger.post(entries)
        except Unavailable as refused:
            for entry in entries:
                entry.failure = refused
            self._answer(entries)

    def _written(self, entries: list[Entry]) -> None:
        """Called by the writer."""
        try:
            if self._loop:
                self._loop.call_soon_threadsafe(self._answer, entries)
        except RuntimeError:  # the loop is closed: nobody waits any more, and what was written stands
            return

    def _answer(self, entries: list[Entry]) -> None:
        for entry in entries:
            waiting = self._waiting.pop(id(entry), None)
            if waiting is None:  # it waited too long
                continue
            if entry.outcomes is not None:
                waiting.told(entry.outcomes)
            else:
                waiting.told(entry.failure or Unavailable("the alerts were not stored"))

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """Lets those go who have waited too long: the oldest stand first."""
        now = loop.time()
        late = [key for key, waiting in self._waiting.items() if waiting.until <= now]
        for key in late:
            message = "the store is slow; it may still take it"
            self._waiting.pop(key).told(Unavailable(message, fix="Send it again."))
        self._looking = bool(self._waiting)
        if self._looking:
            loop.call_later(_LOOK_S, self._look, loop)
