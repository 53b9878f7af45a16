"""By when has something to be so? Time tables, phases, and durations in sentences that set a limit.

A limit is told by words: `within 15 minutes`, `no later than`, `目標是在 15 分鐘內`, `接下來的 30 分鐘`. What looks
back (`in the last hour`), what describes an alert (`5 errors within 10 minutes`), what machines do in seconds, and
the times that define a severity are no limits of one incident.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tocsin.respond.runbooks.document import Clock
from tocsin.respond.runbooks.reading.amounts import AMOUNT, seconds
from tocsin.respond.runbooks.reading.blocks import (
    Block,
    Bullets,
    Fence,
    Grid,
    Item,
    Paragraph,
    Part,
    Quote,
)
from tocsin.respond.runbooks.reading.facts.cells import cell, words
from tocsin.respond.runbooks.reading.facts.columns import Columns
from tocsin.respond.runbooks.reading.facts.flow import placed
from tocsin.respond.runbooks.reading.facts.marks import Span, counted, leading_span, title_span, whole_span
from tocsin.respond.runbooks.reading.facts.severities import severity_lines
from tocsin.respond.runbooks.reading.facts.tables import time_column, use_of
from tocsin.respond.runbooks.reading.headings import plain, title_of

SHORTEST = 60.0
"""Seconds: a shorter limit in a sentence is that of a machine, not of the people who answer."""

_TEXTS = frozenset({"", "text", "txt", "plain", "plaintext"})
_TELLING = frozenset({"symptoms", "meaning", "impact", "cause", "related"})
"""Sections that describe: a plain `within` in them is no limit, a `target` is."""

_STRONG = re.compile(
    rf"""(?:目標|目标|期限|時限|时限|\btarget\b|\bgoal\b|\bRTO\b|\bdeadline\b|no\s+later\s+than|不得晚於|不得晚于|最遲|最迟|最晚)
         [^。！？!?\n\d]{{0,24}}?({AMOUNT})""",
    re.VERBOSE | re.IGNORECASE,
)
_PLAIN = re.compile(
    rf"""(?:\b(?:within|in\s+under|inside\s+of)\s+(?:the\s+)?(?:next\s+|first\s+|at\s+most\s+)?
          |\b(?:over|for|in|during)\s+the\s+next\s+
          |(?:接下來|接下来|隨後|随后)的?\s{{0,3}})
         [*_]{{0,3}}({AMOUNT})
       | ({AMOUNT})[*_]{{0,3}}\s{{0,3}}(?:之|以)?[內内](?!容|部|存|網|网|核|建|置)
       | ({AMOUNT})\s(?:or\s+less|at\s+most|at\s+the\s+latest)\b""",
    re.VERBOSE | re.IGNORECASE,
)
_MAY_SET_A_LIMIT = re.compile(
    r"[內内]|接下|隨後|随后|目標|目标|期限|時限|时限|不得晚|最遲|最迟|最晚"
    r"|\b(?:within|under|inside|next|target|goal|rto|deadline|later|less|most|latest)\b",
    re.IGNORECASE,
)
"""A word that every limit in a sentence has: most text has none, and need not be looked at closely."""

_LOOKS_BACK = re.compile(
    r"(?:過去|过去|最近|前|近|之前|以往|\blast|\bpast|\bprevious|\bprior|\brecent)\s{0,3}(?:的\s?)?$",
    re.IGNORECASE,
)
_DESCRIBES_BEFORE = re.compile(
    r"(?:[<>≥≤]=?\s?\d|more\s+than|fewer\s+than|less\s+than|at\s+least|\bexceed\w{0,3}|超過|超过|大於|大于|連續|连续|每"
    r"|\d\s?(?:times|errors|requests|failures|restarts|retries|次|個錯誤|个错误|筆)"
    r"|\b(?:fill\w{0,3}|run\w{0,4}\s+out|exhaust\w{0,3}|expir\w{0,3}|predict\w{0,3}|grow\w{0,3}|ris\w{1,3}|fall\w{0,3}|drop\w{0,4})\b"
    r"|用盡|用尽|耗盡|耗尽|填滿|填满|到期|過期|过期|預計|预计)[^.。;；\n]{0,48}$",
    re.IGNORECASE,
)
_DESCRIBES_AFTER = re.compile(
    r"^\s{0,3}(?:超過|超过|大於|大于|小於|小于|出現|出现|發生|发生|連續|连续|達到|达到|上升|下降|增加|有\s?\d|的(?:平均|錯誤|错误|日誌|日志|變更|变更|數據|数据))"
)
_GAP = re.compile(r"\s{2,40}(?=\S)(?!.*\S\s{2})(?![-–—])")
"""The gap between two columns, of a line that has no third one."""
_SENTENCE = re.compile(r"[。！？!?；;]|\.(?=\s)")
_LONGEST = 4_000


def clocks_of(root: Part) -> list[Clock]:
    """Every limit below a part, in the order of the document."""
    skipped = severity_lines(root)
    clocks: list[Clock] = []
    for at in placed(root):
        if isinstance(at.each, Part):
            clocks.extend(_of_heading(at.each))
        else:
            clocks.extend(_of_block(at.each, at.role, skipped))
    return sorted(clocks, key=lambda clock: clock.line)


def clocks_in_fence(fence: Fence) -> list[Clock] | None:
    """The time table that a fence without a language holds: `0m - detect`, `15m-1h - verify`. None for another one."""
    if fence.info.split(" ", 1)[0].lower() not in _TEXTS or len(fence.text) > 20_000:
        return None
    lines = [(at, line) for at, line in enumerate(fence.text.split("\n")) if line.strip()]
    clocks: list[Clock] = []
    for at, line in lines:
        found = leading_span(_GAP.sub(" - ", line.lstrip(" \t-*•│|"), count=1))
        if found is not None and found[1]:
            clocks.append(_clock(found[0], plain(found[1]), fence.text_line + at))
    return clocks if len(clocks) >= 2 and len(clocks) * 2 >= len(lines) else None


def _clock(span: Span, text: str, line: int) -> Clock:
    return Clock(after_s=span.to_s, text=text, line=line, from_s=span.from_s)


def _of_heading(part: Part) -> Iterator[Clock]:
    """A phase: `Phase 1: detect (0-5 min)`."""
    span = title_span(plain(part.heading))
    if span is not None and (span.from_s is not None or leading_span(plain(part.heading))):
        yield _clock(span, title_of(part.heading), part.line)


def _of_block(block: Block, role: str, skipped: set[int]) -> Iterator[Clock]:
    if isinstance(block, Paragraph):
        yield from _of_text(block.text, block.line, role, skipped)
    elif isinstance(block, Bullets):
        yield from _of_list(block, role, skipped)
    elif isinstance(block, Quote):
        for inner in block.blocks:
            yield from _of_block(inner, role, skipped)
    elif isinstance(block, Fence):
        yield from clocks_in_fence(block) or []
    elif isinstance(block, Grid):
        yield from _of_grid(block)


def _of_grid(grid: Grid) -> Iterator[Clock]:
    if use_of(grid) != "clocks":
        return
    columns = Columns(grid)
    at = time_column(grid, columns)
    where = columns.places("time", "deed")
    if at is None or where is None:
        return
    for row in grid.rows:
        span = whole_span(cell(row, at))
        if span is not None:
            yield _clock(span, " ".join(words(cell(row, where["deed"])).split("\n")), row.line)


def _of_list(bullets: Bullets, role: str, skipped: set[int]) -> Iterator[Clock]:
    """Items that begin with a mark of time are a time table if there are two or more; all others are sentences. Boxes
    to tick keep their time to themselves.
    """
    marked = {
        item.line: found
        for item in bullets.items
        if item.task is None and (found := _marked(item)) is not None
    }
    for item in bullets.items:
        found = marked.get(item.line) if len(marked) > 1 else None
        if found is not None and item.line not in skipped:
            yield _clock(found[0], plain(found[1]), item.line)
        for block in item.blocks:
            if isinstance(block, Paragraph) and (found is not None or item.task is not None):
                continue
            yield from _of_block(block, role, skipped)


def _marked(item: Item) -> tuple[Span, str] | None:
    found = leading_span(plain(item.text.split("\n", 1)[0]))
    return found if found is not None and found[1] else None


def _of_text(text: str, line: int, role: str, skipped: set[int]) -> Iterator[Clock]:
    if not _MAY_SET_A_LIMIT.search(text[:_LONGEST]):
        return
    said = counted(text[:_LONGEST])
    found = [*_STRONG.finditer(said), *(() if role in _TELLING else _PLAIN.finditer(said))]
    last = -1
    for match in sorted(found, key=lambda each: each.end()):
        group = next(at for at in range(1, len(match.groups()) + 1) if match.group(at))
        start, end = match.span(group)
        where = line + said.count("\n", 0, start)
        after_s = seconds(said[start:end])
        if start <= last or where in skipped or after_s is None or after_s < SHORTEST:
            continue
        before, after = said[max(0, match.start() - 80) : match.start()], said[match.end() : match.end() + 20]
        if match.re is _PLAIN and _is_no_limit(before, after):
            continue
        last = end
        yield Clock(after_s=after_s, text=_sentence(text[:_LONGEST], said, match.start()), line=where)


def _is_no_limit(before: str, after: str) -> bool:
    clause = _SENTENCE.split(before)[-1]
    return bool(
        _LOOKS_BACK.search(clause) or _DESCRIBES_BEFORE.search(clause) or _DESCRIBES_AFTER.match(after)
    )


def _sentence(text: str, said: str, place: int) -> str:
    """The sentence around a place, in the author's characters where they line up with what was counted."""
    written = text if len(text) == len(said) else said
    ends: Sequence[int] = [found.end() for found in _SENTENCE.finditer(written)]
    start = max((end for end in ends if end <= place), default=0)
    stop = min((end for end in ends if end > place), default=len(written))
    return plain(written[start:stop])
