"""Which names does a condition mention, and where? The runtime does not tell, so the text is read once more here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""(?P<string>[rRbB]{0,2}(?:'''(?:\\.|[^\\])*?'''|\"\"\"(?:\\.|[^\\])*?\"\"\"|'(?:\\.|[^\\'\n])*'|"(?:\\.|[^\\"\n])*"))
    |(?P<comment>//[^\n]*) |(?P<number>\d[\w.]*) |(?P<name>[A-Za-z_]\w*) |(?P<space>\s+)
      |(?P<sign>.)""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Mention:
    """A chain such as `alert.labels["team"]` or `text.contains(`; `start` is its offset in the text."""

    parts: tuple[str, ...]
    start: int
    called: bool  # the last part is a function


def tokens(text: str) -> list[tuple[str, str, int]]:
    """Kind, word and offset of each token; blanks and comments left out."""
    found = [(match.lastgroup or "", match.group(), match.start()) for match in _TOKEN.finditer(text)]
    return [token for token in found if token[0] not in ("space", "comment")]


def mentions(text: str) -> Iterator[Mention]:
    """Every chain of names, in order."""
    found = tokens(text)
    at = 0
    while at < len(found):
        kind, word, start = found[at]
        at += 1
        if kind != "name" or (at >= 2 and found[at - 2][1] == "."):
            continue
        parts = [word]
        while at + 1 < len(found):
            if found[at][1] == "." and found[at + 1][0] == "name":
                parts.append(found[at + 1][1])
                at += 2
            elif _is_key(found[at : at + 3]):
                parts.append(found[at + 1][1].strip("'\""))
                at += 3
            else:
                break
        yield Mention(parts=tuple(parts), start=start, called=at < len(found) and found[at][1] == "(")


def _is_key(three: list[tuple[str, str, int]]) -> bool:
    return len(three) == 3 and three[0][1] == "[" and three[1][0] == "string" and three[2][1] == "]"


def offset_of(text: str, line: int, column: int) -> int:
    """Where in the text a line and a column (from 1) are."""
    return sum(len(each) + 1 for each in text.split("\n")[: line - 1]) + column - 1


def place_of(text: str, offset: int) -> tuple[int, int]:
    """Line and column (from 1) of an offset."""
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1
