"""Who is on call, now and at any other time? And does a page reach them?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Query, Request

from tocsin.faces.api.answers import Body, Line, Moment, Name, Page
from tocsin.faces.api.gate import Routes, context_of, identity_of
from tocsin.ground.accounts import Permission
from tocsin.respond.oncall import Duty, Shift, fairness, holidays
from tocsin.respond.oncall.fairness import Load
from tocsin.respond.oncall.schedule_lint import Finding

routes = Routes("on call")

At = Annotated[Moment | None, Query(description="An instant with its zone; without it now.")]
Start = Annotated[Moment | None, Query(description="From then on; without it from now on.")]
End = Annotated[Moment | None, Query(description="Until then; without it four weeks after the start.")]
_LOOK = timedelta(weeks=4)


class Addressee(Body):
    """`person` is a name under `people:` of the configuration."""

    person: Line


@dataclass(frozen=True, kw_only=True, slots=True)
class Queued:
    """A page that is on its way: its id, and the channel that it takes first."""

    delivery: str
    person: str | None
    channel: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Carried:
    """What one person carries: hours on call, nights, Saturdays and Sundays, holidays."""

    person: str
    load: Load


@dataclass(frozen=True, kw_only=True, slots=True)
class Review:
    """`score` is that of the worst schedule, from 0 to 100."""

    score: int
    findings: list[Finding]


@routes.get("/oncall", permission=Permission.READ, summary="Every schedule as it is now, or at a time")
def now(request: Request, at: At = None) -> Page[Duty]:
    oncall = context_of(request).oncall
    return Page(items=oncall.at(at) if at else oncall.now(), next=None)


@routes.get("/oncall/schedules/{schedule}", permission=Permission.READ, summary="Who, until when, who then")
def get_schedule(request: Request, schedule: Name, at: At = None) -> Duty:
    return context_of(request).oncall.duty(schedule, at)


@routes.get("/oncall/schedules/{schedule}/shifts", permission=Permission.READ, summary="The shifts of a time")
def list_shifts(request: Request, schedule: Name, start: Start = None, end: End = None) -> Page[Shift]:
    """Without a hole: where nobody is on call, `person` is null. A year at most."""
    begin, over = _time(request, start, end)
    return Page(items=context_of(request).oncall.shifts(schedule, begin, over), next=None)


@routes.get("/oncall/schedules/{schedule}/load", permission=Permission.READ, summary="Who carries how much")
def list_loads(request: Request, schedule: Name, start: Start = None, end: End = None) -> Page[Carried]:
    """A night, a weekend day or a holiday counts from four hours on."""
    begin, over = _time(request, start, end)
    oncall = context_of(request).oncall
    table = oncall.timetable(schedule)
    loads = fairness.hours(
        oncall.shifts(schedule, begin, over),
        table.zone,
        lambda day: holidays.is_holiday(table.schedule.holidays, day),
    )
    return Page(items=[Carried(person=person, load=load) for person, load in loads.items()], next=None)


@routes.get("/oncall/people/{person}/shifts", permission=Permission.READ, summary="When is somebody on call?")
def list_own_shifts(request: Request, person: Name, start: Start = None, end: End = None) -> Page[Shift]:
    """In every schedule, the first to begin in front."""
    begin, over = _time(request, start, end)
    oncall = context_of(request).oncall
    found = [
        shift
        for schedule in oncall.schedules()
        for shift in oncall.shifts(schedule, begin, over)
        if shift.person == person
    ]
    return Page(items=sorted(found, key=lambda each: (each.start, each.schedule)), next=None)


@routes.get("/oncall/lint", permission=Permission.READ, summary="What is wrong with the schedules?")
def lint(request: Request) -> Review:
    """Looks twelve weeks ahead: gaps, layers that never count, uneven loads, people who cannot be reached or are
    second behind themselves.
    """
    context = context_of(request)
    found, score = context.oncall.review(lambda person: bool(context.deliveries.routes(person)))
    return Review(score=score, findings=found)


@routes.post("/oncall/test-page", permission=Permission.RESPOND, summary="Send a person a test page")
def send_test_page(request: Request, body: Addressee) -> Queued:
    delivery = context_of(request).escalations.test_page(body.person, identity_of(request).actor)
    return Queued(delivery=delivery.id, person=delivery.person, channel=delivery.channel)


def _time(request: Request, start: datetime | None, end: datetime | None) -> tuple[datetime, datetime]:
    begin = start or context_of(request).clock.now()
    return begin, end or begin + _LOOK
