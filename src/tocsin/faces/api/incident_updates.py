"""What are people outside told? Drafts of updates, what was sent, and sending one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Literal

from fastapi import Query, Request
from pydantic import Field

from tocsin.faces.api.answers import Body, Line, Name, Page, Prose
from tocsin.faces.api.gate import Routes, context_of, identity_of
from tocsin.ground.accounts import Permission
from tocsin.ground.kernel.duration import parse_duration
from tocsin.ground.kernel.errors import Invalid
from tocsin.respond.incidents.updates import Told, Update

routes = Routes("incidents")
Language = Literal["en", "zh_Hant"]
TemplateName = Literal["management", "users", "all-clear"]


@dataclass(frozen=True, kw_only=True, slots=True)
class UpdateDraft:
    """A draft made from the timeline; to be corrected by whoever sends it."""

    incident: str
    template: str
    language: str
    subject: str
    text: str


class NewUpdate(Body):
    """`to` are names under stakeholders:. `next_in` (`30m`) promises the next update; without it none is promised.

    Sent again with the same `key`, it is one update.
    """

    template: TemplateName
    language: Language = "en"
    subject: Line
    text: Prose
    to: Annotated[list[Line], Field(min_length=1, max_length=50)]
    next_in: Annotated[str, Field(max_length=40)] = ""
    key: Line = ""


@routes.get(
    "/incidents/{number}/updates", permission=Permission.READ, summary="What people outside were told"
)
def list_updates(request: Request, number: Name) -> Page[Told]:
    """Newest first, each with what became of it at every receiver."""
    context = context_of(request)
    with context.store.read() as conn:
        return Page(items=context.updates.of(conn, number), next=None)


@routes.get("/incidents/{number}/updates/draft", permission=Permission.READ, summary="The draft of an update")
def draft_update(
    request: Request,
    number: Name,
    template: Annotated[TemplateName, Query(description="For whom it is.")] = "management",
    language: Annotated[Language, Query(description="Of the draft.")] = "en",
) -> UpdateDraft:
    context = context_of(request)
    with context.store.read() as conn:
        incident = context.incidents.get(conn, number)
        text = context.updates.draft(conn, incident.id, template, language)
    return UpdateDraft(
        incident=incident.id, template=template, language=language, subject=text.subject, text=text.text
    )


@routes.post(
    "/incidents/{number}/updates", permission=Permission.RESPOND, summary="Tell people outside how it stands"
)
def send_update(request: Request, number: Name, body: NewUpdate) -> Update:
    return context_of(request).updates.send(
        number,
        template=body.template,
        language=body.language,
        subject=body.subject,
        text=body.text,
        to=body.to,
        actor=identity_of(request).actor,
        next_in=_span(body.next_in),
        key=f"{number.upper()}/{body.key}" if body.key else "",
    )


def _span(text: str) -> timedelta | None:
    if not text.strip():
        return None
    try:
        return parse_duration(text)
    except (ValueError, OverflowError) as error:
        raise Invalid(str(error), field="next_in", fix="Write it like 30m or 2h.") from None
