"""Which line of the file does each part of a rendered text come from?

The same renderer and the same sanitiser as for any text, cleaned as a whole and then cut at its leaves: headings,
paragraphs, blocks of code, tables. All pieces joined are the whole; a page puts its own things between and around them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import unquote

from markdown_it.token import Token
from markupsafe import Markup

from tocsin.ground.render.markdown import CALLOUTS, LONGEST, clean, parse, to_html

Kind = Literal["frame", "heading", "text", "code", "table", "rule"]

_LEAVES: dict[str, Kind] = {
    "heading_open": "heading",
    "paragraph_open": "text",
    "fence": "code",
    "code_block": "code",
    "table_open": "table",
    "hr": "rule",
}
_NAMED = frozenset({"heading_open", "paragraph_open", "list_item_open", "table_open", "tr_open"})
_CUT = re.compile('<div id="cut-[0-9]+"></div>')
_CALLOUT = re.compile(r"\[!([A-Za-z]{3,12})\][ \t]*\n?")
_NOT_IN_ADDRESS = re.compile(r"[^\w\- ]")
_IDS: dict[str, set[str]] = {tag: {"id"} for tag in ("p", "h2", "h3", "h4", "h5", "h6", "li", "tr")} | {
    "div": {"id", "class", "tabindex"},
    "a": {"href", "title", "class"},
    "blockquote": {"class"},
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """A leaf with the lines of the file that it comes from, or a frame that only holds leaves together.

    `code` is what a block of code holds, as text: who shows it escapes it. A heading has its rank in `level`, 2 to 6.
    """

    html: Markup
    kind: Kind = "frame"
    line: int = 0
    last: int = 0
    language: str = ""
    code: str = ""
    level: int = 0
    heading: str = ""


def pieces(
    text: str,
    *,
    numbers: Sequence[int] | None = None,
    address: Callable[[str], str | None] = lambda href: href,
    under: int = 1,
) -> list[Piece]:
    """A text in pieces, each leaf with an `id="L12"` of its line.

    `numbers[i]` is the line of the file that line i (from 0) of the text has. `address` says where a link leads: ""
    nowhere here, None nowhere at all (it is marked as dead). Links to a heading lead to it as they do on other viewers.
    Headings descend one rank at a time from that of the heading above, `under`, whatever the author's do, so that a
    screen reader has an outline.
    """
    text = text[:LONGEST].replace("\r\n", "\n").replace("\r", "\n")
    lines = numbers or range(1, text.count("\n") + 2)
    tokens = parse(text, {})
    levels = _ranked(tokens, under)
    _point(tokens, _headings(tokens, lines), address)
    _name(tokens, lines)
    _call_out(tokens)
    spans = list(_spans(tokens))
    env: dict[str, Any] = {"top": 1}
    html = "".join(
        f'{to_html(tokens[start:end], env)}<div id="cut-{at}"></div>' for at, (start, end) in enumerate(spans)
    )
    cut = _CUT.split(clean(html, _IDS))
    return [
        _piece(Markup(html), tokens[start:end], lines, levels.get(start, 0))  # noqa: S704 - it has been cleaned
        for (start, end), html in zip(spans, cut[:-1], strict=True)
    ]


def _spans(tokens: Sequence[Token]) -> Iterator[tuple[int, int]]:
    """Each leaf, and what stands between two leaves, as a range of tokens."""
    start = at = 0
    while at < len(tokens):
        if tokens[at].type not in _LEAVES:
            at += 1
            continue
        if start < at:
            yield start, at
        end = _end(tokens, at)
        yield at, end
        start = at = end
    if start < len(tokens):
        yield start, len(tokens)


def _end(tokens: Sequence[Token], at: int) -> int:
    opening = tokens[at]
    if opening.nesting == 0:
        return at + 1
    closing = opening.type.replace("_open", "_close")
    while not (tokens[at].type == closing and tokens[at].level == opening.level):
        at += 1
    return at + 1


def _piece(html: Markup, tokens: Sequence[Token], lines: Sequence[int], level: int) -> Piece:
    first = tokens[0]
    kind = _LEAVES.get(first.type, "frame")
    if kind == "frame" or not first.map:
        return Piece(html=html)
    begin, end = first.map
    return Piece(
        html=html,
        kind=kind,
        line=lines[begin],
        last=max(lines[begin], lines[end] - 1 if end < len(lines) else lines[-1]),
        language=first.info.strip().split(" ")[0] if kind == "code" else "",
        code=first.content if kind == "code" else "",
        level=level,
        heading=_plain(tokens[1]) if kind == "heading" else "",
    )


def _ranked(tokens: Sequence[Token], under: int) -> dict[int, int]:
    """Gives headings the ranks 2 to 6 without a gap; answers them by position."""
    open_ranks: list[int] = []
    levels: dict[int, int] = {}
    for at, token in enumerate(tokens):
        if token.type not in ("heading_open", "heading_close"):
            continue
        if token.nesting == 1:
            rank = int(token.tag[1])
            while open_ranks and open_ranks[-1] >= rank:
                open_ranks.pop()
            open_ranks.append(rank)
            levels[at] = min(6, len(open_ranks) + under)
        token.tag = f"h{min(6, len(open_ranks) + under)}"
    return levels


def _headings(tokens: Sequence[Token], lines: Sequence[int]) -> dict[str, int]:
    """The line of each heading by the name that viewers give it in an address."""
    found: dict[str, int] = {}
    for at, token in enumerate(tokens):
        if token.type != "heading_open" or not token.map:
            continue
        name = _NOT_IN_ADDRESS.sub("", _plain(tokens[at + 1]).strip().casefold()).replace(" ", "-")
        for each in (name, name.strip("-")):
            found.setdefault(each, lines[token.map[0]])
    return found


def _plain(inline: Token) -> str:
    return "".join(each.content for each in inline.children or () if each.type in ("text", "code_inline"))


def _point(tokens: Sequence[Token], headings: dict[str, int], address: Callable[[str], str | None]) -> None:
    """Sets where each link leads."""
    for inline in tokens:
        for token in inline.children or ():
            attribute = {"link_open": "href", "image": "src"}.get(token.type)
            if attribute is None:
                continue
            href = str(token.attrGet(attribute) or "")
            if href.startswith("#"):
                wanted = unquote(href[1:]).casefold()
                line = headings.get(wanted) or headings.get(wanted.strip("-"))
                target = f"#L{line}" if line else ""
            else:
                target = address(href)
            if target:
                token.attrSet(attribute, target)
            elif token.type == "link_open":
                token.attrs = {"class": "dead"} if target is None else {}


def _name(tokens: Sequence[Token], lines: Sequence[int]) -> None:
    """An id for each line at which something begins, the outermost of what begins there."""
    used: set[int] = set()
    for token in tokens:
        if token.type in _NAMED and token.map and not token.hidden:
            line = lines[token.map[0]]
            if line not in used:
                used.add(line)
                token.attrSet("id", f"L{line}")


def _call_out(tokens: Sequence[Token]) -> None:
    """`> [!CAUTION]` is a quote of its own kind, its word bold."""
    for at, token in enumerate(tokens):
        if token.type != "blockquote_open" or at + 2 >= len(tokens):
            continue
        inline = tokens[at + 2]
        found = _CALLOUT.match(inline.content) if inline.type == "inline" else None
        word = found.group(1).lower() if found else ""
        if word not in CALLOUTS:
            continue
        token.attrSet("class", word)
        children = inline.children or []
        if children and children[0].type == "text":
            children[0].content = ""
            bold = Token("strong_open", "strong", 1)
            told = Token("text", "", 0, content=word.capitalize())
            inline.children = [bold, told, Token("strong_close", "strong", -1), *children]
