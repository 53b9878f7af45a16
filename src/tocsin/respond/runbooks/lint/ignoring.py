"""Which findings does the author not want to hear, and why? `tocsin: ignore[rule] reason`, as a comment.

In a fence (`# …`, `-- …`) it is for that fence. In the Markdown (`<!-- … -->`) it is for the next block, before a
heading for all that stands below it, and before the first heading for the whole file. In YAML it is for its own line
and the next.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

from tocsin.respond.runbooks.document import Finding
from tocsin.respond.runbooks.reading.blocks import Block, Bullets, Other, Part, Quote, fences_in
from tocsin.respond.runbooks.reading.subdocuments import is_template

_MARK = "tocsin: ignore"
_IN_CODE = re.compile(r"(?:#|--|//)\s*tocsin: ignore(?:\[([\w\s,*-]{0,200})\])?[ \t]*(.{0,300})$")
_IN_TEXT = re.compile(r"<!--\s*tocsin: ignore(?:\[([\w\s,*-]{0,200})\])?[ \t]*(.{0,300}?)\s*-->")
_LAST = 1 << 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Ignore:
    """A wish not to hear of `rules` on the lines `first` to `last`; it stands on `line`."""

    line: int
    rules: tuple[str, ...]
    reason: str
    first: int
    last: int


def ignores_in(root: Part, lines: Sequence[str]) -> tuple[Ignore, ...]:
    """The wishes of a Markdown file."""
    marked = [(number, line) for number, line in enumerate(lines, 1) if _MARK in line[:1_000]]
    if not marked:
        return ()
    fences = sorted(
        (fence for part in root.walk() for fence in fences_in(part.blocks)), key=lambda each: each.line
    )
    opened = [fence.line for fence in fences]
    spans = _spans(root)
    begins = sorted(spans)
    first_heading = min((part.line for part in root.walk() if part.heading), default=_LAST)
    found: list[Ignore] = []
    for number, line in marked:
        at = bisect_right(opened, number) - 1
        fence = fences[at] if at >= 0 and number < fences[at].end else None
        if fence is not None and is_template(fence):
            continue  # a wish of the document that is made of it
        if fence is not None:
            found.extend(_of(_IN_CODE, line, number, fence.line, fence.end - 1))
        elif number < first_heading:
            found.extend(_of(_IN_TEXT, line, number, 1, _LAST))
        else:
            following = bisect_right(begins, number)
            begin = begins[following] if following < len(begins) else number
            found.extend(_of(_IN_TEXT, line, number, begin, spans.get(begin, number)))
    return tuple(found)


def ignores_in_yaml(lines: Sequence[str]) -> tuple[Ignore, ...]:
    return tuple(
        ignore
        for number, line in enumerate(lines, 1)
        if _MARK in line[:1_000]
        for ignore in _of(_IN_CODE, line, number, number, number + 1)
    )


def without_ignored(findings: Sequence[Finding], ignores: Sequence[Ignore]) -> tuple[list[Finding], set[int]]:
    """The findings that nobody wished away, and the positions of the wishes that came true."""
    wishes: dict[str, list[int]] = {}
    for at in sorted(range(len(ignores)), key=lambda at: ignores[at].first):
        for rule in dict.fromkeys(ignores[at].rules):
            wishes.setdefault(rule, []).append(at)
    kept = [each for each in findings if each.rule not in wishes]
    used: set[int] = set()
    for rule, positions in wishes.items():
        told = sorted((each for each in findings if each.rule == rule), key=lambda each: each.line)
        kept.extend(_uncovered(told, [(ignores[at], at) for at in positions], used))
    return kept, used


def _uncovered(
    findings: Sequence[Finding], wishes: Sequence[tuple[Ignore, int]], used: set[int]
) -> Iterator[Finding]:
    """The findings on lines that no wish covers, both in the order of their lines. A file may have thousands."""
    waiting = deque(wishes)
    reaching: list[tuple[int, int]] = []  # last line and position of the wishes that have begun
    fresh: list[tuple[int, int]] = []  # the same, of those that have not come true yet
    for finding in findings:
        while waiting and waiting[0][0].first <= finding.line:
            ignore, at = waiting.popleft()
            heappush(reaching, (ignore.last, at))
            fresh.append((ignore.last, at))
        while reaching and reaching[0][0] < finding.line:
            heappop(reaching)
        if not reaching:
            yield finding
            continue
        used.update(at for last, at in fresh if last >= finding.line)
        fresh.clear()


def _of(pattern: re.Pattern[str], line: str, number: int, first: int, last: int) -> Iterator[Ignore]:
    found = pattern.search(line[:1_000])
    if found:
        rules = tuple(each.strip() for each in (found.group(1) or "").split(",") if each.strip())
        yield Ignore(line=number, rules=rules, reason=found.group(2).strip(), first=first, last=last)


def _spans(root: Part) -> dict[int, int]:
    """The last line of each block by its first, and so of each heading with all that stands below it.

    A comment is no block of its own. Of a list and its first item, which begin together, the list is meant.
    """
    spans: dict[int, int] = {}
    for part in root.walk():
        if part.heading:
            spans[part.line] = _end(part) - 1
        waiting: list[Block] = list(part.blocks)
        while waiting:
            block = waiting.pop()
            if not (isinstance(block, Other) and block.kind == "html"):
                spans.setdefault(block.line, block.end - 1)
            if isinstance(block, Quote):
                waiting.extend(block.blocks)
            elif isinstance(block, Bullets):
                for item in block.items:
                    spans.setdefault(item.line, item.end - 1)
                    waiting.extend(item.blocks)
    return spans


def _end(part: Part) -> int:
    """The line after the last of a part and all below it."""
    last = part
    while last.parts:
        last = last.parts[-1]
    return last.end
