"""What does the next one have to know? The note that would be written now, those that were, and what people add."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Query, Request

from tocsin.faces.api.answers import Body, Limit, Name, Page, Prose
from tocsin.faces.api.gate import Routes, context_of, identity_of
from tocsin.ground.accounts import Permission
from tocsin.respond.oncall import Handover, Note

routes = Routes("on call")


@dataclass(frozen=True, kw_only=True, slots=True)
class DraftAnswer:
    """Plain text, as it would be sent if the turn ended now."""

    schedule: str
    text: str


class NewNote(Body):
    """What the next one has to know, in one's own words."""

    text: Prose


@routes.get("/oncall/schedules/{schedule}/handover", permission=Permission.READ, summary="Draft the note")
def draft_handover(
    request: Request, schedule: Name, language: Annotated[Name | None, Query()] = None
) -> DraftAnswer:
    """Who hands over to whom, open incidents with their last event, who was paged, what people added."""
    context = context_of(request)
    with context.store.read() as conn:
        text = context.handovers.draft(conn, schedule, language=language or "")
    return DraftAnswer(schedule=schedule, text=text)


@routes.get("/oncall/schedules/{schedule}/handovers", permission=Permission.READ, summary="The notes so far")
def list_handovers(request: Request, schedule: Name, limit: Limit = 20) -> Page[Handover]:
    """As they were written at the end of each turn, the newest first."""
    return Page(items=context_of(request).handovers.written(schedule, limit), next=None)


@routes.post("/oncall/schedules/{schedule}/notes", permission=Permission.RESPOND, summary="Add to the note")
def add_note(request: Request, schedule: Name, body: NewNote) -> Note:
    """It stands in the note at the end of this turn."""
    return context_of(request).handovers.note(schedule, body.text, identity_of(request).actor)
