"""Which blocks stand under which heading? Markdown as a tree of parts, each block with its line in the file.

The parser is CommonMark's (markdown-it), with tables; inline text stays as written. A line that is bold as a whole
and reads like a section's name counts as a heading below all others: many runbooks have no other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import unescape
from textwrap import dedent

from markdown_it import MarkdownIt
from markdown_it.token import Token

from tocsin.respond.runbooks.reading.headings import hinted, is_attempt, role_of

_BOLD_LEVEL = 7
_SHORT = 30
_WORTH = frozenset({"verification", "diagnosis", "resolution", "degrade", "detection"})
"""Roles at which a bold line has only to hint to be a heading: below it stand things to do."""


@dataclass(slots=True)
class Paragraph:
    line: int
    end: int  # line after the last
    text: str


@dataclass(slots=True)
class Fence:
    """A block of code; `line` is that of the opening mark, `text_line` that of its first line of content."""

    line: int
    end: int
    info: str
    text: str
    text_line: int
    closed: bool = True
    piece: bool = False  # a part of a fence, taken apart


@dataclass(slots=True)
class Item:
    line: int
    end: int
    text: str  # its first paragraph
    task: bool | None  # ticked, not ticked, or no task at all
    blocks: list[Block]

    def fences(self) -> Iterator[Fence]:
        return fences_in(self.blocks)


@dataclass(slots=True)
class Bullets:
    line: int
    end: int
    ordered: bool
    items: list[Item]


@dataclass(slots=True)
class Quote:
    """A block quote; `callout` is the word of `> [!CAUTION]`."""

    line: int
    end: int
    callout: str
    blocks: list[Block]


@dataclass(slots=True)
class Row:
    line: int
    cells: list[str]  # as written, inline Markdown and all


@dataclass(slots=True)
class Grid:
    """A table: its columns by name, and its rows, each with as many cells as there are columns."""

    line: int
    end: int
    columns: list[str]
    rows: list[Row]


@dataclass(slots=True)
class Other:
    """A rule, HTML: read elsewhere or not at all."""

    line: int
    end: int
    kind: str
    text: str = ""


Block = Paragraph | Fence | Bullets | Quote | Grid | Other


@dataclass(slots=True)
class Part:
    """A heading with what stands below it, down to the next heading of its level."""

    heading: str
    level: int
    line: int
    end: int = 0  # line after its own blocks, before its first sub-heading
    blocks: list[Block] = field(default_factory=list["Block"])
    parts: list[Part] = field(default_factory=list["Part"])

    def walk(self) -> Iterator[Part]:
        """This part and all below it, in the order of the document."""
        waiting: list[Part] = [self]
        while waiting:
            part = waiting.pop()
            yield part
            waiting.extend(reversed(part.parts))

    def fences(self) -> Iterator[Fence]:
        """Every fence below it, sub-headings included."""
        for part in self.walk():
            yield from fences_in(part.blocks)


def fences_in(blocks: Sequence[Block]) -> Iterator[Fence]:
    for block in blocks:
        if isinstance(block, Fence):
            yield block
        elif isinstance(block, Bullets):
            for item in block.items:
                yield from fences_in(item.blocks)
        elif isinstance(block, Quote):
            yield from fences_in(block.blocks)


def grids_in(blocks: Sequence[Block]) -> Iterator[Grid]:
    """Every table, those in lists and quotes included."""
    for block in blocks:
        if isinstance(block, Grid):
            yield block
        elif isinstance(block, Bullets):
            for item in block.items:
                yield from grids_in(item.blocks)
        elif isinstance(block, Quote):
            yield from grids_in(block.blocks)


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark").enable("table")
    parser.core.ruler.enableOnly(["normalize", "block"])
    return parser


_PARSER = _parser()
_BREAK = re.compile(r"\s*<br\s*/?>\s*", re.IGNORECASE)
_TASK = re.compile(r"^\[([ xX])\]\s+")
_FENCE = re.compile(r"^\s{0,3}(`{3,}|~{3,})[ \t]*([^`]*)$")
_PRE = re.compile(
    r"<pre[^>]{0,200}>\s{0,8}(?:<code(?:[^>]{0,100}?(?:language-|lang-)([\w+-]{1,20}))?[^>]{0,100}>)?((?:(?!</?pre).)*?)"
    r"(?:</code>)?\s{0,8}</pre>",
    re.DOTALL | re.IGNORECASE,
)
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,200}>")
_SUMMARY = re.compile(r"<summary[^>]{0,100}>(.{1,200}?)</summary>", re.DOTALL | re.IGNORECASE)
_CALLOUT = re.compile(r"^\[!([A-Za-z]{3,12})\]\s*")
_ALL_BOLD = re.compile(r"^(?:\*\*([^*\n]{1,80})\*\*|__([^_\n]{1,80})__)\s*[:：]?\s*$")


@dataclass(frozen=True, slots=True)
class _Lines:
    """The lines that were parsed, each with its number in the file."""

    text: list[str]
    numbers: Sequence[int]

    def first(self, token: Token) -> int:
        return self.numbers[token.map[0]] if token.map and token.map[0] < len(self.numbers) else 1

    def after(self, token: Token) -> int:
        """The line after the last."""
        last = min(token.map[1], len(self.numbers)) - 1 if token.map else 0
        return self.numbers[last] + 1


def verbatim(text: str) -> Iterator[tuple[str, range]]:
    """Where the parser takes lines as they stand, counted from 0: fences with their info string, code and HTML."""
    for token in _PARSER.parse(text):
        if token.type in ("fence", "code_block", "html_block") and token.map:
            yield token.info.strip() if token.type == "fence" else "", range(token.map[0], token.map[1])


def parts_of(text: str, numbers: Sequence[int] | None = None) -> Part:
    """The document as one part of level 0, with its headings below. `numbers` are the lines' numbers in the file."""
    tokens = _PARSER.parse(text)
    plain = text.split("\n")
    lines = _Lines(plain, numbers or range(1, len(plain) + 1))
    first, last = lines.numbers[0], lines.numbers[-1]
    root = Part(heading="", level=0, line=first, end=last + 1)
    open_parts = [root]
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if token.type == "heading_open":
            heading = tokens[at + 1].content
            _open(open_parts, Part(heading=heading, level=int(token.tag[1]), line=lines.first(token)))
            at += 3
            continue
        block, at = _block(tokens, at, lines)
        if block is None:
            continue
        bold = _bold_heading(block)
        if bold is not None:
            _open(open_parts, Part(heading=bold, level=_BOLD_LEVEL, line=block.line))
        else:
            open_parts[-1].blocks.append(block)
    _set_ends(root, last + 1)
    return root


