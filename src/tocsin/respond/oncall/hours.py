"""On which days, from when to when, and which instant does a wall time mean?

Rules are written in the wall time of a zone and answered in UTC. A wall time that exists twice, when clocks go
back, is meant the first time; one that does not exist, when they go forward, is meant where it would have been
had they not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = timedelta(days=1)
_FIRST_YEAR, _LAST_YEAR = 1970, 2199
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Hours:
    """Some days of the week, from one time of day to another; past midnight when the end is not after the
    start.
    """

    days: frozenset[int]
    start: timedelta
    end: timedelta

    @classmethod
    def parse(cls, text: str) -> Hours:
        """`mon-fri 09:00-18:00`, `mon,wed 18:00-09:00` (to the next morning), `sat,sun`, `22:00-06:00`."""
        days: frozenset[int] = frozenset(range(7))
        start, end = timedelta(), _DAY
        words = text.lower().split()
        if not 1 <= len(words) <= 2:
            raise ValueError(_wanted(text))
        for word in words:
            clock = _CLOCK.fullmatch(word)
            if clock:
                first_hour, first_minute, last_hour, last_minute = (int(each) for each in clock.groups())
                start = timedelta(hours=first_hour, minutes=first_minute)
                end = timedelta(hours=last_hour, minutes=last_minute)
                if start >= _DAY or end > _DAY or max(first_minute, last_minute) > 59:
                    raise ValueError(_wanted(text))
                if end <= start:
                    end += _DAY
            else:
                days = frozenset(_days(word, text))
        return cls(days=days, start=start, end=end)

    def of_day(self, day: date) -> tuple[datetime, datetime] | None:
        """The window that begins on this day, in wall time; None when there is none."""
        if day.weekday() not in self.days:
            return None
        midnight = datetime.combine(day, time())
        return midnight + self.start, midnight + self.end

    def windows(self, around: date) -> Iterator[tuple[datetime, datetime]]:
        """In wall time, those that begin from two days before to eight days after `around`, in order."""
        for offset in range(-2, 9):
            window = self.of_day(around + offset * _DAY)
            if window:
                yield window


def instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """The one instant that a wall time means; see above for those that exist twice or never."""
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


def within_reach(moment: datetime) -> bool:
    """Whether a time lies in the two centuries for which schedules are reckoned."""
    return _FIRST_YEAR <= moment.year <= _LAST_YEAR


ALWAYS = Hours(frozenset(range(7)), timedelta(), _DAY)


@lru_cache(maxsize=1_024)
def hours_of(text: str) -> Hours:
    """`Hours.parse`, remembered. Raises ValueError."""
    return Hours.parse(text)


def checked(text: str) -> str:
    """The text as it is. Raises ValueError where it names no hours."""
    Hours.parse(text)
    return text


def _days(word: str, text: str) -> Iterator[int]:
    for part in word.split(","):
        first, dash, last = part.partition("-")
        if first not in DAYS or (dash and last not in DAYS):
            raise ValueError(_wanted(text))
        begin, end = DAYS.index(first), DAYS.index(last if dash else first)
        yield from (index % 7 for index in range(begin, end + 1 if end >= begin else end + 8))


def _wanted(text: str) -> str:
    return f"{text!r} are no hours; write them like mon-fri 09:00-18:00, sat,sun or 18:00-09:00"
