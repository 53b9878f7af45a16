"""What has to be mended before a Markdown parser can read what the author meant? The file itself stays as it is.

Things that people write and readers understand: a template in a `markdown` fence that holds fences of the same
length, of which the first would end it; a table row whose last cell goes on in the next line; marks of a block that
a translation has damaged. Each repair is told as a finding, and the lines keep the numbers of the file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.respond.runbooks.document import Finding
from tocsin.respond.runbooks.reading.blocks import verbatim

TEMPLATES = frozenset({"markdown", "md", "mkd", "mdown", "gfm"})
"""Languages of fences that hold a document of their own."""

_MARK = re.compile(r"^([ \t>]{0,40}(?:[-*+]|\d{1,3}[.)])?[ \t]{0,8})(`{3,60}|~{3,60})[ \t]*([^`]*)$")
_DAMAGED = re.compile(
    r"^([ \t]{0,12})(?:｀\s?｀\s?｀|`\s`\s`|‘‘‘|’’’|\'\'\'|´´´|“““|”””)[ \t]*([A-Za-z][\w+-]{0,20})?[ \t]*$"
)
_PIPE = re.compile(r"(?<!\\)\|")
_DELIMITER = re.compile(r"^[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")
_MOST_JOINED = 20
_MOST_TEMPLATES = 40


@dataclass(frozen=True, slots=True)
class Mended:
    """Text for the parser. `numbers[i]` is the line that line i (from 0) has in the file."""

    text: str
    numbers: Sequence[int]
    findings: tuple[Finding, ...] = ()


def mend(text: str, numbers: Sequence[int]) -> Mended:
    """The text as its author meant it."""
    lines = text.split("\n")
    findings: list[Finding] = []
    _set_marks(lines, numbers, findings)
    _widen(lines, numbers, findings)
    lines, kept = _join_rows(lines, numbers, findings)
    return Mended("\n".join(lines), kept, tuple(findings))


def _inside(lines: list[str]) -> set[int]:
    """The lines that stand in a block of code or HTML."""
    return {line for _, place in verbatim("\n".join(lines)) for line in place}


def _set_marks(lines: list[str], numbers: Sequence[int], findings: list[Finding]) -> None:
    """Gives blocks whose marks were damaged, by a translation or a word processor, the marks that were meant."""
    damaged = [at for at, line in enumerate(lines) if _DAMAGED.match(line)]
    if len(damaged) < 2:
        return
    inside = _inside(lines)
    opened: int | None = None
    for at in damaged:
        found = _DAMAGED.match(lines[at])
        if found is None or at in inside:
            continue
        if opened is None or found.group(2):
            opened = at
            continue
        if not any(_MARK.match(line) for line in lines[opened + 1 : at]):
            for place in (opened, at):
                lines[place] = _DAMAGED.sub(r"\1```\2", lines[place], count=1)
            findings.append(
                Finding(
                    rule="damaged-fence",
                    level="warning",
                    line=numbers[opened],
                    message="the marks of this block are not backticks, so viewers show it as text",
                    fix="open and close the block with ```",
                )
            )
        opened = None


def _widen(lines: list[str], numbers: Sequence[int], findings: list[Finding]) -> None:
    """Gives each template that holds fences longer marks, so that the first of them does not end it."""
    after = -1
    for _ in range(_MOST_TEMPLATES):
        if not any(_opens_template(line) for line in lines[after + 1 :]):
            return
        for _, place in verbatim("\n".join(lines)):
            if place.start <= after or not _opens_template(lines[place.start]):
                continue
            after = place.start
            meant = _widened(lines, place, numbers, findings)
            if meant is not None:
                after = meant
                break  # what follows is another document now
        else:
            return


def _widened(lines: list[str], place: range, numbers: Sequence[int], findings: list[Finding]) -> int | None:
    """Gives a template longer marks where its author ends it elsewhere than the parser; the line where that is."""
    opening = _MARK.match(lines[place.start])
    if opening is None:
        return None
    mark = opening.group(2)
    meant, longest = _meant_end(lines, place.start, mark)
    if meant is None or meant == place.stop - 1:
        return None
    wider = mark[0] * (longest + 1)
    lines[place.start] = opening.group(1) + wider + opening.group(3)
    lines[meant] = lines[meant].replace(mark[0] * len(lines[meant].strip(" \t>")), wider)
    findings.append(
        Finding(
            rule="nested-fence",
            level="note",
            line=numbers[place.start],
            message="a block inside this template would end it for most viewers",
            fix=f"open and close the template with {len(wider)} marks: {wider}",
        )
    )
    return meant


def _opens_template(line: str) -> bool:
    found = _MARK.match(line)
    return found is not None and found.group(3).strip().split(" ")[0].split("{")[0].lower() in TEMPLATES


def _meant_end(lines: list[str], at: int, mark: str) -> tuple[int | None, int]:
    """Where the author closes it: a fence with a language opens a child, which the next bare one closes."""
    child = False
    longest = len(mark)
    for line in range(at + 1, len(lines)):
        found = _MARK.match(lines[line])
        if found is None or found.group(2)[0] != mark[0] or len(found.group(2)) < len(mark):
            continue
        longest = max(longest, len(found.group(2)))
        if found.group(3).strip() and not child:
            child = True
        elif not found.group(3).strip():
            if not child:
                return line, longest
            child = False
    return None, longest


def _join_rows(
    lines: list[str], numbers: Sequence[int], findings: list[Finding]
) -> tuple[list[str], Sequence[int]]:
    inside: set[int] | None = None  # asked for only where a row looks broken: it costs a reading of the whole
    columns = 0
    joined: list[str] = []
    kept: list[int] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        if "|" not in line:
            columns = 0
        elif _DELIMITER.match(line) and joined and "|" in joined[-1]:
            columns = _cells(joined[-1])
        taken = 1
        if columns > 1 and line.lstrip().startswith("|") and not _DELIMITER.match(line):
            taken = _row_length(lines, at, columns)
            if taken > 1 and inside is None:
                inside = _inside(lines)
            if taken > 1 and inside and not inside.isdisjoint(range(at, at + taken)):
                taken = 1
            if taken > 1:
                findings.append(
                    Finding(
                        rule="broken-row",
                        level="note",
                        line=numbers[at],
                        message="this table row goes on in the next line, where most viewers end the table",
                        fix="write the row in one line, with <br> for a new line in a cell",
                    )
                )
        joined.append("<br>".join(each.rstrip() for each in lines[at : at + taken]))
        kept.append(numbers[at])
        at += taken
    return (joined, kept) if len(joined) < len(lines) else (lines, numbers)


def _cells(row: str) -> int:
    stripped = row.strip()
    pipes = len(_PIPE.findall(stripped))
    return pipes + 1 - stripped.startswith("|") - (stripped.endswith("|") and not stripped.endswith("\\|"))


def _row_length(lines: list[str], at: int, columns: int) -> int:
    """How many lines a row takes up: more than one only where joining them makes it whole."""
    if len(_PIPE.findall(lines[at])) > columns:
        return 1
    row = lines[at]
    for count in range(2, _MOST_JOINED + 1):
        following = at + count - 1
        if following >= len(lines):
            return 1
        line = lines[following]
        if not line.strip() or line.lstrip().startswith("|"):
            return 1
        row = f"{row} {line}"
        if line.rstrip().endswith("|"):
            return count if len(_PIPE.findall(row)) == columns + 1 else 1
    return 1