def _open(open_parts: list[Part], part: Part) -> None:
    while open_parts[-1].level >= part.level:
        open_parts.pop()
    open_parts[-1].parts.append(part)
    open_parts.append(part)


def _set_ends(root: Part, last: int) -> None:
    ordered = list(root.walk())
    for part, following in zip(ordered, [*ordered[1:], None], strict=True):
        part.end = following.line if following is not None else last


def _bold_heading(block: Block) -> str | None:
    """What a block says that stands for a heading: a bold line, a line that begins an attempt, the title of details."""
    if isinstance(block, Other):
        summary = _SUMMARY.search(block.text)
        heading = unescape(_TAG.sub("", summary.group(1))).strip() if summary else ""
        return heading if heading and (role_of(heading) or hinted(heading) in _WORTH) else None
    if not isinstance(block, Paragraph):
        return None
    found = _ALL_BOLD.match(block.text)
    if not found:
        line = block.text.strip("*_ ")
        return line if "\n" not in line and len(line) <= 80 and is_attempt(line) else None
    heading = found.group(1) or found.group(2)
    names = role_of(heading) or is_attempt(heading) or (len(heading) <= _SHORT and hinted(heading) in _WORTH)
    return heading if names else None


def _block(tokens: list[Token], at: int, lines: _Lines) -> tuple[Block | None, int]:
    """The block that begins here, and the place of the next."""
    token = tokens[at]
    line, end = lines.first(token), lines.after(token)
    match token.type:
        case "paragraph_open":
            return Paragraph(line=line, end=end, text=tokens[at + 1].content), at + 3
        case "heading_open":
            return Paragraph(line=line, end=end, text=tokens[at + 1].content), at + 3
        case "fence":
            return _fence(token, lines), at + 1
        case "code_block":
            return _indented(token.content, line, end), at + 1
        case "bullet_list_open" | "ordered_list_open":
            return _list(tokens, at, lines)
        case "blockquote_open":
            blocks, after = _until(tokens, at + 1, "blockquote_close", token.level, lines)
            return _quote(line, end, blocks), after
        case "table_open":
            return _grid(tokens, at, lines)
        case "html_block":
            return _html(token.content, line, end), at + 1
        case "hr":
            return Other(line=line, end=end, kind="rule"), at + 1
        case _:
            return None, at + 1


