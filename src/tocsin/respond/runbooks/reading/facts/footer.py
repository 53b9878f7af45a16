"""Who owns this document, when was it looked through, and how often is it? Lines at its end, or right below its title.

A line of that name in the middle of a document is about something else: who leads a phase, when a thing happened.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from tocsin.respond.runbooks.reading.blocks import Block, Bullets, Fence, Grid, Other, Paragraph, Part, Quote
from tocsin.respond.runbooks.reading.facts.cells import cell
from tocsin.respond.runbooks.reading.facts.flow import flow, lines_in, named, placed
from tocsin.respond.runbooks.reading.facts.wordlists import listed
from tocsin.respond.runbooks.reading.headings import plain

_NAMES: dict[str, tuple[str, ...]] = {
    "owner": listed(
        """
        owner, owners, owned by, owning team, document owner, maintainer, maintainers, maintained by,
        responsible, responsible team, team, contact team
        負責人, 负责人, 維護人, 维护人, 維護者, 维护者, 維護團隊, 维护团队, 負責團隊, 负责团队, 擁有者,
        拥有者, 所有者, 文件負責人, 文档负责人, 責任人, 责任人, 維護單位, 维护单位, 負責單位, 主責
        """
    ),
    "reviewed": listed(
        """
        last updated, last update, updated, updated on, last reviewed, last review, reviewed,
        reviewed on, last modified, last revised, revised, revision date, last verified, last tested,
        date
        最後更新, 最后更新, 更新日期, 更新時間, 更新时间, 最近更新, 最後修改, 最后修改, 修訂日期,
        修订日期, 最後審查, 最后审查, 審查日期, 审查日期, 最後檢視, 最後複查, 上次審查, 上次审查,
        上次更新, 最後更新日期, 最后更新日期, 最後審閱, 最近審查, 最後驗證, 更新於, 更新于
        """
    ),
    "review": listed(
        """
        review cycle, review, review frequency, review schedule, review period, review interval,
        review cadence, reviewed every, update frequency
        審查週期, 审查周期, 複查週期, 复查周期, 檢視週期, 检视周期, 審閱週期, 审阅周期, 更新週期,
        更新周期, 審查頻率, 审查频率, 更新頻率, 更新频率, 檢討週期, 評審週期, 评审周期, 覆核週期,
        複審週期
        """
    ),
    "version": listed(
        """
        version, document version, doc version, ver, revision
        版本, 版本號, 版本号, 文件版本, 文檔版本, 文档版本
        """
    ),
}
_FIELDS = {name: field for field, names in _NAMES.items() for name in names}
_PARTED = re.compile(r"\s{1,4}[|｜•·]\s{1,4}|[ \t]{3,12}(?=\S)|<br\s?/?>", re.IGNORECASE)
_SENTENCE = re.compile(r"[。；;]")
_LAST_BLOCKS = 12
_PASSED_OVER = 2

_YEAR_FIRST = re.compile(r"((?:19|20)\d{2})\s?[-./年]\s?(\d{1,2})\s?[-./月]\s?(\d{1,2})")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = rf"({'|'.join(_MONTHS)})[a-z]{{0,6}}\.?"
_MONTH_FIRST = re.compile(rf"\b{_MONTH}\s(\d{{1,2}})(?:st|nd|rd|th)?,?\s((?:19|20)\d{{2}})", re.IGNORECASE)
_DAY_FIRST = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)?\s{_MONTH},?\s((?:19|20)\d{{2}})", re.IGNORECASE)

_CYCLES: tuple[tuple[str, str], ...] = (
    ("", r"\b(?:bi-?|semi-?)(?:week|month|annual|year)|half-?year|半年|半個月|半个月|雙週|双周|雙月|双月"),
    ("quarterly", r"quarter|\b(?:3|three)\smonths?\b|季|[3三]\s?(?:個|个)月"),
    (
        "",
        r"\b(?:[2-9]|[1-9]\d|two|four|five|six|nine)\s(?:week|month|year)s?\b"
        r"|[2-9二兩两四五六九]\s?(?:週|周|(?:個|个)月)",
    ),
    ("weekly", r"week|週|周|\b7\sdays|七天|7\s?天"),
    ("monthly", r"month|月|\b30\sdays|30\s?天"),
    ("yearly", r"annual|year|年|\b12\smonths|\b365\sdays"),
)
"""Each with the words that tell it; the first that fits counts, and one without a name keeps the author's words."""

