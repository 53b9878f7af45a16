"""What stands only for now? Security rules that are off and simpler modes, until each is put back."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import Query, Request
from pydantic import Field

from tocsin.faces.api.answers import After, Body, Limit, Line, Name, Page, Prose, page
from tocsin.faces.api.gate import Routes, context_of, identity_of
from tocsin.ground.accounts import Permission
from tocsin.ground.kernel.duration import parse_duration
from tocsin.ground.kernel.errors import Invalid
from tocsin.respond.rollout import Makeshift

routes = Routes("repairs")


class NewMakeshift(Body):
    """A security rule that somebody has switched off by hand. `within` (`30m`) is when it has to be on again."""

    what: Annotated[Line, Field(min_length=1)]
    reason: Annotated[Prose, Field(min_length=1)]
    incident: Line | None = None
    service: Line = ""
    within: Annotated[str, Field(max_length=40)] = ""


class PutBack(Body):
    """`by_hand`: somebody has put it back already; else its own way is run where it has one."""

    by_hand: bool = False


@routes.get("/makeshifts", permission=Permission.READ, summary="What stands only for now")
def list_makeshifts(
    request: Request,
    incident: Annotated[Name | None, Query()] = None,
    standing: Annotated[bool, Query(description="Only what is not put back yet.")] = False,
    limit: Limit = 50,
    after: After = None,
) -> Page[Makeshift]:
    """Newest first."""
    context = context_of(request)
    with context.store.read() as conn:
        found = context.repairs.makeshifts.list(
            conn, incident=incident, only_open=standing, limit=limit + 1, after=after
        )
    return page(found, limit, "id")


@routes.post("/makeshifts", permission=Permission.RESPOND, summary="Note a security rule that is off")
def note_makeshift(request: Request, body: NewMakeshift) -> Makeshift:
    """People are reminded until it is on again. What a step of a run switches off is noted by itself."""
    return context_of(request).repairs.makeshifts.note(
        body.what,
        reason=body.reason,
        actor=identity_of(request).actor,
        service=body.service,
        incident=body.incident,
        within=_span(body.within),
    )


@routes.post("/makeshifts/{makeshift}/back", permission=Permission.OPERATE, summary="Put it back")
def put_back(request: Request, makeshift: Name, body: PutBack) -> Makeshift:
    """Where a run does so, it is over once that has succeeded."""
    return context_of(request).repairs.makeshifts.put_back(
        makeshift, identity_of(request).actor, by_hand=body.by_hand
    )


def _span(text: str) -> timedelta | None:
    if not text.strip():
        return None
    try:
        return parse_duration(text)
    except (ValueError, OverflowError) as error:
        raise Invalid(str(error), field="within", fix="Write it like 30m or 2h.") from None
