"""When does it come again? An RRULE of iCalendar (RFC 5545 3.3.10), by the clock on the wall of its time zone.

"Every Sunday from two to four" stays from two to four when summer time begins: the rule runs over local times, each
is turned into a moment for itself. A local time that a zone leaves out is read with the offset before the gap, one
that it has twice is the first (RFC 5545 3.3.5). Parts that could make a rule endless work are not taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import cast
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rrulestr

from tocsin.ground.i18n import N_, sentence
from tocsin.ground.kernel.errors import Invalid

_PARTS = ("FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS", "WKST")
_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_FIX = "Write it like FREQ=WEEKLY;BYDAY=SU or FREQ=MONTHLY;BYDAY=1SA."
_LONGEST = 500
_INTERVAL_MOST = 1_000
_EARLIEST, _LATEST = 2_000, 2_200
_FAR = timedelta(days=366)
# dateutil cannot leap: a rule is walked from its beginning, so it is walked in pieces that are remembered.
_PIECE = timedelta(days=40)


@dataclass(frozen=True, kw_only=True, slots=True)
class Recurrence:
    """A rule that was read: how often at most, until when at the latest, and the rest as the library takes it."""

    rule: str
    count: int | None
    until: datetime | None

    def between(self, first: datetime, begin: datetime, end: datetime) -> list[datetime]:
        """Its local times from `first` on that lie between these two, both taken in.

        The library walks a rule that never comes true until the year 9999: so it is always told where to stop.
        """
        walked = cast("rrule", rrulestr(self.rule, dtstart=first)).replace(until=min(end, self.until or end))
        return [each for each in islice(walked, self.count) if each >= begin]


def read_recurrence(text: str, first: datetime) -> Recurrence | None:
    """The rule of what begins at `first`, a local time without a zone; None for an empty text. Raises Invalid."""
    if not text.strip():
        return None
    rule = text.strip().upper().removeprefix("RRULE:").strip(";")
    if len(rule) > _LONGEST or not re.fullmatch(r"[A-Z0-9=;,+\-]+", rule, re.ASCII):
        raise Invalid(N_("this is no recurrence"), field="recurs", fix=_FIX)
    if not _EARLIEST <= first.year <= _LATEST:
        raise Invalid(N_("what recurs begins between the years 2000 and 2200"), field="starts_at")
    named: dict[str, str] = {}
    for part in rule.split(";"):
        name, equals, value = part.partition("=")
        if name not in _PARTS or not (equals and value) or name in named:
            raise Invalid(
                sentence(N_("a recurrence has no {part}"), part=repr(part)), field="recurs", fix=_FIX
            )
        named[name] = value
    if named.get("FREQ") not in _FREQUENCIES:
        raise Invalid(
            sentence(N_("FREQ is one of {names}"), names=", ".join(_FREQUENCIES)), field="recurs", fix=_FIX
        )
    count, until = named.pop("COUNT", ""), named.pop("UNTIL", "")
    if count and until:
        raise Invalid(N_("a recurrence has COUNT or UNTIL, not both"), field="recurs", fix=_FIX)
    try:
        found = Recurrence(
            rule=";".join(f"{key}={value}" for key, value in named.items()),
            count=int(count) if count else None,
            until=_until(until) if until else None,
        )
        if not 1 <= int(named.get("INTERVAL", "1")) <= _INTERVAL_MOST:
            raise ValueError(f"INTERVAL is from 1 to {_INTERVAL_MOST}")
        fits = found.between(first, first, first) == [first]
    except (ValueError, TypeError, KeyError, IndexError, OverflowError) as error:
        raise Invalid(
            sentence(N_("this is no recurrence: {error}"), error=error), field="recurs", fix=_FIX
        ) from None
    if not fits:
        raise Invalid(
            N_("it begins on a day that its recurrence does not name"),
            field="starts_at",
            fix=N_("Begin on the first day that is meant."),
        )
    return found


def _until(text: str) -> datetime:
    """By the clock on the wall, as all of it: 20261231T235959, or a whole day."""
    whole = f"{text}T235959" if len(text) == 8 else text.removesuffix("Z")
    return datetime.strptime(f"{whole}+0000", "%Y%m%dT%H%M%S%z").replace(tzinfo=None)


def moment(local: datetime, zone: str) -> datetime:
    """The moment, in UTC, at which the wall shows this time."""
    return local.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)


def occurrences(
    recurs: str, starts_at: datetime, ends_at: datetime, zone: str, after: datetime, before: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """Beginnings and ends that reach into the time from `after` to `before`, in order; at most a year of them."""
    before = min(before, after + _FAR)
    if not recurs:
        if starts_at < before and ends_at > after:
            yield starts_at, ends_at
        return
    first, last = _wall(starts_at, zone), _wall(ends_at, zone)
    lasts = last - first
    begin = max(_wall(after, zone) - lasts - timedelta(days=1), first)
    end = _wall(before, zone) + timedelta(days=1)
    for local in _between(recurs, first, begin, end):
        start, stop = moment(local, zone), moment(local + lasts, zone)
        if stop <= start:  # the end of a short window fell into the hour that is left out
            stop = start + lasts
        if start < before and stop > after:
            yield start, stop


def _between(recurs: str, first: datetime, begin: datetime, end: datetime) -> Iterator[datetime]:
    piece = (begin - first) // _PIECE
    while first + piece * _PIECE <= end:
        yield from (each for each in _piece(recurs, first, piece) if begin <= each <= end)
        piece += 1


@lru_cache(maxsize=1_024)
def _piece(recurs: str, first: datetime, number: int) -> tuple[datetime, ...]:
    rule = read_recurrence(recurs, first)
    if rule is None:
        return ()
    begin = first + number * _PIECE
    return tuple(rule.between(first, begin, begin + _PIECE - timedelta(microseconds=1)))


def _wall(at: datetime, zone: str) -> datetime:
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
