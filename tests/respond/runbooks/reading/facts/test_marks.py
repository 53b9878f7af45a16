"""From when to when is a mark of time?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.respond.runbooks.reading.facts.marks import (
    Span,
    amount_in,
    counted,
    leading_span,
    title_span,
    whole_span,
)


@pytest.mark.parametrize(
    ("line", "span", "rest"),
    [
        ("0m     - somebody notices", Span(None, 0), "somebody notices"),
        ("15m-1h   - verify", Span(900, 3600), "verify"),
        ("0-15m   - first look", Span(0, 900), "first look"),
        ("1-2h - look deeper", Span(3600, 7200), "look deeper"),
        ("**5 分鐘**：先看一輪", Span(None, 300), "先看一輪"),
        ("**1-4 小時**：慢慢查", Span(3600, 14400), "慢慢查"),
        ("T+10m: page the lead", Span(None, 600), "page the lead"),
        ("T+15: page the lead", Span(None, 900), "page the lead"),
        ("T+0 to T+15: triage", Span(0, 900), "triage"),
        ("T+01:30 | report", Span(None, 5400), "report"),
        ("0 min — it begins", Span(None, 0), "it begins"),
        ("[5 min] diagnose", None, ""),
        ("第 5 分鐘：重啟", Span(None, 300), "重啟"),
        ("first 5 minutes: acknowledge", Span(None, 300), "acknowledge"),
        ("minute 0-5: acknowledge", Span(0, 300), "acknowledge"),
        ("５分鐘：全形數字", Span(None, 300), "全形數字"),
        ("5 minutes are not enough", None, ""),
        ("500 errors: look at the log", None, ""),
        ("Restart: takes 5 minutes", None, ""),
    ],
)
def test_a_line_begins_with_its_time(line: str, span: Span | None, rest: str) -> None:
    found = leading_span(line)

    assert found == (None if span is None else (span, rest))


@pytest.mark.parametrize(
    ("title", "span"),
    [
        ("立即響應 (0-15分鐘)", Span(0, 900)),
        ("Diagnose (15-60 min)", Span(900, 3600)),
        ("修復階段（1-2小時）", Span(3600, 7200)),
        ("Mend it (45 min to 3 h)", Span(2700, 10800)),
        ("根因分析（30+ 分鐘）", Span(1800, 1800)),
        ("找根因（45 分鐘以後）", Span(2700, 2700)),
        ("Analysis (60 min onwards)", Span(3600, 3600)),
        ("0-5 min: acknowledge", Span(0, 300)),
        ("Phase 1 - 0-5 minutes", Span(0, 300)),
        ("Watch it (15 min)", None),  # how long, not when
        ("Version (2-3)", None),
        ("What happened in 2024-2025", None),
    ],
)
def test_a_title_names_the_range_of_its_phase(title: str, span: Span | None) -> None:
    assert title_span(title) == span


@pytest.mark.parametrize(
    ("cell", "span"),
    [
        ("15 min", Span(None, 900)),
        ("**0-5 分鐘**", Span(0, 300)),
        ("< 15 minutes", Span(None, 900)),
        ("15 分鐘內", Span(None, 900)),
        ("T+30m", Span(None, 1800)),
        ("10:30", None),
        ("2024-01-15", None),
        ("5 minutes after the alert", None),
        ("", None),
    ],
)
def test_a_cell_is_a_mark_or_none(cell: str, span: Span | None) -> None:
    assert whole_span(cell) == span


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("5 分鐘", 300),
        ("within 2 hours", 7200),
        ("15-30 min", 1800),
        ("3 business days", 259200),
        ("兩個工作日", 172800),
        ("半小時", 1800),
        ("十五分鐘", 900),
        ("half an hour", 1800),
        ("無限制", None),
        ("no limit", None),
        ("next business day", None),
        ("P1", None),
    ],
)
def test_the_first_amount_counts(text: str, seconds: float | None) -> None:
    assert amount_in(text) == seconds


def test_numbers_in_words_are_counted() -> None:
    assert counted("within four hours") == "within 4 hours"
    assert counted("三天之內") == "3天之內"
    assert counted("二十分鐘") == "20分鐘"
    assert counted("一定要通知") == "一定要通知"
    assert counted("a dayfly") == "a dayfly"


@given(st.text(alphabet=st.sampled_from("0159 .:+-–~T分鐘小時天hmind(）（|*半十\n"), max_size=60))
def test_any_line_has_an_answer_and_a_span_never_runs_backwards(text: str) -> None:
    for found in (title_span(text), whole_span(text), (leading_span(text) or (None,))[0]):
        assert found is None or found.from_s is None or found.from_s <= found.to_s
    assert counted(text).count("\n") == text.count("\n")
