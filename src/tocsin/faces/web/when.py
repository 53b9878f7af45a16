"""What time does a person mean? Fields of forms for a moment and a length, read and written in the reader's zone."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tocsin.ground.i18n import N_
from tocsin.ground.kernel.errors import Invalid

_NO_TIME = N_("This is no date and time.")
_NO_TIME_FIX = N_("Write it like 2026-11-21T18:30.")


def zone_of(name: str) -> ZoneInfo:
    """The zone of that name; UTC where there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def moment_of(text: str, zone: str, field: str) -> datetime | None:
    """What a `datetime-local` field says, in UTC; None for an empty one. Raises Invalid."""
    if not text.strip():
        return None
    try:
        local = datetime.fromisoformat(text.strip()).replace(tzinfo=None)
        return local.replace(tzinfo=zone_of(zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Invalid(_NO_TIME, field=field, fix=_NO_TIME_FIX) from None


def field_of(at: datetime, zone: str) -> str:
    """A moment as a `datetime-local` field shows it."""
    return at.astimezone(zone_of(zone)).strftime("%Y-%m-%dT%H:%M")
