"""Who is on call on which day? One rota as a month or a week, what people changed in it, and how good it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from math import ceil

from starlette.responses import Response

from tocsin.faces.web.calendar import day_of
from tocsin.faces.web.gate import Pages
from tocsin.faces.web.oncall import known_people, wishes_of
from tocsin.faces.web.oncall_feed import feeds_of
from tocsin.faces.web.oncall_people import Badge
from tocsin.faces.web.oncall_strip import LAST, bounds, strip_of, when_of
from tocsin.faces.web.visit import Visit
from tocsin.faces.web.when import zone_of
from tocsin.ground.accounts import Permission
from tocsin.respond.oncall import Override, fairness
from tocsin.respond.oncall.hours import instant
from tocsin.respond.oncall.timetable import CONFIGURED

pages = Pages()
_MARGIN = timedelta(days=35)
_AHEAD = timedelta(weeks=12)
_NEXT = 6
_HOUR = timedelta(hours=1)
_GOOD, _BAD = 80, 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Carried:
    """What a person carries of the time that the page shows."""

    badge: Badge
    load: fairness.Load


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """An override as the list shows it; `removable`: by this reader, from this page."""

    id: str
    badge: Badge | None
    person: str
    start: datetime
    end: datetime
    reason: str
    by: str
    configured: bool
    swapped: bool
    removable: bool


@pages.get("/oncall/schedules/{id}", Permission.READ)
def show(visit: Visit) -> Response:
    speech, name, oncall = visit.speech, visit.parts["id"], visit.context.oncall
    table = oncall.timetable(name)
    view = "week" if visit.query.get("view") == "week" else "month"
    today = speech.now.astimezone(zone_of(speech.zone)).date()
    at = min(day_of(visit.query.get("at", ""), today), LAST)
    start, end = bounds(view, at, speech.zone)
    known = known_people(visit)
    shifts = oncall.shifts(name, start - _MARGIN, end + _MARGIN)
    found, score = oncall.review(lambda person: bool(visit.context.deliveries.routes(person)), name)
    carried = fairness.hours(oncall.shifts(name, start, end), table.zone)
    return visit.page(
        "oncall_schedule.html",
        name=name,
        duty=oncall.duty(name),
        strip=strip_of(view, at, shifts, known, speech),
        known=known,
        carried=sorted(
            (Carried(badge=known[who], load=load) for who, load in carried.items() if who in known),
            key=lambda each: -each.load.hours,
        ),
        gap_hours=ceil(sum((over - begin for begin, over in table.gaps(start, end)), timedelta()) / _HOUR),
        coming=_coming(visit, name, known),
        changes=_changes(visit, name, start),
        wishes=wishes_of(visit, name),
        findings=found,
        score=score,
        tone="ok" if score >= _GOOD else "warn" if score >= _BAD else "crit",
        zone=table.zone.key,
        feeds=feeds_of(visit, f"schedule:{name}"),
    )


def _coming(visit: Visit, name: str, known: Mapping[str, Badge]) -> list[tuple[Badge | None, str]]:
    """The next shifts in words, for those who want the minute."""
    now = visit.speech.now
    coming = (each for each in visit.context.oncall.shifts(name, now, now + _AHEAD) if each.start > now)
    return [
        (known.get(each.person or ""), when_of(each.start, each.end, visit.speech))
        for each in islice(coming, _NEXT)
    ]


def _changes(visit: Visit, name: str, start: datetime) -> list[Change]:
    """What is in force from the shown time on, or was in it: first what the configuration says."""
    known = known_people(visit)
    table = visit.context.oncall.timetable(name)
    found = [
        Change(
            id=f"{CONFIGURED}{number}",
            badge=known.get(each.person),
            person=each.person,
            start=instant(each.start, table.zone),
            end=instant(each.until, table.zone),
            reason=each.reason,
            by="",
            configured=True,
            swapped=False,
            removable=False,
        )
        for number, each in enumerate(table.schedule.overrides, 1)
        if instant(each.until, table.zone) > start
    ]
    found += [
        _made(visit, each, known.get(each.person)) for each in visit.context.overrides.list(name, start)
    ]
    return sorted(found, key=lambda each: each.start)


def _made(visit: Visit, made: Override, badge: Badge | None) -> Change:
    return Change(
        id=made.id,
        badge=badge,
        person=made.person,
        start=made.start,
        end=made.end,
        reason=made.reason,
        by=made.created_by,
        configured=False,
        swapped=made.swap is not None,
        removable=visit.may_respond and made.end > visit.speech.now,
    )
