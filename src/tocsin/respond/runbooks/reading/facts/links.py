"""Which links does a document have, and do they lead anywhere? Inline, by reference, in angle brackets and bare.

Pictures are none, and nothing in code is. Each text is gone through once, with a stack for its brackets, so that a text
of nothing but brackets costs no more than another.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from tocsin.respond.runbooks.document import Finding, Link
from tocsin.respond.runbooks.reading.blocks import (
    Block,
    Bullets,
    Grid,
    Paragraph,
    Part,
    Quote,
    parts_of,
)
from tocsin.respond.runbooks.reading.facts.flow import flow
from tocsin.respond.runbooks.reading.headings import plain

Exists = Callable[[str], bool | None]
"""Whether the file of a relative address is there; None where it leads out of the folder."""

_SCHEME = re.compile(r"^(?:[a-z][a-z0-9+.-]{1,30}:|//)", re.IGNORECASE)
_AUTO = re.compile(
    r"<((?:https?|ftp|mailto):[^<>\s]{1,2000}|[\w.+-]{1,64}@[\w.-]{1,120}\.[A-Za-z]{2,20})>", re.IGNORECASE
)
_BARE = re.compile(r"(?<![\w/])https?://[^\s<>`\"'\[\]，。；、）】」』|\u4e00-\u9fff]{1,2000}", re.IGNORECASE)
_AT_END = ".,:;!?*_~'\""
_DEFINITION = re.compile(
    r"^[ >]{0,12}\[(?!\^)([^\[\]\n]{1,300})\]:[ \t]{0,8}\n?[ \t>]{0,12}(?:<([^<>\n]{0,1000})>|(\S{1,1000}))",
    re.MULTILINE,
)
_TICKS = re.compile(r"`+")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_SPECIAL = re.compile(r"\\.|!\[|\[|\]", re.DOTALL)
_TITLE = re.compile(r"\s{1,8}(?:\"[^\"]{0,500}\"|'[^']{0,500}'|\([^()]{0,500}\))?\s{0,8}\)")
_ANGLE = re.compile(r"\(\s{0,8}<([^<>\n]{0,1000})>")
_ADDRESS = re.compile(r"\(\s{0,8}((?:[^\s()\\]|\\.|\((?:[^\s()\\]|\\.){0,500}+\)){0,1000}+)", re.DOTALL)
_ANCHOR = re.compile(
    r"<a\s[^<>]{0,200}?\b(?:name|id)\s?=\s?[\"']([^\"'<>]{1,200})[\"']|\{#([\w-]{1,200})\}", re.IGNORECASE
)
_BOLD_LEVEL = 7


@dataclass(frozen=True, slots=True)
class _Written:
    """A link as it stands in a text: where it begins, what it says, where it leads."""

    start: int
    text: str
    target: str


def links_of(text: str, exists: Exists | None, root: Part | None = None) -> list[Link]:
    """Every link, in the order of the document. `root` is the document read as Markdown; without it, it is read here.

    A relative address is asked for without its anchor, and with its percent signs resolved; an anchor inside the
    document is compared with its headings. `ok` stays None for addresses outside and where nobody looked.
    """
    root = parts_of(text) if root is None else root
    definitions = {
        _key(found.group(1)): found.group(2) if found.group(2) is not None else found.group(3)
        for found in _DEFINITION.finditer(text)
    }
    anchors = anchors_of(root, text)
    return [link for line, piece in _texts(root) for link in _read(line, piece, definitions, anchors, exists)]


def _read(
    line: int, text: str, definitions: dict[str, str], anchors: set[str], exists: Exists | None
) -> Iterator[Link]:
    if "[" not in text and "<" not in text and "://" not in text:
        return
    last = 0
    for written in _links_in(text, definitions):
        line += text.count("\n", last, written.start)
        last = written.start
        yield Link(
            text=written.text,
            target=written.target,
            line=line,
            ok=_ok(written.target, anchors, exists),
        )


def findings_of(links: Sequence[Link], *, looked: bool) -> list[Finding]:
    """What the author should know of the links; `looked` tells whether there was a folder to look in."""
    findings: list[Finding] = []
    for link in links:
        if link.ok is False:
            inside = link.target.startswith("#")
            findings.append(
                Finding(
                    rule="dead-link",
                    level="warning",
                    line=link.line,
                    message=f"{link.target or 'an empty link'} leads to "
                    + ("no heading of this document" if inside else "no file"),
                    fix="correct the link or take it away",
                )
            )
        elif link.ok is None and looked and is_relative(link.target) and not _of_a_site(link.target):
            findings.append(
                Finding(
                    rule="outside-link",
                    level="note",
                    line=link.line,
                    message=f"{link.target} leads out of the folder, so nobody looked",
                    fix="import the folder that holds both",
                )
            )
    return findings


def is_relative(target: str) -> bool:
    """Whether an address is one of a file beside this one."""
    return bool(target) and not target.startswith("#") and _SCHEME.match(target) is None


def anchors_of(root: Part, text: str) -> set[str]:
    """Every anchor that a link may name: those that are made of the headings, and those that the text sets itself."""
    anchors: set[str] = set()
    times: dict[str, int] = {}
    for part in root.walk():
        if part.level == 0 or part.level >= _BOLD_LEVEL:
            continue
        slug = slug_of(part.heading)
        seen = times.get(slug, 0)
        times[slug] = seen + 1
        told = f"{slug}-{seen}" if seen else slug
        anchors |= {told, told.strip("-")}
    for found in _ANCHOR.finditer(text):
        anchors.add((found.group(1) or found.group(2)).casefold())
    return anchors


def slug_of(heading: str) -> str:
    """The anchor of a heading as GitHub makes it: lower case, marks taken away, a hyphen for each space."""
    line = re.sub(
        r"!?\[([^\[\]]{0,300})\]\([^()\s]{0,500}\)", r"\1", re.sub(r"[*`~]|\{#[\w-]{1,200}\}", "", heading)
    )
    kept = [each for each in line.strip().lower() if each in " -_" or unicodedata.category(each)[0] in "LNM"]
    return "".join(kept).rstrip(" ").replace(" ", "-")


def _ok(target: str, anchors: set[str], exists: Exists | None) -> bool | None:
    if not target:
        return False
    if target.startswith("#"):
        told = unquote(target[1:]).casefold()
        return not told or told == "top" or told in anchors or told.strip("-") in anchors
    if not is_relative(target) or exists is None:
        return None
    path = unquote(re.split(r"[#?]", target, maxsplit=1)[0])
    there = exists(path) if path else None
    return there or None if _of_a_site(target) else there


def _of_a_site(target: str) -> bool:
    """Whether a path begins at the root of a site: where it leads is only known there, unless the file is here."""
    return target.startswith(("/", "~/"))


def _texts(root: Part) -> Iterator[tuple[int, str]]:
    """Every stretch of text that is no code, with its line."""
    for each in flow(root):
        if isinstance(each, Part):
            yield each.line, each.heading
        else:
            yield from _texts_of(each)


def _texts_of(block: Block) -> Iterator[tuple[int, str]]:
    if isinstance(block, Paragraph):
        yield block.line, block.text
    elif isinstance(block, Bullets):
        for item in block.items:
            for inner in item.blocks:
                yield from _texts_of(inner)
    elif isinstance(block, Quote):
        for inner in block.blocks:
            yield from _texts_of(inner)
    elif isinstance(block, Grid):
        yield from ((block.line, column) for column in block.columns)
        yield from ((row.line, each) for row in block.rows for each in row.cells)


def _links_in(text: str, definitions: dict[str, str]) -> list[_Written]:
    body = _without_code(text)
    found: list[_Written] = []
    taken: list[tuple[int, int]] = []
    opened: list[tuple[int, bool]] = []  # where a bracket opens, and whether it is that of a picture
    end = 0  # of the last link: its address is no text
    for mark in _SPECIAL.finditer(body):
        if mark.start() < end:
            continue
        told = mark.group()
        if told in ("[", "!["):
            opened.append((mark.end(), told == "!["))
        elif told == "]" and opened:
            start, picture = opened.pop()
            target, end = _target(body, start, mark.end(), definitions)
            if target is None:
                end = 0
                continue
            taken.append((start, end))
            if not picture:
                opened = [each for each in opened[-1:] if each[1]]  # no link holds a link, a picture may
                found.append(_Written(start, plain(_said(text[start : mark.start()])), target))
    plainly = [(each, each.group(1)) for each in _AUTO.finditer(body)]
    plainly.extend(
        (each, _trimmed(each.group()))
        for each in _BARE.finditer(body)
        if body[max(each.start() - 1, 0)] != "<"
    )
    alone = _outside(sorted(plainly, key=lambda each: each[0].start()), sorted(taken))
    found.extend(_Written(start, told, told if ":" in told else f"mailto:{told}") for start, told in alone)
    return sorted(found, key=lambda each: each.start)


def _outside(
    addresses: Sequence[tuple[re.Match[str], str]], taken: Sequence[tuple[int, int]]
) -> Iterator[tuple[int, str]]:
    """The addresses that do not stand inside another link."""
    at = 0
    reach = 0
    for match, address in addresses:
        while at < len(taken) and taken[at][0] <= match.start():
            reach = max(reach, taken[at][1])
            at += 1
        if match.start() >= reach:
            yield match.start(), address


def _said(label: str) -> str:
    """What a link says; of a picture that is a link, its description."""
    return re.sub(r"!\[([^\[\]]{0,300})\]\([^()]{0,1000}\)", r"\1", label)


def _target(body: str, start: int, after: int, definitions: dict[str, str]) -> tuple[str | None, int]:
    """Where a pair of brackets leads, and the place behind it; `after` is that behind the closing one."""
    following = body[after : after + 1]
    if following == "(":
        inline = _inline(body, after)
        if inline is not None:
            return inline
    if following == "[":
        close = body.find("]", after + 1, after + 302)
        if close >= 0:
            key = _key(body[after + 1 : close]) or _key(body[start : after - 1])
            if key in definitions:
                return definitions[key], close + 1
    key = _key(body[start : after - 1]) if after - start <= 302 else ""
    return (definitions[key], after) if key in definitions else (None, after)


def _inline(body: str, at: int) -> tuple[str, int] | None:
    """The address of `(address "title")` and the place behind it."""
    angle = _ANGLE.match(body, at)
    if angle:
        closing = _TITLE.match(body, angle.end()) if body[angle.end() : angle.end() + 1] != ")" else None
        if closing or body[angle.end() : angle.end() + 1] == ")":
            return angle.group(1), closing.end() if closing else angle.end() + 1
        return None
    found = _ADDRESS.match(body, at)
    if found is None:
        return None
    if body[found.end() : found.end() + 1] == ")":
        return found.group(1), found.end() + 1
    closing = _TITLE.match(body, found.end())
    return (found.group(1), closing.end()) if closing else None


def _trimmed(address: str) -> str:
    """A bare address without what belongs to the sentence around it."""
    while address and (address[-1] in _AT_END or (address[-1] in ")]" and not _closes(address))):
        address = address[:-1]
    return address


def _closes(address: str) -> bool:
    return address.count("(") >= address.count(")") if address[-1] == ")" else "[" in address


def _without_code(text: str) -> str:
    """The text with code spans and comments as blanks, each character in its place."""
    pieces: list[str] = []
    last = 0
    if "`" in text:
        marks = [(found.start(), found.end()) for found in _TICKS.finditer(text)]
        closing: dict[int, list[int]] = {}
        for at in range(len(marks) - 1, -1, -1):
            closing.setdefault(marks[at][1] - marks[at][0], []).append(at)
        at = 0
        while at < len(marks):
            start, end = marks[at]
            same = closing[end - start]
            while same and same[-1] <= at:
                same.pop()
            if same and text[start - 1 : start] != "\\":
                stop = marks[same[-1]][1]
                pieces.append(text[last:start] + _blank(text[start:stop]))
                last = stop
                at = same[-1]
            at += 1
    body = "".join(pieces) + text[last:]
    return _COMMENT.sub(lambda found: _blank(found.group()), body) if "<!--" in body else body


def _blank(text: str) -> str:
    return "\n".join(" " * len(line) for line in text.split("\n"))


def _key(label: str) -> str:
    return " ".join(label.casefold().split())
