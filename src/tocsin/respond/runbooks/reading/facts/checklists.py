"""Which boxes are there to tick, and when is each due? Task lists with their titles and their marks of time.

A title is the line that leads to a list, else the nearest heading. Plain items below a task are part of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from tocsin.respond.runbooks.document import CheckItem, Checklist
from tocsin.respond.runbooks.reading.blocks import Block, Bullets, Item, Paragraph, Part, Quote
from tocsin.respond.runbooks.reading.facts.flow import flow, lines_of
from tocsin.respond.runbooks.reading.facts.marks import Span, leading_span, title_span
from tocsin.respond.runbooks.reading.headings import plain, title_of

_BOX = re.compile(r"^\s{0,8}(?:[-*+•]\s{0,3})?(?:\[([ xX✓✔√]?)\]|([☐□▢❑◻⬜])|([☑☒✅✔])\ufe0f?)\s{1,4}(?=\S)")
_LONGEST_LEAD = 160


def checklists_of(root: Part) -> list[Checklist]:
    """Every checklist below a part, in the order of the document."""
    lists: list[Checklist] = []
    heading: Part = root
    lead: tuple[str, int] | None = None
    for each in flow(root):
        if isinstance(each, Part):
            heading, lead = each, None
            continue
        items = list(_items(each))
        if items:
            title, line = lead if lead is not None else (heading.heading, each.line)
            _add(lists, _checklist(title, line, tuple(items)), joins=lead is None)
        elif isinstance(each, Paragraph):
            lead = _leads(each)
        else:
            lead = None
    return lists


def _add(lists: list[Checklist], found: Checklist, *, joins: bool) -> None:
    """One more checklist; a list that only goes on below the same heading is part of the last."""
    last = lists[-1] if lists else None
    if joins and last is not None and last.title == found.title and found.title:
        lists[-1] = replace(last, items=(*last.items, *found.items))
    else:
        lists.append(found)


def _checklist(title: str, line: int, items: tuple[CheckItem, ...]) -> Checklist:
    span = title_span(plain(title))
    return Checklist(
        title=title_of(title),
        line=line,
        items=items,
        from_s=span.from_s if span else None,
        due_s=span.to_s if span else None,
    )


def _leads(block: Paragraph) -> tuple[str, int] | None:
    """The last line of a paragraph, where it leads to what follows: it ends in a colon, or is bold as a whole."""
    *_, last = lines_of(block)
    text = last.text.strip()
    bold = re.fullmatch(r"(?:\*\*|__)[^*\n]{1,150}(?:\*\*|__)", text) is not None
    if len(text) <= _LONGEST_LEAD and (bold or text.rstrip("*_ ").endswith((":", "："))):
        return text, last.line
    return None


def _items(block: Block) -> Iterator[CheckItem]:
    if isinstance(block, Bullets):
        for item in block.items:
            found = _item(item, under_task=False)
            if found is not None:
                yield found
    elif isinstance(block, Quote):
        for inner in block.blocks:
            yield from _items(inner)
    elif isinstance(block, Paragraph):
        yield from _loose(block)


def _loose(block: Paragraph) -> Iterator[CheckItem]:
    """Boxes that stand in lines of their own without a list around them: `☐ tell the team`."""
    lines = list(lines_of(block))
    boxes = [_BOX.match(line.text) for line in lines]
    if not all(boxes):
        return
    for line, box in zip(lines, boxes, strict=True):
        if box is not None:
            yield _box(line.text[box.end() :], line.line, done=_ticked(box), items=())


def _item(item: Item, *, under_task: bool) -> CheckItem | None:
    """A task with all that stands below it; a plain item only where a task is above or below it."""
    first = item.text.split("\n", 1)[0]
    box = _BOX.match(first) if item.task is None else None
    is_task = item.task is not None or box is not None
    inner: list[CheckItem] = []
    for block in item.blocks:
        if isinstance(block, Bullets):
            below = (_item(each, under_task=under_task or is_task) for each in block.items)
            inner.extend(each for each in below if each is not None)
    if not is_task and not under_task and not inner:
        return None
    done = item.task if item.task is not None else box is not None and _ticked(box)
    text = first[box.end() :] if box else item.text
    return _box(text, item.line, done=done, items=tuple(inner))


def _ticked(box: re.Match[str]) -> bool:
    return bool(box.group(3)) or (box.group(1) or " ") != " "


def _box(text: str, line: int, *, done: bool, items: tuple[CheckItem, ...]) -> CheckItem:
    said = plain(text)
    span = _due(said)
    return CheckItem(text=said, line=line, due_s=span.to_s if span else None, done=done, items=items)


def _due(text: str) -> Span | None:
    """The mark that an item begins with (`5 min: …`), or has in brackets as a range."""
    found = leading_span(text)
    return found[0] if found is not None else title_span(text)
