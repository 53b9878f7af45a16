"""What do the logs say since it began that they did not say before? Two stretches of one log, compared by pattern.

A line's pattern is its words without what differs each time: numbers, ids, addresses, quoted values. A time without a
zone is taken for UTC, as servers log. What carries no times, or none from before, cannot be compared, and is not.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

_ISO = re.compile(
    r"(?<!\d)(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,6})\d{0,3})?(Z|[+-]\d\d:?\d\d)?", re.ASCII
)
_WEB = re.compile(r"(?<!\d)(\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d) ([+-]\d{4})", re.ASCII)  # Apache, nginx
_LOOKED_AT = 300
_TRIED = 200
_MOST = 8
_SHOWN = 200
_HARD = re.compile(
    r"error|critical|fatal|panic|exception|traceback|emerg|alert|refused|denied|oom|killed", re.IGNORECASE
)
_VARYING = (
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", re.IGNORECASE), "…"),
    (re.compile(r"\b(?=[a-z]{0,40}\d)[0-9a-f]{12,64}\b", re.IGNORECASE), "…"),
    (re.compile(r"\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?", re.ASCII), "…"),
    (re.compile(r'"[^"]{1,200}"'), '"…"'),
    (re.compile(r"\d+(?:\.\d+)?"), "#"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Pattern:
    """Lines that say the same: how often before and since, and the newest of them as it stands."""

    before: int
    since: int
    example: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """Patterns of a log: `new` since it began, `more` at least three times as often for its time, and those `gone`.

    Each list begins with what looks like an error, then with what is most frequent; `lines` are counted.
    """

    new: tuple[Pattern, ...]
    more: tuple[Pattern, ...]
    gone: tuple[Pattern, ...]
    lines_before: int
    lines_since: int


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
    if len(known) * 2 < min(len(lines), _TRIED) or not min(known, default=at) < at <= max(known, default=at):
        return None
    halves: tuple[list[str], list[str]] = ([], [])
    side = 0
    for line, time in zip(lines, times, strict=True):
        if time is not None:  # a line without one, of a stack trace, belongs to the line above
            side = int(time >= at)
        halves[side].append(line)
    return Halves(
        before="\n".join(halves[0]),
        since="\n".join(halves[1]),
        before_s=(at - min(known)).total_seconds(),
        since_s=max(1.0, (max(known) - at).total_seconds()),
    )


def compare(halves: Halves) -> Difference:
    """What the two halves say differently, for the time that each of them covers."""
    before, since = Counter[str](), Counter[str]()
    examples: dict[str, str] = {}
    for pattern, line in _patterns(halves.before):
        before[pattern] += 1
        examples[pattern] = line
    for pattern, line in _patterns(halves.since):
        since[pattern] += 1
        examples[pattern] = line
    usual = halves.since_s / max(halves.before_s, 1.0)

    def told(patterns: Iterator[str]) -> tuple[Pattern, ...]:
        found = [
            Pattern(before=before[each], since=since[each], example=examples[each][:_SHOWN])
            for each in patterns
        ]
        found.sort(key=lambda each: (not _HARD.search(each.example), -(each.since or each.before)))
        return tuple(found[:_MOST])

    return Difference(
        new=told(each for each in since if each not in before),
        more=told(
            each for each in since if each in before and since[each] >= max(3.0, 3 * before[each] * usual)
        ),
        gone=told(each for each in before if each not in since and before[each] * usual >= 3),
        lines_before=before.total(),
        lines_since=since.total(),
    )


def _patterns(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        if line.strip():
            plain = line[:1_000]
            for known in (_ISO, _WEB):
                plain = known.sub("", plain)
            pattern = plain
            for varying, instead in _VARYING:
                pattern = varying.sub(instead, pattern)
            yield pattern.strip(), plain.strip()


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
