"""Who has which role, and how does it change hands?

The timeline is followed. When an incident opens or its severity changes, the roles that its level wants and nobody has
are filled from `roles:`; whoever is given a role by somebody else is told so, with the card of the role. It happens
beside the opening of the incident, so that nothing of it can hold up a page.

A role is handed over by asking: until the other accepts, it stays where it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import Connection

from tocsin.act.notify import Message
from tocsin.ground import timeline
from tocsin.ground.kernel.errors import Conflict, Denied, Invalid, NotFound
from tocsin.ground.kernel.ids import new_id
from tocsin.ground.kernel.settings import Current
from tocsin.ground.timeline import Event, Followers
from tocsin.respond.incidents import lifecycle
from tocsin.respond.incidents import store as incidents
from tocsin.respond.incidents.brief import brief
from tocsin.respond.incidents.desk import Desk
from tocsin.respond.incidents.incident import Incident
from tocsin.respond.incidents.roles import events, handover_note, store, wording
from tocsin.respond.incidents.roles.card import CARDS, Card
from tocsin.respond.incidents.roles.section import RoleSection
from tocsin.respond.incidents.roles.store import Handover
from tocsin.respond.oncall import Oncall

_FILLS = ("incident.opened", "incident.declared", "incident.reopened", "severity.changed")
_STILL_NEWS = timedelta(hours=12)
"""What a follower reads late, after a stop or for the first time ever, is acted on only if it is younger."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Holding:
    """A role of one incident. `person` is None while nobody has it, `wanted` says whether its level asks for it,
    `asked` is the question whether somebody else takes over.
    """

    role: str
    person: str | None
    wanted: bool
    card: Card
    asked: Handover | None


