"""What stands in this cell, item or line: a severity, a way to reach someone, a link, a command?"""

from __future__ import annotations

import re

from tocsin.act.guard.shell import KNOWN_PROGRAMS, parse
from tocsin.respond.runbooks.reading.blocks import Row
from tocsin.respond.runbooks.reading.facts.marks import amount_in
from tocsin.respond.runbooks.reading.headings import plain
from tocsin.respond.runbooks.reading.labels import code_span

_BREAK = re.compile(r"<br\s{0,2}/?>", re.IGNORECASE)
_LEVEL = re.compile(
    r"^(?:(severity|priority|level|sev)[\s:：-]{0,3}(?=[0-5SP]))?(SEV|P|S|L)?[\s-]?([0-5])(?![\w.%])",
    re.IGNORECASE,
)
_HAN_LEVEL = re.compile(r"^[一二三四五ⅠⅡⅢⅣⅤ1-5]\s?[級级](?=[\s:：(（–—-]|事故|事件|故障|$)")
_KINDS_OF_LEVEL = {"severity": "SEV", "sev": "SEV", "priority": "P", "level": "L"}
_WORD_LEVELS = (
    "critical", "major", "high", "medium", "moderate", "minor", "low", "urgent", "emergency", "blocker",
    "緊急", "紧急", "嚴重", "严重", "重大", "關鍵", "关键", "重要", "高", "中", "低", "一般", "輕微", "轻微",
)  # fmt: skip
_AFTER_LEVEL = re.compile(r"^\s{0,3}(?:[-–—:：/|]{1,2}\s{0,3})?(.{0,80})$")
_AT_ONCE = re.compile(
    r"\bimmediate(?:ly)?\b|\bat once\b|\binstant(?:ly)?\b|立即|立刻|即時|即时|馬上|马上", re.IGNORECASE
)
_NO_LIMIT = re.compile(
    r"\bno(?:ne|\slimit)?\b|\bunlimited\b|\bbest effort\b|\bbusiness day\b|\bn/a\b|無|无|不限|盡力|尽力",
    re.IGNORECASE,
)
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,4}")
_HANDLE = re.compile(r"(?:^|[\s(（\[`*,，、/|:：])@[A-Za-z\u3400-\u9fff][\w.\u3400-\u9fff-]{0,60}")
_CHANNEL = re.compile(r"(?:^|[\s(（\[`*,，、/|:：])#[A-Za-z\u3400-\u9fff][\w\u3400-\u9fff-]{1,80}")
_PHONE = re.compile(
    r"(?<![\w.-])(?:\+\d{1,3}[\s.-]?)?(?:\(\d{1,4}\)[\s.-]?)?\d{1,4}(?:[\s.-][\dXx]{2,5}){2,4}(?![\w-])"
    r"|(?<![\w.-])\+?\d{7,15}(?!\w)"
)
_EXTENSION = re.compile(r"(?:分機|分机|\bext\.?)\s?[:：#]?\s?\d{2,6}", re.IGNORECASE)
_DATE = re.compile(r"(?:19|20)\d{2}[-./]\d{1,2}[-./]\d{1,2}")
_URL = re.compile(r"https?://\S{3}")
_PAGING = re.compile(r"pager\s?duty|opsgenie|victorops|splunk on-call|\bpager\b|呼叫器", re.IGNORECASE)
_SPAN = re.compile(r"(`{1,3})(?!`)(.{1,2000}?)(?<!`)\1(?!`)", re.DOTALL)
_SQL = re.compile(
    r"^(?:select|insert|update|delete|show|explain|with|alter|create|drop|truncate|vacuum|analyze|kill)\s",
    re.IGNORECASE,
)
_HTTP = re.compile(r"^(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)\s+https?://\S")
_OWN_PROGRAM = re.compile(r"^(?:\.{0,2}/)?[a-z][a-z0-9_.+-]{1,40}(?:/[\w.+-]{1,80}){0,8}$")
_SCRIPT = re.compile(r"^(?:\./[\w./-]{1,200}|[\w./-]{1,200}\.(?:sh|bash|py|rb|pl))$")
_OR = re.compile(r"\b(?:or|alternatively)\b|或者?|\bvs\.?\b", re.IGNORECASE)


