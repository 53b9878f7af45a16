"""Is this fence a drawing, and which line stands below which? Trees, steps with arrows between them, boxes.

A line stands below the nearest one that begins further left. A branch may begin in the same column as the words it
belongs to, and a column that is off by one is forgiven: drawings are made by hand, in fonts with wide characters.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from tocsin.act.guard.names import names
from tocsin.respond.runbooks.reading.blocks import Fence
from tocsin.respond.runbooks.reading.code.attributes import split_info
from tocsin.respond.runbooks.reading.drawn.answers import answer_of, is_question
from tocsin.respond.runbooks.reading.drawn.labels import option_label
from tocsin.respond.runbooks.reading.drawn.lines import DOWN, HEADS, Drawn, drawn, is_flat, width
from tocsin.respond.runbooks.reading.drawn.signs import is_drawing, is_listing
from tocsin.respond.runbooks.reading.drawn.words import is_bracketed

MOST_DEPTH = 24
"""Levels that are told apart; what is drawn deeper stands at the last of them."""

_MOST_LINES = 5_000  # nobody draws more by hand
_MOST_CHARACTERS = 200_000
_LANGUAGES = names("text txt plain plaintext ascii diagram flow flowchart tree none") | {""}


@dataclass(slots=True)
class Node:
    """A line of a drawing with what stands below it. `line` is that of the file."""

    text: str
    line: int
    task: bool | None = None  # ticked, not ticked, or no box at all
    children: list[Node] = field(default_factory=list["Node"])
    branch: bool = False  # stands at a branch or a bullet, and is not only indented
    after_arrow: bool = False  # an arrow leads here from what stands before it
    via: str = ""  # what is written at that arrow: `fails`

    def walk(self, without: Collection[int] = ()) -> Iterator[Node]:
        """This node and all below it, in the order of the drawing; not those whose `id` is left out, nor what stands
        below them.
        """
        waiting: list[Node] = [self]
        while waiting:
            node = waiting.pop()
            if id(node) in without:
                continue
            yield node
            waiting.extend(reversed(node.children))


def outline_of(fence: Fence) -> list[Node] | None:
    """The drawing as an outline. None where the fence is none: a script, a log, a table, a listing of files, a chart
    in two dimensions.
    """
    if split_info(fence.info)[0] not in _LANGUAGES:
        return None
    raw = fence.text.rstrip("\n").split("\n")
    if len(raw) > _MOST_LINES or len(fence.text) > _MOST_CHARACTERS:
        return None
    lines = list(_lines(raw, fence.text_line))
    if not is_drawing(lines, raw) or is_listing(lines) or any(is_flat(each) for each in raw):
        return None
    outline = _Outline()
    for each in lines:
        outline.add(each)
    return outline.roots or None


def _lines(raw: Sequence[str], first: int) -> Iterator[Drawn]:
    framed = False
    for offset, text in enumerate(raw):
        each = drawn(text, first + offset, framed=framed)
        if each.mark == "frame":
            # Both edges of an ASCII box look the same.
            framed = each.text == "top" and not framed
            each = Drawn(each.line, "frame", each.column, "top" if framed else "")
        yield each


@dataclass(slots=True)
class _Open:
    """A node that lines further in may still belong to."""

    node: Node
    column: int
    marked: bool
    holds: bool = True  # whether branches may stand below it
    waits: bool = False  # beside `─┬─`: its column is that of the next branch
    box: bool = False


_TEE = re.compile(r"(?:(?<=\s)|(?<=[\u3400-\u9fff）)?？]))[─━═-]{1,20}[┬┳╦][─━═-]{0,20}[>→▶►]?(?=\s|$)")
_INLINE = re.compile(
    r"[?？)）]\s{0,20}[-─━]{1,20}\s?[(\[]?(?=(?:yes|no|y|n|是|否)[)\]]?\s?[-─━]{0,20}[>→▶►])", re.IGNORECASE
)


class _Outline:
    def __init__(self) -> None:
        self.roots: list[Node] = []
        self._open: list[_Open] = []
        self._arrow = False
        self._via = ""
        self._box: int | None = None  # column of the box whose first line comes next

    def add(self, each: Drawn) -> None:
        if each.mark == "arrow":
            self._arrow_with(each)
        elif each.mark == "frame":
            self._frame(each)
        elif each.text or each.task is not None:
            self._place(each)

    def _arrow_with(self, each: Drawn) -> None:
        if each.text and is_question(each.text):
            self._place(Drawn(each.line, "text", each.column, each.text, None, each.column))
        elif each.text:
            asked = next((at for at, open_ in enumerate(self._open) if is_question(open_.node.text)), None)
            if asked is None or answer_of(each.text) is None:
                self._via = each.text
            else:
                del self._open[asked + 1 :]
                column = self._open[asked].column + 2
                self._push(_Open(Node(each.text, each.line, branch=True), column, marked=True))
        self._arrow = True

    def _frame(self, each: Drawn) -> None:
        if each.text == "top":
            self._box = each.column
            return
        self._box = None
        while self._open and not self._open[-1].box and any(open_.box for open_ in self._open):
            self._open.pop()

    def _place(self, each: Drawn) -> None:
        text = each.text.rstrip(f"{DOWN}{HEADS} ")
        leads_on = len(text) < len(each.text) and each.text[-1] in DOWN
        host, rest = _split(_TEE, text)
        asked, answered = ("", "") if rest else _split(_INLINE, host)
        node = Node(asked or host, each.line, each.task, branch=each.mark in ("branch", "bullet"))
        if each.mark in ("branch", "bullet"):
            self._to_branch(each.column)
            self._push(_Open(node, each.column, marked=True))
        elif self._box is not None:
            self._to_box(self._box)
            self._push(_Open(node, self._box, marked=False, box=True))
            self._box = None
        else:
            self._to_text(each)
            self._push(_Open(node, each.column, marked=False, holds=not self._is_note(node.text)))
        column = self._open[-1].column + 2
        if answered:
            self._push(_Open(Node(answered, each.line, branch=True), column, marked=True))
        place = each.start
        while rest:
            place += width(text[: len(text) - len(rest)])
            text = rest
            inner, rest = _split(_TEE, rest)
            beside = Node(inner, each.line, branch=True)
            if is_question(inner):
                self._push(_Open(beside, column, marked=False))
            else:
                self._push(_Open(beside, max(column, place - 3), marked=True, waits=True))
            column += 2
        self._arrow = leads_on

    def _to_branch(self, column: int) -> None:
        while self._open:
            last = self._open[-1]
            if last.waits:
                # Where wide characters stand before `─┬─` its column is only known from the branch below it.
                host = self._open[-2].column if len(self._open) > 1 else -2
                last.waits = False
                last.column = column if host + 1 < column <= last.column + 3 else last.column
            same = last.marked and abs(last.column - column) <= 1
            beside = not last.marked and last.column == column and _is_label(last.node)
            if not (last.column > column + 1 or same or beside or not last.holds):
                return
            self._open.pop()
            if same:
                return

    def _to_text(self, each: Drawn) -> None:
        last = self._open[-1] if self._open else None
        if self._arrow and last is not None and not last.marked:
            outer = self._open[-2].column if len(self._open) > 1 else -1
            if outer < each.column:
                self._open.pop()
                return
        while self._open and self._open[-1].column >= each.column:
            last = self._open[-1]
            if (
                each.mark == "number"
                and last.column == each.column
                and _leads(last.node.text)
                and not last.marked
            ):
                return
            self._open.pop()

    def _to_box(self, column: int) -> None:
        boxes = [at for at, open_ in enumerate(self._open) if open_.box]
        if self._arrow and boxes:
            del self._open[boxes[-1] :]
            return
        while self._open and self._open[-1].column >= column:
            self._open.pop()

    def _is_note(self, text: str) -> bool:
        """Whether a line only goes on with the question above it, so that the branches below are those of the
        question.
        """
        above = self._open[-1] if self._open else None
        if above is None or not above.marked or not is_question(above.node.text):
            return False
        return not is_question(text) and not _leads(text)

    def _push(self, opened: _Open) -> None:
        del self._open[MOST_DEPTH:]
        opened.node.after_arrow, opened.node.via = self._arrow, self._via
        self._arrow, self._via = False, ""
        siblings = self._open[-1].node.children if self._open else self.roots
        siblings.append(opened.node)
        self._open.append(opened)


def _is_label(node: Node) -> bool:
    """Whether it is a line like `Risk: data is lost`, to which nothing in the same column belongs."""
    label = option_label(node.text)
    return label is not None and bool(label[1])


def _leads(text: str) -> bool:
    return text.endswith((":", "：")) or is_bracketed(text)


def _split(at: re.Pattern[str], text: str) -> tuple[str, str]:
    """What stands before and after a mark inside a line; nothing after where it has none."""
    found = at.search(text)
    if found is None:
        return text, ""
    if at is _INLINE:
        return text[: found.start() + 1].strip(), text[found.end() :].strip()
    before, after = text[: found.start()].strip(), text[found.end() :].strip()
    return (before, after) if before and after else (text, "")