_TOLD_BY = tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in _CYCLES)
_SAYS_SCHEDULE = re.compile(
    r"review\s(?:schedule|cycle|cadence|frequency)"
    r"|(?:審查|审查|複查|复查|檢視|审阅|審閱|評審|评审|更新|維護|维护)(?:排程|時程|时程|週期|周期|計畫|计划|頻率|频率)",
    re.IGNORECASE,
)
_SAYS_ABOUT = re.compile(
    r"\bmetadata\b|\boverview\b|\bdocument\s(?:info|control|details)|\babout\s(?:this|the)\b|\bquick\s(?:info|facts|reference)"
    r"|(?:基本|文件|文檔|文档)(?:資訊|信息|資料|资料)|概述|總覽|总览",
    re.IGNORECASE,
)
_ALL = re.compile(r"\ball\b|\bevery\s(?:runbook|document)|所有|全部|每份", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Footer:
    """What a document says of itself; "" where it says nothing."""

    owner: str = ""
    reviewed: str = ""  # ISO where it is a date, else the author's words
    review: str = ""  # weekly | monthly | quarterly | yearly, else the author's words
    version: str = ""


def footer_of(root: Part) -> Footer:
    """The lines of the end; what is not said there is taken from those below the title, then from a review schedule."""
    said = dict(_said(_first_blocks(root)))
    said.update(_said(_last_blocks(root)))
    return Footer(
        owner=said.get("owner", ""),
        reviewed=day(said.get("reviewed", "")),
        review=cycle(said.get("review", "")) or _scheduled(root),
        version=said.get("version", ""),
    )


def day(told: str) -> str:
    """A date as ISO where it is one, else the words."""
    if found := _YEAR_FIRST.search(told):
        year, month, number = (int(each) for each in found.groups())
    elif found := _MONTH_FIRST.search(told):
        month, number, year = (
            _MONTHS.index(found.group(1).lower()) + 1,
            int(found.group(2)),
            int(found.group(3)),
        )
    elif found := _DAY_FIRST.search(told):
        number, month, year = (
            int(found.group(1)),
            _MONTHS.index(found.group(2).lower()) + 1,
            int(found.group(3)),
        )
    else:
        return told
    try:
        return date(year, month, number).isoformat()
    except ValueError:
        return told


def cycle(told: str) -> str:
    """weekly, monthly, quarterly or yearly; the words where they say something else."""
    return next((name or told for name, pattern in _TOLD_BY if pattern.search(told)), told)


def _said(blocks: Sequence[Block]) -> Iterator[tuple[str, str]]:
    for block in blocks:
        if isinstance(block, Grid):
            yield from _of_grid(block)
            continue
        for line in lines_in([block]):
            for piece in _PARTED.split(line.text[:1_000]):
                found = _field(piece)
                if found is not None:
                    yield found


def _field(text: str) -> tuple[str, str] | None:
    """`**Owner**: the platform team` as (owner, the platform team)."""
    line = text.strip().strip("*_ ")
    said = named(line)
    if said is None:
        return None
    field = _FIELDS.get(" ".join(said.name.casefold().split()))
    value = _SENTENCE.split(plain(said.value).strip("*_ "), maxsplit=1)[0]
    return (field, value[:200]) if field and value else None


def _of_grid(grid: Grid) -> Iterator[tuple[str, str]]:
    """A table of two columns, the first of which names what the second says."""
    if len(grid.columns) != 2:
        return
    pairs = [(grid.columns[0], grid.columns[1]), *((cell(row, 0), cell(row, 1)) for row in grid.rows)]
    for name, value in pairs:
        field = _FIELDS.get(" ".join(plain(name).casefold().strip(":： ").split()))
        if field and plain(value):
            yield field, plain(value)[:200]


def _first_blocks(root: Part) -> list[Block]:
    """What stands below the title, before the first heading under it, and below that if it is about the document."""
    first = root.parts[0] if root.parts else None
    blocks = list(root.blocks[:_LAST_BLOCKS])
    if first is not None and first.level == 1:
        blocks.extend(first.blocks[:_LAST_BLOCKS])
        first = first.parts[0] if first.parts else None
    if first is not None and _SAYS_ABOUT.search(plain(first.heading)):
        blocks.extend(first.blocks[:_LAST_BLOCKS])
    return blocks


def _last_blocks(root: Part) -> list[Block]:
    """The blocks of the end that hold such lines; a closing remark or two may stand between and behind them."""
    every = list(flow(root))
    taken: list[Block] = []
    passed = 0
    for each in reversed(every[-4 * _LAST_BLOCKS :]):
        if len(taken) >= _LAST_BLOCKS or passed > _PASSED_OVER:
            break
        if isinstance(each, Other):
            continue
        if isinstance(each, Part | Fence) or not any(True for _ in _said([each])):
            # A heading above such lines ends them; so does code, however short.
            if isinstance(each, Fence) or (taken and isinstance(each, Part)):
                break
            passed += 1
            continue
        taken.append(each)
    return list(reversed(taken))


def _scheduled(root: Part) -> str:
    """The review cycle that a section tells: that of all runbooks, else the most frequent one."""
    cycles: list[tuple[bool, str]] = []
    for at in placed(root):
        if isinstance(at.each, Bullets | Paragraph | Quote) and _SAYS_SCHEDULE.search(plain(at.heading)):
            for line in lines_in([at.each]):
                said = named(line.text)
                found = cycle(said.name if said is not None else line.text)
                if found in ("weekly", "monthly", "quarterly", "yearly"):
                    cycles.append((_ALL.search(line.text) is not None, found))
    order = ("weekly", "monthly", "quarterly", "yearly")
    whole = [found for every, found in cycles if every]
    return min(whole or [found for _, found in cycles], key=order.index, default="")
