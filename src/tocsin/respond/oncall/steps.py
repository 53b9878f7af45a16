"""How does a step become pages? Its people by their ways, its rooms once each, and nothing twice within a minute."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection

from tocsin.act.notify import Channel, Deliveries, Delivery, Person, Route
from tocsin.act.notify import store as deliveries
from tocsin.ground import timeline
from tocsin.respond.oncall import events, wording
from tocsin.respond.oncall.rules import ContactRules, Rule
from tocsin.respond.oncall.section import EVERYONE, Rota
from tocsin.respond.oncall.store import Climb
from tocsin.respond.oncall.targets import Addressed, Targets
from tocsin.respond.oncall.twice import Recent
from tocsin.respond.oncall.ways import Way, ways

ROOM = "channel:"
"""Before the name of a channel, it stands for its room where a person would stand."""
_MOST_MENTIONS = 50
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """What became of a step: pages that are claimed and leave after the commit, and whether anybody is reached.

    Reached is also who was paged a moment ago, and whose page waits for the end of quiet hours; a ticket and a line in
    a digest reach nobody.
    """

    claimed: list[Delivery] = field(default_factory=list[Delivery])
    reached: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class _Place:
    """Where in its escalation a page stands."""

    climb: Climb
    round: int
    step: int
    at: datetime
    due_at: datetime
    fallback: bool


class Steps:
    """Writes the pages of one step at a time."""

    def __init__(
        self,
        current: Callable[[], Rota],
        *,
        targets: Targets,
        deliveries: Deliveries,
        rules: ContactRules,
    ) -> None:
        self._current = current
        self._targets = targets
        self._deliveries = deliveries
        self._rules = rules

    def write(
        self,
        conn: Connection,
        climb: Climb,
        targets: Sequence[str],
        *,
        round_: int,
        step: int,
        at: datetime,
        due_at: datetime | None = None,
        fallback: bool = False,
        rooms: bool = True,
    ) -> Written:
        """The pages of these targets, in the caller's transaction. `due_at` is when the step should have come.

        In the `fallback` nobody's rules count, and everybody is paged by themselves. Without `rooms`, as when a room
        could not be reached, its people are.
        """
        place = _Place(climb=climb, round=round_, step=step, at=at, due_at=due_at or at, fallback=fallback)
        addressed = self._addressed(conn, climb, targets, at)
        recent = Recent(conn, climb.incident, at)
        people = [(name, person) for name, person in self._named(addressed.people)]
        kept = {} if fallback else self._rules.read_all(conn, [name for name, _ in people])
        in_room: dict[str, list[str]] = {}
        if rooms:
            shared = dict.fromkeys([*addressed.rooms, *(climb.channels if people else ())])
            in_room = {name: [] for name in shared if self._room(name) is not None}
        claimed: list[Delivery] = []
        reached = False
        for name, person in people:
            for way in self._ways(place, name, person, kept.get(name, ()), alone=fallback or not rooms):
                if way.due_at == at and not way.quiet and rooms and self._room(way.route.channel) is not None:
                    in_room.setdefault(way.route.channel, []).append(name)
                    continue
                found = self._page(conn, place, recent, name, person, way)
                claimed += found.claimed
                reached = reached or found.reached
        for channel, called in in_room.items():
            everybody = called or [name for name, _ in people]
            found = self._tell_room(conn, place, recent, channel, () if fallback else everybody)
            claimed += found.claimed
            reached = reached or found.reached
        return Written(claimed=claimed, reached=reached)

    def routes(self, person: Person, wanted: Iterable[str] = ()) -> list[Route]:
        """The ways to a person; none where a channel fails while it is asked."""
        try:
            return self._deliveries.routes(person, wanted)
        except Exception:
            _log.exception("the ways to a person could not be read", person=person.name)
            return []

    # ── people ───────────────────────────────────────────────────────────────────────────────────────────

    def _ways(
        self, place: _Place, name: str, person: Person, rules: Sequence[Rule], *, alone: bool
    ) -> list[Way]:
        climb = place.climb
        reachable = self.routes(person, [*climb.channels, *(rule.channel for rule in rules)])
        if alone:
            reachable = [route for route in reachable if self._room(route.channel) is None] or reachable
        else:
            # A room of the severity calls everybody, also who has no address of their own there.
            known = {route.channel for route in reachable}
            rooms = {name: self._room(name) for name in climb.channels if name not in known}
            reachable += [Route(channel=name, address=room) for name, room in rooms.items() if room]
        return ways(
            reachable,
            rules=rules,
            wanted=climb.channels,
            severity=climb.severity,
            is_urgent=climb.urgency == "critical" or place.fallback,
            at=place.at,
            zone=self._zone(name),
            disturbs=self._disturbs,
        )

    def _page(
        self, conn: Connection, place: _Place, recent: Recent, name: str, person: Person, way: Way
    ) -> Written:
        message = wording.page(
            conn,
            place.climb,
            person=name,
            language=person.language or self._current().language,
            zone=self._current().time_zone,
            service=self._service(place.climb),
            round_=place.round,
            step=place.step,
            fallback=place.fallback,
            due_at=place.due_at,
            at=place.at,
        )
        told = {"person": person.name, "channel": way.route.channel}
        return self._write(conn, place, recent, name, way, message, told)

    # ── rooms ────────────────────────────────────────────────────────────────────────────────────────────

    def _tell_room(
        self, conn: Connection, place: _Place, recent: Recent, channel: str, called: Sequence[str]
    ) -> Written:
        """One message to the room, which calls the people of the step by name."""
        climb, address = place.climb, self._room(channel)
        if address is None:
            return Written()
        others = [each for each in climb.mentions if each != EVERYONE]
        names = dict.fromkeys([*called, *self._addressed(conn, climb, others, place.at).people])
        message = wording.page(
            conn,
            climb,
            person="",
            language=self._current().language,
            zone=self._current().time_zone,
            service=self._service(climb),
            round_=place.round,
            step=place.step,
            fallback=place.fallback,
            due_at=place.due_at,
            at=place.at,
            mentions=self._mentions(channel, list(names)[:_MOST_MENTIONS]),
            everyone=place.fallback or EVERYONE in climb.mentions,
        )
        way = Way(route=Route(channel=channel, address=address), due_at=place.at)
        told = {"person": f"#{channel}", "channel": channel}
        return self._write(conn, place, recent, f"{ROOM}{channel}", way, message, told)

    def _mentions(self, channel: str, names: Sequence[str]) -> tuple[str, ...]:
        known = self._channel(channel)
        found: list[str] = []
        for name, person in self._named(names):
            try:
                found.append(known.mention(person) if known is not None else person.name)
            except Exception:
                _log.exception("a person could not be mentioned", channel=channel, person=name)
                found.append(person.name)
        return tuple(dict.fromkeys(found))

    # ── rows ─────────────────────────────────────────────────────────────────────────────────────────────

    def _write(
        self,
        conn: Connection,
        place: _Place,
        recent: Recent,
        person: str,
        way: Way,
        message: wording.Message,
        told: Mapping[str, str],
    ) -> Written:
        climb, channel = place.climb, way.route.channel
        loud = self._disturbs(channel)
        if way.is_digested:
            self._digest(conn, place, person, way, message)
            self._tell(conn, climb, events.DIGESTED, place.at, **told)
            return Written()
        if recent.same(person, channel, climb.id, way.due_at):
            self._tell(conn, climb, events.TWICE, place.at, step=place.step, steps=climb.steps, **told)
            return Written(reached=loud)
        due_at = recent.free_from(person, channel, way.due_at)
        if way.quiet is not None:
            self._tell(conn, climb, events.QUIET, place.at, until=due_at.isoformat(), **told)
        elif due_at != way.due_at:
            self._tell(conn, climb, events.SOON, place.at, until=due_at.isoformat(), **told)
        at_once = due_at == place.at
        page = f"{climb.id}/{place.round}/{place.step}/{person}"
        queued = self._deliveries.queue(
            conn,
            kind="page",
            cause=climb.id,
            incident=climb.incident,
            person=person,
            route=way.route,
            message=message,
            at=place.at,
            page=page,
            round_=place.round,
            step=place.step,
            steps=climb.steps,
            due_at=due_at,
            claimed=at_once,
        )
        if queued is None:
            # It is there already: by this channel it has failed, or it waits for a time that counts no more.
            return Written(reached=deliveries.hasten(conn, page, channel, due_at) and loud)
        recent.add(person, channel, climb.id, due_at)
        return Written(claimed=[queued] if at_once else [], reached=loud)

    def _digest(
        self, conn: Connection, place: _Place, person: str, way: Way, message: wording.Message
    ) -> None:
        """A line in the digest of a person, ready when their quiet hours end."""
        climb = place.climb
        self._deliveries.queue(
            conn,
            kind="digest",
            cause=climb.id,
            incident=climb.incident,
            person=person,
            route=way.route,
            message=replace(message, kind="digest"),
            at=place.at,
            page=f"{climb.id}/{place.round}/{place.step}/{person}/digest",
            round_=place.round,
            step=place.step,
            steps=climb.steps,
            due_at=way.due_at,
        )

    # ── what is configured ───────────────────────────────────────────────────────────────────────────────

    def _addressed(self, conn: Connection, climb: Climb, targets: Sequence[str], at: datetime) -> Addressed:
        return self._targets.of(conn, targets, incident=climb.incident, service=climb.service, at=at)

    def _named(self, names: Iterable[str]) -> list[tuple[str, Person]]:
        people = self._current().people
        return [(name, people[name]) for name in names if name in people]

    def _channel(self, name: str) -> Channel[Any] | None:
        try:
            return self._deliveries.channel(name)
        except Exception:
            _log.exception("a channel could not be made", channel=name)
            return None

    def _room(self, name: str) -> str | None:
        channel = self._channel(name)
        return None if channel is None else channel.room

    def _disturbs(self, name: str) -> bool:
        channel = self._channel(name)
        return channel is not None and channel.disturbs

    def _zone(self, person: str) -> ZoneInfo:
        return ZoneInfo(self._current().people[person].time_zone or self._current().time_zone)

    def _service(self, climb: Climb) -> str:
        return self._current().service(climb.service).title or climb.service

    def _tell(
        self, conn: Connection, climb: Climb, kind: timeline.Kind, at: datetime, **data: object
    ) -> None:
        timeline.append(conn, climb.incident, kind.name, "tocsin", at, **data)
