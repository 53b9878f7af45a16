"""How often was somebody on call disturbed? Pages, pages at night, and the nights and hours they fell into.

A page counts once, by however many channels it came, and as soon as one of them took it; what went to a room is
nobody's. A night is 22:00 to 06:00
of the person's own wall time, and belongs to the evening on which it begins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select

from tocsin.act.notify.store import delivery
from tocsin.respond.oncall.fairness import NIGHT
from tocsin.respond.oncall.steps import ROOM

_MOST = 200_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Disturbed:
    """What pages did to a person in a period: `hours` are the hours of the clock in which one came, `nights` the nights
    in which one did, `incidents` what it was about.
    """

    pages: int = 0
    night_pages: int = 0
    nights: int = 0
    hours: int = 0
    incidents: int = 0


@dataclass(slots=True)
class _Sum:
    pages: int
    night_pages: int
    nights: set[date]
    hours: set[tuple[date, int]]
    incidents: set[str]


def disturbed(
    conn: Connection, start: datetime, end: datetime, zone_of: Callable[[str], ZoneInfo]
) -> dict[str, Disturbed]:
    """Everybody who was paged from `start` to before `end`, in UTC; `zone_of` says where a person lives."""
    table = delivery.c
    query = (
        select(table.person, table.incident, func.min(table.sent_at).label("at"))
        .where(
            table.kind == "page",
            table.person.is_not(None),
            table.person.not_like(f"{ROOM}%"),
            table.sent_at >= start,
            table.sent_at < end,
        )
        .group_by(table.page, table.person, table.incident)
        .limit(_MOST)
    )
    sums: dict[str, _Sum] = {}
    for row in conn.execute(query):
        local = row.at.astimezone(zone_of(row.person))
        one = sums.setdefault(
            row.person, _Sum(pages=0, night_pages=0, nights=set(), hours=set(), incidents=set())
        )
        one.pages += 1
        one.hours.add((local.date(), local.hour))
        one.incidents.add(row.incident or "")
        if local.time() >= NIGHT[0] or local.time() < NIGHT[1]:
            one.night_pages += 1
            one.nights.add((local - timedelta(hours=NIGHT[1].hour)).date())
    return {
        person: Disturbed(
            pages=one.pages,
            night_pages=one.night_pages,
            nights=len(one.nights),
            hours=len(one.hours),
            incidents=len(one.incidents - {""}),
        )
        for person, one in sorted(sums.items())
    }


def last_reached(conn: Connection, people: Iterable[str]) -> dict[str, datetime]:
    """When a message of any kind last left for each of them and was taken; a few steps along an index for each."""
    table = delivery.c
    found: dict[str, datetime] = {}
    for person in people:
        query = select(table.sent_at).where(table.person == person, table.sent_at.is_not(None))
        at = conn.execute(query.order_by(table.id.desc()).limit(1)).scalar()
        if at is not None:
            found[person] = at
    return found
