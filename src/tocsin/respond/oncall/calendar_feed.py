"""When am I on call, in the calendar of my phone? Shifts as an iCalendar feed (RFC 5545).

Times are written in UTC, so that no calendar has to know a zone's rules. An event keeps its UID for as long as its
turn begins at the same instant, so that a calendar that reads again moves nothing and doubles nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tocsin.respond.oncall.timetable import Stretch, Timetable

BEFORE = timedelta(weeks=4)
AHEAD = timedelta(weeks=26)
_READ_AGAIN = timedelta(hours=1)


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


def entries(tables: Mapping[str, Timetable], at: datetime, person: str | None = None) -> list[Entry]:
    """The turns from four weeks before to half a year after `at`, of one person or of all, in order."""
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
    return sorted(found, key=lambda each: (each.start, each.schedule))


def ics(
    entries_: Iterable[Entry],
    *,
    name: str,
    at: datetime,
    host: str,
    people: Mapping[str, str],
    url: str = "",
) -> bytes:
    """The feed as it is sent. `people` are full names, `host` that of the installation, `url` leads to the page."""
    import icalendar

    calendar: Any = icalendar.Calendar()  # its `add` is not typed
    calendar.add("prodid", "-//Tocsin//On call//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", _READ_AGAIN, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for each in entries_:
        event: Any = icalendar.Event()
        event.add("uid", f"{each.schedule}-{each.start.astimezone(UTC):%Y%m%dT%H%M%SZ}@{host}")
        event.add("dtstamp", at.astimezone(UTC).replace(microsecond=0))
        event.add("dtstart", each.start.astimezone(UTC))
        event.add("dtend", each.end.astimezone(UTC))
        event.add("summary", f"{each.title}: {people.get(each.person, each.person)}")
        event.add("transp", "TRANSPARENT")  # whoever is on call may still be invited to lunch
        event.add("categories", ["On call"])
        if url:
            event.add("url", url)
        calendar.add_component(event)
    return calendar.to_ical()


def _whole(table: Timetable, start: datetime, end: datetime) -> list[Stretch]:
    """What reaches into this time, not cut at its ends: a turn that began before must not begin anew each day."""
    longest = max(layer.length for layer in table.schedule.layers)
    margin = min(max(longest, table.longest_cover()), timedelta(days=400)) + timedelta(days=3)
    return [
        each
        for each in table.stretches(start - margin, end + margin)
        if each.start < end and each.end > start
    ]
