"""Which instant does somebody mean who types a time, and how is one told in a schedule's zone?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from tocsin.ground.kernel.clock import SystemClock
from tocsin.ground.kernel.duration import parse_duration
from tocsin.ground.kernel.errors import Invalid


def instant_of(text: str, zone: str | None = None) -> datetime:
    """`2026-12-24T09:00` on the clocks of a zone (without one, of this machine), or with an offset of its own.

    Raises Invalid.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid(f"{text!r} is not a time", fix="Write it like 2026-12-24T09:00.") from None
    if found.tzinfo is None:
        found = found.replace(tzinfo=ZoneInfo(zone)) if zone else found.astimezone()
    return found.astimezone(UTC)


def span_of(start: str, until: str | None, lasts: str | None, zone: str) -> tuple[datetime, datetime]:
    """A start (`now`, too), and either an end or a length. Raises Invalid."""
    begin = SystemClock().now().replace(microsecond=0) if start == "now" else instant_of(start, zone)
    if (until is None) == (lasts is None):
        raise Invalid("say either --until or --for", fix="Such as --for 4h.")
    if until is not None:
        return begin, instant_of(until, zone)
    return begin, begin + length_of(lasts or "")


def length_of(text: str) -> timedelta:
    """`30m`, `4h`, `2d`. Raises Invalid."""
    try:
        return parse_duration(text)
    except ValueError as error:
        raise Invalid(str(error), fix="Write it like 30m, 4h or 2d.") from None


def told(text: str | None, zone: str) -> str:
    """`Mon 2026-11-23 09:00`, on the clocks of the zone; a dash for never."""
    return f"{datetime.fromisoformat(text).astimezone(ZoneInfo(zone)):%a %Y-%m-%d %H:%M}" if text else "–"
