"""How does a message reach a person, whatever happens in between?

1. A row is written in the transaction of its cause, before anything is sent (`queue`). 2. A due row is
claimed by a conditional update (`sweep`); what is due at once is claimed as it is written and handed over in
memory after the commit (`hand`), which saves a turn of the sweep. 3. Each receiver has a lane of its own; one
that hangs delays nobody else. An attempt ends after ten seconds. 4. Accepted: *sent*, with the time it took
since it was due. Refused for good, or unsent for a minute: the person's next channel is used. Else: again,
after a pause. 5. What a process had claimed when it died returns to waiting. So a page is sent at least once;
a repetition has the same key, by which the receiver can drop it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog
from sqlalchemy import Connection

from tocsin.act.notify import bundles, digest, events, store
from tocsin.act.notify.calls import Calls, Wish
from tocsin.act.notify.channel import Call, Channel, DeliveryFailed
from tocsin.act.notify.lanes import Lanes
from tocsin.act.notify.leaving import as_it_leaves
from tocsin.act.notify.limits import Cap
from tocsin.act.notify.message import Message
from tocsin.act.notify.outbox import SWITCH_AFTER, Outbox, Route
from tocsin.act.notify.outcomes import Outcomes, Unreachable
from tocsin.act.notify.section import Directory, kind_of
from tocsin.act.notify.store import Delivery
from tocsin.ground.kernel.bell import Bell
from tocsin.ground.kernel.clock import Clock
from tocsin.ground.kernel.links import Links
from tocsin.ground.kernel.outbound import Outbound
from tocsin.ground.store import Store

__all__ = ["SWITCH_AFTER", "Deliveries", "Route"]
SWEEP_S = 0.25
_RECLAIM_S = 4.0
_BATCH = 200
_HANDED_OVER = timedelta(seconds=5)
_FRESH = timedelta(seconds=4)  # less than after which a claim may be taken back: what is older asks again
_GRACE_S = 6.0
_EXPANDED = "the pages of this step took its place"
_URGENT = ("P0",)
_log = structlog.get_logger(__name__)


class Boots(Protocol):
    """Who is alive: this process by `id`, and those whose claims are nobody's any more."""

    @property
    def id(self) -> str: ...
    def dead(self, conn: Connection) -> list[str]: ...


Expand = Callable[[Connection, Delivery, datetime], list[Delivery]]
"""Turns a step that is due into the pages of it, already written as claimed; see `Deliveries.queue`."""


