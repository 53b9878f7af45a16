"""Which incidents have a room, and what stands in it?

1. An incident whose level wants a room gets a row, by a follower of the timeline: opening an incident and paging wait
for nothing. 2. A beat of its own leases rows that have something to do and does it: the room is made, its summary
pinned, its topic set, people invited, new lines told. What each step brought is written down before the next. 3. What
fails is told on the timeline once and tried again after a pause. 4. What people write in the room is a note on the
timeline, once.

The name is written down before the room is made: whoever goes on after a kill finds a room of that name, sees that it
is its own work, and keeps it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

import structlog
from sqlalchemy import Connection

from tocsin.act.notify import DeliveryFailed, of_incident
from tocsin.act.notify.channels.slack import SlackChannel
from tocsin.act.notify.pause import pause
from tocsin.act.notify.slack_client import Slack, SlackFailed
from tocsin.ground import timeline
from tocsin.ground.kernel.errors import Conflict, NotFound
from tocsin.ground.kernel.links import Links
from tocsin.ground.kernel.secret import scrub
from tocsin.ground.kernel.settings import Current
from tocsin.ground.timeline import Event, Followers
from tocsin.respond.incidents import store as incidents
from tocsin.respond.incidents.brief import Brief, brief, teller
from tocsin.respond.incidents.desk import Desk
from tocsin.respond.incidents.incident import Incident
from tocsin.respond.incidents.war_room import events, store, wording
from tocsin.respond.incidents.war_room.name import numbered, plain_name, room_name
from tocsin.respond.incidents.war_room.section import WarRoomSection, WarRoomSettings
from tocsin.respond.incidents.war_room.store import WarRoom

_WANTING = ("incident.opened", "incident.declared", "incident.reopened", "severity.changed")
_TOLD = (
    *_WANTING,
    *("incident.acknowledged", "incident.mitigated", "incident.resolved", "incident.closed", "note.added"),
    *("role.assigned", "role.handover.asked", "role.handover.declined", "role.nobody", "reality.checked"),
    *("clock.warned", "clock.missed", "soak.failed", "alerts.folded", "alert.false_alarm", "update.sent"),
    *("run.offered", "run.started", "run.rung.finished", "run.step.unknown", "run.step.answered"),
    *("run.approval.asked", "run.approval.given", "run.approval.denied", "run.finished"),
    *("escalation.exhausted", "escalation.fallback", "incident.unacknowledged"),
)
"""What is told in the room, line by line."""
_SEEN = ("clock.started", "clock.moved", "clock.met", "clock.dropped", "page.sent")
"""What changes the summary, or who is invited, without a line of its own."""
_STILL_NEWS = timedelta(hours=12)
_LEASE = timedelta(minutes=5)
_GATHER = timedelta(seconds=3)
"""So long lines are gathered: a room takes about one message a second, and nobody reads faster."""
_LASTING_PAUSE = timedelta(minutes=15)
_MOST_NAMES = 9
_CLOCKS_DIFFER = timedelta(minutes=10)
_LONGEST_NOTE = 10_000
_NOT_THERE = ("users_not_found", "user_not_found", "user_disabled", "cant_invite", "cant_invite_self")
_log = structlog.get_logger(__name__)


class WarRooms:
    """All war rooms of this installation."""

    def __init__(self, desk: Desk, settings: Current[WarRoomSection], links: Links) -> None:
        self._desk = desk
        self._settings = settings
        self._links = links
        self._chance = random.Random(uuid4().int)  # noqa: S311 - spreads retries, guards nothing

    def follow(self, followers: Followers) -> None:
        followers.follow("war rooms", tuple(dict.fromkeys((*_TOLD, *_SEEN))), self._react)

    # Questions

    def of(self, conn: Connection, incident: str) -> WarRoom | None:
        """The room of an incident, also one that is not open yet; None where nobody wants one."""
        return store.of_incident(conn, incident)

    def incident_of(self, channel: str) -> str | None:
        """The incident whose room this is; `channel` is the id that Slack gave it."""
        with self._desk.store.read() as conn:
            found = store.of_room(conn, channel)
        return found.incident if found else None

    def channel_of(self, incident: str) -> str | None:
        """Where the room of the incident is."""
        with self._desk.store.read() as conn:
            found = store.of_incident(conn, incident)
        return found.room if found else None

    def meeting(self, incident: str) -> str:
        """Where they meet to talk; empty where no address is configured."""
        settings = self._settings().war_room
        return settings.meeting.replace("{incident}", incident) if settings and settings.meeting else ""

    @property
    def possible(self) -> bool:
        """Whether rooms can be opened at all."""
        return self._settings().war_room is not None

    # Acts

    def ask(self, id_: str, actor: str) -> Incident:
        """Opens a room by hand, whatever the level says. Raises Conflict where there is one, or can be none."""
        if not self.possible:
            raise Conflict("no rooms are configured", fix="Add war_room: to tocsin.yaml.")

        def job(conn: Connection) -> Incident:
            incident = incidents.get(conn, id_, lock=True)
            now = self._desk.clock.now()
            if not incident.is_open:
                raise Conflict(f"{incident.id} is over", fix="Open it again if it is back.")
            if not self._want(conn, incident, now):
                raise Conflict(f"{incident.id} has a room already", fix="Its page says where.")
            timeline.append(conn, incident.id, events.ASKED.name, actor, now)
            return incident

        asked = self._desk.store.write(job)
        self._desk.bell.ring("timeline")
        return asked

    def heard(self, channel: str, user: str, text: str, ts: str) -> None:
        """Somebody wrote in a room: a note on the timeline. The same message, named by `ts`, counts once."""
        said = text.strip()[:_LONGEST_NOTE]
        if not said:
            return

        def job(conn: Connection) -> None:
            room, now = store.of_room(conn, channel), self._desk.clock.now()
            if room is not None and store.hear(conn, channel, ts, now):
                timeline.append(
                    conn, room.incident, "note.added", self._actor(user), now, text=said, room=channel, ts=ts
                )

        self._desk.store.write(job)
        self._desk.bell.ring("timeline")

    def _actor(self, user: str) -> str:
        people = self._desk.services().people
        known = (
            user if user in people else next((key for key, each in people.items() if each.name == user), "")
        )
        return f"person:{known}" if known else f"slack:{user}"

    # Following

    def _react(self, conn: Connection, event: Event) -> None:
        now = self._desk.clock.now()
        if event.kind in _WANTING and self.possible and now - event.at < _STILL_NEWS:
            try:
                incident = incidents.get(conn, event.incident)
            except NotFound:
                return
            level = self._desk.level(incident.policy, incident.severity)
            if level is not None and level.war_room and incident.is_open and self._want(conn, incident, now):
                return
        room = store.of_incident(conn, event.incident)
        if room is None or room.state == "dropped":
            return
        if event.kind in _TOLD and "room" not in event.data:
            store.add_lines(conn, event.incident, [event.seq])
        store.stir(conn, event.incident, now + _GATHER)

    def _want(self, conn: Connection, incident: Incident, now: datetime) -> bool:
        if not store.want(conn, incident.id, now):
            return False
        so_far = timeline.of_incident(conn, incident.id, kinds=_TOLD)
        store.add_lines(conn, incident.id, [each.seq for each in so_far])
        return True

    # Keeping

    def tick(self) -> None:
        """Does what is due in the rooms, one after another; a room that hangs delays other rooms and nothing else."""
        while (room := self._lease()) is not None:
            self._work(room)

    def _lease(self) -> WarRoom | None:
        now = self._desk.clock.now()
        with self._desk.store.read() as conn:
            incident = store.due(conn, now)
        if incident is None:
            return None
        return self._desk.store.write(lambda conn: store.lease(conn, incident, now, now + _LEASE))

    def _work(self, leased: WarRoom) -> None:
        try:
            settings, slack = self._slack()
            opened = self._keep(settings, slack, leased)
        except DeliveryFailed as failure:
            self._failed(leased, failure)
        except Exception as error:
            _log.exception("a war room failed in a way of its own", incident=leased.incident)
            self._failed(leased, SlackFailed(f"{type(error).__name__}: {error}", permanent=False))
        else:
            self._well(leased, opened)

    def _slack(self) -> tuple[WarRoomSettings, Slack]:
        settings = self._settings().war_room
        channel = self._desk.deliveries.channel(settings.channel) if settings else None
        if settings is None or not isinstance(channel, SlackChannel):
            raise SlackFailed("war_room: has left the configuration", permanent=True)
        return settings, Slack(channel.outbound, channel.settings.token, channel.settings.api_url)

    def _keep(self, settings: WarRoomSettings, slack: Slack, leased: WarRoom) -> bool:
        """Everything that the room lacks, step by step. Whether it was opened by this."""
        catalogue = self._desk.services()
        with self._desk.store.read() as conn:
            found = brief(conn, catalogue, leased.incident, catalogue.language)
        room, opened = leased, False
        if room.room is None:
            if not found.incident.is_open:
                self._write(room, state="dropped")  # it was over before there was a room
                return False
            room, opened = self._opened(settings, slack, room, found), True
        room = self._summarised(slack, room, found)
        room = self._titled(slack, room, found)
        room = self._invited(slack, room, found)
        self._told(slack, room, found)
        return opened

    def _opened(self, settings: WarRoomSettings, slack: Slack, room: WarRoom, found: Brief) -> WarRoom:
        for name in self._names(room, found):
            room = self._write(room, name=name)
            try:
                id_ = slack.create_channel(name, private=settings.private)
            except SlackFailed as failed:
                if failed.error == "name_taken":
                    id_ = self._made_before(settings, slack, room, name)
                elif failed.error.startswith("invalid_name"):
                    id_ = None
                else:
                    raise
            if id_:
                return self._noted(room, id_, name)
        raise SlackFailed("every name for a room is taken", permanent=True)

    def _noted(self, room: WarRoom, id_: str, name: str) -> WarRoom:
        now = self._desk.clock.now()

        def job(conn: Connection) -> None:
            store.change(conn, room.incident, room=id_, state="open", opened_at=now)
            timeline.append(conn, room.incident, events.OPENED.name, "tocsin", now, name=name)

        self._desk.store.write(job)
        return replace(room, room=id_, state="open", opened_at=now)

    def _names(self, room: WarRoom, found: Brief) -> Iterator[str]:
        """The name that was chosen before, then others, none of which another room has."""
        if room.name:
            yield room.name
        incident, zone = found.incident, found.zone
        first = room_name(incident.title, incident.detected_at, zone)
        plain = plain_name(incident.service, incident.id, incident.detected_at, zone)
        names = [numbered(first, number) for number in range(1, _MOST_NAMES + 1)]
        names += [numbered(plain, number) for number in range(1, _MOST_NAMES + 1)]
        with self._desk.store.read() as conn:
            taken = store.names_taken(conn, names)
        yield from (name for name in names if name not in taken and name != room.name)

    def _made_before(self, settings: WarRoomSettings, slack: Slack, room: WarRoom, name: str) -> str | None:
        """The id of the room of that name, if we made it for this incident and were stopped before noting it."""
        there = slack.find_channel(name, private=settings.private)
        if there is None or there.is_archived or there.creator != slack.whoami()[1]:
            return None
        return there.id if there.created_at >= room.created_at - _CLOCKS_DIFFER else None

    def _summarised(self, slack: Slack, room: WarRoom, found: Brief) -> WarRoom:
        assert room.room
        id_ = room.room
        level = self._desk.level(found.incident.policy, found.incident.severity)
        said = wording.summary(
            found,
            level.roles if level else (),
            self._links.incident(room.incident),
            self.meeting(room.incident),
            self._desk.clock.now(),
        )
        if not room.summary:
            posted = slack.post(room.room, said.blocks, said.text, key=f"room/{room.incident}")
            room = self._write(room, summary=posted.ts, summary_seen=said.text)
        elif said.text != room.summary_seen:
            slack.update(room.room, room.summary, said.blocks, said.text)
            room = self._write(room, summary_seen=said.text)
        if not room.pinned:
            slack.pin(id_, room.summary)
            room = self._write(room, pinned=1)
        return room

    def _titled(self, slack: Slack, room: WarRoom, found: Brief) -> WarRoom:
        assert room.room
        topic = wording.topic(found)
        if topic == room.topic:
            return room
        slack.set_topic(room.room, topic)
        return self._write(room, topic=topic)

    def _invited(self, slack: Slack, room: WarRoom, found: Brief) -> WarRoom:
        """Whoever has a role, was paged or has it; somebody whom Slack does not know is not asked for again."""
        assert room.room
        with self._desk.store.read() as conn:
            held = incidents.roles_of(conn, room.incident).values()
            paged = [each.person for each in of_incident(conn, room.incident) if each.kind == "page"]
        wanted = [*held, *paged, found.incident.acknowledged_by]
        fresh = [each for each in dict.fromkeys(wanted) if each and each not in room.invited]
        people = self._desk.services().people
        for name in fresh:
            person = people.get(name)
            if person is None:
                continue
            user = person.addresses.get("slack") or (person.email and slack.user_by_email(person.email))
            if not user:
                continue
            try:
                slack.invite(room.room, [user])
            except SlackFailed as failed:
                if failed.error not in _NOT_THERE:
                    raise
        return self._write(room, invited=[*room.invited, *fresh]) if fresh else room

    def _told(self, slack: Slack, room: WarRoom, found: Brief) -> None:
        assert room.room
        with self._desk.store.read() as conn:
            untold = store.untold(conn, room.incident)
            # A line that was noted is there: its event is from a transaction that has ended.
            lines = [
                each for each in timeline.of_incident(conn, room.incident, kinds=_TOLD) if each.seq in untold
            ]
        if not lines:
            return
        tell = teller(self._desk.services(), found.language)
        said = wording.story(found, [scrub(tell(each)) for each in lines])
        slack.post(room.room, said.blocks, said.text, key=f"room/{room.incident}/{lines[-1].seq}")
        self._desk.store.write(
            lambda conn: store.mark_told(conn, room.incident, [each.seq for each in lines])
        )
        if any(each.kind == "incident.resolved" for each in lines):
            note = wording.closing(found, f"{self._links.incident(room.incident)}/report")
            slack.post(room.room, note.blocks, note.text, key=f"room/{room.incident}/over/{lines[-1].seq}")

    # What came of it

    def _write(self, room: WarRoom, **values: object) -> WarRoom:
        self._desk.store.write(lambda conn: store.change(conn, room.incident, **values))
        return replace(room, **values)  # pyright: ignore[reportArgumentType] - the names of its own fields

    def _well(self, leased: WarRoom, opened: bool) -> None:
        now = self._desk.clock.now()

        def job(conn: Connection) -> None:
            store.release(conn, leased, None, attempt=0, error="")
            if leased.error and not opened:
                timeline.append(conn, leased.incident, events.WORKS.name, "tocsin", now)

        self._desk.store.write(job)

    def _failed(self, leased: WarRoom, failure: DeliveryFailed) -> None:
        """Told once, tried again: soon for what passes, now and then for what somebody has to mend."""
        now, error = self._desk.clock.now(), scrub(failure.message)
        attempt = leased.attempt + 1
        wait = (
            _LASTING_PAUSE
            if failure.permanent
            else timedelta(seconds=pause(attempt, failure.retry_after, chance=self._chance))
        )

        def job(conn: Connection) -> None:
            over = not incidents.get(conn, leased.incident).is_open
            # An incident that is over is not worth asking for ever.
            again = None if over and attempt > 20 else now + wait
            store.release(conn, leased, again, attempt=attempt, error=error)
            if not leased.error:
                timeline.append(conn, leased.incident, events.FAILED.name, "tocsin", now, error=error)

        self._desk.store.write(job)
