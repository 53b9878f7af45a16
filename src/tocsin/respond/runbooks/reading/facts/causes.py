"""Which causes are known, how does each show, and what helps? From tables, headings, bold lines and lists.

A cause is told by a heading or a line that reads `Cause 1: …`, `原因 1：…`; in a section of causes also by any other
heading or item. What a symptom has in code spans, and names such as `DATABASE_ERROR`, are the words to match with.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tocsin.respond.runbooks.document import Cause, Step
from tocsin.respond.runbooks.reading.blocks import Block, Bullets, Fence, Grid, Item, Paragraph, Part, Row
from tocsin.respond.runbooks.reading.code.fences import Lead, Reader
from tocsin.respond.runbooks.reading.facts.cells import cell, code_spans, command_in, words
from tocsin.respond.runbooks.reading.facts.columns import Columns, meanings_of
from tocsin.respond.runbooks.reading.facts.flow import flow, lines_in, named, text_below
from tocsin.respond.runbooks.reading.facts.tables import use_of
from tocsin.respond.runbooks.reading.headings import plain, role_of, title_of
from tocsin.respond.runbooks.reading.rungs import prose, steps_below
from tocsin.respond.runbooks.reading.steps import Place, collect

_NUMBER = r"(?:[0-9]{1,3}|[一二三四五六七八九十]{1,3})"
_MARK = re.compile(
    rf"""^(?:(?:possible|likely|common|known|potential|root)\s+)?(?:cause|reason)(?:\s*(?:\#|no\.?\s?)?\s*{_NUMBER}|\s+[a-z])
         (?=\s*(?:$|[:：.,、)）\]–—(（-]))
       | ^(?:可能|常見|常见|潛在|潜在|根本|已知)?的?(?:原因|成因|起因|根因)\s*(?:{_NUMBER}|[a-z])(?![a-z0-9])""",
    re.VERBOSE | re.IGNORECASE,
)
_WHOLE_BOLD = re.compile(r"^\s*(?:\*\*([^*\n]{1,160})\*\*|__([^_\n]{1,160})__)\s*[:：]?\s*$")
_LISTS_CAUSES = re.compile(
    r"\bcauses\b|(?:common|possible|likely|known|potential|typical)\s+(?:root\s+)?(?:cause|reason)"
    r"|(?:常見|常见|可能|已知|典型|潛在|潜在)的?(?:原因|成因|根因)",
    re.IGNORECASE,
)
_WITH_FIXES = re.compile(r"fix|solution|resol|remed|解決|解决|修復|修复|處理|处理|對策|对策", re.IGNORECASE)
_SNAKE = re.compile(r"(?<![A-Za-z0-9_])[A-Z][A-Z0-9]{0,60}(?:_[A-Z0-9]{1,60}){1,12}(?![A-Za-z0-9_])")
_PLACEHOLDER = re.compile(r"^[\[<【].*[\]>】]$|[?？]$")
_BOLD_LEVEL = 7


def match_words(text: str) -> tuple[str, ...]:
    """The words of evidence that a symptom names: what stands in code spans, and names like `DATABASE_ERROR`."""
    spans = code_spans(text)
    bare = re.sub(r"`{1,3}[^`]{1,2000}`{1,3}", " ", text[:20_000])
    return tuple(dict.fromkeys([*spans, *_SNAKE.findall(bare)]))


def causes_of_grid(
    grid: Grid, role: str = "", heading: str = "", reader: Reader | None = None
) -> list[Cause]:
    """The known cases of a table, one a row; none for a table of another kind. With a reader, a command in a code
    span of the fix is a step.
    """
    if use_of(grid, role, heading) != "causes":
        return []
    columns = Columns(grid)
    placed: dict[str, int] = {}
    for meaning in ("symptom", "prevention", "cause", "fix", "case"):
        if (at := columns.find(meaning, placed)) is not None:
            placed[meaning] = at
    causes = (_of_row(row, placed, reader) for row in grid.rows)
    return [cause for cause in causes if cause is not None]


def _of_row(row: Row, placed: dict[str, int], reader: Reader | None) -> Cause | None:
    told = {meaning: cell(row, at) for meaning, at in placed.items()}
    name = next((told[each] for each in ("case", "cause", "symptom") if told.get(each)), "")
    if not plain(name):
        return None
    symptom = told.get("symptom") or (told.get("case", "") if "cause" in told else "")
    fix = told.get("fix", "")
    return Cause(
        name=title_of(name),
        line=row.line,
        symptom=words(symptom),
        match=match_words(symptom or name),
        fix=words(fix),
        root_cause=words(told.get("cause", "")),
        prevention=words(told.get("prevention", "")),
        steps=_steps_of_cell(reader, fix, row.line, title_of(name)) if reader is not None else (),
    )


def _steps_of_cell(reader: Reader, fix: str, line: int, title: str) -> tuple[Step, ...]:
    command = command_in(fix)
    if command is None:
        return ()
    language, text = command
    fence = Fence(line=line, end=line + 1, info=language, text=f"{text}\n", text_line=line, piece=True)
    return (reader.step(fence, Lead(title, "resolution", caution=False))[0],)


def is_cause(heading: str) -> bool:
    """`Cause 1: …`, `可能原因 A`."""
    return _MARK.match(plain(heading)) is not None


def causes_of(reader: Reader, part: Part) -> list[Cause]:
    """The causes that stand below a heading, each with the steps that help against it, code to read among them.

    Whoever calls this has read the part, but for what stands before the first cause (`before_causes`) and the parts
    below that belong to none (`outside_causes`).
    """
    return [_of_part(reader, each) for each in _parts_of_causes(part)] or list(_listed(reader, part))


def before_causes(part: Part) -> list[Block]:
    """The blocks of this part itself that belong to no cause."""
    if not _parts_of_causes(part):
        return [block for block in part.blocks if not (_lists_causes(part) and isinstance(block, Bullets))]
    blocks: list[Block] = []
    for block in part.blocks:
        if _marks(block) is not None:
            break
        if not (isinstance(block, Bullets) and _marked_items(block)):
            blocks.append(block)
    return blocks


def outside_causes(part: Part) -> list[Part]:
    """The parts right below this one that belong to no cause: a section of checks behind the last one."""
    taken = {line for cause in _parts_of_causes(part) for line in _lines(cause)}
    return [child for child in part.parts if taken.isdisjoint(_lines(child))]


def _lines(part: Part) -> set[int]:
    """Where the parts and blocks of a part begin, its own line among them."""
    return {part.line, *(each.line for each in flow(part))}


def _parts_of_causes(part: Part) -> list[Part]:
    """The stretch of each cause as a part: the marked ones, else in a section of causes its headings."""
    marked = list(_cut(part))
    if not _is_section(part):
        return marked
    children = [child for child in part.parts if role_of(child.heading) in (None, "cause")]
    # Headings without a number are causes as well, where none of the marked ones stands below another heading.
    return children if {each.line for each in marked} <= {child.line for child in children} else marked


def _is_section(part: Part) -> bool:
    return role_of(part.heading) == "cause" or _lists_causes(part)


def _lists_causes(part: Part) -> bool:
    return _LISTS_CAUSES.search(plain(part.heading)) is not None


@dataclass(slots=True)
class _Open:
    """A cause while its blocks are gathered; `level` is that of its heading."""

    part: Part
    level: int
    inner: list[Part] = field(default_factory=list[Part])


def _cut(part: Part) -> Iterator[Part]:
    """The stretch of each marked cause as a part of its own. A bold line below it opens a part that may swallow the
    next cause, so the document is gone through as it stands and cut anew.
    """
    current: _Open | None = None
    for each in flow(part):
        if isinstance(each, Part):
            if each is part:
                continue
            if is_cause(each.heading):
                if current:
                    yield current.part
                current = _Open(
                    Part(heading=each.heading, level=each.level, line=each.line, end=each.end), each.level
                )
            elif current and each.level <= current.level and each.level < _BOLD_LEVEL:
                yield current.part
                current = None
            elif current:
                _below(current, Part(heading=each.heading, level=each.level, line=each.line, end=each.end))
            continue
        heading = _marks(each)
        if heading is not None:
            if current:
                yield current.part
            current = _Open(
                Part(heading=heading, level=_BOLD_LEVEL - 1, line=each.line, end=each.end), _BOLD_LEVEL - 1
            )
        elif isinstance(each, Bullets) and (items := _marked_items(each)):
            if current:
                yield current.part
                current = None
            for item in items:
                yield Part(heading=_first(item), level=6, line=item.line, end=item.end, blocks=_rest(item))
        elif current:
            (current.inner[-1] if current.inner else current.part).blocks.append(each)
    if current:
        yield current.part


def _below(current: _Open, part: Part) -> None:
    """Puts a heading below the cause, in its place among those that are there."""
    while current.inner and current.inner[-1].level >= part.level:
        current.inner.pop()
    (current.inner[-1] if current.inner else current.part).parts.append(part)
    current.inner.append(part)


def _marks(block: Block) -> str | None:
    """What a bold line, or a line that is nothing else, calls the cause that begins there."""
    if not isinstance(block, Paragraph):
        return None
    found = _WHOLE_BOLD.match(block.text)
    if found:
        told = found.group(1) or found.group(2)
        return told if is_cause(told) else None
    return (
        block.text.rstrip(" :：")
        if "\n" not in block.text and len(block.text) < 120 and is_cause(block.text)
        else None
    )


def _marked_items(bullets: Bullets) -> list[Item]:
    marked = [item for item in bullets.items if is_cause(_first(item))]
    return marked if len(marked) == len(bullets.items) else []


def _first(item: Item) -> str:
    return item.text.split("\n", 1)[0]


def _rest(item: Item) -> list[Block]:
    """The blocks of an item without its first line."""
    first = item.blocks[0] if item.blocks else None
    if not isinstance(first, Paragraph):
        return item.blocks
    _, _, more = first.text.partition("\n")
    rest = [Paragraph(line=first.line + 1, end=first.end, text=more)] if more.strip() else []
    return [*rest, *item.blocks[1:]]


def _of_part(reader: Reader, part: Part) -> Cause:
    symptom = _symptom(part)
    said = dict(_said(part.blocks))
    steps = steps_below(reader, [part], "resolution").together()
    prevention = next(
        (prose(each.blocks) for each in part.parts if role_of(each.heading) == "prevention"), ""
    )
    return Cause(
        name=_name(part.heading),
        line=part.line,
        symptom=words(symptom),
        match=match_words(symptom or part.heading),
        fix=words(said.get("fix", "")),
        root_cause=words(said.get("cause", "")),
        prevention=prevention or words(said.get("prevention", "")),
        steps=tuple(steps),
    )


def _name(heading: str) -> str:
    """`Cause 1: the pool is full` is called `the pool is full`."""
    line = plain(heading).strip().rstrip(":：").strip()
    mark = _MARK.match(line)
    if not mark:
        return title_of(heading)
    return line[mark.end() :].lstrip(" :：.,、)）–—-").strip() or line


def _symptom(part: Part) -> str:
    """How it shows, as written: a line `Symptom: …`, or what stands below a heading of that name."""
    for meaning, value in _said(part.blocks):
        if meaning == "symptom" and value:
            return value
    for child in part.parts:
        if role_of(child.heading) == "symptoms":
            return "\n".join(line.text for line in lines_in(child.blocks))
    return ""


def _said(blocks: Sequence[Block]) -> Iterator[tuple[str, str]]:
    """What labelled lines say of a cause: (symptom | cause | fix | prevention, the text)."""
    for line in lines_in(blocks):
        found = named(line.text)
        if found is None:
            continue
        meanings = meanings_of(found.name)
        meaning = next((each for each in ("symptom", "cause", "fix", "prevention") if each in meanings), None)
        if meaning is not None:
            below = text_below(line.item) if line.item is not None else ""
            yield meaning, found.value or below


def _listed(reader: Reader, part: Part) -> Iterator[Cause]:
    """The items of a section that lists causes: `- **The disk is full**: remove old logs`."""
    helps = _WITH_FIXES.search(plain(part.heading)) is not None
    for block in part.blocks if _lists_causes(part) else ():
        if not isinstance(block, Bullets):
            continue
        for item in block.items:
            first = _first(item)
            said = named(first)
            name = title_of(said.name if said is not None and said.value else first)
            if not name or _PLACEHOLDER.search(name):
                continue
            told = " ".join(
                each for each in (said.value if said is not None else "", text_below(item)) if each
            )
            place = Place("resolution", item.text, manual=False)
            steps = collect(reader, item.blocks, place, name).together()
            yield Cause(
                name=name,
                line=item.line,
                symptom="" if helps else words(told),
                match=match_words(item.text),
                fix=words(told) if helps else "",
                steps=tuple(steps),
            )
