"""What came of an attempt? *Sent*, or tried again later, or the next channel of the person, or nobody reached."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Connection

from tocsin.act.notify import attempts, events, store
from tocsin.act.notify.channel import DeliveryFailed
from tocsin.act.notify.outbox import SWITCH_AFTER, Outbox
from tocsin.act.notify.pause import pause
from tocsin.act.notify.section import Directory
from tocsin.act.notify.store import Delivery
from tocsin.ground.kernel.secret import scrub

GIVE_UP_AFTER = timedelta(hours=24)
_TURN = timedelta(hours=1)  # what waits for longer waits for the end of quiet hours
Unreachable = Callable[[Connection, Delivery, datetime], list[Delivery]]
"""Told when a page failed by every channel of its person; returns pages that it wrote as claimed instead."""


class Outcomes:
    """Writes down what became of messages. What it returns is claimed, and is to be handed over after the commit."""

    def __init__(self, outbox: Outbox, current: Callable[[], Directory], chance: random.Random) -> None:
        self._outbox = outbox
        self._current = current
        self._chance = chance
        self._unreachable: Unreachable | None = None

    def on_unreachable(self, told: Unreachable) -> None:
        """Who wants to know that a page did not reach its person by any channel."""
        self._unreachable = told

    def sent(
        self, conn: Connection, claimed: Delivery, receipt: str | None, started: datetime, at: datetime
    ) -> None:
        """The receiver took it."""
        attempts.end(
            conn,
            claimed.id,
            claimed.attempt,
            outcome=attempts.ACCEPTED,
            started_at=started,
            ended_at=at,
        )
        if store.mark_sent(conn, claimed, at, receipt):
            latency = max(0, round((at - claimed.due_at).total_seconds() * 1000))
            self._outbox.tell(conn, events.SENT, claimed, at, attempt=claimed.attempt, latency_ms=latency)

    def failed(
        self, conn: Connection, claimed: Delivery, failure: DeliveryFailed, started: datetime, at: datetime
    ) -> list[Delivery]:
        """The receiver did not take it."""
        error = scrub(failure.message)
        attempts.end(
            conn,
            claimed.id,
            claimed.attempt,
            outcome=attempts.PERMANENT if failure.permanent else attempts.TEMPORARY,
            started_at=started,
            ended_at=at,
            error=error,
            retry_after=failure.retry_after,
        )
        final = failure.permanent or at - claimed.due_at > GIVE_UP_AFTER
        if not final and any(each.state in store.REACHED for each in store.of_page(conn, claimed.page)):
            final = True  # the person has it by another channel: twice would be noise
        if final:
            written = store.mark_failed(conn, claimed, error)
        else:
            wait = pause(claimed.attempt, failure.retry_after, chance=self._chance)
            written = store.try_again(conn, claimed, at + timedelta(seconds=wait), error)
        if not written:
            return []
        self._outbox.tell(
            conn, events.FAILED, claimed, at, error=error, permanent=final, attempt=claimed.attempt
        )
        return self.switch(conn, claimed, at, last=True) if failure.permanent else []

    def lost(self, conn: Connection, taken: Delivery, error: str, at: datetime) -> list[Delivery]:
        """A provider that had taken it could not deliver it."""
        if not store.mark_lost(conn, taken.id, error):
            return []
        self._outbox.tell(conn, events.FAILED, taken, at, error=error, permanent=True, attempt=taken.attempt)
        return self.switch(conn, taken, at, last=True)

    def switch(
        self, conn: Connection, stuck: Delivery, at: datetime, *, last: bool = False
    ) -> list[Delivery]:
        """The same page by the next channel of its person. Without one: whoever asked to know is told, if
        `last`, or if it was for nobody in particular, as for a room.

        A channel that waits for its turn has it now, and one by which the person has just been paged for the
        incident is no other way. A ticket reaches nobody, so that nobody is disturbed when it is late.
        """
        if stuck.kind == "ticket":
            return []
        person = self._current().people.get(stuck.person or "")
        so_far = store.of_page(conn, stuck.page)
        turn = [each for each in so_far if each.state == "waiting" and at < each.due_at <= at + _TURN]
        if any(store.hasten(conn, each.page, each.channel or "", at) for each in turn[:1]):
            return []
        tried = {each.channel for each in so_far}
        for route in self._outbox.routes(person) if person is not None else ():
            if route.channel in tried or stuck.message is None or stuck.person is None:
                continue
            if stuck.incident is not None and store.has_left(
                conn, stuck.incident, stuck.person, route.channel, at - SWITCH_AFTER
            ):
                return []
            instead = self._outbox.again(conn, stuck, route, at)
            if instead is not None:
                return [instead] if instead.state == "claimed" else []
        hopeless = all(
            each.state in ("failed", "cancelled") or (each.state == "waiting" and each.due_at > at)
            for each in so_far
            if each.id != stuck.id
        )
        if stuck.kind != "page" or self._unreachable is None:
            return []
        if (last and hopeless) or person is None:
            return self._unreachable(conn, stuck, at)
        return []
