"""What is a table for, and what can be done with one row of it? Decided by its columns and by what its cells hold.

A check table becomes steps: a command in a code span is one that runs, words are one that a person does. A table of
conditions and actions becomes a decision. What else a table can be is read in `severities`, `causes`, `clocks`,
`people` and `index`, each of which asks `use_of` first, so that no table is read as two things.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

from tocsin.respond.runbooks.document import Branch, Decision, Step, Table
from tocsin.respond.runbooks.reading.blocks import Fence, Grid, Row
from tocsin.respond.runbooks.reading.code.fences import Lead, Reader
from tocsin.respond.runbooks.reading.facts.cells import (
    cell,
    command_in,
    is_reach,
    is_time,
    is_word_level,
    level_of,
    words,
)
from tocsin.respond.runbooks.reading.facts.columns import Columns
from tocsin.respond.runbooks.reading.facts.marks import whole_span
from tocsin.respond.runbooks.reading.headings import plain, role_of, title_of

Use = Literal["checks", "causes", "severities", "index", "clocks", "contacts", "decisions", ""]

_CHECKING = frozenset({"diagnosis", "detection", "verification"})
_LINK = re.compile(
    r"\[[^\[\]]{1,300}\]\(\s{0,3}<?(?!#|[a-z][a-z0-9+.-]{1,12}:)[^)\s]{1,500}>?[^)]{0,200}\)", re.IGNORECASE
)
_DECIDES = re.compile(r"決策|决策|判斷|判断|\bdeci(?:sion|de)|\bwhich\b|如何選擇|如何选择", re.IGNORECASE)


def table_of(grid: Grid, role: str, heading: str) -> Table:
    """The table as it stands, with its use."""
    return Table(
        line=grid.line,
        columns=tuple(plain(column) for column in grid.columns),
        rows=tuple(tuple(words(cell) for cell in row.cells) for row in grid.rows),
        use=use_of(grid, role, heading),
    )


def use_of(grid: Grid, role: str = "", heading: str = "") -> Use:
    """What a table is for; "" where it is only read."""
    if not grid.rows or len(grid.columns) < 2:
        return ""
    columns = Columns(grid)
    if link_column(grid) is not None and any(
        columns.has(each) for each in ("level", "type", "threshold", "title", "definition")
    ):
        return "index"
    if level_column(grid, columns) is not None:
        return "severities"
    if _tells_whom_to_reach(grid, columns, role):
        return "contacts"
    if time_column(grid, columns) is not None:
        return "clocks"
    if columns.has("symptom", "cause") or columns.has("symptom", "fix") or columns.has("cause", "fix"):
        return "causes"
    if _is_check_table(grid, columns, role):
        return "checks"
    if columns.has("condition", "decision") and (_DECIDES.search(heading) or not columns.has("case", "fix")):
        return "decisions"
    if columns.has("case", "fix") or columns.has("case", "cause"):
        return "causes"
    return ""


def link_column(grid: Grid) -> int | None:
    """The column in which at least half of the rows hold a link to a file."""
    return _column_of(grid, lambda text: _LINK.search(text[:2_000]) is not None, range(len(grid.columns)))


def level_column(grid: Grid, columns: Columns) -> int | None:
    """The column of severities of a table that defines them: each level has one row of its own, and either the level
    comes first or the table says how fast to be.
    """
    if len(grid.rows) < 2:
        return None
    timed = any(_is_timed(grid, columns.find(each, {})) for each in ("respond", "restore"))
    for at in range(len(grid.columns) if timed else 1):
        levels = [level_of(cell(row, at)) for row in grid.rows]
        told = [found[0] for found in levels if found]
        by_word = not told and columns.has("level") and all(is_word_level(cell(row, at)) for row in grid.rows)
        if by_word and timed:
            return at
        if len(told) * 5 >= len(grid.rows) * 4 and len(set(told)) == len(told):
            others = ("respond", "restore", "definition", "name", "example")
            if any(columns.has(each) for each in others):
                return at
    return None


def _is_timed(grid: Grid, at: int | None) -> bool:
    """Whether a column really holds times: `Resolution` may also say what to do."""
    return at is not None and sum(1 for row in grid.rows if is_time(cell(row, at))) * 2 >= len(grid.rows)


def time_column(grid: Grid, columns: Columns) -> int | None:
    """The column with marks of time, of a table that says what has to be done by when."""
    placed = columns.places("time", "deed")
    if placed is None:
        return None
    marked = [row for row in grid.rows if whole_span(cell(row, placed["time"])) is not None]
    return placed["time"] if len(marked) * 2 >= len(grid.rows) and len(grid.rows) > 1 else None


def _column_of(grid: Grid, holds: Callable[[str], bool], places: Sequence[int]) -> int | None:
    for at in places:
        if sum(1 for row in grid.rows if holds(cell(row, at))) * 2 >= max(len(grid.rows), 1):
            return at
    return None


def _tells_whom_to_reach(grid: Grid, columns: Columns, role: str) -> bool:
    if columns.places("who", "reach") is None:
        return False
    reaches = any(is_reach(each) for row in grid.rows for each in row.cells)
    return reaches or role in ("contacts", "escalation")


def _is_check_table(grid: Grid, columns: Columns, role: str) -> bool:
    if columns.has("command", "expected"):
        return True
    if role not in _CHECKING or not (columns.has("item", "command") or columns.has("command", "analysis")):
        return False
    placed = columns.places("command")
    return placed is not None and any(command_in(cell(row, placed["command"])) for row in grid.rows)


def check_steps(reader: Reader, grid: Grid, role: str, heading: str) -> list[Step]:
    """The steps of a check table, one for each row; none for a table of another kind."""
    if use_of(grid, role, heading) != "checks":
        return []
    columns = Columns(grid)
    placed = (
        columns.places("command", "expected")
        or columns.places("item", "command")
        or columns.places("command")
    )
    if placed is None:
        return []
    for meaning in ("command", "expected", "item", "analysis"):
        if meaning not in placed and (at := columns.find(meaning, placed)) is not None:
            placed[meaning] = at
    steps = (
        _check_step(reader, row, placed, Lead(title_of(heading), role, caution=False)) for row in grid.rows
    )
    return [step for step in steps if step is not None]


def _check_step(reader: Reader, row: Row, placed: dict[str, int], lead: Lead) -> Step | None:
    told = cell(row, placed.get("command"))
    item = cell(row, placed.get("item"))
    if not told and not item:
        return None
    title = title_of(item) if item else lead.title
    command = command_in(told)
    if command is None:
        step = reader.prose(title[:200] or plain(told)[:200], words(told) or words(item), row.line, lead.role)
    else:
        language, text = command
        fence = Fence(
            line=row.line, end=row.line + 1, info=language, text=f"{text}\n", text_line=row.line, piece=True
        )
        step, _ = reader.step(fence, Lead(title, lead.role, caution=False))
    expected = words(cell(row, placed.get("expected")))
    analysis = words(cell(row, placed.get("analysis")))
    return replace(step, expect_text=expected or step.expect_text, verdict_text=analysis)


def decision_of(grid: Grid, role: str, heading: str) -> Decision | None:
    """The decision that a table of conditions and actions tells; None for a table of another kind."""
    if use_of(grid, role, heading) != "decisions":
        return None
    placed = Columns(grid).places("condition", "decision")
    if placed is None:
        return None
    branches = tuple(
        Branch(answer=answer, line=row.line, outcome=words(cell(row, placed["decision"])))
        for row in grid.rows
        if (answer := words(cell(row, placed["condition"])))
    )
    question = (
        title_of(heading)
        if heading and role_of(heading) is None
        else plain(grid.columns[placed["condition"]])
    )
    return Decision(question=question, line=grid.line, branches=branches) if branches else None
