"""Which text do these bytes hold, and in which language is it written?"""

from __future__ import annotations

import codecs
import re

from tocsin.respond.runbooks.document import Finding

LARGEST = 6_000_000
"""Bytes that are read; what comes after is left out, with a finding."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CODE = re.compile(
    r"^\s{0,12}(`{3,}|~{3,}).*?^\s{0,12}\1|`[^`\n]{1,200}`|https?://\S{1,300}", re.MULTILINE | re.DOTALL
)
"""What says nothing of the language of its author: code and addresses."""

_LATIN = re.compile(r"[A-Za-z]")
_HAN = re.compile(r"[\u3400-\u9fff]")
_SIMPLIFIED = frozenset("这为们发务现时问过还进运连报队级诊断复启动应检查统库错误队列数据证监测响处联络请")
_TRADITIONAL = frozenset("這為們發務現時問過還進運連報隊級診斷復啟動應檢查統庫錯誤隊列數據證監測響處聯絡請")
_SAMPLE = 20_000


def decode(data: bytes) -> tuple[str, list[Finding]]:
    """The text with `\\n` between lines, and what was wrong with the bytes. Never raises."""
    findings: list[Finding] = []
    if len(data) > LARGEST:
        data = data[:LARGEST]
        findings.append(
            Finding(
                rule="too-large",
                level="error",
                line=1,
                message=f"only the first {LARGEST:,} bytes are read",
                fix="split the document",
            )
        )
    encoding = "utf-8"
    for mark, name in _MARKS:
        if data.startswith(mark):
            data, encoding = data[len(mark) :], name
            break
    text = data.decode(encoding, "replace")
    if "\0" in text:
        findings.append(
            Finding(
                rule="binary", level="error", line=1, message="this is not a text", fix="save it as UTF-8"
            )
        )
    elif "\ufffd" in text and encoding == "utf-8":
        line = text.count("\n", 0, text.index("\ufffd")) + 1
        findings.append(
            Finding(
                rule="encoding",
                level="warning",
                line=line,
                message="some characters are not UTF-8",
                fix="save it as UTF-8",
            )
        )
    return text.replace("\0", "\ufffd").replace("\r\n", "\n").replace("\r", "\n"), findings


def language_of(text: str) -> str:
    """`en`, `zh-Hant` or `zh-Hans`, by what most of the first pages are written with."""
    sample = _CODE.sub(" ", text[:_SAMPLE])
    han = len(_HAN.findall(sample))
    letters = len(_LATIN.findall(sample))
    if han == 0 or han * 8 < letters:
        return "en"
    simplified = sum(1 for each in sample if each in _SIMPLIFIED and each not in _TRADITIONAL)
    traditional = sum(1 for each in sample if each in _TRADITIONAL and each not in _SIMPLIFIED)
    return "zh-Hans" if simplified > traditional else "zh-Hant"
