"""Which severities does a document define?"""

from __future__ import annotations

import pytest

from tocsin.respond.runbooks.document import SeverityLevel
from tocsin.respond.runbooks.reading.blocks import parts_of
from tocsin.respond.runbooks.reading.facts.severities import severities_of, severity_lines


def _told(text: str) -> list[tuple[str, str, float | None, float | None]]:
    return [(each.level, each.name, each.respond_s, each.restore_s) for each in severities_of(parts_of(text))]


def test_a_table_gives_each_level_its_times() -> None:
    text = """
## Levels

| Level | Name | Definition | Response time | Resolution time | Example |
|---|---|---|---|---|---|
| **P0** | Critical | nothing works | 5 minutes | 30 minutes | login is down |
| **P1** | High | half works | 15 min | 2 hours | slow |
| P2 | Normal | annoying | 24 h | 1 week | typo |
| P3 | Low | ideas | no limit | no limit | - |
"""
    assert _told(text) == [
        ("P0", "Critical", 300, 1800),
        ("P1", "High", 900, 7200),
        ("P2", "Normal", 86400, 604800),
        ("P3", "Low", None, None),
    ]
    assert [each.line for each in severities_of(parts_of(text))] == [6, 7, 8, 9]
    assert severities_of(parts_of(text))[0].definition == "nothing works"


def test_columns_in_another_order_and_another_language() -> None:
    text = (
        "| 說明 | 恢復時間 | 等級 | 回應時間 |\n|-|-|-|-|\n"
        "| 全掛 | 45 分鐘 | SEV-1 | 立即 |\n| 慢 | 不限 | SEV-2 | 10-20 分鐘 |\n"
    )

    assert _told(text) == [("SEV1", "", 0, 2700), ("SEV2", "", 1200, None)]


@pytest.mark.parametrize(
    ("heading", "respond", "restore"),
    [
        ("嚴重等級定義", "響應時間：15分鐘內", "解決時間：2小時內"),
        ("Severity levels", "Response time: 15 min", "**Resolution time**: 2 hours"),
    ],
)
def test_headings_with_lines_below_them(heading: str, respond: str, restore: str) -> None:
    text = (
        f"### {heading}\n\n#### **P0 - Down (Critical)**\n- all users\n- {respond}\n- {restore}\n\n"
        "#### P1 - Slow\n- some users\n"
    )

    first, second = severities_of(parts_of(text))

    assert first == SeverityLevel(
        level="P0", line=3, name="Down (Critical)", definition="all users", respond_s=900, restore_s=7200
    )
    assert (second.level, second.definition, second.respond_s) == ("P1", "some users", None)


@pytest.mark.parametrize(
    "text",
    [
        "### 緊急程度分類\n- **P0 (Critical)**: all down\n- **P1 (High)**: half down\n",
        "## Severity levels\n\n- P0 (Critical): all down\n- P1 (High) - half down\n",
        "## Urgency\n\n1. **P0** (Critical): all down\n2. **P1** (High): half down\n",
    ],
)
def test_a_list_of_levels(text: str) -> None:
    first = severities_of(parts_of(text))[0]
    assert (first.level, first.definition) == ("P0", "all down")
    assert [each[1] for each in _told(text)] == ["Critical", "High"]


def test_a_list_may_tell_times_in_its_words() -> None:
    text = (
        "## How fast\n\n- SEV1: all down. Respond within 5 min, resolve in 2 hours\n"
        "- SEV2: slow. Response 1 hour\n"
    )

    assert _told(text) == [("SEV1", "", 300, 7200), ("SEV2", "", 3600, None)]


@pytest.mark.parametrize(
    "text",
    [
        "## P0 incident process\n\nDo this.\n\n## P1 incident process\n\nDo that.\n",
        "## P0 關鍵事故流程\n\n- 5 分鐘內回覆\n",
        "### 何時進行\n\n- **P0 事故**: 恢復後 24 小時內\n- **P1 事故**: 恢復後 3 天內\n",
        "## Escalation\n\n- P0: page the lead\n- P1: tell the lead\n",
        "| Task | Priority | Owner |\n|-|-|-|\n| a | P0 | x |\n| b | P1 | y |\n",
        "| Symptom | Severity | Resolution |\n|-|-|-|\n| slow | P0 | restart |\n| down | P1 | call |\n",
        "## 升級名單\n\n### 一級響應 (值班)\n- @a\n\n### 二級響應 (組長)\n- @b\n",
        "| Runbook | Severity |\n|-|-|\n| a | P0 |\n| b | P0 |\n",
        "",
    ],
)
def test_a_level_that_is_only_named_defines_nothing(text: str) -> None:
    assert severities_of(parts_of(text)) == []


def test_a_list_may_tell_nothing_but_the_time_to_answer() -> None:
    text = "## Priorities and SLAs\n\n- P0: immediate (24/7)\n- P1: 30 min\n- P2: next sprint\n"

    assert [each[2] for each in _told(text)] == [0, 1800, None]


def test_the_fuller_definition_of_a_level_stands() -> None:
    text = (
        "## Severity\n\n- P0: down\n- P1: slow\n\n"
        "## Levels\n\n| Level | Response time |\n|-|-|\n| P0 | 5 min |\n| P1 | 1 h |\n"
    )

    assert _told(text) == [("P0", "", 300, None), ("P1", "", 3600, None)]


def test_the_lines_of_a_definition_are_known() -> None:
    text = "## Severity\n\n- P0: down\n  - reply within 5 minutes\n- P1: slow\n\nwithin 5 minutes\n"

    lines = severity_lines(parts_of(text))
    assert lines >= {3, 4, 5}
    assert 7 not in lines
