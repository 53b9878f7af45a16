"""What do these log lines complain about, and what changed? Errors counted by kind, and two counts compared.

Lines of the same kind differ in times, numbers, ids, addresses and quoted parts only: those are taken out, and what is
left is the kind. Whatever stands in a line, reading it takes time in proportion to its length.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

LONGEST_LINE = 2_000
MOST_KINDS = 2_000
"""Further kinds are counted as `other`: an error that holds a new word each time fills no memory."""
OTHER = "(other)"
_ERROR = re.compile(
    r"\b(?:error|err|errors|fatal|critical|crit|alert|emerg|panic|severe|exception|traceback|failed|failure|fail|"
    r"refused|denied|timeout|timed out|unavailable|oom|killed|segfault|deadlock)\b"
    r"|\b(?-i:[A-Z]\w{0,60}(?:Error|Exception))\b",
    re.IGNORECASE,
)
_NO_ERROR = re.compile(r"\b(?:0 (?:errors|failures|failed)|no errors?|errors?[=:] ?0)\b", re.IGNORECASE)
_PARTS = (
    (re.compile(r"\x1b\[[0-9;]{0,20}m"), ""),
    (
        re.compile(
            r"\b\d{4}[-/]\d{2}[-/]\d{2}[T ]\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?(?:Z|[+-]\d{2}:?\d{2})?", re.ASCII
        ),
        "<time>",
    ),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", re.IGNORECASE), "<id>"),
    (re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?\b", re.ASCII), "<address>"),
    (re.compile(r"\"[^\"]{0,500}\"|'[^'\s]{0,200}'"), "<text>"),
    (re.compile(r"\b(?:0x)?(?=[0-9a-f]*\d)[0-9a-f]{8,64}\b", re.IGNORECASE), "<id>"),
    (re.compile(r"\d+(?:[.,]\d+)?", re.ASCII), "<n>"),
    (re.compile(r"\s+"), " "),
)
_KIND_LENGTH = 200


@dataclass(kw_only=True, slots=True)
class Kind:
    """One kind of error: how many lines, and the first and last of them."""

    count: int = 0
    first: str = ""
    last: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Histogram:
    """`lines` were read, `errors` of them complain; `kinds` begin with the most frequent one."""

    lines: int
    errors: int
    kinds: Mapping[str, Kind] = field(default_factory=dict[str, Kind])
    patterns: Mapping[str, int] = field(default_factory=dict[str, int])


Turn = Literal["new", "more", "fewer", "gone"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """A kind of error that is not what it was: lines before and after, each of a minute where the spans are known."""

    kind: str
    turn: Turn
    before: float
    after: float
    sample: str


def histogram(lines: Iterable[str], patterns: Mapping[str, str] | None = None) -> Histogram:
    """Counts errors by kind. A pattern is a text that lines hold, in small or capital letters, counted by its name."""
    kinds: dict[str, Kind] = {}
    wanted = {name: text.lower() for name, text in (patterns or {}).items()}
    found = dict.fromkeys(wanted, 0)
    count = errors = 0
    for each in lines:
        line = each[:LONGEST_LINE].rstrip("\r\n")
        count += 1
        if wanted:
            small = line.lower()
            for name, text in wanted.items():
                found[name] += text in small
        if not complains(line):
            continue
        errors += 1
        name = kind_of(line)
        if name not in kinds and len(kinds) >= MOST_KINDS:
            name = OTHER
        kind = kinds.setdefault(name, Kind())
        kind.count += 1
        kind.first = kind.first or line
        kind.last = line
    ranked = dict(sorted(kinds.items(), key=lambda item: (-item[1].count, item[0])))
    return Histogram(lines=count, errors=errors, kinds=ranked, patterns=found)


def complains(line: str) -> bool:
    """Whether a line tells of something that went wrong; `0 errors` does not."""
    return bool(_ERROR.search(line)) and not _NO_ERROR.search(line)


def kind_of(line: str) -> str:
    """The line without what differs from one to the next of its kind."""
    for pattern, put in _PARTS:
        line = pattern.sub(put, line)
    return line.strip()[:_KIND_LENGTH]


def compare(
    before: Histogram,
    after: Histogram,
    *,
    before_s: float | None = None,
    after_s: float | None = None,
    factor: float = 2.0,
) -> list[Difference]:
    """What is new, gone, or has changed by at least `factor`, the largest change first.

    With both spans in seconds, counts are lines a minute; without them, lines.
    """
    by_minute = bool(before_s and after_s)
    per_before = 60 / before_s if by_minute and before_s else 1.0
    per_after = 60 / after_s if by_minute and after_s else 1.0
    return sorted(
        _differences(before, after, per_before, per_after, factor),
        key=lambda each: (-abs(each.after - each.before), each.kind),
    )


def _differences(
    before: Histogram, after: Histogram, per_before: float, per_after: float, factor: float
) -> Iterator[Difference]:
    for name in dict.fromkeys((*after.kinds, *before.kinds)):
        earlier, later = before.kinds.get(name), after.kinds.get(name)
        was = earlier.count * per_before if earlier else 0.0
        now = later.count * per_after if later else 0.0
        turn: Turn | None = None
        if not was:
            turn = "new"
        elif not now:
            turn = "gone"
        elif now >= was * factor:
            turn = "more"
        elif was >= now * factor:
            turn = "fewer"
        if turn:
            seen = later or earlier or Kind()
            yield Difference(
                kind=name, turn=turn, before=round(was, 2), after=round(now, 2), sample=seen.last
            )
