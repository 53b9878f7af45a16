"""When am I on call, in the calendar of my phone? Shifts as an iCalendar feed (RFC 5545).

Times are written in UTC, so that no calendar has to know a zone's rules. An event keeps its UID for as long as its
turn begins at the same instant, so that a calendar that reads again moves nothing and doubles nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tocsin.ground.i18n import N_, translate
from tocsin.respond.oncall.timetable import Stretch, Timetable

BEFORE = timedelta(weeks=4)
AHEAD = timedelta(weeks=26)
_READ_AGAIN = timedelta(hours=1)
_LONGEST = timedelta(days=400)
_ON_CALL = N_("{schedule}: {person} is on call")
_SHADOW = N_("{schedule}: {person} learns")


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One turn, whole."""

    schedule: str
    title: str
    person: str
    start: datetime
    end: datetime
    layer: str
    override: str | None
    shadow: bool = False


def entries(tables: Mapping[str, Timetable], at: datetime, person: str | None = None) -> list[Entry]:
    """The turns from four weeks before to half a year after `at`, of one person or of all, in order; of one
    person also those in which they learn.
    """
    found = [
        Entry(
            schedule=name,
            title=table.schedule.title or name,
            person=each.person,
            start=each.start,
            end=each.end,
            layer="" if each.layer is None else table.schedule.layer_name(each.layer),
            override=each.override,
        )
        for name, table in tables.items()
        for each in _whole(table, at - BEFORE, at + AHEAD)
        if each.person is not None and person in (None, each.person)
    ]
    if person is not None:
        found += [each for name, table in tables.items() for each in _learning(name, table, at, person)]
    return sorted(found, key=lambda each: (each.start, each.schedule, each.shadow))


def _learning(name: str, table: Timetable, at: datetime, person: str) -> list[Entry]:
    margin = _margin(table)
    return [
        Entry(
            schedule=name,
            title=table.schedule.title or name,
            person=person,
            start=start,
            end=end,
            layer="",
            override=None,
            shadow=True,
        )
        for start, end, who in table.learning(at - BEFORE - margin, at + AHEAD + margin)
        if who == person and start < at + AHEAD and end > at - BEFORE
    ]


def ics(
    entries_: Iterable[Entry],
    *,
    name: str,
    at: datetime,
    host: str,
    people: Mapping[str, str],
    url: str = "",
    language: str = "en",
) -> bytes:
    """The feed as it is sent. `people` are full names, `host` that of the installation, `url` leads to the page."""
    import icalendar

    calendar: Any = icalendar.Calendar()  # its `add` is not typed
    calendar.add("prodid", "-//Tocsin//On call//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", _READ_AGAIN, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for each in entries_:
        event: Any = icalendar.Event()
        kind = "shadow" if each.shadow else "on-call"
        event.add("uid", f"{kind}-{each.schedule}-{each.start.astimezone(UTC):%Y%m%dT%H%M%SZ}@{host}")
        event.add("dtstamp", at.astimezone(UTC).replace(microsecond=0))
        event.add("dtstart", each.start.astimezone(UTC))
        event.add("dtend", each.end.astimezone(UTC))
        summary = translate(
            language,
            _SHADOW if each.shadow else _ON_CALL,
            schedule=each.title,
            person=people.get(each.person, each.person),
        )
        event.add("summary", summary)
        event.add("transp", "TRANSPARENT")  # whoever is on call may still be invited to lunch
        if url:
            event.add("url", url)
        calendar.add_component(event)
    return calendar.to_ical()


def _whole(table: Timetable, start: datetime, end: datetime) -> list[Stretch]:
    """What reaches into this time, not cut at its ends: a turn that began before must not begin anew each day."""
    margin = _margin(table)
    return [
        each
        for each in table.stretches(start - margin, end + margin)
        if each.start < end and each.end > start
    ]


def _margin(table: Timetable) -> timedelta:
    longest = max(layer.length for layer in table.schedule.layers)
    return min(max(longest, table.longest_cover()), _LONGEST) + timedelta(days=3)
