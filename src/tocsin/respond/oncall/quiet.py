"""When does a person not want to be disturbed, and until when? Quiet hours, in the person's own wall time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from tocsin.respond.oncall.hours import hours_of, instant

_MEETING = 32


@dataclass(frozen=True, kw_only=True, slots=True)
class Quiet:
    """Hours such as `22:00-07:00` or `sat,sun`, for these severities (empty: for all).

    `then` says what becomes of a page: it waits for the end of the hours, or goes into the person's digest.
    """

    hours: str
    severities: tuple[str, ...] = ()
    then: Literal["wait", "digest"] = "wait"

    def counts_for(self, severity: str) -> bool:
        return not self.severities or severity in self.severities


def holding(quiet: Iterable[Quiet], severity: str, at: datetime, zone: ZoneInfo) -> Quiet | None:
    """The quiet hours that hold back a page of this severity at that instant; one that digests goes first."""
    found = [each for each in quiet if each.counts_for(severity) and _end(each, at, zone) is not None]
    return min(found, key=lambda each: each.then != "digest", default=None)


def until(quiet: Iterable[Quiet], severity: str, at: datetime, zone: ZoneInfo) -> datetime | None:
    """When a page of this severity may leave again; None when nothing holds it, or would hold it for ever.

    Hours that meet count as one: Friday 22:00–24:00 and a quiet weekend end on Monday.
    """
    counting = [each for each in quiet if each.counts_for(severity)]
    moment = at
    for _ in range(_MEETING):
        end = max((end for each in counting if (end := _end(each, moment, zone))), default=None)
        if end is None:
            return None if moment == at else moment
        moment = end
    return None


def is_endless(quiet: Iterable[Quiet], severities: Iterable[str] = ()) -> bool:
    """Whether the hours leave no minute of the week free for one of the severities that they name."""
    listed = list(quiet)
    named = {*severities, *(name for each in listed for name in each.severities), ""}
    return any(_covers_week(each for each in listed if each.counts_for(name)) for name in named)


def _covers_week(quiet: Iterable[Quiet]) -> bool:
    week = 7 * 24 * 60
    free = bytearray(b"\1") * week
    for each in quiet:
        hours = hours_of(each.hours)
        start, length = int(hours.start.total_seconds() // 60), int((hours.end - hours.start).total_seconds())
        for day in hours.days:
            for minute in range(length // 60):
                free[(day * 24 * 60 + start + minute) % week] = 0
    return not any(free)


def _end(quiet: Quiet, at: datetime, zone: ZoneInfo) -> datetime | None:
    """The end of the window that is open at that instant."""
    return max((end for start, end in _windows(quiet, at, zone) if start <= at < end), default=None)


def _windows(quiet: Quiet, at: datetime, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    hours, today = hours_of(quiet.hours), at.astimezone(zone).date()
    for back in (2, 1, 0):
        window = hours.of_day(today - timedelta(days=back))
        if window is not None:
            yield instant(window[0], zone), instant(window[1], zone)
