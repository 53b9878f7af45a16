"""Who has which role of an incident, and where do they talk? Roles with their cards, hand-overs, the war room."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from fastapi import Query, Request

from tocsin.faces.api.answers import Body, Line, Name, Page, Prose
from tocsin.faces.api.gate import Routes, context_of, identity_of
from tocsin.ground.accounts import Permission
from tocsin.ground.i18n import translate
from tocsin.respond.incidents import ROLE_TITLES, Incident
from tocsin.respond.incidents.roles import Handover, Holding
from tocsin.respond.incidents.war_room import WarRoom

routes = Routes("incidents")
Language = Annotated[Literal["en", "zh_Hant"], Query(description="Of what is told.")]


@dataclass(frozen=True, kw_only=True, slots=True)
class RoleAnswer:
    """A role: `person` is null while nobody has it, `wanted` says whether the severity asks for it.

    `duty` and `first` are its card; `asked` is the question whether somebody else takes over, or null.
    """

    role: str
    title: str
    person: str | None
    wanted: bool
    duty: str
    first: list[str]
    asked: Handover | None


@dataclass(frozen=True, kw_only=True, slots=True)
class RoomAnswer:
    """`state` is `none`, `wanted` (not there yet), `open`, or `dropped` (it was over before there was a room).

    `error` says why it does not work now, empty while it does; it is tried again at `next_try_at`.
    """

    incident: str
    state: str
    name: str | None
    channel: str | None
    error: str
    next_try_at: datetime | None
    meeting: str


@dataclass(frozen=True, kw_only=True, slots=True)
class HandoverDraft:
    """A note for whoever takes a role over, made from the timeline."""

    incident: str
    role: str
    text: str


class HandoverQuestion(Body):
    """`note` tells whoever is asked how things stand; without one, only that they are asked."""

    person: Line
    note: Prose = ""


class HandoverAnswer(Body):
    reason: Prose = ""


@routes.get("/incidents/{number}/roles", permission=Permission.READ, summary="Its roles, each with its card")
def list_roles(request: Request, number: Name, language: Language = "en") -> Page[RoleAnswer]:
    context = context_of(request)
    with context.store.read() as conn:
        found = context.roles.of(conn, number)
    return Page(items=[_answer(each, language) for each in found], next=None)


@routes.get(
    "/incidents/{number}/roles/{role}/handover",
    permission=Permission.READ,
    summary="The draft of a note for whoever takes the role over",
)
def draft_handover(request: Request, number: Name, role: Name, language: Language = "en") -> HandoverDraft:
    context = context_of(request)
    with context.store.read() as conn:
        text = context.roles.draft(conn, number, role, language)
        return HandoverDraft(incident=context.incidents.get(conn, number).id, role=role, text=text)


@routes.post(
    "/incidents/{number}/roles/{role}/handover",
    permission=Permission.RESPOND,
    summary="Ask somebody to take the role over",
)
def ask_handover(request: Request, number: Name, role: Name, body: HandoverQuestion) -> Handover:
    """Until they accept, the role stays where it is. A question that stands is taken back."""
    actor = identity_of(request).actor
    return context_of(request).roles.ask(number, role, body.person, body.note, actor)


@routes.post(
    "/incidents/{number}/roles/{role}/accept", permission=Permission.RESPOND, summary="I take the role over"
)
def accept_handover(request: Request, number: Name, role: Name) -> Incident:
    return context_of(request).roles.accept(number, role, identity_of(request).actor)


@routes.post(
    "/incidents/{number}/roles/{role}/decline",
    permission=Permission.RESPOND,
    summary="I do not take the role over",
)
def decline_handover(request: Request, number: Name, role: Name, body: HandoverAnswer) -> Incident:
    return context_of(request).roles.decline(number, role, body.reason, identity_of(request).actor)


@routes.get("/incidents/{number}/room", permission=Permission.READ, summary="Its war room")
def get_room(request: Request, number: Name) -> RoomAnswer:
    context = context_of(request)
    with context.store.read() as conn:
        incident = context.incidents.get(conn, number)
        found = context.war_rooms.of(conn, incident.id)
    return _room(incident.id, found, context.war_rooms.meeting(incident.id))


@routes.post("/incidents/{number}/room", permission=Permission.RESPOND, summary="Open a war room for it")
def open_room(request: Request, number: Name) -> RoomAnswer:
    """For an incident whose severity wants none. It is there some seconds later."""
    context = context_of(request)
    incident = context.war_rooms.ask(number, identity_of(request).actor)
    with context.store.read() as conn:
        found = context.war_rooms.of(conn, incident.id)
    return _room(incident.id, found, context.war_rooms.meeting(incident.id))


def _room(incident: str, found: WarRoom | None, meeting: str) -> RoomAnswer:
    return RoomAnswer(
        incident=incident,
        state=found.state if found else "none",
        name=found.name if found else None,
        channel=found.room if found else None,
        error=found.error if found else "",
        next_try_at=found.next_at if found and found.error else None,
        meeting=meeting,
    )


def _answer(holding: Holding, language: str) -> RoleAnswer:
    return RoleAnswer(
        role=holding.role,
        title=translate(language, ROLE_TITLES[holding.role]),
        person=holding.person,
        wanted=holding.wanted,
        duty=translate(language, holding.card.duty),
        first=[translate(language, each) for each in holding.card.first],
        asked=holding.asked,
    )