def cell(row: Row, at: int | None) -> str:
    """What a row has in a column, as written; nothing where there is no such column."""
    return row.cells[at].strip() if at is not None and at < len(row.cells) else ""


def words(cell: str) -> str:
    """A cell as a person reads it, with its line breaks."""
    return "\n".join(
        line for piece in _BREAK.split(cell) for each in piece.split("\n") if (line := plain(each))
    )


def level_of(text: str) -> tuple[str, str] | None:
    """The severity that a text begins with and what it calls it: `**P0 - Critical**` gives `P0` and `Critical`."""
    line = plain(text[:200])
    found = _LEVEL.match(line)
    if found is None:
        found = _HAN_LEVEL.match(line)
        told = found.group().replace(" ", "") if found else ""
    else:
        word, kind, number = found.groups()
        if not word and not kind:
            return None  # a bare number is no level
        told = f"{kind.upper() if kind else _KINDS_OF_LEVEL[word.lower()]}{number}"
    if found is None:
        return None
    rest = _AFTER_LEVEL.match(line[found.end() :])
    return told, _unwrapped(rest.group(1)) if rest else ""


def _unwrapped(name: str) -> str:
    line = name.strip().strip(":：").strip()
    inside = re.fullmatch(r"[(（\[【]([^()（）\[\]【】]{1,60})[)）\]】]", line)
    return inside.group(1).strip() if inside else line


def is_word_level(text: str) -> bool:
    """`Critical`, `高`: a severity without a number."""
    return plain(text[:60]).casefold().strip(" .!") in _WORD_LEVELS


def is_time(text: str) -> bool:
    """Whether it tells how fast something is done: an amount, at once, or no limit."""
    return (
        amount_in(text) is not None or _AT_ONCE.search(text) is not None or _NO_LIMIT.search(text) is not None
    )


def at_once(text: str) -> bool:
    return _AT_ONCE.search(text[:200]) is not None


def is_reach(text: str) -> bool:
    """Whether it tells how to reach someone: a number, an address, a handle, a channel, a pager."""
    line = text[:400]
    if _EMAIL.search(line) or _URL.search(line) or _PAGING.search(line) or _EXTENSION.search(line):
        return True
    return bool(_HANDLE.search(line) or _CHANNEL.search(line) or _PHONE.search(_DATE.sub("", line)))


def code_spans(text: str) -> list[str]:
    """What stands between backticks, in order."""
    return [found.group(2).strip() for found in _SPAN.finditer(text[:20_000]) if found.group(2).strip()]


def command_in(cell: str) -> tuple[str, str] | None:
    """The language and the text of the command that a cell holds in code spans: `bash`, `sql` or `http`.

    Several commands stand below each other; of two joined by "or" the first is meant. A path, a name or a pattern in a
    code span is no command.
    """
    whole = code_span(cell)
    spans = [whole] if whole is not None else code_spans(cell)
    kinds = [_language(span, alone=whole is not None) for span in spans]
    language = next((kind for kind in kinds if kind), "")
    if not language:
        return None
    commands = [span for span, kind in zip(spans, kinds, strict=True) if kind == language]
    if len(commands) > 1 and (language == "http" or _OR.search(_SPAN.sub(" ", cell[:20_000]))):
        commands = commands[:1]
    text = (";\n" if language == "sql" else "\n").join(
        each.rstrip(";") if language == "sql" else each for each in commands
    )
    return language, text


def _language(span: str, *, alone: bool) -> str:
    """The language of a command; `alone` where the code span is all that the cell holds."""
    first = span.split(None, 1)[0] if span.split() else ""
    if _HTTP.match(span):
        return "http"
    if _SQL.match(span) and first.lower() not in KNOWN_PROGRAMS | {
        "show",
        "kill",
        "analyze",
        "update",
        "with",
    }:
        return "sql"
    if first in ("SHOW", "ANALYZE", "UPDATE", "WITH"):
        return "sql"
    name = first.rsplit("/", 1)[-1]
    known = name in KNOWN_PROGRAMS and (" " in span or alone)
    script = _SCRIPT.match(first) and (" " in span or first.startswith("./"))
    if not known and not script and not (alone and " " in span and _OWN_PROGRAM.match(first)):
        return ""
    root = parse(span)
    return "bash" if root is not None else ""
