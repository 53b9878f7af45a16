"""Which findings does the author not want to hear, and why? `tocsin: ignore[rule] reason`, as a comment.

In a fence (`# …`, `-- …`) it is for that fence. In the Markdown (`<!-- … -->`) it is for the next block, before a
heading for all that stands below it, and before the first heading for the whole file. In YAML it is for its own line
and the next.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tocsin.respond.runbooks.document import Finding
from tocsin.respond.runbooks.reading.blocks import Block, Bullets, Fence, Other, Part, Quote, fences_in

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

    def covers(self, finding: Finding) -> bool:
        return finding.rule in self.rules and self.first <= finding.line <= self.last


def ignores_in(root: Part, lines: Sequence[str]) -> tuple[Ignore, ...]:
    """The wishes of a Markdown file."""
    marked = [(number, line) for number, line in enumerate(lines, 1) if _MARK in line[:1_000]]
    if not marked:
        return ()
    fences = [fence for part in root.walk() for fence in fences_in(part.blocks)]
    spans = sorted(_spans(root))
    first_heading = min((part.line for part in root.walk() if part.heading), default=_LAST)
    found: list[Ignore] = []
    for number, line in marked:
        fence = next((each for each in fences if each.line <= number < each.end), None)
        if fence is not None:
            found.extend(_of(_IN_CODE, line, number, fence.line, fence.end - 1))
        elif number < first_heading:
            found.extend(_of(_IN_TEXT, line, number, 1, _LAST))
        else:
            # A comment inside a list item is followed by the next block of that item.
            after = next(((begin, last) for begin, last in spans if begin > number), (number, number))
            found.extend(_of(_IN_TEXT, line, number, *after))
    return tuple(found)


def ignores_in_yaml(lines: Sequence[str]) -> tuple[Ignore, ...]:
    return tuple(
        ignore
        for number, line in enumerate(lines, 1)
        if _MARK in line[:1_000]
        for ignore in _of(_IN_CODE, line, number, number, number + 1)
    )


def without_ignored(findings: Iterable[Finding], ignores: Sequence[Ignore]) -> tuple[list[Finding], set[int]]:
    """The findings that nobody wished away, and the positions of the wishes that came true."""
    kept: list[Finding] = []
    used: set[int] = set()
    for finding in findings:
        covering = [at for at, ignore in enumerate(ignores) if ignore.covers(finding)]
        used.update(covering)
        if not covering:
            kept.append(finding)
    return kept, used


def _of(pattern: re.Pattern[str], line: str, number: int, first: int, last: int) -> Iterator[Ignore]:
    found = pattern.search(line[:1_000])
    if found:
        rules = tuple(each.strip() for each in (found.group(1) or "").split(",") if each.strip())
        yield Ignore(line=number, rules=rules, reason=found.group(2).strip(), first=first, last=last)


def _spans(root: Part) -> Iterator[tuple[int, int]]:
    """First and last line of each block, and of each heading with all that stands below it."""
    for part in root.walk():
        if part.heading:
            yield part.line, _end(part) - 1
        waiting: list[Block] = list(part.blocks)
        while waiting:
            block = waiting.pop()
            if isinstance(block, Other) and block.kind == "html":
                continue  # the comment itself
            last = block.end - 1
            yield block.line, last
            if isinstance(block, Quote):
                waiting.extend(block.blocks)
            elif isinstance(block, Bullets):
                for item in block.items:
                    yield item.line, item.end - 1
                    waiting.extend(item.blocks)
            elif isinstance(block, Fence):
                continue


def _end(part: Part) -> int:
    """The line after the last of a part and all below it."""
    last = part
    while last.parts:
        last = last.parts[-1]
    return last.end
