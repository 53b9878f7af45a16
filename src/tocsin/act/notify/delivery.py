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

import random
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import uuid4

import structlog
from sqlalchemy import Connection

from tocsin.act.notify import attempts, codes, events, store
from tocsin.act.notify.calls import Calls, Wish
from tocsin.act.notify.channel import Call, Channel, ChannelSettings, DeliveryFailed
from tocsin.act.notify.lanes import Lanes
from tocsin.act.notify.leaving import as_it_leaves
from tocsin.act.notify.message import Message
from tocsin.act.notify.pause import pause
from tocsin.act.notify.section import Directory, Person, kind_of, kinds
from tocsin.act.notify.store import Delivery
from tocsin.ground import timeline
from tocsin.ground.kernel.bell import Bell
from tocsin.ground.kernel.clock import Clock
from tocsin.ground.kernel.ids import new_id
from tocsin.ground.kernel.links import Links
from tocsin.ground.kernel.outbound import Outbound
from tocsin.ground.kernel.secret import scrub
from tocsin.ground.store import Store

SWEEP_S = 0.25
SWITCH_AFTER = timedelta(seconds=60)
GIVE_UP_AFTER = timedelta(hours=24)
_RECLAIM_S = 4.0
_BATCH = 200
_TURN = timedelta(hours=1)  # what waits for longer waits for the end of quiet hours
_HANDED_OVER = timedelta(seconds=5)
_FRESH = timedelta(seconds=4)  # less than after which a claim may be taken back: what is older asks again
_GRACE_S = 6.0
_EXPANDED = "the pages of this step took its place"
_log = structlog.get_logger(__name__)


class Boots(Protocol):
    """Who is alive: this process by `id`, and those whose claims are nobody's any more."""

    @property
    def id(self) -> str: ...
    def dead(self, conn: Connection) -> list[str]: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """One way to one person: the name of a channel and the address there."""

    channel: str
    address: str


Expand = Callable[[Connection, Delivery, datetime], list[Delivery]]
"""Turns a step that is due into the pages of it, already written as claimed; see `Deliveries.queue`."""
Unreachable = Callable[[Connection, Delivery, datetime], list[Delivery]]
"""Told when a page failed by every channel of its person; returns pages that it wrote as claimed instead."""