def _indented(text: str, line: int, end: int) -> Fence:
    """Indented code; where it is a fence that stands too far in, that fence."""
    lines = dedent(text).rstrip("\n").split("\n")
    opening = _FENCE.match(lines[0])
    closing = _FENCE.match(lines[-1]) if len(lines) > 1 else None
    inner = any(_FENCE.match(each) for each in lines[1:-1])
    if opening is None or closing is None or closing.group(2) or inner:
        return Fence(line=line, end=end, info="", text=text, text_line=line)
    inside = "\n".join(lines[1:-1])
    return Fence(line=line, end=end, info=opening.group(2).strip(), text=f"{inside}\n", text_line=line + 1)


def _html(text: str, line: int, end: int) -> Block:
    """HTML; where it is nothing but a block of code, as other tools export it, that block."""
    found = _PRE.fullmatch(text.strip())
    if found is None:
        return Other(line=line, end=end, kind="html", text=text)
    code = unescape(_TAG.sub("", found.group(2))).strip("\n")
    below = 1 if found.group(2).startswith("\n") else 0
    return Fence(line=line, end=end, info=found.group(1) or "", text=f"{code}\n", text_line=line + below)


def _until(tokens: list[Token], at: int, closing: str, level: int, lines: _Lines) -> tuple[list[Block], int]:
    """The blocks up to a closing token of this level, and the place behind it."""
    blocks: list[Block] = []
    while at < len(tokens) and not (tokens[at].type == closing and tokens[at].level == level):
        block, at = _block(tokens, at, lines)
        if block is not None:
            blocks.append(block)
    return blocks, at + 1


def _list(tokens: list[Token], at: int, lines: _Lines) -> tuple[Block, int]:
    opening = tokens[at]
    closing = opening.type.replace("_open", "_close")
    items: list[Item] = []
    at += 1
    while at < len(tokens) and not (tokens[at].type == closing and tokens[at].level == opening.level):
        token = tokens[at]
        blocks, at = _until(tokens, at + 1, "list_item_close", token.level, lines)
        first = blocks[0].text if blocks and isinstance(blocks[0], Paragraph) else ""
        task = _TASK.match(first)
        items.append(
            Item(
                line=lines.first(token),
                end=lines.after(token),
                text=_TASK.sub("", first, count=1),
                task=None if task is None else task.group(1) != " ",
                blocks=blocks,
            )
        )
    ordered = opening.type == "ordered_list_open"
    return Bullets(line=lines.first(opening), end=lines.after(opening), ordered=ordered, items=items), at + 1


def _grid(tokens: list[Token], at: int, lines: _Lines) -> tuple[Block, int]:
    opening = tokens[at]
    rows: list[Row] = []
    at += 1
    while at < len(tokens) and tokens[at].type != "table_close":
        token = tokens[at]
        if token.type == "tr_open":
            rows.append(Row(line=lines.first(token), cells=[]))
        elif token.type == "inline" and rows:
            rows[-1].cells.append(_BREAK.sub("\n", token.content.strip()))
        at += 1
    columns = rows.pop(0).cells if rows else []
    return Grid(line=lines.first(opening), end=lines.after(opening), columns=columns, rows=rows), at + 1


def _quote(line: int, end: int, blocks: list[Block]) -> Quote:
    first = blocks[0].text if blocks and isinstance(blocks[0], Paragraph) else ""
    callout = _CALLOUT.match(first)
    return Quote(line=line, end=end, callout=callout.group(1).upper() if callout else "", blocks=blocks)


def _fence(token: Token, lines: _Lines) -> Fence:
    line, end = lines.first(token), lines.after(token)
    at = token.map[1] - 1 if token.map else -1
    last = lines.text[at].strip().lstrip("> ") if 0 <= at < len(lines.text) else ""
    closed = end - line >= 2 and len(last) >= len(token.markup) and set(last) == {token.markup[0]}
    return Fence(
        line=line, end=end, info=token.info.strip(), text=token.content, text_line=line + 1, closed=closed
    )
