"""Which severities does a document define, and how fast must each be answered and put right?

Three forms are known: a table with a row for each level, headings such as `P0 - Critical` with lines below them, and
lists such as `- **P0 (Critical)**: nothing works`. A level that is only named elsewhere defines nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tocsin.respond.runbooks.document import SeverityLevel
from tocsin.respond.runbooks.reading.blocks import Block, Bullets, Grid, Item, Paragraph, Part
from tocsin.respond.runbooks.reading.facts.cells import at_once, cell, level_of, words
from tocsin.respond.runbooks.reading.facts.columns import Columns, meanings_of
from tocsin.respond.runbooks.reading.facts.flow import flow, lines_in, named, text_below
from tocsin.respond.runbooks.reading.facts.marks import amount_in, whole_span
from tocsin.respond.runbooks.reading.facts.tables import level_column, use_of
from tocsin.respond.runbooks.reading.headings import plain, role_of

_SAYS_SEVERITY = re.compile(
    r"[等分評评][級级]|[級级][別别]|程度|優先|优先|分類|分类|嚴重|严重|\b(?:severit(?:y|ies)|priorit(?:y|ies)|urgency|classification|sev)\b",
    re.IGNORECASE,
)
_RESPOND = re.compile(
    r"(?:\brespon[ds]\w{0,6}|\back\w{0,12}|\breact\w{0,4}|響應|响应|回應|回应|反應|反应|接手)[^\n\d;；。]{0,30}?(?=\d|[一二兩两三四五六半])",
    re.IGNORECASE,
)
_RESTORE = re.compile(
    r"(?:\bresol[vu]\w{0,6}|\brestor\w{0,6}|\brecover\w{0,3}|\bfix(?:ed)?\b|\bmitigat\w{0,4}|解決|解决|恢復|恢复|修復|修复|處理|处理|復原)"
    r"[^\n\d;；。]{0,30}?(?=\d|[一二兩两三四五六半])",
    re.IGNORECASE,
)
_MEETS_PLAIN_NAME = re.compile(r"^[\s\-–—:：/|(（\[【]")


def severities_of(root: Part) -> list[SeverityLevel]:
    """Every level that the document defines, in its order; of a level that is told twice the fuller one."""
    return _once([level for level, _ in _found(root)])


def severity_lines(root: Part) -> set[int]:
    """Lines that belong to the definition of a severity: their times are no deadlines of one incident."""
    return {line for _, lines in _found(root) for line in lines}


def says_severity(heading: str) -> bool:
    """Whether a heading leads to definitions of severities."""
    return role_of(heading) == "severity" or _SAYS_SEVERITY.search(plain(heading)) is not None


def _once(levels: Sequence[SeverityLevel]) -> list[SeverityLevel]:
    kept: dict[str, SeverityLevel] = {}
    for level in levels:
        if level.level not in kept or _says(level) > _says(kept[level.level]):
            kept[level.level] = level
    return list(kept.values())


def _says(level: SeverityLevel) -> int:
    times = (level.respond_s is not None) + (level.restore_s is not None)
    return 4 * times + 2 * bool(level.definition) + bool(level.name)


def _found(root: Part) -> Iterator[tuple[SeverityLevel, range]]:
    """Each definition with its lines."""
    above: list[Part] = []
    for each in flow(root):
        if isinstance(each, Part):
            while above and above[-1].level >= each.level:
                above.pop()
            told = any(says_severity(part.heading) for part in above)
            above.append(each)
            level = _of_heading(each, told=told)
            if level is not None:
                yield level, range(each.line, each.end)
        elif isinstance(each, Grid):
            yield from ((level, range(level.line, level.line + 1)) for level in _of_grid(each))
        elif isinstance(each, Bullets):
            told = bool(above) and says_severity(above[-1].heading)
            yield from _of_list(each, told=told)


def _of_grid(grid: Grid) -> Iterator[SeverityLevel]:
    if use_of(grid) != "severities":
        return
    columns = Columns(grid)
    at = level_column(grid, columns)
    if at is None:
        return
    placed = {"level": at}
    for meaning in ("respond", "restore", "name", "definition"):
        if (found := columns.find(meaning, placed)) is not None:
            placed[meaning] = found
    for row in grid.rows:
        told = cell(row, at)
        found = level_of(told)
        if found is None and not plain(told):
            continue
        yield SeverityLevel(
            level=found[0] if found else plain(told),
            line=row.line,
            name=plain(cell(row, placed.get("name"))) or (found[1] if found else ""),
            definition=words(cell(row, placed.get("definition"))),
            respond_s=_time(cell(row, placed.get("respond"))),
            restore_s=_time(cell(row, placed.get("restore"))),
        )


def _of_heading(part: Part, *, told: bool) -> SeverityLevel | None:
    """`P0 - Critical` with lines below it. It defines the level below a heading of severities, or with times."""
    found = level_of(part.heading)
    if found is None or part.level == 0:
        return None
    respond, restore, rest = _times(part.blocks)
    if not told and (respond is None or _titled(part.heading)):
        return None
    return SeverityLevel(
        level=found[0],
        line=part.line,
        name=found[1],
        definition="\n".join(rest),
        respond_s=respond,
        restore_s=restore,
    )


def _titled(heading: str) -> bool:
    """Whether the level only begins a title: `P0 incident process`."""
    line = plain(heading)
    found = re.match(r"[A-Za-z]{1,3}-?\s?[0-5]", line)
    return (
        found is not None
        and found.end() < len(line)
        and not _MEETS_PLAIN_NAME.match(line[found.end() :].lstrip(" "))
    )


def _times(blocks: Sequence[Block]) -> tuple[float | None, float | None, list[str]]:
    """Time to respond, time to restore, and what else these blocks say."""
    respond: float | None = None
    restore: float | None = None
    rest: list[str] = []
    for line in lines_in(blocks):
        said = named(line.text)
        meanings = meanings_of(said.name) if said is not None else frozenset[str]()
        if said is not None and "respond" in meanings:
            respond = _time(said.value) if respond is None else respond
        elif said is not None and "restore" in meanings:
            restore = _time(said.value) if restore is None else restore
        elif plain(line.text):
            rest.append(plain(line.text).removeprefix("- "))
    return respond, restore, rest


def _of_list(bullets: Bullets, *, told: bool) -> Iterator[tuple[SeverityLevel, range]]:
    """A list in which every item begins with a level of its own. It defines them below a heading of severities, or
    where each says how fast to answer.
    """
    read = [(item, _of_item(item)) for item in bullets.items]
    levels = [level for _, level in read if level is not None]
    if len(levels) < 2 or len(levels) < len(read) or len({level.level for level in levels}) < len(levels):
        return
    if not told and any(level.respond_s is None for level in levels):
        return
    for item, level in read:
        if level is not None:
            yield level, range(item.line, item.end)


def _of_item(item: Item) -> SeverityLevel | None:
    first = item.text.split("\n", 1)[0]
    said = named(first)
    found = level_of(said.name if said is not None else first)
    if found is None:
        return None
    name, _, told = found[1].partition(" - ") if said is None else (found[1], "", said.value)
    value = told.strip()
    only_time = whole_span(value) is not None or (len(value) < 30 and at_once(value))
    name = name.strip().strip("()（）").strip()
    respond, restore, _ = _times([block for block in item.blocks if not isinstance(block, Paragraph)])
    return SeverityLevel(
        level=found[0],
        line=item.line,
        name=name,
        definition=plain(value) or text_below(item),
        respond_s=respond if respond is not None else _time(value) if only_time else _sought(_RESPOND, value),
        restore_s=restore if restore is not None else _sought(_RESTORE, value),
    )


def _sought(pattern: re.Pattern[str], text: str) -> float | None:
    found = pattern.search(text[:600])
    return amount_in(text[found.end() : found.end() + 30]) if found else None


def _time(text: str) -> float | None:
    """Seconds; 0 for "at once", None for "no limit" and whatever else says no time."""
    found = amount_in(text)
    if found is None and at_once(text):
        return 0.0
    return found
