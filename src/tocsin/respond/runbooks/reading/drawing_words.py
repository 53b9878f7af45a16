"""What do the words of a drawing mean? Answers and what they lead to, questions, waits, tests, minutes.

`YES → P0`, `否：重啟`, `> 10x (50ms → 500ms) → P0`, `wait 30 s, then test`, `[Collect facts] (15-30 min)`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tocsin.act.guard.names import names
from tocsin.respond.runbooks.reading.amounts import AMOUNT, seconds
from tocsin.respond.runbooks.reading.drawing_lines import HEADS
from tocsin.respond.runbooks.reading.headings import plain
from tocsin.respond.runbooks.reading.marks import Span, leading_span, title_span, whole_span

_LONGEST = 1_000

_GOOD = names(
    """
    yes y true ok okay pass passes passed success successful succeeds succeeded works worked working healthy up
    normal recovered fixed resolved 是 對 对 有 會 会 能 可 可以 成功 正常 通過 通过 恢復 恢复 已恢復 已恢复 存在
    """
)
_BAD = names(
    """
    no n false ng nok fail fails failed failing failure unsuccessful broken unhealthy down abnormal error timeout
    否 不是 不對 不对 無 无 沒有 没有 不會 不会 不能 不可以 失敗 失败 異常 异常 不正常 未通過 未通过 不通過 不通过
    未恢復 未恢复 無效 无效 不行 不存在
    """
)
_OTHER = names(
    "else otherwise default other others unknown maybe partial partially 其他 其它 否則 否则 部分 不確定 不确定"
)
_EITHER = (
    ("still failing", False),
    ("still broken", False),
    ("still down", False),
    ("not recovered", False),
    ("not ok", False),
    ("does not work", False),
    ("if not", False),
    ("if so", True),
    ("all good", True),
)
_SIGNS = {"✅": True, "✔": True, "✓": True, "👍": True, "❌": False, "✗": False, "✘": False, "✖": False}
_IF = re.compile(
    r"(?:if|when|on|in case of|如果|若是|若|如)\s*(?:(?:it|this|that|the test|the check|still|仍然|仍|還是|还是)\s+)?",
    re.IGNORECASE,
)
_WORD = re.compile(r"[A-Za-z]{1,14}(?![\w'])|[\u3400-\u9fff]{1,4}")
_AFTER = re.compile(r"\s*(?:$|[:：,，、;；(（\[/|!！。.✅❌✔✓✗✘✖👍⚠]|[-–—]{1,2}\s|\s{2,})")
_SHOUTED = re.compile(r"(?:YES|NO)\s+(?=[A-Z]?[a-z\u3400-\u9fff])")
_ARROW = re.compile(rf"[─━═-]*[{HEADS}]\ufe0f?|[-=─━═]{{2,8}}>|[─━═]>|(?<=\s)[-=]>(?=\s|$)")
_AROUND = " \"'*_“「["
_OPENING = "([{（［【「『"
_CLOSING = ")]}）］】」』"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it is written and what it leads to. `good` is None where the words do not say."""

    text: str
    outcome: str
    good: bool | None
    sure: bool  # an answer by its own words, whatever stands around it


def split_arrow(text: str) -> tuple[str, str] | None:
    """What stands before and after the first arrow that is not inside brackets or code."""
    text = text[:_LONGEST]
    found = _arrow(text, _shielded(text))
    if found is None:
        return None
    left, right = text[: found[0]].strip(), text[found[1] :].strip()
    return (left, right) if left else None


def chain(text: str) -> list[str]:
    """The parts of `detect → record → fix`."""
    parts: list[str] = []
    rest = text
    while (split := split_arrow(rest)) is not None:
        parts.append(split[0])
        rest = split[1]
    return [*parts, rest] if rest else parts


def _arrow(text: str, shielded: list[bool]) -> tuple[int, int] | None:
    for found in _ARROW.finditer(text):
        if not shielded[found.start()]:
            return found.span()
    return None


