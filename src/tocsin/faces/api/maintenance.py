"""What is planned work, so that its alerts need nobody? Maintenance windows: read, planned, changed, ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Query, Request
from pydantic import Field

from tocsin.faces.api.answers import Body, Line, Moment, Name, Page, Prose
from tocsin.faces.api.gate import Routes, context_of, identity_of
from tocsin.faces.api.silences import MatcherText, Span, end_of, matchers_of
from tocsin.ground.accounts import Permission
from tocsin.ground.kernel.errors import Invalid
from tocsin.sense.alerts.maintenance import Occurrence, Window
from tocsin.sense.alerts.selector import written
from tocsin.sense.alerts.silence import Act

routes = Routes("maintenance")

_MONTH = timedelta(days=31)


@dataclass(frozen=True, kw_only=True, slots=True)
class Time:
    """One time of a window."""

    window: str
    title: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class WindowAnswer:
    """A window: `planned`, `active` or `over`. `configured`: it stands in tocsin.yaml and is changed there."""

    id: str
    title: str
    state: str
    services: list[str]
    matchers: list[str]
    starts_at: datetime
    ends_at: datetime
    recurs: str
    zone: str
    comment: str
    created_by: str
    created_at: datetime
    updated_at: datetime
    configured: bool
    now: Time | None
    following: Time | None
    acts: list[Act]


class NewWindow(Body):
    """Services, matchers or both (then what is meant by both). Either `ends_at` or `lasts`; `recurs` is an RRULE of
    iCalendar, by the clock on the wall of `zone` (that of the installation, if it is left out)."""

    title: Line = ""
    services: Annotated[tuple[Name, ...], Field(max_length=200)] = ()
    matchers: Annotated[tuple[MatcherText, ...], Field(max_length=50)] = ()
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    lasts: Span | None = None
    recurs: Line = ""
    zone: Line = ""
    comment: Prose = ""
    id: Name | None = None


class Ending(Body):
    """Without `series` a window that recurs comes again."""

    series: bool = False


@routes.get("/maintenance", permission=Permission.READ, summary="List maintenance windows, the newest first")
def list_windows(
    request: Request, over: Annotated[bool, Query(description="Also those that are over.")] = False
) -> Page[WindowAnswer]:
    found = [_answer(request, each) for each in context_of(request).folds.maintenance.list()]
    return Page(items=[each for each in found if over or each.state != "over"], next=None)


@routes.get(
    "/maintenance/calendar", permission=Permission.READ, summary="Every time of every window, in order"
)
def calendar(
    request: Request,
    start: Annotated[Moment | None, Query(description="Without it: now.")] = None,
    end: Annotated[Moment | None, Query(description="Without it: 31 days later.")] = None,
) -> Page[Time]:
    """At most a year of them."""
    context = context_of(request)
    begin = start or context.clock.now()
    try:
        found = context.folds.maintenance.between(begin, end or begin + _MONTH)
    except (OverflowError, ValueError):
        raise Invalid(
            "this time is out of reach", field="start", fix="Ask for a time of this century."
        ) from None
    return Page(items=[_time(each) for each in found], next=None)


@routes.get("/maintenance/{window}", permission=Permission.READ, summary="One window")
def get_window(request: Request, window: Name) -> WindowAnswer:
    return _answer(request, context_of(request).folds.maintenance.get(window))


@routes.post("/maintenance", permission=Permission.OPERATE, summary="Plan a window, or change one")
def put_window(request: Request, body: NewWindow) -> WindowAnswer:
    context = context_of(request)
    starts_at = body.starts_at or context.clock.now()
    known = context.catalogue().services
    for index, service in enumerate(body.services):
        if service not in known:
            raise Invalid(
                f"there is no service {service}",
                field=f"services.{index}",
                fix=f"One of {', '.join(known) or 'none yet'}.",
            )
    made = context.folds.maintenance.put(
        title=body.title,
        services=body.services,
        matchers=matchers_of(body.matchers),
        starts_at=starts_at,
        ends_at=end_of(starts_at, body.ends_at, body.lasts),
        recurs=body.recurs,
        zone=body.zone or context.catalogue().time_zone,
        comment=body.comment,
        created_by=identity_of(request).actor,
        id=body.id,
    )
    return _answer(request, made)


@routes.post("/maintenance/{window}/end", permission=Permission.OPERATE, summary="End it now, or call it off")
def end_window(request: Request, window: Name, body: Ending) -> WindowAnswer:
    """What fires within it is judged at once, as if it were new."""
    actor = identity_of(request).actor
    return _answer(request, context_of(request).folds.maintenance.end(window, actor, series=body.series))


def _answer(request: Request, window: Window) -> WindowAnswer:
    now = context_of(request).clock.now()
    present, following = window.now(now), window.following(now)
    return WindowAnswer(
        id=window.id,
        title=window.title,
        state="active" if present else "planned" if following else "over",
        services=list(window.services),
        matchers=[written(each) for each in window.matchers],
        starts_at=window.starts_at,
        ends_at=window.ends_at,
        recurs=window.recurs,
        zone=window.zone,
        comment=window.comment,
        created_by=window.created_by,
        created_at=window.created_at,
        updated_at=window.updated_at,
        configured=window.configured,
        now=_time(present) if present else None,
        following=_time(following) if following else None,
        acts=list(window.acts),
    )


def _time(occurrence: Occurrence) -> Time:
    return Time(
        window=occurrence.window.id,
        title=occurrence.window.title,
        starts_at=occurrence.starts_at,
        ends_at=occurrence.ends_at,
    )
