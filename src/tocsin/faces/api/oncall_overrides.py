"""Who stands in for whom? Overrides: listed, made, taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Query, Request

from tocsin.faces.api.answers import Body, Moment, Name, Page, Prose
from tocsin.faces.api.gate import Routes, context_of, identity_of
from tocsin.ground.accounts import Permission
from tocsin.respond.oncall import Override

routes = Routes("on call")


@dataclass(frozen=True, kw_only=True, slots=True)
class OverrideAnswer:
    """`swap` is the swap that it came from. One that was removed before it began has `removed_at`."""

    id: str
    schedule: str
    person: str
    start: datetime
    end: datetime
    reason: str
    created_by: str
    created_at: datetime
    swap: str | None
    removed_by: str | None
    removed_at: datetime | None


class NewOverride(Body):
    """`person` is a name under `people:` of the configuration."""

    schedule: Name
    person: Name
    start: Moment
    end: Moment
    reason: Prose = ""


@routes.get("/oncall/overrides", permission=Permission.READ, summary="List overrides")
def list_overrides(
    request: Request,
    schedule: Annotated[Name | None, Query()] = None,
    start: Annotated[Moment | None, Query(description="Only what ends later; without it now.")] = None,
    end: Annotated[Moment | None, Query(description="Only what begins sooner.")] = None,
) -> Page[OverrideAnswer]:
    """Those that people made, the first to begin in front. Those of the configuration stand there."""
    context = context_of(request)
    found = context.overrides.list(schedule, start or context.clock.now(), end)
    return Page(items=[_answer(each) for each in found], next=None)


@routes.post("/oncall/overrides", permission=Permission.RESPOND, summary="Put somebody on call")
def put_override(request: Request, body: NewOverride) -> OverrideAnswer:
    """Goes before the layers, before overrides of the configuration, and before those that were made earlier."""
    made = context_of(request).overrides.put(
        schedule=body.schedule,
        person=body.person,
        start=body.start,
        end=body.end,
        reason=body.reason,
        by=identity_of(request).actor,
    )
    return _answer(made)


@routes.post("/oncall/overrides/{override}/remove", permission=Permission.RESPOND, summary="Take it back")
def remove_override(request: Request, override: Name) -> OverrideAnswer:
    """One that is under way ends now."""
    return _answer(context_of(request).overrides.remove(override, identity_of(request).actor))


def _answer(found: Override) -> OverrideAnswer:
    return OverrideAnswer(
        id=found.id,
        schedule=found.schedule,
        person=found.person,
        start=found.start,
        end=found.end,
        reason=found.reason,
        created_by=found.created_by,
        created_at=found.created_at,
        swap=found.swap,
        removed_by=found.removed_by,
        removed_at=found.removed_at,
    )