def _shielded(text: str) -> list[bool]:
    """For each character, whether it stands in brackets or code; a bracket that is never closed shields nothing."""
    shielded = [False] * (len(text) + 1)
    opened: list[int] = []
    code = -1
    for at, each in enumerate(text):
        if each == "`":
            if code >= 0:
                shielded[code : at + 1] = [True] * (at + 1 - code)
            code = at if code < 0 else -1
        elif each in _OPENING:
            opened.append(at)
        elif each in _CLOSING and opened:
            start = opened.pop()
            if not opened:
                shielded[start : at + 1] = [True] * (at + 1 - start)
    return shielded


def answer_of(text: str) -> Answer | None:
    """The answer that a line begins with: a word like yes or 失敗, or anything with an arrow behind it."""
    split = split_arrow(text)
    good, length = _verdict(text)
    if length:
        if split is not None:
            return Answer(split[0], split[1], good, sure=True)
        word = text[:length].strip(_AROUND)
        rest = text[length:].lstrip(_AROUND + "”」]").lstrip(":：,，、;；-–— ").strip()
        if rest.startswith(("(", "（", "[", "/")) or not any(each.isalnum() for each in rest):
            return Answer(text.strip().rstrip(":："), "", good, sure=True)
        return Answer(word, rest, good, sure=True)
    if split is not None:
        return Answer(split[0], split[1], None, sure=False)
    return None


def _verdict(text: str) -> tuple[bool | None, int]:
    """Whether a line begins with an answer, good or bad, and how long it is; 0 where it does not."""
    start = len(text) - len(text.lstrip(_AROUND))
    sign = _SIGNS.get(text[start : start + 1])
    if sign is None:
        return _word(text, start)
    after = start + 1
    while after < len(text) and text[after] in " \ufe0f":
        after += 1
    if after == len(text) or _ARROW.match(text, after):
        return sign, after
    said, length = _word(text, after)
    return (sign if said is None else said), length


def _word(text: str, start: int) -> tuple[bool | None, int]:
    condition = _IF.match(text, start)
    begin = condition.end() if condition else start
    low = text[begin : begin + 40].casefold()
    for words, good in _EITHER:
        if low.startswith(words) and _ends(text, begin + len(words)):
            return good, begin + len(words)
    found = _WORD.match(text, begin)
    word = found.group().casefold() if found else ""
    known = True if word in _GOOD else False if word in _BAD else None
    if found is None or (known is None and word not in _OTHER):
        return None, 0
    if _ends(text, found.end()) or (_SHOUTED.match(text, begin) and not condition):
        return known, found.end()
    return None, 0


def _ends(text: str, at: int) -> bool:
    """Whether an answer may end here: `No response from the database` is no answer."""
    if _AFTER.match(text, at) or text[at : at + 1] in ("]", "」", "”", '"', "*"):
        return True
    after = at + len(text[at:]) - len(text[at:].lstrip("?？ "))
    return _ARROW.match(text, after) is not None


_ASKS = re.compile(r"[?？]\s*(?:[(（][^()（）]{0,200}[)）])?[\s:：✅❌⚠\ufe0f*_]*$")
_CONDITION = re.compile(r"(?:if|when|unless|in\s+case|should)\s|如果|若|當|当|萬一|万一", re.IGNORECASE)
_ASKS_ANYWAY = re.compile(r"是否|是不是|有沒有|有没有|能否|可否|多少$")


def is_question(text: str) -> bool:
    """Whether a line asks something, with or without its mark."""
    text = text[-_LONGEST:]
    return _ASKS.search(text[-300:]) is not None or _ASKS_ANYWAY.search(text[:60]) is not None


def is_condition(text: str) -> bool:
    """Whether a line says when something is to be done, not that it is to be done."""
    return is_question(text) or _CONDITION.match(text) is not None


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
