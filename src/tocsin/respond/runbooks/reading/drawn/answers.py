"""What does a line ask, or answer, and what does the answer lead to? `YES → P0`, `否：重啟`, `> 10x (5 → 50) → P0`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tocsin.act.guard.names import names
from tocsin.respond.runbooks.reading.drawn.lines import HEADS

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
_AFTER = re.compile(r"\s*(?:$|[:：,，、;；(（\[|!！。.✅❌✔✓✗✘✖👍⚠]|[-–—]{1,2}\s|\s{2,})")
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
