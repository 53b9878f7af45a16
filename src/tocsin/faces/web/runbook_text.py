"""What does the runbook say, and what did the reader make of each block? The text, block by block."""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from urllib.parse import unquote, urlsplit

from markupsafe import Markup

from tocsin.faces.web.addresses import address_of
from tocsin.ground.kernel.errors import NotFound
from tocsin.ground.render import Piece, pieces
from tocsin.respond.runbooks.document import Document, FenceRead, Finding, Link, Step
from tocsin.respond.runbooks.library import Library
from tocsin.respond.runbooks.places import SUFFIXES
from tocsin.respond.runbooks.plan import plan_of
from tocsin.respond.runbooks.reading import frontmatter, repairs
from tocsin.respond.runbooks.reading.facts.links import slug_of
from tocsin.respond.runbooks.reading.headings import plain

RUNNABLE = ("incident", "procedure")
"""Kinds of documents that a run can follow; the others are to read."""

_FEW_FINDINGS = 4
_ENDLESS = 10**9
_ROOM = 120_000  # characters: what is longer is no runbook that anybody reads during an incident
_OF_A_LINE, _OF_A_LINK, _OF_A_BLOCK = 30, 60, 400  # what stands around it on the page; a block has two marks
_MOST_HEADINGS = 300
_MOST_LINKS = 500
_MOST_STEPS = 40  # beside one table
_TITLES = ("#", "**", "> **")
_DRAWN = re.compile("[\u2500-\u257f]{2}|\u2193|^ *\u2502", re.MULTILINE)
_NAMED = re.compile('id="L([0-9]{1,9})"')
_UNDERLINE = re.compile(r"[=-]{1,200}\s*")


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownStep:
    """A step beside its text. `path` is the runbook that it belongs to; `runs`: a run of that comes to it.

    `code` is its share of a block of code that holds several, None where they cannot be told apart by lines.
    """

    step: Step
    path: str
    runs: bool
    code: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """A finding, and how often it is made in one block."""

    finding: Finding
    count: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """A piece of the text with what was read in it. `more` and `more_steps` count those for which there is no room."""

    piece: Piece
    steps: tuple[ShownStep, ...] = ()
    more_steps: int = 0
    findings: tuple[Told, ...] = ()
    more: int = 0
    read: FenceRead | None = None
    inside: Markup | None = None  # of a template: the document that it is, rendered
    here: bool = False
    named: bool = True  # its line is where a link leads: an item and the block in it begin on the same one

    @property
    def drawn(self) -> bool:
        """Is it a drawing, whose lines must not be broken?"""
        return bool(_DRAWN.search(self.piece.code))


@dataclass(frozen=True, kw_only=True, slots=True)
class Heading:
    """A line of the outline. `level` is the most that a step below it would do, "" where there is none."""

    text: str
    line: int
    rank: int
    level: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Text:
    """The whole text of a page."""

    blocks: tuple[Shown, ...]
    outline: tuple[Heading, ...]
    lines: tuple[int, ...]  # at which a block begins
    cut: int = 0  # the line from which on the text is too long to be shown; 0: all of it is

    @property
    def has_notes(self) -> bool:
        return any(block.findings for block in self.blocks)

    def anchor(self, line: int) -> str:
        """Where on the page a line of the file is; "" where it is not shown."""
        if self.cut and line >= self.cut:
            return ""
        at = bisect_right(self.lines, line) - 1
        return f"L{self.lines[at]}" if at >= 0 else ""


