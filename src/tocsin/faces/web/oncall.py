"""Who is called now, until when, and who comes next; and does a page reach them?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.responses import Response

from tocsin.faces.web.gate import Pages
from tocsin.faces.web.oncall_people import Badge, badges
from tocsin.faces.web.oncall_strip import Line, ribbon_of
from tocsin.faces.web.visit import Visit
from tocsin.faces.web.when import zone_of
from tocsin.ground.accounts import Permission
from tocsin.ground.catalogue import Person
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.errors import Invalid, TocsinError
from tocsin.learn.analytics import last_reached
from tocsin.respond.oncall import Duty, Swap
from tocsin.respond.oncall.drill import Drill
from tocsin.respond.oncall.swap import may_answer

pages = Pages()
_AHEAD = timedelta(days=7)
_LOOK = timedelta(days=35)


@dataclass(frozen=True, kw_only=True, slots=True)
class DutyRow:
    """A schedule as the page shows it: now, next, the week from today on, and its last drill. `unreached`: no channel
    reaches them; `overdue`: its last drill is too long ago.
    """

    duty: Duty
    badge: Badge | None
    following: Badge | None
    week: Line
    unreached: bool
    drill: Drill | None
    overdue: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonRow:
    """Somebody who can be paged, `channels` in the order in which they are tried."""

    id: str
    person: Person
    badge: Badge
    channels: tuple[str, ...]
    reached_at: datetime | None
    is_me: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """A swap that waits for an answer; `mine`: the reader may answer it, `own`: they may take it back."""

    swap: Swap
    title: str
    mine: bool
    own: bool


@pages.get("/oncall", Permission.READ)
def show(visit: Visit) -> Response:
    context, catalogue = visit.context, visit.context.catalogue()
    known = known_people(visit)
    me = visit.identity.person
    drills, overdue = context.drills.latest(), context.drills.overdue()
    with context.store.read() as conn:
        reached = last_reached(conn, catalogue.people)
    return visit.page(
        "oncall.html",
        rows=[
            _row(visit, each, known, drills.get(each.schedule), each.schedule in overdue)
            for each in context.oncall.now()
        ],
        people=[
            PersonRow(
                id=name,
                person=person,
                badge=known[name],
                channels=channels_of(visit, person),
                reached_at=reached.get(name),
                is_me=name == me,
            )
            for name, person in catalogue.people.items()
        ],
        wishes=wishes_of(visit),
        my=_mine(visit, me),
        me=me if me in catalogue.people else None,
    )


@pages.post("/oncall/test-page", Permission.READ)
def test_page(visit: Visit) -> Response:
    """Only to oneself: nobody is woken by somebody else's curiosity."""
    me = visit.identity.person
    if me is None or me not in visit.context.catalogue().people:
        raise Invalid(
            N_("Your account belongs to nobody under people:, so there is no way to page you."),
            fix=N_("Add yourself under people: in tocsin.yaml, then `tocsin account person NAME PERSON`."),
        )
    visit.context.escalations.test_page(me, visit.identity.actor, visit.form.get("channel") or None)
    return visit.go(f"/oncall/people/{me}" if "channel" in visit.form else "/oncall", notice="tested")


def known_people(visit: Visit) -> Mapping[str, Badge]:
    """The badges of everybody who may be on call."""
    catalogue = visit.context.catalogue()
    return badges(catalogue.people, visit.context.rota().schedules)


def channels_of(visit: Visit, person: Person) -> tuple[str, ...]:
    """The channels that reach a person, in the order of the configuration."""
    return tuple(each.channel for each in visit.context.deliveries.routes(person))


def wishes_of(visit: Visit, schedule: str | None = None) -> list[Wish]:
    """The swaps that wait for somebody, those first that wait for the reader."""
    schedules, me = visit.context.rota().schedules, visit.identity.person
    found = [
        Wish(
            swap=each,
            title=schedules[each.schedule].title or each.schedule,
            mine=_may(visit, each.taker) and each.giver != me,
            own=_may(visit, each.giver) and each.taker != me,
        )
        for each in visit.context.swaps.open()
        if each.schedule in schedules and schedule in (None, each.schedule)
    ]
    return sorted(found, key=lambda each: each.swap.taker != me)


def _may(visit: Visit, person: str) -> bool:
    try:
        may_answer(visit.identity, person)
    except TocsinError:
        return False
    return True


def _row(visit: Visit, duty: Duty, known: Mapping[str, Badge], drill: Drill | None, overdue: bool) -> DutyRow:
    speech, people = visit.speech, visit.context.catalogue().people
    today = speech.now.astimezone(zone_of(speech.zone)).date()
    shifts = visit.context.oncall.shifts(duty.schedule, speech.now - _LOOK, speech.now + _AHEAD + _LOOK)
    on_call = people.get(duty.person or "")
    return DutyRow(
        duty=duty,
        badge=known.get(duty.person or ""),
        following=known.get(duty.next_person or ""),
        week=ribbon_of(today, shifts, known, speech),
        unreached=on_call is not None and not channels_of(visit, on_call),
        drill=drill,
        overdue=overdue,
    )


def _mine(visit: Visit, me: str | None) -> tuple[list[Duty], tuple[Duty, datetime] | None]:
    """For what the reader is on call now; else the schedule and the moment of their next shift."""
    duties = visit.context.oncall.now()
    now = [each for each in duties if me and each.person == me]
    coming = [
        (each, shift.start)
        for each in duties
        for shift in visit.context.oncall.shifts(each.schedule, visit.speech.now, visit.speech.now + _LOOK)
        if me and shift.person == me and shift.start > visit.speech.now
    ]
    return now, min(coming, key=lambda each: each[1], default=None)
