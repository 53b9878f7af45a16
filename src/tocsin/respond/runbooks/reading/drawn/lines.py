"""What stands on one line of a drawing: how deep, at a branch or not, and which words?

Box characters, their ASCII forms (`|--`, `+--`, `` `-- ``), bullets, arrows and frames are told from the words. A
column is where a mark or, without one, the first word stands; wide spaces count as two.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

Mark = Literal["branch", "bullet", "number", "text", "arrow", "frame", "nothing"]
"""`arrow` is a line that only leads on to the next; `frame` is the edge of a box."""

_LONGEST = 500  # characters of a line that are looked at
_BARS = "│┃║╎╏┆┇┊┋｜"
_DASHES = "─━═╌╍┄┅┈┉"
_CORNERS = "├┝┞┟┠┡┢┣╞╟╠└┕┖┗╘╙╚╰┌┍┎┏╒╓╔╭┬┭┮┯┰┱┲┳╤╥╦"
_ENDS = "┐┑┒┓╕╖╗╮┘┙┚┛╛╜╝╯┤┥┦┧┨┩┪┫╡╢╣"
HEADS = "→⇒➜➔➝➞➡⟶⟹▶►▸"
DOWN = "↓⇓⬇▼▽🔽⇩↧"

_BRANCH = re.compile(
    rf"[{_CORNERS}][{_DASHES}-]*[┬┳╦]?[{_DASHES}-]*[{HEADS}>]?\ufe0f?"
    rf"|\|[-_]{{1,6}}>?|\+[-=]{{1,6}}>?|[`'\\][-_]{{1,6}}>?(?=\s)"
)
_BULLET = re.compile(rf"(?:[-*•·‣◦●○▪■◆◇–—]|[{HEADS}]\ufe0f?|[-=]{{1,2}}>)\s+(?=\S)|[•·‣◦●○▪{HEADS}](?=\S)")
_NUMBER = re.compile(r"(?:\d{1,3}(?:\.\d{1,3}){0,3}[.)、．]|[(（]\d{1,3}[)）]|[①-⑳])\s*(?=\S)")
_ONLY_DOWN = re.compile(rf"[\s|{_BARS}]*[{DOWN}]\ufe0f?(?:\s*[|{_BARS}])*\s*")
_ONLY_V = re.compile(r"\s*[vV]\s*$")
_ONLY_BARS = re.compile(rf"[\s|{_BARS}:]*$")
_EDGE = re.compile(rf"[\s{_BARS}{_DASHES}{_CORNERS}{_ENDS}┴┵┶┷┸┹┺┻╧╨╩┼╋╬{DOWN}|+=_*~-]+$")
_TOP = re.compile(rf"\s*(?:[┌┏╔╭][{_DASHES}┬┴]+[┐┓╗╮]|\+[-=]{{3,}}\+)\s*$")
_BOTTOM = re.compile(rf"\s*(?:[└┗╚╰][{_DASHES}┬┴]+[┘┛╝╯]|\+[-=]{{3,}}\+)\s*$")
_TASK = re.compile(r"(?:[\[［【]\s{0,2}([xXvV✓✔✗✘ ]?)\s{0,2}[\]］】]|([☐□⬜◻☑☒])\ufe0f?)\s*(?=\S)")


@dataclass(frozen=True, slots=True)
class Drawn:
    """One line, taken apart. `task` is ticked, not ticked, or no task; `start` is the column of its words."""

    line: int
    mark: Mark
    column: int
    text: str = ""
    task: bool | None = None
    start: int = 0


def drawn(raw: str, line: int, *, framed: bool = False) -> Drawn:
    """A line of the drawing. `framed` tells that it stands between the edges of an ASCII box."""
    text = raw[:_LONGEST].rstrip()
    if not text or _ONLY_BARS.match(text):
        return Drawn(line, "nothing", 0)
    if _TOP.match(text) or _BOTTOM.match(text):
        indented = len(text) - len(text.lstrip())
        return Drawn(line, "frame", width(text[:indented]), "top" if _TOP.match(text) else "")
    down = _ONLY_DOWN.match(text)
    if down:
        return Drawn(line, "arrow", width(text[: down.end()].rstrip()) - 1, _between_bars(text[down.end() :]))
    if _ONLY_V.match(text):
        return Drawn(line, "arrow", width(text) - 1)
    if _EDGE.match(text):
        return Drawn(line, "nothing", 0)
    return _marked(_without_right_edge(text, framed), line)


def _marked(text: str, line: int) -> Drawn:
    at = _past_bars(text, 0)
    found = _BRANCH.match(text, at)
    mark: Mark = "text"
    column = at
    while found and found.end() > at:
        # `│  └─ ├─ x`: the last mark is the one that counts.
        mark, column = "branch", found.start()
        at = _past_bars(text, found.end())
        found = _BRANCH.match(text, at)
    if mark == "text":
        bullet = _BULLET.match(text, at)
        if bullet:
            mark, at = "bullet", bullet.end()
        elif _NUMBER.match(text, at):
            mark = "number"
    else:
        lead = _BULLET.match(text, at)
        at = lead.end() if lead else at
    task = _TASK.match(text, at)
    ticked: bool | None = None
    if task:
        inside = task.group(1)
        ticked = task.group(2) not in "☐□⬜◻" if inside is None else bool(inside.strip())
        at = task.end()
    return Drawn(line, mark, width(text[:column]), text[at:].strip(), ticked, width(text[:at]))


def _without_right_edge(text: str, framed: bool) -> str:
    if text[-1] in _BARS + _ENDS:
        return text[:-1].rstrip(_DASHES + " ")
    return text[:-1].rstrip() if framed and text.endswith(" |") else text


def _past_bars(text: str, at: int) -> int:
    """The place of the first character that is neither a space nor a bar of a branch further out."""
    while at < len(text):
        each = text[at]
        if each == "|" and text[at + 1 : at + 2] in ("-", "_"):
            return at
        if not (each.isspace() or each in _BARS or each == "|"):
            return at
        at += 1
    return at


def _between_bars(text: str) -> str:
    return text.strip(f" \t|{_BARS}")


def width(text: str) -> int:
    """Columns that a text takes on a screen."""
    columns = 0
    for each in text:
        if each == "\t":
            columns += 4 - columns % 4
        else:
            columns += 2 if unicodedata.east_asian_width(each) in "WF" else 1
    return columns


_INSIDE = re.compile(rf"[┌┐└┘├┤┴┼╔╗╚╝╠╣╭╮╰╯{_BARS}]")
_SLASHES = re.compile(r"\s*(?:/\s{1,60}\\|\\\s{1,60}/)\s*$")
_RIGHT_CORNER = re.compile(r"[┐┓╗╮┘┛╝╯]")
_LEFT_CORNER = re.compile(r"[┌┏╔╭└┗╚╰]")


def is_flat(raw: str) -> bool:
    """Whether a line has several things beside one another: a table, a chart in two dimensions."""
    text = raw[:_LONGEST].strip()
    if _EDGE.match(text):
        right = _RIGHT_CORNER.search(text)
        arrows = sum(text.count(each) for each in "▼↓")
        beside = right is not None and _LEFT_CORNER.search(text, right.end()) is not None
        return arrows > 1 or beside
    if _SLASHES.match(text):
        return True
    if text.startswith("|") and sum(1 for cell in text.split("|")[1:-1] if cell.strip()) > 1:
        return True
    return _INSIDE.search(drawn(raw, 0).text) is not None
