"""Which lines of a log are from before, and which from since it began? One text, parted by the times in its lines.

A time without a zone is taken for UTC, as servers log. A line without a time, of a stack trace, belongs to the one
above it. What carries no times, or only some from one side, cannot be compared, and is not parted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

_ISO = re.compile(
    r"(?<!\d)(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,6})\d{0,3})?(Z|[+-]\d\d:?\d\d)?", re.ASCII
)
_WEB = re.compile(r"(?<!\d)(\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d) ([+-]\d{4})", re.ASCII)  # Apache, nginx
_LOOKED_AT = 300
_LINES_A_TIME = 10  # a stack trace is long


@dataclass(frozen=True, kw_only=True, slots=True)
class Halves:
    """A log parted at a moment, and how many seconds each half covers."""

    before: str
    since: str
    before_s: float
    since_s: float


def part(text: str, at: datetime) -> Halves | None:
    """The log before and since; None where its lines carry no times or all of them are on one side."""
    lines = text.splitlines()
    times = [_time_of(line) for line in lines]
    known = [each for each in times if each is not None]
    if len(known) * _LINES_A_TIME < len(lines) or not min(known, default=at) < at <= max(known, default=at):
        return None
    halves: tuple[list[str], list[str]] = ([], [])
    side = 0
    for line, time in zip(lines, times, strict=True):
        if time is not None:
            side = int(time >= at)
        halves[side].append(line)
    return Halves(
        before="\n".join(halves[0]),
        since="\n".join(halves[1]),
        before_s=max(1.0, (at - min(known)).total_seconds()),
        since_s=max(1.0, (max(known) - at).total_seconds()),
    )


def _time_of(line: str) -> datetime | None:
    head = line[:_LOOKED_AT]
    try:
        if found := _ISO.search(head):
            day, clock, fraction, zone = found.groups()
            at = datetime.fromisoformat(f"{day}T{clock}.{(fraction or '0').ljust(6, '0')}{zone or 'Z'}")
            return at.astimezone(UTC)
        if found := _WEB.search(head):
            return datetime.strptime(" ".join(found.groups()), "%d/%b/%Y:%H:%M:%S %z").astimezone(UTC)
    except (ValueError, OverflowError):
        pass  # digits that are no time
    return None
