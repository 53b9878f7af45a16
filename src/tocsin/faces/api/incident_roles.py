"""Who has which role of an incident? Read the roles with their cards, ask somebody to take over, answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import Query, Request

from tocsin.faces.api.answers import Body, Line, Name, Page, Prose
from tocsin.faces.api.gate import Routes, context_of, identity_of
from tocsin.ground.accounts import Permission
from tocsin.ground.i18n import translate
from tocsin.respond.incidents import ROLE_TITLES, Incident
from tocsin.respond.incidents.roles import Handover, Holding

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
