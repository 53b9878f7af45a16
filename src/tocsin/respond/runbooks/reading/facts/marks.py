"""From when to when? `0-15 min`, `15m-1h`, `T+10m`, `1-4 小時`: marks of time that count from the beginning."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tocsin.respond.runbooks.reading.amounts import AMOUNT, seconds

_WIDE = str.maketrans("０１２３４５６７８９：（）～－＋＜＞", "0123456789:()~-+<>")
"""One character for one, so that places in the text stay where they are."""

_HAN = {
    "半": 0.5,
    "一": 1,
    "二": 2,
    "兩": 2,
    "两": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
}
_ENGLISH: dict[str, float] = {
    "half an": 0.5,
    "an": 1,
    "a": 1,
    "the": 1,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "eight": 8,
    "ten": 10,
    "twelve": 12,
    "fifteen": 15,
    "twenty": 20,
    "thirty": 30,
    "forty-five": 45,
    "sixty": 60,
}
_HAN_COUNT = re.compile(
    r"(?:(半)|([一二兩两三四五六七八九])?(十)?([一二三四五六七八九])?)"
    r"(?=\s?(?:個|个)?\s?(?:秒|分鐘|分钟|小時|小时|天|工作|週|周))"
)
_ENGLISH_COUNT = re.compile(
    rf"\b({'|'.join(sorted(_ENGLISH, key=len, reverse=True))})"
    r"(?=[\s-](?:(?:business|working|calendar)\s)?(?:second|minute|min|hour|day|week)s?\b)",
    re.IGNORECASE,
)
_COUNTS = re.compile(
    r"[\d０-９半一二兩两三四五六七八九十]|\b(?:second|min|minute|hour|day|week)", re.IGNORECASE
)
_KINDS_OF_DAYS = re.compile(r"\b(?:business|working|calendar)\s(?=(?:hour|day)s?\b)", re.IGNORECASE)
_WORKING_DAYS = re.compile(r"(?:個|个)?\s?(?:工作日|工作天|自然日)")

_SEP = r"\s{0,3}(?:[-–—~至到]|\bto\b|→)\s{0,3}"
_BEGIN = r"(?:T\s?\+\s?|\+)"
_BEGIN_RE = re.compile(_BEGIN, re.IGNORECASE)
_SPAN = rf"{_BEGIN}?{AMOUNT}(?:{_SEP}{_BEGIN}?{AMOUNT})?"
_BARE = re.compile(rf"T\s?\+\s?(\d{{1,4}})(?:{_SEP}(?:T\s?\+\s?)?(\d{{1,4}}))?(?![\w.]|:\d)", re.IGNORECASE)
_CLOCK = re.compile(r"T\s?\+\s?(\d{1,3}):(\d{2})(?![\d:])", re.IGNORECASE)
_UNIT_FIRST = re.compile(
    rf"(?:minutes?|mins?)\s(\d{{1,4}})(?:{_SEP}(\d{{1,4}}))?(?![\w.]|:\d)", re.IGNORECASE
)
_SPAN_RE = re.compile(_SPAN, re.IGNORECASE)
_OPEN_RE = re.compile(rf"{_BEGIN}?(\d{{1,5}})\s?\+\s?(?=[A-Za-z分小秒天])")
_SPLIT = re.compile(_SEP, re.IGNORECASE)
_UNIT_OF = re.compile(r"[\d.\s]{1,12}")

_LEADING = re.compile(
    r"^(?:[\s*_`\[(【<≤~]|(?:the\s)?first\s|within\s|at\s|by\s|第\s?|前\s?|約\s?|约\s?){0,6}", re.IGNORECASE
)
_TRAILING = re.compile(r"^\s{0,2}(?:以?[內内]|mark\b)?[\s*_`\])】]{0,6}(?:[-–—:：|,，→]{1,2}|$)")
_BRACKETED = re.compile(r"[(（\[【]([^()（）\[\]【】]{1,60})[)）\]】]")
_ONWARDS = re.compile(
    r"\s{0,2}(?:以後|以后|之後|之后|後|后|起|以上|\bonwards?|and (?:on|later|beyond|after))[\s*_`.。]{0,4}",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Span:
    """From the beginning: `from_s` where it says when it starts, `to_s` its end. Of `30+ min` both are 1800."""

    from_s: float | None
    to_s: float


def counted(text: str) -> str:
    """The text with digits where it counts in words, line breaks kept: `三天` is `3天`, `an hour` `1 hour`."""
    line = text.translate(_WIDE)
    line = _HAN_COUNT.sub(_han, line)
    line = _ENGLISH_COUNT.sub(_english, line)
    return _WORKING_DAYS.sub("天", _KINDS_OF_DAYS.sub("", line))


def _han(found: re.Match[str]) -> str:
    half, tens, ten, ones = found.groups()
    if half:
        return "0.5"
    if not (tens or ten or ones):
        return found.group()
    if not ten:
        return str(_HAN[tens or ones])
    return str(int(_HAN.get(tens or "", 1) * 10 + _HAN.get(ones or "", 0)))


def _english(found: re.Match[str]) -> str:
    return f"{_ENGLISH[found.group(1).lower()]:g}"


def _at(text: str, place: int) -> tuple[Span, int] | None:
    """The mark that begins at a place, and where it ends."""
    if found := _CLOCK.match(text, place):
        return Span(None, int(found.group(1)) * 3600.0 + int(found.group(2)) * 60.0), found.end()
    if found := _UNIT_FIRST.match(text, place) or _BARE.match(text, place):
        first, last = (float(each) * 60 if each else None for each in found.groups())
        return (Span(first, last) if last is not None else Span(None, first or 0.0)), found.end()
    if found := _OPEN_RE.match(text, place):
        # `30+ min` is read as the amount without its plus sign.
        rest = _SPAN_RE.match(f"{found.group(1)} {text[found.end() : found.end() + 12]}")
        begin = seconds(rest.group()) if rest else None
        if rest and begin is not None:
            return Span(begin, begin), found.end() + rest.end() - len(found.group(1)) - 1
    if found := _SPAN_RE.match(text, place):
        span = _span(found.group())
        return (span, found.end()) if span else None
    return None


def _span(written: str) -> Span | None:
    pieces = _SPLIT.split(_BEGIN_RE.sub("", written))
    last = seconds(pieces[-1])
    if last is None:
        return None
    if len(pieces) == 1:
        return Span(None, last)
    unit = _UNIT_OF.sub("", pieces[-1])
    first = seconds(pieces[0]) if _UNIT_OF.sub("", pieces[0]) else seconds(pieces[0].strip() + unit)
    return Span(first, last) if first is None or first <= last else Span(last, first)


def leading_span(text: str) -> tuple[Span, str] | None:
    """The mark that a line begins with, and what it says after it: `**5 分鐘**：diagnose`, `0m - detect`."""
    if not _COUNTS.search(text[:400]):
        return None
    line = counted(text[:400])
    start = _LEADING.match(line)
    found = _at(line, start.end() if start else 0)
    if found is None:
        return None
    span, end = found
    after = _TRAILING.match(line[end:])
    if after is None:
        return None
    written = text if len(line) == len(text[:400]) else line  # the author's own characters where they line up
    return span, written[end + after.end() :].strip()


def title_span(text: str) -> Span | None:
    """The range that a title names: `Diagnose (15-60 min)`, `0-15 min: triage`. One amount alone in brackets is how
    long something takes, not when it is due, and counts only with a plus sign or `T+`.
    """
    if not _COUNTS.search(text[:400]):
        return None
    for found in _BRACKETED.finditer(counted(text[:400])):
        inside = found.group(1).strip()
        span = whole_span(inside)
        if span is not None and (span.from_s is not None or _BEGIN_RE.match(inside)):
            return span
    line = counted(text[:400])
    first = leading_span(line)
    if first is not None:
        return first[0]
    head, dash, tail = line.rpartition(" - ") if " - " in line else line.rpartition(":")
    span = whole_span(tail) if dash and head else None
    return span if span is not None and span.from_s is not None else None


def whole_span(text: str) -> Span | None:
    """The mark that a short text is, nothing else: a cell of a table, the inside of brackets."""
    line = counted(text[:200]).strip(" *_`~<≤[]()")
    start = _LEADING.match(line)
    found = _at(line, start.end() if start else 0)
    if found is None:
        return None
    span, end = found
    if span.from_s is None and _ONWARDS.fullmatch(line[end:]):
        return Span(span.to_s, span.to_s)
    return span if re.fullmatch(r"\s{0,2}(?:以?[內内])?[\s*_`.。]{0,4}", line[end:]) else None


def amount_in(text: str) -> float | None:
    """The first duration in a text, seconds; the longer end of a range. None for `no limit`."""
    found = _SPAN_RE.search(counted(text[:400]))
    span = _span(found.group()) if found else None
    return None if span is None else span.to_s
