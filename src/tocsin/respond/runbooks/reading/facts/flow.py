"""What follows what below a heading, and which lines of prose are there? For readers that look along a document.

Lists and quotes are gone through by recursion; the Markdown parser stops nesting at twenty levels.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tocsin.respond.runbooks.reading.blocks import Block, Bullets, Item, Paragraph, Part, Quote
from tocsin.respond.runbooks.reading.headings import plain, role_under

_TASK = re.compile(r"^\[[ xX]\]\s+")
_COLON = re.compile(r"[:：]")
_BOLD = re.compile(r"^\s*(?:\*\*|__)([^*_\n][^*\n]{0,118}?)(?:\*\*|__)")
_BULLET = re.compile(r"^\s*(?:[-*+•]\s+|\d{1,3}[.)]\s+)")
_DASH = re.compile(r"\s{0,8}(?:[-–—]{1,2}|→|=>|->)\s+")
_LONGEST_NAME = 120
_NOTE_AT_END = re.compile(r"^(.{1,300}?)\s{0,3}[(（]([^()（）]{1,160})[)）]\s{0,3}$")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of prose with its number in the file; `item` is the list item that it begins."""

    text: str
    line: int
    item: Item | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """A line of the form `Name: value`; `name` as a person reads it, `value` as it is written."""

    name: str
    value: str
    bold: bool


@dataclass(frozen=True, slots=True)
class Placed:
    """A part or a block with where it stands: the heading above it, the role that this has or takes over, and the
    headings above that one, without the title of the document.
    """

    each: Part | Block
    heading: str
    role: str
    above: tuple[str, ...] = ()

    def below(self, role: str, name: re.Pattern[str]) -> bool:
        """Whether it stands in a section of this role; a heading that matches the name leads to one as well, for
        what stands right below it and for headings of which nothing else is known.
        """
        if self.role == role or name.search(self.heading):
            return True
        return not self.role and any(name.search(heading) for heading in self.above)


def flow(part: Part) -> Iterator[Part | Block]:
    """A part, its blocks and the parts below it, in the order of the document."""
    for each in part.walk():
        yield each
        yield from each.blocks


def placed(root: Part) -> Iterator[Placed]:
    """All of a document in its order, each with its place; a part stands below itself. What the title of the whole
    document says holds for what stands right below it alone.
    """
    above: list[tuple[int, Placed]] = [(-1, Placed(root, "", ""))]
    title = root.parts[0] if len(root.parts) == 1 and root.parts[0].level == 1 else None
    for each in flow(root):
        if isinstance(each, Part):
            while len(above) > 1 and above[-1][0] >= each.level:
                above.pop()
            level, outer = above[-1]
            path = (*outer.above, outer.heading) if level > 1 else ()
            inherited = "" if outer.each is title else outer.role
            above.append(
                (
                    each.level,
                    Placed(each, each.heading, role_under(each.heading, inherited, each.level), path),
                )
            )
        here = above[-1][1]
        yield here if each is here.each else Placed(each, here.heading, here.role, here.above)


def lines_in(blocks: Sequence[Block]) -> Iterator[Line]:
    """The lines of paragraphs, items and quotes, in order; tables and code have none."""
    for block in blocks:
        if isinstance(block, Paragraph):
            yield from lines_of(block)
        elif isinstance(block, Bullets):
            for item in block.items:
                yield from _lines_of_item(item)
        elif isinstance(block, Quote):
            yield from lines_in(block.blocks)


def lines_of(block: Paragraph) -> Iterator[Line]:
    for offset, text in enumerate(block.text.split("\n")):
        yield Line(text, block.line + offset)


def _lines_of_item(item: Item) -> Iterator[Line]:
    first = True
    for line in lines_in(item.blocks):
        yield Line(_TASK.sub("", line.text), line.line, item) if first else line
        first = False


def items_in(blocks: Sequence[Block]) -> Iterator[Item]:
    """Every list item, those of lists within lists after the one they stand in."""
    for block in blocks:
        if isinstance(block, Bullets):
            for item in block.items:
                yield item
                yield from items_in(item.blocks)
        elif isinstance(block, Quote):
            yield from items_in(block.blocks)


def text_below(item: Item) -> str:
    """What an item says after its first line, as a person reads it."""
    said = [plain(_BULLET.sub("", line.text)) for line in lines_in(item.blocks)]
    return " ".join(each for each in said[1:] if each)


def named(text: str) -> Named | None:
    """The name and the value of `**Name**: value`, `Name：value`, `**Name** - value`; None for another line.

    A colon counts where a value can begin behind it, so neither `https://…` nor `09:00` is a name.
    """
    line = _BULLET.sub("", text[:2_000], count=1)
    bold = _BOLD.match(line)
    if bold and (dash := _DASH.match(line, bold.end())):
        return Named(plain(bold.group(1)), line[dash.end() :].strip(), bold=True)
    for colon in _COLON.finditer(line, 0, _LONGEST_NAME):
        after = line[colon.end() : colon.end() + 1]
        if colon.group() == ":" and after and after not in " \t*_@#`+[<【（(" and after.isascii():
            continue
        name = plain(line[: colon.start()].replace("**", ""))
        if not name:
            return None
        return Named(name, line[colon.end() :].strip().strip("*_").strip(), bold=bold is not None)
    return None


def split_note(text: str) -> tuple[str, str]:
    """What a line says, and the note in brackets at its end: `@dba (databases)`."""
    found = _NOTE_AT_END.match(text)
    return (found.group(1).strip(), found.group(2).strip()) if found else (text, "")
