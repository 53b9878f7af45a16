"""Which runbooks does this document list, and when is each for? Tables of links, and lists of links below an index."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal

from tocsin.respond.runbooks.document import Entry, Link
from tocsin.respond.runbooks.reading.blocks import Bullets, Grid, Part
from tocsin.respond.runbooks.reading.facts.cells import cell, level_of
from tocsin.respond.runbooks.reading.facts.columns import Columns
from tocsin.respond.runbooks.reading.facts.flow import named, placed
from tocsin.respond.runbooks.reading.facts.links import is_relative
from tocsin.respond.runbooks.reading.facts.tables import link_column, use_of
from tocsin.respond.runbooks.reading.headings import plain, title_of

_PROCEDURE = re.compile(
    r"\bprocedures?\b|\bprocess\b|\bsops?\b|\bhow-?to\b|\boperations?\b|\bmaintenance\b|程序|流程|作業|作业|維運|操作|維護|维护",
    re.IGNORECASE,
)
_INCIDENT = re.compile(
    r"\bincidents?\b|\balerts?\b|\boutages?\b|事故|事件|告警|故障|異常|异常", re.IGNORECASE
)
_SAYS_INDEX = re.compile(
    r"\bindex\b|\brunbooks?\b|\bplaybooks?\b|\bcatalog(?:ue)?\b|索引|手冊|手册|預案|预案|一覽|一览|清單|列表",
    re.IGNORECASE,
)
_SAYS_RELATED = re.compile(r"\brelated\b|see also|further|相關|相关|參考|参考|延伸", re.IGNORECASE)
_DASHES = re.compile(r"^\s{0,3}(?:[-–—:：]{1,2}|\|)\s{0,3}")


def index_of(root: Part, links: Sequence[Link]) -> list[Entry]:
    """The runbooks that are listed, in the order of the document; `ok` is that of their links."""
    by_line: dict[int, list[Link]] = {}
    for link in links:
        by_line.setdefault(link.line, []).append(link)
    entries: list[Entry] = []
    for at in placed(root):
        if isinstance(at.each, Grid):
            entries.extend(_of_grid(at.each, title_of(at.heading), by_line))
        elif isinstance(at.each, Bullets) and at.role != "related" and _lists(at.heading):
            entries.extend(_of_list(at.each, title_of(at.heading), by_line))
    return entries


def _lists(heading: str) -> bool:
    return _SAYS_INDEX.search(heading) is not None and _SAYS_RELATED.search(heading) is None


def _first_link(links: Sequence[Link], text: str) -> Link | None:
    """The first link of a line that stands in this text and leads to a file."""
    return next((link for link in links if is_relative(link.target) and link.target in text), None)


def _of_grid(grid: Grid, category: str, by_line: dict[int, list[Link]]) -> Iterator[Entry]:
    if use_of(grid) != "index":
        return
    columns = Columns(grid)
    at = link_column(grid)
    if at is None:
        return
    taken = {"link": at}
    where: dict[str, int] = {}
    for meaning in ("level", "type", "threshold", "definition", "symptom"):
        if (found := columns.find(meaning, taken | where)) is not None:
            where[meaning] = found
    used = {at, *where.values()}
    rest = next((place for place in range(len(grid.columns)) if place not in used), None)
    for row in grid.rows:
        link = _first_link(by_line.get(row.line, ()), cell(row, at))
        if link is None:
            continue
        told = cell(row, where.get("level"))
        level = level_of(told)
        type_ = plain(cell(row, where.get("type")))
        known = (where[each] for each in ("threshold", "definition", "symptom") if each in where)
        yield Entry(
            title=link.text,
            target=link.target,
            line=row.line,
            kind=_kind(type_, category if not told else "", plain(grid.columns[at])),
            severity=level[0] if level else plain(told),
            threshold=plain(cell(row, next(known, rest))),
            category=category,
            ok=link.ok,
        )


def _kind(*told: str) -> Literal["incident", "procedure"]:
    """By the first of these that says one or the other: the type, the heading, the name of the column."""
    for each in told:
        if _INCIDENT.search(each):
            return "incident"
        if _PROCEDURE.search(each):
            return "procedure"
    return "incident"


def _of_list(bullets: Bullets, category: str, by_line: dict[int, list[Link]]) -> Iterator[Entry]:
    """Items that begin with a link: `- [High CPU](high-cpu.md) (P1): above 80 %`."""
    for item in bullets.items:
        first = item.text.split("\n", 1)[0]
        link = _first_link(by_line.get(item.line, ()), first)
        if link is not None and re.match(r"[\s*_]{0,4}\[", first):
            said = named(first)
            rest = plain(said.value if said is not None else first[first.rfind(")") + 1 :])
            level = re.search(r"\b(?:P|SEV-?|S)[0-5]\b", plain(first).removeprefix(link.text), re.IGNORECASE)
            found = level_of(level.group()) if level else None
            yield Entry(
                title=link.text,
                target=link.target,
                line=item.line,
                kind=_kind(category),
                severity=found[0] if found else "",
                threshold=_DASHES.sub("", rest),
                category=category,
                ok=link.ok,
            )
        for block in item.blocks:
            if isinstance(block, Bullets):
                yield from _of_list(block, title_of(first) if link is None else category, by_line)