class Deliveries(Outbox):
    """All messages of this installation, and the threads that send them in this process.

    `is_urgent` says of which severity no cap holds back the first page.
    """

    def __init__(
        self,
        store_: Store,
        clock: Clock,
        current: Callable[[], Directory],
        *,
        bell: Bell,
        links: Links,
        outbound: Outbound,
        boots: Boots,
        is_urgent: Callable[[str], bool] = _URGENT.__contains__,
    ) -> None:
        super().__init__(current, outbound=outbound, boot=boots.id)
        self._store = store_
        self._clock = clock
        self._bell = bell
        self._links = links
        self._boots = boots
        self._is_urgent = is_urgent
        self._expand: Expand | None = None
        self.outcomes = Outcomes(self, current, self._chance)
        """What becomes of messages, as it is written down."""
        self._calls = Calls(store_, clock, current, self, self.outcomes)
        self._lanes: Lanes[Delivery] | None = None
        self._in_hand: set[str] = set()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._last_reclaim = -_RECLAIM_S
        self.problem = ""
        """Why pages are not looked for at the moment; empty when they are."""

    def on_step(self, expand: Expand) -> None:
        """Who knows the people of a step that is due."""
        self._expand = expand

    def on_unreachable(self, told: Unreachable) -> None:
        """Who wants to know that a page did not reach its person by any channel."""
        self.outcomes.on_unreachable(told)

    def on_wish(self, told: Wish) -> None:
        """Who carries out what people want of a page, by reply, key or button."""
        self._calls.on_wish(told)

    def heard(self, name: str, call: Call) -> tuple[int, str, bytes]:
        """What the provider behind the channel `name` reads in answer to its call: status, type, body.

        Raises NotFound, Unproven where nobody signed it, Malformed where it makes no sense.
        """
        return self._calls.heard(name, call)

    def callback(self, name: str) -> str:
        """Where the provider behind a channel calls."""
        return self._links.channel(name)

    # ── sending ──────────────────────────────────────────────────────────────────────────────────────────

    def start(self) -> None:
        """Takes back what dead processes had claimed, then sends until `stop`."""
        self._stopping.clear()
        self._lanes = Lanes(self._attempt)
        self._thread = threading.Thread(target=self._beat, name="pages", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Claims nothing more and gives the attempts under way a few seconds: what hangs is sent again by the next
        process, under the same key.
        """
        until = time.monotonic() + _GRACE_S
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout=_GRACE_S)
            self._thread = None
        if self._lanes is not None:
            self._lanes.close(grace=max(0.0, until - time.monotonic()))
            self._lanes = None
        with self._lock:
            self._in_hand.clear()

    def hand(self, claimed: Iterable[Delivery]) -> None:
        """After the commit: sends what was written as claimed. Without it a few seconds pass until it is
        found.
        """
        self._bell.ring("timeline")
        lanes = self._lanes
        if lanes is None:
            return
        for each in claimed:
            with self._lock:
                if each.id in self._in_hand:
                    continue
                self._in_hand.add(each.id)
            channel = self.channel(each.channel or "")
            if channel is None:
                lanes.put("", each, width=1)
            else:
                receiver = f"{kind_of(channel.settings)} {channel.receiver(each.address or '')}"
                lanes.put(receiver, each, width=channel.width)

    def wait_idle(self, timeout: float) -> bool:
        """Whether everything that is in hand has been tried within `timeout` seconds."""
        return self._lanes is None or self._lanes.wait_idle(timeout)

    def sweep(self) -> int:
        """Claims what is due, uses the next channel where a minute has passed, and sends; returns how many."""
        now = self._clock.now()
        if self._clock.monotonic() - self._last_reclaim >= _RECLAIM_S:
            self.reclaim()
        with self._store.read() as conn:
            if not store.anything_to_do(conn, now):
                return 0

        def job(conn: Connection) -> list[Delivery]:
            ready: list[Delivery] = []
            for each in store.claim_due(
                conn, boot=self._boots.id, now=now, switch_after=SWITCH_AFTER, limit=_BATCH
            ):
                if each.channel is not None:
                    ready.append(each)
                elif self._expand is not None and store.drop(conn, [each.id], _EXPANDED):
                    ready.extend(self._expand(conn, each, now))
            for each in store.to_switch(conn, now, limit=_BATCH):
                ready.extend(self.outcomes.switch(conn, each, now))
            return ready

        ready = self._store.write(job)
        self.hand(ready)
        return len(ready)

    def reclaim(self) -> int:
        """Takes back claims of dead boots, and of this one where nobody has them in hand; returns how many."""
        now = self._clock.now()
        self._last_reclaim = self._clock.monotonic()
        before = now - _HANDED_OVER

        def lost(conn: Connection) -> list[str]:
            found = store.unattended(conn, dead=self._boots.dead(conn), boot=self._boots.id, before=before)
            with self._lock:
                return [id_ for id_ in found if id_ not in self._in_hand]

        with self._store.read() as conn:
            if not lost(conn):
                return 0

        def job(conn: Connection) -> int:
            ids = lost(conn)[: _BATCH * 10]
            store.release(conn, ids, now=now, switch_after=SWITCH_AFTER)
            return len(ids)

        return self._store.write(job)

    def _beat(self) -> None:
        while not self._stopping.is_set():
            try:
                self.sweep()
                self.problem = ""
            except Exception as error:
                if not self.problem:
                    _log.exception("the sweep of pages failed")
                self.problem = str(error) or type(error).__name__
            self._stopping.wait(SWEEP_S)

    def _attempt(self, claimed: Delivery) -> bool:
        """Sends one message once and writes down what came of it; says whether the receiver was well."""
        try:
            return self._try(claimed)
        except Exception:
            # The row stays claimed and is found again by `reclaim`: nothing is lost but a few seconds.
            _log.exception("a delivery could not be written down", delivery=claimed.id)
            return False
        finally:
            with self._lock:
                self._in_hand.discard(claimed.id)

    def _try(self, claimed: Delivery) -> bool:
        started = self._clock.now()
        stale = claimed.claimed_at is None or started - claimed.claimed_at > _FRESH
        # It waited long in its lane, or this process was stopped: does it still matter, and is it still ours?
        if stale and not self._store.write(lambda conn: store.renew(conn, claimed, started)):
            return True
        channel = self.channel(claimed.channel or "")
        others: tuple[Delivery, ...] = ()
        if channel is not None and channel.caps:
            caps = channel.caps
            verdict = self._store.write(lambda conn: self._judged(conn, claimed, caps, started))
            if verdict.stale or verdict.until is not None:
                return True
            others = verdict.others
        with self._lock:
            self._in_hand.update(each.id for each in others)
        try:
            return self._send(claimed, others, channel, started)
        finally:
            with self._lock:
                self._in_hand.difference_update(each.id for each in others)

    def _judged(
        self, conn: Connection, claimed: Delivery, caps: tuple[Cap, ...], at: datetime
    ) -> bundles.Verdict:
        urgent = claimed.message is not None and self._is_urgent(claimed.message.severity)
        verdict = bundles.judge(conn, claimed, caps, at, urgent=urgent)
        if verdict.until is not None and verdict.is_news:
            self.tell(conn, events.HELD, claimed, at, until=verdict.until.isoformat())
        return verdict

    def _send(
        self,
        claimed: Delivery,
        others: tuple[Delivery, ...],
        channel: Channel[Any] | None,
        started: datetime,
    ) -> bool:
        failure: DeliveryFailed | None = None
        receipt: str | None = None
        if channel is None or claimed.message is None or claimed.address is None:
            failure = DeliveryFailed(f"There is no channel {claimed.channel} any more.", permanent=True)
        else:
            try:
                message = self._ready(claimed.message, claimed, others, started)
                receipt = channel.send(message, claimed.address, bundles.key_for(claimed, others))
            except DeliveryFailed as error:
                failure = error
            except Exception as error:
                _log.exception("a channel failed in a way of its own", channel=claimed.channel)
                failure = DeliveryFailed(f"{type(error).__name__}: {error}", permanent=False)
        ended, problem = self._clock.now(), failure

        def job(conn: Connection) -> list[Delivery]:
            instead: list[Delivery] = []
            for each in (claimed, *others):
                if problem is None:
                    self.outcomes.sent(conn, each, receipt, started, ended)
                else:
                    instead += self.outcomes.failed(conn, each, problem, started, ended)
            return instead

        self.hand(self._store.write(job))
        return failure is None or failure.permanent

    def _ready(
        self, message: Message, claimed: Delivery, others: tuple[Delivery, ...], at: datetime
    ) -> Message:
        zone = self._current().time_zone
        with self._store.read() as conn:
            thread = store.thread_of(conn, claimed)
            if claimed.kind == "digest":
                person = self._current().people.get(claimed.person or "")
                own = person.time_zone if person is not None else None
                message = digest.written(message, digest.items_of(conn, claimed.page), own or zone)
        return as_it_leaves(
            bundles.message_for(message, others),
            claimed,
            links=self._links,
            thread=thread,
            shared=self.is_shared(claimed) or bool(others),
            zone=zone,
            at=at,
        )