class Deliveries:
    """All messages of this installation, and the threads that send them in this process."""

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
    ) -> None:
        self._store = store_
        self._clock = clock
        self._current = current
        self._bell = bell
        self._links = links
        self._outbound = outbound
        self._boots = boots
        self._chance = random.Random(uuid4().int)  # noqa: S311 - spreads retries, guards nothing
        self._channels: dict[str, tuple[ChannelSettings, Channel[Any]]] = {}
        self._expand: Expand | None = None
        self._unreachable: Unreachable | None = None
        self._lanes: Lanes[Delivery] | None = None
        self._in_hand: set[str] = set()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._last_reclaim = -_RECLAIM_S
        self.sends = True
        """Whether this process sends; one that does not writes everything as waiting, for those that do."""
        self._calls = Calls(store_, clock, current, self)
        self.problem = ""
        """Why pages are not looked for at the moment; empty when they are."""

    def on_step(self, expand: Expand) -> None:
        """Who knows the people of a step that is due."""
        self._expand = expand

    def on_unreachable(self, told: Unreachable) -> None:
        """Who wants to know that a page did not reach its person by any channel."""
        self._unreachable = told

    def on_wish(self, told: Wish) -> None:
        """Who carries out what people want of a page, by reply, key or button."""
        self._calls.on_wish(told)

    def heard(self, name: str, call: Call) -> tuple[int, str, bytes]:
        """What the provider behind the channel `name` reads in answer to its call: status, type, body.

        Raises NotFound, Unproven where nobody signed it, Malformed where it makes no sense.
        """
        return self._calls.heard(name, call)

    # ── writing ──────────────────────────────────────────────────────────────────────────────────────────

    def routes(self, person: Person, wanted: Iterable[str] = ()) -> list[Route]:
        """The ways to a person: the `wanted` channels, then the person's own order, then none.

        A person who names no channels is reached by any that knows an address, in the order of the
        configuration.
        """
        configured = self._current().channels
        names = dict.fromkeys([*wanted, *(tuple(person.channels) or configured)])
        found: list[Route] = []
        for name in names:
            address = self._address(name, person)
            if address is not None:
                found.append(Route(channel=name, address=address))
        return found

    def queue(
        self,
        conn: Connection,
        *,
        kind: str,
        cause: str,
        incident: str | None,
        person: str,
        route: Route,
        message: Message,
        at: datetime,
        page: str | None = None,
        round_: int = 1,
        step: int = 1,
        steps: int = 1,
        due_at: datetime | None = None,
        claimed: bool = False,
    ) -> Delivery | None:
        """Writes a message to a person within the caller's transaction; None when the same one is there
        already.

        `cause` and `person` name the page, `page` names it otherwise. A `claimed` one is sent as soon as it
        is given to `hand` after the commit, every other one when it is due. `at` is now.
        """
        claimed = claimed and self.sends
        name = page or f"{cause}/{round_}/{step}/{person}"
        due = due_at or at
        quiet = kind == "page" and not self._disturbs(route.channel)
        new = Delivery(
            id=new_id("dlv"),
            kind="ticket" if quiet else kind,
            incident=incident,
            cause=cause,
            person=person,
            target=None,
            channel=route.channel,
            address=route.address,
            message=message,
            page=name,
            round=round_,
            step=step,
            steps=steps,
            due_at=due,
            state="claimed" if claimed else "waiting",
            attempt=1 if claimed else 0,
            next_at=due,
            switch_at=at + SWITCH_AFTER if claimed else None,
            claimed_by=self._boots.id if claimed else None,
            claimed_at=at if claimed else None,
            sent_at=None,
            error=None,
            key=f"{name}/{route.channel}",
            code=codes.draw(conn, name, person, at, self._chance) if kind == "page" and not quiet else None,
        )
        if not store.add(conn, new):
            return None
        self.tell(conn, events.QUEUED, new, at, due_at=due.isoformat())
        return new

    def queue_step(
        self,
        conn: Connection,
        *,
        cause: str,
        incident: str,
        target: str,
        round_: int,
        step: int,
        steps: int,
        due_at: datetime,
    ) -> None:
        """Writes down that a step is due later; who is paged is decided then (`on_step`)."""
        name = f"{cause}/{round_}/{step}"
        store.add(
            conn,
            Delivery(
                id=new_id("dlv"),
                kind="page",
                incident=incident,
                cause=cause,
                person=None,
                target=target,
                channel=None,
                address=None,
                message=None,
                page=name,
                round=round_,
                step=step,
                steps=steps,
                due_at=due_at,
                state="waiting",
                attempt=0,
                next_at=due_at,
                switch_at=None,
                claimed_by=None,
                claimed_at=None,
                sent_at=None,
                error=None,
                key=name,
            ),
        )

    def cancel(self, conn: Connection, incident: str, why: str, at: datetime) -> int:
        """Whatever has not been sent for this incident is not sent any more; returns how many."""
        # Twice: while the first waits for a step that another process is just turning into pages, those are written,
        # and only a statement that begins afterwards sees them.
        cancelled = [*store.cancel_all(conn, incident, why), *store.cancel_all(conn, incident, why)]
        for each in cancelled:
            # A step that was never due, or a page nobody has tried yet, is no news.
            if each.person is not None and each.attempt > 0:
                self.tell(conn, events.CANCELLED, each, at, why=why)
        return len(cancelled)

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
                if each.person is not None:
                    ready.append(each)
                elif self._expand is not None and store.drop(conn, [each.id], _EXPANDED):
                    ready.extend(self._expand(conn, each, now))
            for each in store.to_switch(conn, now, limit=_BATCH):
                ready.extend(self._switch(conn, each, now))
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
        channel, message = self.channel(claimed.channel or ""), claimed.message
        failure: DeliveryFailed | None = None
        receipt: str | None = None
        if channel is None or message is None or claimed.address is None:
            failure = DeliveryFailed(f"There is no channel {claimed.channel} any more.", permanent=True)
        else:
            try:
                receipt = channel.send(
                    self._ready(message, claimed, channel, started), claimed.address, claimed.key
                )
            except DeliveryFailed as error:
                failure = error
            except Exception as error:
                _log.exception("a channel failed in a way of its own", channel=claimed.channel)
                failure = DeliveryFailed(f"{type(error).__name__}: {error}", permanent=False)
        ended = self._clock.now()
        if failure is None:
            self._store.write(lambda conn: self._sent(conn, claimed, receipt, started, ended))
        else:
            problem = failure
            instead = self._store.write(lambda conn: self._failed(conn, claimed, problem, started, ended))
            self.hand(instead)
        self._bell.ring("timeline")
        return failure is None or failure.permanent

    # ── what came of it ──────────────────────────────────────────────────────────────────────────────────

    def _sent(
        self, conn: Connection, claimed: Delivery, receipt: str | None, started: datetime, at: datetime
    ) -> None:
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
            self.tell(conn, events.SENT, claimed, at, attempt=claimed.attempt, latency_ms=latency)

    def _failed(
        self,
        conn: Connection,
        claimed: Delivery,
        failure: DeliveryFailed,
        started: datetime,
        at: datetime,
    ) -> list[Delivery]:
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
        self.tell(conn, events.FAILED, claimed, at, error=error, permanent=final, attempt=claimed.attempt)
        return self._switch(conn, claimed, at, last=True) if failure.permanent else []

    def lost(self, conn: Connection, taken: Delivery, error: str, at: datetime) -> list[Delivery]:
        """A provider that had taken it could not deliver it: the next channel, claimed, unless that is no news."""
        if not store.mark_lost(conn, taken.id, error):
            return []
        self.tell(conn, events.FAILED, taken, at, error=error, permanent=True, attempt=taken.attempt)
        return self._switch(conn, taken, at, last=True)

    def _switch(
        self, conn: Connection, stuck: Delivery, at: datetime, *, last: bool = False
    ) -> list[Delivery]:
        """The same page by the next channel of its person. Without one: whoever asked to know is told, if
        `last`, or if it was for nobody in particular, as for a room.

        A channel that waits for its turn has it now, and one by which the person has just been paged for the
        incident is no other way.
        """
        person = self._current().people.get(stuck.person or "")
        so_far = store.of_page(conn, stuck.page)
        turn = [each for each in so_far if each.state == "waiting" and at < each.due_at <= at + _TURN]
        if any(store.hasten(conn, each.page, each.channel or "", at) for each in turn[:1]):
            return []
        tried = {each.channel for each in so_far}
        for route in self.routes(person) if person is not None and stuck.person is not None else ():
            if route.channel in tried or stuck.message is None or stuck.person is None:
                continue
            if stuck.incident is not None and store.has_left(
                conn, stuck.incident, stuck.person, route.channel, at - SWITCH_AFTER
            ):
                return []
            instead = self.queue(
                conn,
                kind=stuck.kind,
                cause=stuck.cause,
                incident=stuck.incident,
                person=stuck.person,
                route=route,
                message=stuck.message,
                at=at,
                page=stuck.page,
                round_=stuck.round,
                step=stuck.step,
                steps=stuck.steps,
                due_at=stuck.due_at,
                claimed=True,
            )
            if instead is not None:
                return [instead]
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

    def _ready(self, message: Message, claimed: Delivery, channel: Channel[Any], at: datetime) -> Message:
        with self._store.read() as conn:
            thread = store.thread_of(conn, claimed)
        return as_it_leaves(
            message,
            claimed,
            links=self._links,
            thread=thread,
            shared=claimed.address == channel.room,
            zone=self._current().time_zone,
            at=at,
        )

    def tell(
        self, conn: Connection, kind: timeline.Kind, about: Delivery, at: datetime, **data: object
    ) -> None:
        """A line on the timeline of the incident, if there is one."""
        if about.incident is None:
            return
        person = self._current().people.get(about.person or "")
        timeline.append(
            conn,
            about.incident,
            kind.name,
            "tocsin",
            at,
            delivery=about.id,
            person=person.name if person is not None else about.person,
            channel=about.channel,
            step=about.step,
            steps=about.steps,
            **data,
        )

    # ── channels ─────────────────────────────────────────────────────────────────────────────────────────

    def channel(self, name: str) -> Channel[Any] | None:
        """The channel of that name as configured now; made anew when its settings have changed."""
        settings = self._current().channels.get(name)
        if settings is None:
            return None
        known = self._channels.get(name)
        if known is None or known[0] is not settings:
            known = (settings, kinds()[kind_of(settings)](settings, self._outbound))
            self._channels[name] = known
        return known[1]

    def _disturbs(self, name: str) -> bool:
        channel = self.channel(name)
        return channel is None or channel.disturbs

    def _address(self, name: str, person: Person) -> str | None:
        channel = self.channel(name)
        return None if channel is None else channel.address(person)
