"""Who is on duty when? Lines such as `Mon-Fri 09:00-18:00: @day`, `週末: @weekend`, and tables of shifts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.respond.runbooks.document import Shift
from tocsin.respond.runbooks.reading.blocks import Fence, Grid, Part
from tocsin.respond.runbooks.reading.facts.cells import cell
from tocsin.respond.runbooks.reading.facts.columns import Columns
from tocsin.respond.runbooks.reading.facts.flow import lines_in, named, placed
from tocsin.respond.runbooks.reading.headings import plain

_DAY = (
    r"(?:(?:週|周|星期|禮拜|礼拜)[一二三四五六日天末]|平日|假日|工作日|每日|每天|全天|非上班時間|上班時間|非工作时间|工作时间"
    r"|mon(?:day)?s?|tue(?:s(?:day)?)?s?|wed(?:nesday)?s?|thu(?:r(?:s(?:day)?)?)?s?|fri(?:day)?s?|sat(?:urday)?s?"
    r"|sun(?:day)?s?|weekdays?|week-?ends?|daily|every\s?day|24\s?[/x×]\s?7"
    r"|(?:business|working|office|after|off)[\s-]hours|(?:public\s)?holidays?|nights?|week\s\d{1,2}|第\s?\d{1,2}\s?[週周])(?![A-Za-z])"
)
_DAYS = rf"{_DAY}(?:\s{{0,2}}(?:[-–—~～至到&,、/]|to\b|and\b|through\b|及|和)\s{{0,2}}{_DAY}){{0,6}}"
_HOUR = r"\d{1,2}(?:[:：]\d{2})?\s?(?:am|pm|點|点|時|时|h)?"
_FIRST_HOUR = r"(?:\d{1,2}[:：]\d{2}\s?(?:am|pm)?|\d{1,2}\s?(?:am|pm|點|点|時|时|h))"
_HOURS = rf"{_FIRST_HOUR}\s{{0,2}}(?:[-–—~～至到]|to\b)\s{{0,2}}{_HOUR}"
_ZONE = r"(?:\s{0,2}[(（]?(?:UTC|GMT|[A-Z]{2,4}T|local(?:\stime)?)(?:[+-]\d{1,2})?[)）]?)?"
_WHEN = re.compile(
    rf"^(?P<days>{_DAYS})?\s{{0,2}}[,，(（]?\s{{0,2}}(?P<hours>{_HOURS}{_ZONE})?\s{{0,2}}[)）]?",
    re.IGNORECASE,
)
_GIVES = re.compile(r"^[\s*_`]{0,4}(?:[:：|→]|->|=>|[-–—](?=\s))\s{0,8}(?=\S)")
_MARKS = re.compile(r"^\s{0,12}(?:[-*+•]\s{1,4}|\d{1,2}[.)]\s{1,4})?[*_`|]{0,3}\s{0,2}")
_HANDLE = re.compile(r"@[\w.\u3400-\u9fff-]")
_ROTA = re.compile(
    r"on-?\s?call|\brota\b|rotation|schedule|\bshifts?\b|值班|輪值|轮值|輪班|轮班|排班|當值|当值|值守",
    re.IGNORECASE,
)


def rota_of(root: Part) -> list[Shift]:
    """The shifts of a written rota, in its order."""
    shifts: list[Shift] = []
    for at in placed(root):
        if isinstance(at.each, Grid):
            shifts.extend(_shifts_of_grid(at.each))
        elif isinstance(at.each, Fence):
            shifts.extend(_shifts_of_fence(at.each))
        elif not isinstance(at.each, Part):
            trusted = at.role == "contacts" or says_rota(at.heading)
            found = (shift_of(line.text, line.line, trusted=trusted) for line in lines_in([at.each]))
            shifts.extend(shift for shift in found if shift is not None)
    return shifts


def says_rota(heading: str) -> bool:
    """Whether a heading leads to who is on duty."""
    return _ROTA.search(heading) is not None


def _shifts_of_fence(fence: Fence) -> list[Shift]:
    """The shifts of a fence without a language; a single one counts only with a handle."""
    if fence.info or len(fence.text) > 20_000:
        return []
    found = (
        shift_of(text, at, trusted=True) for at, text in enumerate(fence.text.split("\n"), fence.text_line)
    )
    shifts = [shift for shift in found if shift is not None]
    return shifts if len(shifts) > 1 else [shift for shift in shifts if _HANDLE.search(shift.who)]


def shift_of(text: str, line: int, *, trusted: bool) -> Shift | None:
    """`Mon-Fri 09:00-18:00: @day`, or the other way round. Without `trusted`, only a handle is taken for a name."""
    told = _when_first(text[:400]) or _who_first(text[:400])
    if told is None:
        return None
    who, when = told
    if not who or not (trusted or _HANDLE.search(who)) or len(who) > 80:
        return None
    return Shift(
        who=who, line=line, days=(when.group("days") or "").strip(), hours=(when.group("hours") or "").strip()
    )


def _when_first(text: str) -> tuple[str, re.Match[str]] | None:
    mark = _MARKS.match(text)
    line = text[mark.end() :] if mark else text
    when = _when(line)
    gives = _GIVES.match(line[when.end() :]) if when else None
    return (plain(line[when.end() + gives.end() :]), when) if when and gives else None


def _who_first(text: str) -> tuple[str, re.Match[str]] | None:
    said = named(text)
    when = _when(said.value) if said is not None else None
    if said is None or when is None or said.value[when.end() :].strip(" .。*_)）"):
        return None
    return said.name, when


def _when(text: str) -> re.Match[str] | None:
    """Days, hours or both at the beginning."""
    found = _WHEN.match(text)
    return found if found and (found.group("days") or found.group("hours")) else None


def _shifts_of_grid(grid: Grid) -> Iterator[Shift]:
    columns = Columns(grid)
    where = columns.places("days", "who") or columns.places("hours", "who")
    if where is None:
        return
    for row in grid.rows:
        told = [
            when for at, each in enumerate(row.cells) if at != where["who"] and (when := _when(plain(each)))
        ]
        days = next((when.group("days") for when in told if when.group("days")), "")
        hours = next((when.group("hours") for when in told if when.group("hours")), "")
        who = plain(cell(row, where["who"]))
        if who and told:
            yield Shift(who=who, line=row.line, days=days.strip(), hours=hours.strip())
