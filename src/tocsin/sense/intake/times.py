"""When was it? Times as senders write them: RFC 3339 and its everyday slips, or epochs where a format allows them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from tocsin.ground.kernel.errors import Invalid

NO_ZONE = "a time without a zone was taken as UTC"
BEYOND = "a time beyond the calendar was not believed"
_RFC3339 = re.compile(
    r"(-?\d{4,6})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,12}))?)?\s?([Zz]|[+-]\d\d:?\d\d)?",
    re.ASCII,
)
_EPOCH = re.compile(r"-?\d{1,15}(\.\d{1,9})?", re.ASCII)
_MILLISECONDS_FROM = 1e11


def parse_time(value: str | float, field: str, flags: set[str], *, epochs: bool = False) -> datetime | None:
    """The time in UTC, cut to microseconds; nothing for year 1 and for what no calendar holds (flagged).

    Raises Invalid for what is no time: 30 February, hour 24, an offset of 25 hours. A leap second is the second before.
    With `epochs`, numbers (also written as text) are seconds since 1970, or milliseconds from 1e11 on.
    """
    if not isinstance(value, str):
        return _of_epoch(float(value), flags)
    text = value.strip()
    if epochs and _EPOCH.fullmatch(text):
        return _of_epoch(float(text), flags)
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise _no_time(field)
    year, month, day, hour, minute = (int(each) for each in match.groups()[:5])
    if year == 1:
        return None
    second = min(int(match[6] or 0), 59) if match[6] in (None, "60") else int(match[6])
    microsecond = int((match[7] or "0").ljust(6, "0")[:6])
    zone = _zone(match[8], field)
    if zone is None:
        flags.add(NO_ZONE)
    try:
        if not 1 < year <= 9999:
            datetime(2000, month, day, hour, minute, second, tzinfo=UTC)
            flags.add(BEYOND)
            return None
        return datetime(year, month, day, hour, minute, second, microsecond, tzinfo=zone or UTC).astimezone(
            UTC
        )
    except ValueError:
        raise _no_time(field) from None
    except OverflowError:
        flags.add(BEYOND)
        return None


def _zone(text: str | None, field: str) -> timezone | None:
    if text is None:
        return None
    if text in "Zz":
        return UTC
    hours, minutes = int(text[1:3]), int(text[-2:])
    if hours > 23 or minutes > 59:
        raise _no_time(field)
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text[0] == "-" else offset)


def _of_epoch(seconds: float, flags: set[str]) -> datetime | None:
    if abs(seconds) > _MILLISECONDS_FROM:
        seconds /= 1000
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        flags.add(BEYOND)
        return None


def _no_time(field: str) -> Invalid:
    return Invalid("this is no time", field=field, fix="Write it like 2026-11-21T10:30:00Z.")
