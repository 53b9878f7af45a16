"""When do people outside hear of it next? A clock for each incident, and who is reminded of it.

The clock is the one named `update` among those of the level (`clocks: {update: 30m}`), or what was promised in the last
update; each update sets it anew. Before it runs out the communications lead is reminded, or else the commander. When it
has run out both are; and each time as long again, until an update is sent or the incident is over, another step of the
escalation is told as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from sqlalchemy import Connection

from tocsin.act.notify import Delivery, Message
from tocsin.ground import timeline
from tocsin.ground.engine import Timer
from tocsin.ground.i18n import N_, clock, translate
from tocsin.ground.kernel.errors import NotFound
from tocsin.respond.incidents import clocks, store
from tocsin.respond.incidents.desk import Desk
from tocsin.respond.incidents.incident import Incident
from tocsin.respond.incidents.store import IncidentClock
from tocsin.respond.incidents.updates import events
from tocsin.respond.oncall import Oncall
from tocsin.respond.oncall import store as climbs

AGAIN = "update.again"
"""The kind of the timer that reminds once more."""
_AT_LEAST = timedelta(minutes=5)
_SOON = N_("The next update is due at {time}: {title}")
_OVERDUE = N_("The update that was due at {time} is missing: {title}")
_CLEAR = N_("It is over, and nobody outside has been told: {title}")
_WRITE = N_("Open the incident, correct the draft and send it, also when there is nothing new to say.")
_WAIT = N_("Whoever was told of it waits for the all-clear.")


class NextUpdate:
    """Reminds those who have to tell. Handlers bear a repetition: each occasion writes its messages once."""

    def __init__(self, desk: Desk, oncall: Oncall) -> None:
        self._desk = desk
        self._oncall = oncall
        desk.timers.on(AGAIN, self._again)

    def clock_event(
        self, conn: Connection, incident: Incident, running: IncidentClock, *, missed: bool
    ) -> Sequence[Delivery]:
        """The clock is nearly over, or over."""
        if not missed:
            return self._remind(conn, incident, running, _SOON, "soon", self._lead(conn, incident)[:1])
        pause = max(running.due_at - running.started_at, _AT_LEAST)
        self._set(conn, incident, running, 1, pause)
        return self._remind(conn, incident, running, _OVERDUE, "0", self._lead(conn, incident))

    def all_clear(self, conn: Connection, incident: Incident, occasion: str) -> Sequence[Delivery]:
        """It is over, and whoever had been told of it has not been told that."""
        lead = self._lead(conn, incident)[:1]
        return self._write(conn, incident, lead, _CLEAR, _WAIT, cause=f"all-clear/{incident.id}/{occasion}")

    def _again(self, due: Timer) -> None:
        number = int(due.data.get("number", 1))

        def job(conn: Connection) -> Sequence[Delivery]:
            try:
                incident = store.get(conn, due.subject, lock=True)
            except NotFound:
                return ()
            running = next(
                (each for each in store.clocks_of(conn, incident.id) if each.name == clocks.UPDATE), None
            )
            if running is None or running.state != "missed" or running.met_at or not incident.is_open:
                return ()
            if running.due_at.isoformat() != due.data.get("due_at"):
                return ()  # an update was sent in between, and that one's time is up, too: it has a timer of its own
            pause = max(running.due_at - running.started_at, _AT_LEAST)
            self._set(conn, incident, running, number + 1, pause)
            climb = climbs.latest(conn, incident.id)
            targets = [each for step in (climb.targets[:number] if climb else ()) for each in step]
            people = [*self._lead(conn, incident), *self._oncall.people(targets, self._desk.clock.now())]
            return self._remind(conn, incident, running, _OVERDUE, str(number), people)

        self._desk.deliveries.hand(list(self._desk.store.write(job)))

    def _set(
        self, conn: Connection, incident: Incident, running: IncidentClock, number: int, pause: timedelta
    ) -> None:
        data = {"number": number, "due_at": running.due_at.isoformat()}
        self._desk.timers.set(conn, AGAIN, incident.id, self._desk.clock.now() + pause, data)

    def _lead(self, conn: Connection, incident: Incident) -> list[str]:
        """Who tells people outside, the first in front; who works on it, where no role is given."""
        held = store.roles_of(conn, incident.id)
        named = [held.get("communications-lead"), held.get("commander"), incident.acknowledged_by]
        known = self._desk.services().people
        return list(dict.fromkeys(each for each in named if each and each in known))[:2]

    def _remind(
        self,
        conn: Connection,
        incident: Incident,
        running: IncidentClock,
        subject: str,
        occasion: str,
        people: Iterable[str],
    ) -> Sequence[Delivery]:
        cause = f"next-update/{incident.id}/{running.due_at.isoformat()}/{occasion}"
        time = clock(running.due_at, self._desk.services().time_zone)[:5]
        return self._write(conn, incident, people, subject, _WRITE, cause=cause, time=time)

    def _write(
        self,
        conn: Connection,
        incident: Incident,
        people: Iterable[str],
        subject: str,
        line: str,
        *,
        cause: str,
        **values: str,
    ) -> Sequence[Delivery]:
        catalogue, deliveries, now = self._desk.services(), self._desk.deliveries, self._desk.clock.now()
        written: list[Delivery] = []
        for name in dict.fromkeys(people):
            person = catalogue.people[name]
            routes = deliveries.routes(person)
            if not routes:
                continue
            language = person.language or catalogue.language
            told = translate(language, subject, title=incident.title, **values)
            message = Message(
                kind="notice",
                subject=f"[{incident.severity}] {told}",
                lines=(translate(language, line),),
                severity=incident.severity,
                incident=incident.id,
                person=name,
                language=language,
            )
            queued = deliveries.queue(
                conn,
                kind="notice",
                cause=cause,
                incident=incident.id,
                person=name,
                route=routes[0],
                message=message,
                at=now,
                claimed=True,
            )
            written += [queued] if queued else []
        if written:
            names = ", ".join(catalogue.people[each.person].name for each in written if each.person)
            timeline.append(conn, incident.id, events.REMINDED.name, "tocsin", now, names=names)
            return written
        if values:
            return self._desk.escalations.page_now(
                conn,
                incident=incident.id,
                subject=translate("en", subject, title=incident.title, **values),
                lines=[line],
                severity=incident.severity,
                key=cause,
            )
        return ()
