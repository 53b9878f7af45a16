"""How is a message to a person written down? In the transaction of its cause, before anything is sent."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import structlog
from sqlalchemy import Connection

from tocsin.act.notify import codes, digest, events, store
from tocsin.act.notify.channel import Channel, ChannelSettings
from tocsin.act.notify.message import Message
from tocsin.act.notify.nowhere import NOWHERE, Nowhere
from tocsin.act.notify.section import Directory, Person, kind_of, kinds
from tocsin.act.notify.store import Delivery
from tocsin.ground import timeline
from tocsin.ground.kernel.ids import new_id
from tocsin.ground.kernel.outbound import Outbound

SWITCH_AFTER = timedelta(seconds=60)
_log = structlog.get_logger(__name__)
_LOW = "low severity"
_ASKED = "quiet hours"


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """One way to one person: the name of a channel and the address there."""

    channel: str
    address: str


class Outbox:
    """Every message that is to leave, and the ways by which it may. `boot` is this process."""

    def __init__(self, current: Callable[[], Directory], *, outbound: Outbound, boot: str) -> None:
        self._current = current
        self._outbound = outbound
        self._boot = boot
        self._chance = random.Random(uuid4().int)  # noqa: S311 - spreads retries, guards nothing
        self._channels: dict[str, tuple[ChannelSettings, Channel[Any]]] = {}
        self._nowhere = Nowhere(ChannelSettings(), outbound)
        self.sends = True
        """Whether this process sends; one that does not writes everything as waiting, for those that do."""

    def routes(self, person: Person, wanted: Iterable[str] = ()) -> list[Route]:
        """The ways to a person: the `wanted` channels, then the person's own order, then none.

        A person who names no channels is reached by any that knows an address, in the order of the
        configuration; a channel that makes no noise only where it is wanted.
        """
        configured = self._current().channels
        wanted = tuple(wanted)
        names = dict.fromkeys([*wanted, *(tuple(person.channels) or configured)])
        found: list[Route] = []
        for name in names:
            channel = self.channel(name)
            if channel is None or not (channel.disturbs or name in wanted):
                continue
            address = channel.address(person)
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
        already, or when it waits for the person's digest.

        `cause` and `person` name the page, `page` names it otherwise. A `claimed` one is sent as soon as it
        is given to `hand` after the commit, every other one when it is due. `at` is now. What wakes nobody, of kind
        `digest` or a notice of a severity that the configuration says so of, is a line of the first digest after
        `due_at`. By a channel that makes no noise a page is a `ticket`, which nobody acknowledges.
        """
        name = page or f"{cause}/{round_}/{step}/{person}"
        due = due_at or at
        low = kind == "notice" and message.severity in self._current().digest.severities
        if (kind == "digest" or low) and person in self._current().people:
            self._gather(conn, name, person, message, incident, _LOW if low else _ASKED, due, at)
            return None
        channel = self.channel(route.channel)
        if kind == "page" and channel is not None and not channel.disturbs:
            kind = "ticket"
        new = self._new(
            kind=kind,
            cause=cause,
            incident=incident,
            person=person,
            route=route,
            message=message,
            page=name,
            place=(round_, step, steps),
            due_at=due,
            code=codes.draw(conn, name, person, at, self._chance) if kind == "page" else None,
        )
        return self._write(conn, self._claimed(new, at) if claimed else new, at)

    def again(self, conn: Connection, stuck: Delivery, route: Route, at: datetime) -> Delivery | None:
        """The same page by another way, claimed; None when it is there already."""
        other = self._new(
            kind=stuck.kind,
            cause=stuck.cause,
            incident=stuck.incident,
            person=stuck.person,
            route=route,
            message=stuck.message,
            page=stuck.page,
            place=(stuck.round, stuck.step, stuck.steps),
            due_at=stuck.due_at,
            code=stuck.code,
        )
        return self._write(conn, self._claimed(other, at), at)

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
        new = self._new(
            kind="page",
            cause=cause,
            incident=incident,
            target=target,
            page=f"{cause}/{round_}/{step}",
            place=(round_, step, steps),
            due_at=due_at,
        )
        store.add(conn, new)

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

    def channel(self, name: str) -> Channel[Any] | None:
        """The channel of that name as configured now; made anew when its settings have changed."""
        if name == NOWHERE:
            return self._nowhere
        settings = self._current().channels.get(name)
        if settings is None:
            return None
        known = self._channels.get(name)
        if known is None or known[0] is not settings:
            known = (settings, kinds()[kind_of(settings)](settings, self._outbound))
            self._channels[name] = known
        return known[1]

    def channels(self) -> Iterable[str]:
        """The names of all channels, in the order of the configuration."""
        return tuple(self._current().channels)

    def is_shared(self, page: Delivery) -> bool:
        """Whether it went to a room, where many read it."""
        channel = self.channel(page.channel or "")
        return channel is not None and channel.room is not None and page.address == channel.room

    def _claimed(self, new: Delivery, at: datetime) -> Delivery:
        if not self.sends:
            return new
        return replace(
            new,
            state="claimed",
            attempt=1,
            switch_at=at + SWITCH_AFTER,
            claimed_by=self._boot,
            claimed_at=at,
        )

    def _write(self, conn: Connection, new: Delivery, at: datetime) -> Delivery | None:
        if not store.add(conn, new):
            return None
        self.tell(conn, events.QUEUED, new, at, due_at=new.due_at.isoformat())
        return new

    def _gather(
        self,
        conn: Connection,
        name: str,
        person: str,
        message: Message,
        incident: str | None,
        reason: str,
        after: datetime,
        at: datetime,
    ) -> None:
        """A line in the first digest of the person after that time."""
        current = self._current()
        known = current.people[person]
        wanted = (current.digest.channel,) if current.digest.channel else ()
        ways = [each for each in self.routes(known, wanted) if not self._is_room(each)]
        if not ways:
            _log.error("no channel reaches a person with their digest", person=person)
        due = digest.times(current.digest.at, known.time_zone or current.time_zone, max(after, at))

        def open_one(due_at: datetime) -> Delivery | None:
            if not ways:
                return None
            return self._new(
                kind="digest",
                cause=f"digest/{person}",
                incident=None,
                person=person,
                route=ways[0],
                message=digest.empty(person, known.language or current.language),
                page=digest.page_of(person, due_at),
                place=(1, 1, 1),
                due_at=due_at,
            )

        digest.gather(
            conn,
            open_one,
            key=name,
            person=person,
            incident=incident,
            reason=reason,
            message=message,
            due=due,
            at=at,
        )

    def _is_room(self, route: Route) -> bool:
        channel = self.channel(route.channel)
        return channel is not None and channel.room == route.address

    def _new(
        self,
        *,
        kind: str,
        cause: str,
        incident: str | None,
        page: str,
        place: tuple[int, int, int],
        due_at: datetime,
        person: str | None = None,
        target: str | None = None,
        route: Route | None = None,
        message: Message | None = None,
        code: str | None = None,
    ) -> Delivery:
        round_, step, steps = place
        return Delivery(
            id=new_id("dlv"),
            kind=kind,
            incident=incident,
            cause=cause,
            person=person,
            target=target,
            channel=route.channel if route else None,
            address=route.address if route else None,
            message=message,
            page=page,
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
            key=f"{page}/{route.channel}" if route else page,
            code=code,
        )
