"""How long is waited, what is tested, by when, under which title? `wait 30 s, then test`, `[Collect] (15-30 min)`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tocsin.respond.runbooks.reading.amounts import AMOUNT, seconds
from tocsin.respond.runbooks.reading.facts.marks import Span, leading_span, title_span, whole_span
from tocsin.respond.runbooks.reading.headings import plain

_LONGEST = 1_000

_WAIT = re.compile(
    rf"""(?:^|(?<=[\s,，、;；。(（]))(?:and\s+|then\s+|再|然後|然后)?
        (?:wait|pause|allow|等待|等候|靜置|静置|等)[\s:：]*
        (?:(?:for|about|around|approx\.?|another|at\s+least|up\s+to|another|約|约|大約|大约|至少|~|～)\s*){{0,3}}
        ({AMOUNT})""",
    re.VERBOSE | re.IGNORECASE,
)
_SLEEP = re.compile(r"(?:\$\s+)?sleep\s+(\d{1,5}(?:\.\d{1,3})?[smh]?)\s*(?:#.{0,200})?$")
_JOINT = re.compile(
    r"^[\s,，、;；。.)）]*(?:(?:and\s+then|and|then|before|後再|后再|之後|之后|以後|以后|後|后|然後|然后|再)\s*)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Wait:
    """A wait inside a line, and the words around it. `purpose` tells that `after` only says what for."""

    before: str
    seconds: float
    after: str
    purpose: bool = False


def wait_of(text: str) -> Wait | None:
    """`wait 30 s, then test` → 30 seconds and `test`."""
    text = text[:_LONGEST]
    slept = _SLEEP.match(text.strip())
    if slept:
        return Wait("", seconds(slept.group(1)) or 0.0, "")
    found = _WAIT.search(text)
    length = seconds(found.group(1)) if found else None
    if found is None or length is None:
        return None
    tail = text[found.end() :]
    joint = _JOINT.match(tail)
    after = tail[joint.end() :] if joint else tail
    joined = joint is not None and bool(joint.group().strip())
    return Wait(
        text[: found.start()].rstrip(" ,，、;；。(（"),
        length,
        after.strip(),
        purpose=not joined and test_of(after) is None,
    )


_TEST = re.compile(
    r"(?:再次|再|重新|then\s+|and\s+)?(?:(測試|测试|驗證|验证|復測|复测|re-?test|tests?|re-?verify|verify|smoke\s+test|健康檢查|健康检查)"
    r"|(檢查|检查|確認|确认|check|confirm|validate|health\s+check))(?![a-z-])",
    re.IGNORECASE,
)


_AGAIN = re.compile(
    r"(?:again|once more|it|recovery|一次|一遍|恢復|恢复|服務|服务)?[\s.。!！]*$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Test:
    """A line that begins with a word for testing. `strong` words make a check of what follows, whatever it is."""

    rest: str
    strong: bool
    colon: bool


def test_of(text: str) -> Test | None:
    found = _TEST.match(text.strip())
    if not found:
        return None
    tail = text.strip()[found.end() :].strip()
    rest = _AGAIN.sub("", tail.lstrip(":：").strip())
    return Test(rest=rest, strong=found.group(1) is not None, colon=tail.startswith((":", "：")))


_IN_BRACKETS = re.compile(r"[(（\[【]([^()（）\[\]【】]{1,40})[)）\]】]")


def time_of(text: str) -> Span | None:
    """The time that a line is marked with: `5 min: call`, `[Triage] (0-15 min)`, `查日誌（5 分鐘）`. Less than a minute
    is not one of people.
    """
    line = plain(text)
    leading = leading_span(line)
    span = leading[0] if leading else title_span(line)
    for inside in _IN_BRACKETS.findall(line) if span is None else ():
        span = span or whole_span(str(inside))
    return span if span is not None and span.to_s >= 60 else None


_BRACKETED = re.compile(r"^[\[［【「<]\s*([^\]］】」>]{1,160}?)\s*[\]］】」>](.{0,200})$")


def is_bracketed(text: str) -> bool:
    return _BRACKETED.match(text) is not None


def title_words(text: str) -> str:
    """A line as a title: no brackets around it, no closing colon, no emoji; its numbering stays."""
    found = _BRACKETED.match(text)
    if found:
        text = found.group(1) + found.group(2)
    line = plain(text)
    return line.rstrip(":： ").strip() or text.strip()