class Roles:
    """All that can be asked of roles and done to them. Acts write in a transaction of their own."""

    def __init__(self, desk: Desk, settings: Current[RoleSection], oncall: Oncall) -> None:
        self._desk = desk
        self._settings = settings
        self._oncall = oncall

    def follow(self, followers: Followers) -> None:
        followers.follow("roles", (*_FILLS, "role.assigned"), self._react)

    # Questions

    def of(self, conn: Connection, id_: str) -> list[Holding]:
        """Every role, in their order. Raises NotFound."""
        incident = incidents.get(conn, id_)
        level = self._desk.level(incident.policy, incident.severity)
        held = incidents.roles_of(conn, incident.id)
        asked = {each.role: each for each in store.open_of(conn, incident.id)}
        return [
            Holding(
                role=role,
                person=held.get(role),
                wanted=level is not None and role in level.roles,
                card=card,
                asked=asked.get(role),
            )
            for role, card in CARDS.items()
        ]

    def draft(self, conn: Connection, id_: str, role: str, language: str) -> str:
        """The note for whoever takes the role over, from the timeline. Raises NotFound, or Invalid for no role."""
        _known(role)
        return handover_note.draft(brief(conn, self._desk.services(), id_, language), role)

    # Acts

    def ask(self, id_: str, role: str, person: str, note: str, actor: str) -> Handover:
        """Asks somebody to take the role over. A question that stands is taken back. Raises Invalid, Conflict."""
        _known(role)
        desk, text = self._desk, lifecycle.written(note, "note").strip()
        if person not in desk.services().people:
            raise Invalid(
                f"there is no person {person}" if person.strip() else "somebody has to be asked",
                field="person",
                fix=f"A name under people: ({', '.join(desk.services().people) or 'none yet'}).",
            )

        def job(conn: Connection) -> Handover:
            incident = incidents.get(conn, id_, lock=True)
            if incident.state == "closed":
                raise Conflict(f"{incident.id} is closed", fix="Nobody has to take anything over.")
            giver = incidents.roles_of(conn, incident.id).get(role)
            if giver is None:
                raise Conflict(f"nobody is {role} of {incident.id}", fix="Assign the role instead.")
            if giver == person:
                raise Invalid(f"{person} is {role} already", field="person", fix="Ask somebody else.")
            now = desk.clock.now()
            self._withdraw(conn, incident.id, role, actor)
            new = Handover(
                id=new_id("hnd"),
                incident=incident.id,
                role=role,
                giver=giver,
                taker=person,
                note=text,
                state="asked",
                asked_by=actor,
                asked_at=now,
            )
            store.add(conn, new)
            timeline.append(
                conn, incident.id, events.ASKED.name, actor, now, role=role, person=person, text=text
            )
            message = wording.asked(incident, new, self._name(giver), self._language(person))
            self._tell(conn, incident, person, message, cause=f"handover/{new.id}")
            return new

        made = desk.store.write(job)
        desk.bell.ring("timeline")
        return made

    def accept(self, id_: str, role: str, actor: str) -> Incident:
        """Takes the role over. Raises Conflict when nobody asked, Denied when somebody else was asked."""

        def job(conn: Connection) -> Incident:
            incident, found = self._asked(conn, id_, role, actor)
            done = self._answer(conn, incident, found, "accepted", actor)
            now = desk.clock.now()
            timeline.append(
                conn, incident.id, events.ACCEPTED.name, actor, now, role=role, person=found.giver
            )
            lifecycle.give(conn, incident.id, role, found.taker, f"person:{found.taker}", now)
            self._tell_answer(conn, incident, done)
            return incident

        desk = self._desk
        incident = desk.store.write(job)
        desk.bell.ring("timeline")
        return incident

    def decline(self, id_: str, role: str, reason: str, actor: str) -> Incident:
        """Leaves the role where it is. Raises Conflict when nobody asked, Denied when somebody else was asked."""
        said = lifecycle.written(reason, "reason").strip()

        def job(conn: Connection) -> Incident:
            incident, found = self._asked(conn, id_, role, actor)
            done = self._answer(conn, incident, found, "declined", actor, said)
            now = self._desk.clock.now()
            timeline.append(conn, incident.id, events.DECLINED.name, actor, now, role=role, reason=said)
            self._tell_answer(conn, incident, done)
            return incident

        incident = self._desk.store.write(job)
        self._desk.bell.ring("timeline")
        return incident

    def _asked(self, conn: Connection, id_: str, role: str, actor: str) -> tuple[Incident, Handover]:
        _known(role)
        incident = incidents.get(conn, id_, lock=True)
        open_ = store.open_of(conn, incident.id, role)
        if not open_:
            raise Conflict(f"nobody is asked to be {role} of {incident.id}", fix="Assign the role instead.")
        taker = open_[0].taker
        # A program speaks for whoever uses it, and the timeline says which one; a person speaks for themselves.
        if actor.startswith("person:") and lifecycle.person_of(actor) != taker:
            raise Denied(f"{taker} was asked, and answers alone", fix="Assign the role to change who has it.")
        return incident, open_[0]

    def _answer(
        self, conn: Connection, incident: Incident, found: Handover, state: str, actor: str, reason: str = ""
    ) -> Handover:
        now = self._desk.clock.now()
        if not store.answer(conn, found.id, state, actor, now, reason):
            raise Conflict(
                f"the question about {found.role} of {incident.id} has been answered", fix="Look again."
            )
        return replace(found, state=state, answered_by=actor, answered_at=now, reason=reason)

    def _withdraw(self, conn: Connection, incident: str, role: str, actor: str) -> None:
        """What was asked about the role is settled otherwise."""
        now = self._desk.clock.now()
        for each in store.open_of(conn, incident, role):
            store.answer(conn, each.id, "withdrawn", actor, now)
            timeline.append(conn, incident, events.WITHDRAWN.name, actor, now, role=role, person=each.taker)

    # Following

    def _react(self, conn: Connection, event: Event) -> None:
        if self._desk.clock.now() - event.at > _STILL_NEWS:
            return
        try:
            incident = incidents.get(conn, event.incident, lock=True)
        except NotFound:
            return
        if event.kind == "role.assigned":
            self._given(conn, incident, event)
        elif incident.is_open:
            self._fill(conn, incident)

    def _fill(self, conn: Connection, incident: Incident) -> None:
        """Gives the roles that are wanted and free to whom the configuration names, each to somebody of their own
        where there are enough.
        """
        level = self._desk.level(incident.policy, incident.severity)
        if level is None:
            return
        now, wanted = self._desk.clock.now(), self._settings().roles
        held = incidents.roles_of(conn, incident.id)
        for role in CARDS:
            if role not in level.roles or role in held or role not in wanted:
                continue
            found = [each for target in wanted[role] for each in self._oncall.people((target,), now)]
            person = next((each for each in found if each not in held.values()), next(iter(found), None))
            if person is None:
                timeline.append(conn, incident.id, events.NOBODY.name, "tocsin", now, role=role)
                continue
            held[role] = person
            lifecycle.give(conn, incident.id, role, person, "tocsin", now)

    def _given(self, conn: Connection, incident: Incident, event: Event) -> None:
        role, person = str(event.data.get("role")), str(event.data.get("person"))
        if role not in CARDS or incidents.roles_of(conn, incident.id).get(role) != person:
            return
        self._withdraw(conn, incident.id, role, event.actor)
        if event.actor == f"person:{person}" or not incident.is_open:
            return
        message = wording.given(incident, role, person, self._language(person))
        self._tell(conn, incident, person, message, cause=f"role/{event.seq}")

    # Telling

    def _tell(self, conn: Connection, incident: Incident, name: str, message: Message, *, cause: str) -> None:
        person = self._desk.services().people.get(name)
        routes = self._desk.deliveries.routes(person) if person is not None else []
        if not routes:
            return
        self._desk.deliveries.queue(
            conn,
            kind="notice",
            cause=cause,
            incident=incident.id,
            person=name,
            route=routes[0],
            message=message,
            at=self._desk.clock.now(),
        )

    def _tell_answer(self, conn: Connection, incident: Incident, handover: Handover) -> None:
        taker, giver = self._name(handover.taker), handover.giver
        message = wording.answered(incident, handover, taker, self._language(giver))
        self._tell(conn, incident, giver, message, cause=f"handover/{handover.id}/{handover.state}")

    def _name(self, person: str) -> str:
        known = self._desk.services().people.get(person)
        return known.name if known else person

    def _language(self, person: str) -> str:
        known = self._desk.services().people.get(person)
        return (known and known.language) or self._desk.services().language


def _known(role: str) -> None:
    if role not in CARDS:
        raise Invalid(f"there is no role {role}", field="role", fix=f"One of {', '.join(CARDS)}.")
