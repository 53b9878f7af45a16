"""What has been told to people outside, to whom, and did it get there? Updates: drafted, sent, kept.

An update leaves through the same outbox as pages do: a row for each receiver, written in the transaction that
keeps the update, retried with pauses, never lost by a restart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from tocsin.act.notify import Delivery, Message, Route
from tocsin.act.notify import store as deliveries
from tocsin.ground import timeline
from tocsin.ground.kernel.errors import Conflict, Invalid
from tocsin.ground.kernel.ids import new_id
from tocsin.ground.kernel.settings import Current
from tocsin.ground.timeline import Event, Followers
from tocsin.respond.incidents import clocks, lifecycle
from tocsin.respond.incidents import store as incidents
from tocsin.respond.incidents.brief import brief
from tocsin.respond.incidents.desk import Desk
from tocsin.respond.incidents.incident import Incident
from tocsin.respond.incidents.incidents import Incidents
from tocsin.respond.incidents.updates import events, store, templates
from tocsin.respond.incidents.updates.next_update import NextUpdate
from tocsin.respond.incidents.updates.section import Audience, StakeholderSection
from tocsin.respond.incidents.updates.store import Update
from tocsin.respond.oncall import Oncall

LONGEST_SUBJECT = 200
_STILL_NEWS = timedelta(hours=12)


@dataclass(frozen=True, kw_only=True, slots=True)
class Receipt:
    """One who was to get an update: a person by name, or where it went. `state` is that of the delivery."""

    name: str
    channel: str
    state: str
    error: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """An update that was sent, and what came of it."""

    update: Update
    receipts: tuple[Receipt, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Receiver:
    name: str
    route: Route


class Updates:
    """All that can be asked of updates and done with them. `send` writes in a transaction of its own."""

    def __init__(
        self, desk: Desk, incidents_: Incidents, settings: Current[StakeholderSection], oncall: Oncall
    ) -> None:
        self._desk = desk
        self._settings = settings
        self._next = NextUpdate(desk, oncall)
        incidents_.on_clock(clocks.UPDATE, self._next.clock_event)

    def follow(self, followers: Followers) -> None:
        followers.follow("updates", ("incident.resolved",), self._over)

    # Questions

    def audiences(self) -> dict[str, Audience]:
        """Who can be told, by name."""
        return self._settings().stakeholders

    def of(self, conn: Connection, id_: str) -> list[Told]:
        """What was sent about an incident, newest first. Raises NotFound."""
        incident = incidents.get(conn, id_)
        return [
            Told(
                update=each,
                receipts=tuple(_receipt(sent) for sent in deliveries.of_cause(conn, _cause(each))),
            )
            for each in store.of_incident(conn, incident.id)
        ]

    def draft(self, conn: Connection, id_: str, template: str, language: str) -> templates.Text:
        """The draft of an update, from the timeline. Raises NotFound, or Invalid for a template nobody knows."""
        _known(template)
        found = brief(conn, self._desk.services(), id_, language)
        return templates.draft(found, template, self._desk.clock.now())

    def promised(self, incident: Incident) -> timedelta | None:
        """How long after an update the next one is due, by its severity; None where it says nothing."""
        level = self._desk.level(incident.policy, incident.severity)
        return level.clocks.get(clocks.UPDATE) if level else None

    def worded(self, text: str, language: str, next_at: datetime | None) -> str:
        """The text as it leaves: with the time of the next update, if there is one."""
        if next_at is None:
            return text
        zone = self._desk.services().time_zone
        return f"{text}\n{templates.next_line(language, next_at, zone)}"

    # The act

    def send(
        self,
        id_: str,
        *,
        template: str,
        language: str,
        subject: str,
        text: str,
        to: Sequence[str],
        actor: str,
        next_in: timedelta | None = None,
        key: str = "",
    ) -> Update:
        """Sends an update to audiences and sets the clock of the next one: `next_in` from now, none ends it.

        `key` names this one update: sent again under it, nothing happens. Raises Invalid for what is missing,
        Conflict for an all-clear before the service is back.
        """
        _known(template)
        desk, now = self._desk, self._desk.clock.now()
        subject, text = _checked(subject, text)
        chosen = self._chosen(to)
        next_at = now + next_in if next_in and template != "all-clear" else None

        def job(conn: Connection) -> tuple[Update, list[Delivery]]:
            incident = incidents.get(conn, id_, lock=True)
            if key and (before := store.by_key(conn, key)) is not None:
                return before, []
            if template == "all-clear" and incident.state in ("triggered", "acknowledged"):
                raise Conflict(
                    f"{incident.id} is not over: the service is not back",
                    fix="Say first that the service is back, or send another update.",
                )
            new = Update(
                id=new_id("upd"),
                key=key or new_id("key"),
                incident=incident.id,
                template=template,
                language=language,
                subject=subject,
                text=self.worded(text, language, next_at),
                audiences=list(to),
                sent_by=actor,
                sent_at=now,
                next_at=next_at,
            )
            store.add(conn, new)
            titles = ", ".join(audience.title or name for name, audience in chosen.items())
            timeline.append(
                conn,
                incident.id,
                events.SENT.name,
                actor,
                now,
                audiences=titles,
                subject=subject,
                update=new.id,
                template=template,
            )
            if incident.is_open:
                clocks.promise(conn, desk.timers, incident.id, next_at, now)
            return new, self._queue(conn, new, chosen)

        sent, queued = desk.store.write(job)
        desk.deliveries.hand(queued)
        desk.bell.ring("timeline")
        return sent

    def _chosen(self, to: Sequence[str]) -> dict[str, Audience]:
        known = self.audiences()
        if not to:
            raise Invalid("an update needs somebody who is told", field="to", fix=_listed(known))
        for name in to:
            if name not in known:
                raise Invalid(f"there is no audience {name}", field="to", fix=_listed(known))
        chosen = {name: known[name] for name in dict.fromkeys(to)}
        if not list(self._receivers(chosen)):
            raise Invalid(
                "nobody of them can be reached",
                field="to",
                fix="Give them people:, rooms: or addresses: under stakeholders:.",
            )
        return chosen

    def _queue(self, conn: Connection, update: Update, chosen: dict[str, Audience]) -> list[Delivery]:
        written: list[Delivery] = []
        for receiver in self._receivers(chosen):
            queued = self._desk.deliveries.queue(
                conn,
                kind="update",
                cause=_cause(update),
                incident=None,  # its link would lead those outside to a page that is not theirs
                person=receiver.name,
                route=receiver.route,
                message=Message(
                    kind="notice",
                    subject=update.subject,
                    lines=tuple(update.text.splitlines()),
                    person=receiver.name,
                    language=update.language,
                ),
                at=update.sent_at,
                claimed=True,
            )
            written += [queued] if queued else []
        return written

    def _receivers(self, chosen: dict[str, Audience]) -> Iterator[_Receiver]:
        """Everybody of these audiences once, by the way that reaches them."""
        people, outbox = self._desk.services().people, self._desk.deliveries
        named = dict.fromkeys(person for audience in chosen.values() for person in audience.people)
        for name in named:
            routes = outbox.routes(people[name]) if name in people else []
            if routes:
                yield _Receiver(name=name, route=routes[0])
        rooms = dict.fromkeys(room for audience in chosen.values() for room in audience.rooms)
        for name in rooms:
            channel = outbox.channel(name)
            if channel is not None and channel.room is not None:
                yield _Receiver(name=name, route=Route(channel=name, address=channel.room))
        pairs = dict.fromkeys(
            (channel, address)
            for audience in chosen.values()
            for channel, addresses in audience.addresses.items()
            for address in addresses
        )
        for channel, address in pairs:
            if outbox.channel(channel) is not None:
                yield _Receiver(name=address, route=Route(channel=channel, address=address))

    # Following

    def _over(self, conn: Connection, event: Event) -> None:
        """Whoever was told that it is broken is told that it is over: somebody is reminded of that."""
        if self._desk.clock.now() - event.at > _STILL_NEWS:
            return
        incident = incidents.get(conn, event.incident, lock=True)
        sent = store.of_incident(conn, incident.id, limit=1)
        if incident.is_open or not sent or sent[0].template == "all-clear":
            return
        self._next.all_clear(conn, incident, str(event.seq))


def _cause(update: Update) -> str:
    return f"update/{update.id}"


def _receipt(sent: Delivery) -> Receipt:
    return Receipt(
        name=sent.person or "", channel=sent.channel or "", state=sent.state, error=sent.error or ""
    )


def _checked(subject: str, text: str) -> tuple[str, str]:
    subject, text = (
        " ".join(lifecycle.written(subject, "subject").split()),
        lifecycle.written(text, "text").replace("\r\n", "\n").strip(),
    )
    if not subject:
        raise Invalid(
            "an update needs a subject", field="subject", fix="Say in a few words what it is about."
        )
    if len(subject) > LONGEST_SUBJECT:
        raise Invalid(
            f"a subject has at most {LONGEST_SUBJECT} characters",
            field="subject",
            fix="Put the rest into the text.",
        )
    if not text:
        raise Invalid("an update without a text says nothing", field="text", fix="Begin with the draft.")
    return subject, text


def _known(template: str) -> None:
    if template not in templates.TEMPLATES:
        raise Invalid(
            f"there is no template {template}",
            field="template",
            fix=f"One of {', '.join(templates.TEMPLATES)}.",
        )


def _listed(known: dict[str, Audience]) -> str:
    return f"One of {', '.join(known)}." if known else "Add somebody under stakeholders: in tocsin.yaml."