def text_of(
    document: Document, whole: str, address: Addresses, here: int = 0, file: Document | None = None
) -> Text:
    """The text of a document; `file` is the one it stands in, `here` a line of the file to point at."""
    _, body = frontmatter.take(whole.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n"))
    mended = repairs.mend(body, range(1, body.count("\n") + 2))
    lines, numbers = mended.text.split("\n"), mended.numbers
    if file is not None:
        lines, numbers = _inside(mended, document, file)
    lines = _without_title(lines, document.title)
    shown = _room_for(lines)
    parts = pieces("\n".join(lines[:shown]), numbers=numbers[:shown], address=address)
    cut = numbers[shown] if shown < len(lines) else 0
    blocks = tuple(_shown(parts, [document] if file else list(_read_as_itself(document)), here, cut))
    lines_of_blocks = tuple(sorted({piece.line for piece in parts if piece.line}))
    return Text(
        blocks=blocks,
        outline=tuple(islice(_outline(blocks), _MOST_HEADINGS)),
        lines=lines_of_blocks,
        cut=cut,
    )


def _room_for(lines: Sequence[str]) -> int:
    """How many lines a page has room for."""
    room = _ROOM
    for at, line in enumerate(lines):
        room -= len(line) + _OF_A_LINE + _OF_A_LINK * line.count("](")
        if line.lstrip().startswith(("```", "~~~")):
            room -= _OF_A_BLOCK
        if room < 0:
            return max(1, at)
    return len(lines)


def _inside(mended: repairs.Mended, document: Document, file: Document) -> tuple[list[str], Sequence[int]]:
    """The lines of a document that stands inside its file, with their numbers there."""
    for piece in pieces(mended.text, numbers=mended.numbers):
        if piece.kind == "code" and piece.line <= document.line <= piece.last:
            lines = piece.code.split("\n")
            return lines, range(piece.line + 1, piece.line + 1 + len(lines))
    others = [each for each in _read_as_itself(file) if each.path != document.path]
    begins = [line for other in others for line in (other.line, *(each.line for each in other.sections))]
    end = min((line for line in begins if line > document.line), default=_ENDLESS)
    first, last = bisect_left(mended.numbers, document.line), bisect_left(mended.numbers, end)
    return mended.text.split("\n")[first:last], mended.numbers[first:last]


def _without_title(lines: list[str], title: str) -> list[str]:
    """The title stands at the top of the page already."""
    for at, line in enumerate(lines):
        if not line.strip():
            continue
        underlined = at + 1 < len(lines) and _UNDERLINE.fullmatch(lines[at + 1])
        if (line.startswith(_TITLES) or underlined) and _same(line, title):
            return [*lines[:at], *([""] * (2 if underlined else 1)), *lines[at + (2 if underlined else 1) :]]
        break
    return lines


def _same(heading: str, title: str) -> bool:
    """The reader takes marks, emoji and numbering off a title."""
    bare = "".join(each for each in plain(heading) if each.isalnum())
    return bool(bare) and bare.endswith("".join(each for each in title if each.isalnum()))


def _read_as_itself(document: Document) -> Iterator[Document]:
    """The document and the runbooks inside it, but no templates: what stands in those is nobody's step."""
    yield document
    for each in document.documents:
        if each.kind != "template":
            yield from _read_as_itself(each)


class Addresses:
    """Where the links of a document lead: to pages of the library, to the world outside, or nowhere."""

    def __init__(self, document: Document, library: Library) -> None:
        self._folder = posixpath.dirname(document.path)
        self._library = library
        self._known: dict[str, str | None] = {}
        self._dead = {
            unquote(link.target) for each in document.within() for link in each.links if link.ok is False
        }

    def __call__(self, href: str) -> str | None:
        """The address on a page; "" where no page of ours shows it, None where it is known that nothing is there."""
        if href not in self._known:
            self._known[href] = self._look(href)
        return self._known[href]

    def _look(self, href: str) -> str | None:
        if unquote(href) in self._dead:
            return None
        try:
            parts = urlsplit(href)
        except ValueError:  # `http://[`
            return ""
        if parts.scheme or parts.netloc:
            return href
        if href.startswith("/"):
            return ""  # from the root of some site or repository, which is not ours
        path = posixpath.normpath(posixpath.join(self._folder, unquote(parts.path)))
        if path.startswith("..") or not path.lower().endswith(SUFFIXES):
            return ""
        try:
            file = self._library.get(path)
        except NotFound:
            return None
        return _place_in(file, unquote(parts.fragment))

    def dead(self, document: Document) -> list[Link]:
        """The links of a document that lead to nothing."""
        return [
            link for link in document.links[:_MOST_LINKS] if link.ok is False or self(link.target) is None
        ]


def _place_in(file: Document, fragment: str) -> str:
    """The page of a file, of the runbook in it that a link names, or the line of the heading that it names."""
    if not fragment:
        return address_of(file.path)
    for part in file.within():
        if part.path == f"{file.path}#{fragment}":
            return address_of(part.path)
        for section in part.sections:
            if slug_of(section.heading) == fragment.casefold():
                return f"{address_of(file.path)}?line={section.line}#here"
    return address_of(file.path)


def _shown(parts: Sequence[Piece], documents: Sequence[Document], here: int, cut: int) -> Iterator[Shown]:
    lines = sorted({piece.line for piece in parts if piece.line})
    steps: dict[int, list[ShownStep]] = defaultdict(list)
    findings: dict[int, list[Finding]] = defaultdict(list)
    reads: dict[int, FenceRead] = {}

    def block(line: int) -> int:
        """The line at which the block of a line begins, 0 where it is not shown."""
        at = bisect_right(lines, line) - 1
        return lines[at] if at >= 0 and not (cut and line >= cut) else 0

    for document in documents:
        run = {step.id for step in plan_of(document).steps()} if document.kind in RUNNABLE else set[str]()
        # A check may be that of several rungs: by its id it is the same.
        for step in {each.id: each for each in document.steps()}.values():
            if step.kind not in ("manual", "reference"):
                one = ShownStep(step=step, path=document.path, runs=step.id in run and not step.by_hand)
                steps[block(step.line)].append(one)
        for finding in document.findings:
            findings[block(finding.line)].append(finding)
        reads |= {block(fence.line): fence for fence in document.fences}
    pointed = block(here) if here else 0
    level = 1
    named: set[int] = set()
    for piece in parts:
        if not piece.line:
            named.update(int(line) for line in _NAMED.findall(piece.html))
            yield Shown(piece=piece)
            continue
        level = piece.level or level
        # Of two leaves that begin on one line (an item and a block in it) the first has them.
        found = _told(findings.pop(piece.line, []))
        mine = sorted(steps.pop(piece.line, []), key=lambda each: each.step.line)
        read = reads.pop(piece.line, None) if piece.kind == "code" else None
        yield Shown(
            piece=piece,
            steps=_shared_out(piece, mine) if piece.kind == "code" else tuple(mine[:_MOST_STEPS]),
            more_steps=0 if piece.kind == "code" else max(0, len(mine) - _MOST_STEPS),
            findings=found[:_FEW_FINDINGS],
            more=max(0, len(found) - _FEW_FINDINGS),
            read=read,
            inside=_template(piece, level) if read and read.use == "template" else None,
            here=pointed == piece.line,
            named=piece.line not in named,
        )
        named.add(piece.line)


def _template(piece: Piece, level: int) -> Markup:
    """A template as the document that it will be, below the heading that it stands under."""
    numbers = range(piece.line + 1, piece.line + piece.code.count("\n") + 2)
    return Markup().join(
        each.html for each in pieces(piece.code, numbers=numbers, address=lambda _: "", under=level)
    )


def _told(findings: Sequence[Finding]) -> tuple[Told, ...]:
    """What is said of several lines of a block is said once."""
    first: dict[tuple[str, str], Finding] = {}
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for finding in findings:
        key = finding.rule, finding.message
        first.setdefault(key, finding)
        counts[key] += 1
    return tuple(Told(finding=finding, count=counts[key]) for key, finding in first.items())


def _shared_out(piece: Piece, steps: Sequence[ShownStep]) -> tuple[ShownStep, ...]:
    """Gives each step of a block the lines down to the next step."""
    lines = piece.code.rstrip("\n").split("\n")
    above = (
        piece.line if piece.last - piece.line < len(lines) else piece.line + 1
    )  # indented code has no fence
    starts = [max(0, each.step.line - above) for each in steps]
    if len(starts) < 2 or len(set(starts)) < len(starts) or starts[-1] >= len(lines):
        return tuple(steps)
    starts = [0, *(_begin(lines, after + 1, at) for after, at in pairwise(starts))]
    shares = [
        "\n".join(lines[start:end]) for start, end in zip(starts, [*starts[1:], len(lines)], strict=True)
    ]
    return tuple(replace(step, code=share.strip("\n")) for step, share in zip(steps, shares, strict=True))


def _begin(lines: Sequence[str], after: int, at: int) -> int:
    """Where the share of the step at a line begins: below the last empty line before it, else with its comment."""
    empty = next((line for line in range(at - 1, after - 1, -1) if not lines[line].strip()), None)
    if empty is not None:
        return empty + 1
    while at > after and lines[at - 1].lstrip().startswith(("#", "--", "//")):
        at -= 1
    return at


_ORDER = ("", "read", "change", "destroy")


def _outline(blocks: Sequence[Shown]) -> Iterator[Heading]:
    current: Heading | None = None
    for block in blocks:
        if block.piece.kind == "heading":
            if current is not None:
                yield current
            current = Heading(
                text=block.piece.heading, line=block.piece.line, rank=block.piece.level, level=""
            )
        if current is not None:
            levels = [current.level, *(each.step.level for each in block.steps if each.runs)]
            current = replace(current, level=max(levels, key=_ORDER.index))
    if current is not None:
        yield current
