"""Which role has a section, and is it one attempt among several? Told by its heading alone.

Numbering, emoji, bold, colons (full width too) and brackets are taken away before the names are compared.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from tocsin.respond.runbooks.reading.heading_names import HEADS, HINTS, NAMES, TAILS

_LONGEST = 160
_DIGIT = r"[0-9]{1,3}"
_HAN_NUMBER = r"[一二三四五六七八九十]{1,3}"

_UNITS = (
    r"(?:s|sec|secs|seconds?|m|min|mins|minutes?|h|hrs?|hours?|d|days?|weeks?)\b|秒|分|小時|小时|天|日|週|周"
)
_NUMBERING = re.compile(
    rf"""^(?:
        {_DIGIT}(?:\.{_DIGIT})*\s*[.)、．:：）-]\s*     # 1.  2.1)  3、
      | {_DIGIT}(?:\.{_DIGIT})+\s+                    # 2.1 Something
      | {_DIGIT}\s+(?!{_UNITS})(?=[^\W\d])             # 1 Something, not: 5 min
      | [(（](?:{_DIGIT}|{_HAN_NUMBER})[)）]\s*
      | {_HAN_NUMBER}\s*[、.．:：]\s*
      | 第\s*(?:{_DIGIT}|{_HAN_NUMBER})\s*(?:步驟|步骤|步|階段|阶段|段|關|关|部分|部|章|節|节)\s*[：:、.．-]?\s*
      | (?:step|phase|part|stage)\s+(?:{_DIGIT}|[a-z])\s*[:.)–—-]\s*
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_END = r"(?=\s*(?:$|[:：.,、)）\]–—(（-]))"
_ATTEMPT = re.compile(
    rf"""^(?:
        (?:嘗試方案|尝试方案|嘗試|尝试|方案|選項|选项|方法)\s*(?:{_DIGIT}|{_HAN_NUMBER}|[a-z])(?![a-z0-9])
      | (?:attempt|option|plan|method|approach|try|fix|rung)\s*(?:\#|no\.?\s*)?{_DIGIT}(?![a-z0-9])
      | (?:attempt|option|plan|method|approach|try|fix|rung)\s+[a-z]{_END}    # not: Plan a rollback
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_ORDINAL = re.compile(
    rf"^(?:(?:{_DIGIT}|{_HAN_NUMBER})\s*[.)、．:：）]|[(（](?:{_DIGIT}|{_HAN_NUMBER})[)）])\s*\S"
)
_STEP = re.compile(
    rf"^step\s*(?:{_DIGIT}(?![a-z0-9])|\s[a-z]{_END})|^(?:步驟|步骤)\s*(?:{_DIGIT}|[a-z])"
    rf"|^第\s*(?:{_DIGIT}|{_HAN_NUMBER})\s*步",
    re.IGNORECASE,
)
_SCENARIO_WORD = (
    r"(?:scenario|situation|use\s+case|case|場景|场景|情境|情況|情况|案例|狀況|状况|事件類型|事件类型)"
)
_SCENARIO = re.compile(
    rf"^{_SCENARIO_WORD}\s*(?:\#|no\.?\s*)?(?:{_DIGIT}|{_HAN_NUMBER})(?![a-z0-9%])\s*[:：.、)）–—-]?\s*",
    re.IGNORECASE,
)
_VERDICT = re.compile(rf"^{_SCENARIO_WORD}\s*[a-z](?![a-z0-9])\s*[:：.、)）–—-]?\s*", re.IGNORECASE)
_PROVING = re.compile(
    r"^(?:verify|verifying|validate|confirm|check\s+that)\b|^(?:驗證|验证|確認恢復|确认恢复)", re.IGNORECASE
)
_BRACKETS = re.compile(r"[(（\[【]([^)）\]】]{0,80})[)）\]】]")
_SEPARATORS = re.compile(r"\s*(?:[/|:：·、，,&]|\s[-–—]\s|[—–]|\sand\s|\sor\s|與|与|和|及)\s*")
_LINK = re.compile(r"!?\[([^\]]{0,200})\]\([^)]{0,500}\)")

_ROLES: dict[str, str] = {
    name: role for role, languages in NAMES.items() for names in languages.values() for name in names
}
_HINTS = tuple(
    (role, re.compile(rf"\b(?:{english})\b|{chinese}", re.IGNORECASE)) for role, english, chinese in HINTS
)


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """A line of Markdown as a person reads it: no emphasis, no link targets, no emoji around it."""
    line = " ".join(text.split())[:500]
    line = _LINK.sub(r"\1", line)
    bare = re.sub(r"[*`]{1,3}|(?<![A-Za-z0-9])_{1,2}|_{1,2}(?![A-Za-z0-9])|~~", "", line)
    return _without_emoji(bare).strip()


def title_of(text: str) -> str:
    """A heading or item as the title of a step: plain, without numbering and closing colon."""
    line = _NUMBERING.sub("", plain(text), count=1) if not _ATTEMPT.match(plain(text)) else plain(text)
    return line.strip().rstrip(":：").strip() or plain(text)


@lru_cache(maxsize=4096)
def role_of(heading: str) -> str | None:
    """The role that a heading names, or None."""
    line = _without_emoji(plain(heading)[:_LONGEST]).casefold().strip()
    line = _NUMBERING.sub("", line, count=1).strip()
    if not line or _ATTEMPT.match(line):
        return None
    bare = _BRACKETS.sub("", line)
    for candidate in (line, bare, *_SEPARATORS.split(bare), *_BRACKETS.findall(line)):
        found = _named(candidate)
        if found:
            return found
    return None


def _named(candidate: str) -> str | None:
    name = candidate.strip(" \t.:：。!！?？-–—*").strip()
    if name in _ROLES:
        return _ROLES[name]
    for tail in TAILS:
        if name.endswith(tail) and name[: -len(tail)].strip() in _ROLES:
            return _ROLES[name[: -len(tail)].strip()]
    for head in HEADS:
        if name.startswith(head) and name[len(head) :].strip() in _ROLES:
            return _ROLES[name[len(head) :].strip()]
    return None


@lru_cache(maxsize=4096)
def hinted(heading: str) -> str | None:
    """The role that the words of a heading hint at: `Find out where it is`, `第 3 段：確認恢復`. Weaker than a name."""
    line = title_of(heading)[:_LONGEST].casefold()
    if not line or is_attempt(heading) or is_scenario(heading) or is_verdict(heading):
        return None
    return next((role for role, pattern in _HINTS if pattern.search(line)), None)


def role_under(heading: str, inherited: str, level: int = 2) -> str:
    """The role of a heading below another role: its own, else that from above, else the one it hints at. The title of
    a document only hints at what all of it is about, and so at nothing.
    """
    return role_of(heading) or inherited or ((hinted(heading) or "") if level > 1 else "")


def is_attempt(heading: str) -> bool:
    """Option / Plan / Attempt / 方案 / 嘗試方案 / 選項 with a number or a letter."""
    return _ATTEMPT.match(plain(heading)) is not None


def is_scenario(heading: str) -> bool:
    """`Scenario 2: …`, `場景 2：…`: a runbook of its own where it stands beside others."""
    return _SCENARIO.match(_bare(heading)) is not None


def scenario_title(heading: str) -> str:
    """What a scenario is about, without its number."""
    line = _bare(heading)
    return _SCENARIO.sub("", line, count=1).strip() or line


def is_verdict(heading: str) -> bool:
    """`Scenario A: the edge`, `場景 B`: what is done after one verdict of the diagnosis."""
    return _VERDICT.match(_bare(heading)) is not None


def is_proving(heading: str) -> bool:
    """`Verify the roll-back`, `驗證回滾`: below it stands what proves that something worked."""
    return _PROVING.match(title_of(heading)) is not None


def _bare(heading: str) -> str:
    line = plain(heading)
    return _NUMBERING.sub("", line, count=1).strip() or line


def is_numbered(heading: str) -> bool:
    """`1. Restart`: siblings of this form in a resolution are attempts as well."""
    return _ORDINAL.match(plain(heading)) is not None


def is_step(heading: str) -> bool:
    """`Step 2`, `步驟 2`, `第二步`: a part of one way, not a way of its own."""
    return _STEP.match(plain(heading)) is not None


def _without_emoji(line: str) -> str:
    return line.strip() if line.isascii() else line.translate(_KEPT).strip()


class _Kept(dict[int, int | None]):
    """Which letters of a heading stay; each is looked up once."""

    def __missing__(self, code: int) -> int | None:
        dropped = unicodedata.category(chr(code)) in ("So", "Sk", "Cf", "Cs", "Co") or code == 0xFE0F
        self[code] = kept = None if dropped else code
        return kept


_KEPT = _Kept()
