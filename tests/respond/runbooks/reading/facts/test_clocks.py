"""By when has something to be so?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.respond.runbooks.reading.blocks import Fence, parts_of
from tocsin.respond.runbooks.reading.facts.clocks import SHORTEST, clocks_in_fence, clocks_of


def _told(text: str) -> list[tuple[float | None, float, int]]:
    return [(each.from_s, each.after_s, each.line) for each in clocks_of(parts_of(text))]


@pytest.mark.parametrize(
    "text",
    [
        "1. **評估**：在 5 分鐘內完成\n\n**目標是在 15 分鐘內恢復服務**。\n\n"
        "在接下來的 30 分鐘內，看著它。\n\n必須在 **1 小時內** 交報告。\n",
        "1. **初判**：五分钟之内说清楚\n\n目标：15 分钟恢复\n\n"
        "接下来的 30 分钟，盯着。\n\n最迟 1 小时交报告。\n",
        "1. **Assess** within 5 minutes.\n\nThe target is to recover in 15 minutes.\n\n"
        "For the next 30 minutes, watch it.\n\n"
        "Report no later than an hour after.\n",
    ],
)
def test_sentences_set_limits(text: str) -> None:
    assert _told(text) == [(None, 300, 1), (None, 900, 3), (None, 1800, 5), (None, 3600, 7)]


def test_the_sentence_goes_with_its_limit_and_its_line() -> None:
    text = "Look first. Then answer\nwithin\n30 minutes. Later, rest.\n"

    [clock] = clocks_of(parts_of(text))

    assert (clock.text, clock.line, clock.after_s) == ("Then answer within 30 minutes.", 3, 1800)


@pytest.mark.parametrize(
    "text",
    [
        "Errors in the last 30 minutes.",
        "檢查最近 24 小時內的變更。",
        "過去 10 分鐘內的日誌。",
        "More than 3 restarts within 10 minutes.",
        "It fires when > 5 errors occur within 5 minutes.",
        "5 分鐘內超過 3 次就會告警。",
        "The disk will run out of space within 4 hours.",
        "The leader answers within 200 ms.",
        "It elects a leader within 10 seconds.",
        "內容 5 分鐘前更新。",
        "Keep 30 days of backups.",
        "`sleep 5 minutes`",
        "P0 內容",
        "within reason",
    ],
)
def test_other_durations_are_no_limits(text: str) -> None:
    assert _told(text) == []


def test_a_section_that_describes_sets_limits_only_as_a_target() -> None:
    assert _told("## Meaning\n\nMemory is full within 5 minutes.\n") == []
    assert _told("## 影響\n\n目標是 15 分鐘恢復。\n") == [(None, 900, 3)]


def test_emphasis_changes_nothing() -> None:
    assert _told("Answer within **15 minutes**.\n\n**1 小時**內回報。\n") == [(None, 900, 1), (None, 3600, 3)]


def test_columns_in_a_fence_need_no_dash() -> None:
    assert _told("```\n0m    detect\n15m   restart it\n```\n") == [(None, 0, 2), (None, 900, 3)]
    assert _told("```\n0-15m   on-call   nobody\n15-30m  lead      on-call\n```\n") == []


def test_after_the_end_there_are_limits_too() -> None:
    assert _told(
        "- **P0 事故**: 完全恢復後 24 小時內\n- **P1 事故**: 恢復後 3 天內\n- **P2**: 修好再說\n"
    ) == [
        (None, 86400, 1),
        (None, 259200, 2),
    ]
    assert _told("Postmortem within 5 business days.\n") == [(None, 432000, 1)]


@pytest.mark.parametrize("opening", ["```", "```text", "~~~"])
def test_a_time_table_in_a_fence(opening: str) -> None:
    text = f"{opening}\n0m     - detect\n15m-1h - verify\n1-2h   - analyse\n{opening[:3]}\n"

    clocks = clocks_of(parts_of(text))

    assert [(each.from_s, each.after_s, each.text, each.line) for each in clocks] == [
        (None, 0, "detect", 2),
        (900, 3600, "verify", 3),
        (3600, 7200, "analyse", 4),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "```bash\n5m - a\n10m - b\n```\n",
        "```\n5m - alone\n```\n",
        "```\nrestart\nwait 30 seconds\ncheck (5 min)\n```\n",
        "```\ndetect → record → fix\n```\n",
    ],
)
def test_another_fence_is_no_time_table(text: str) -> None:
    [fence] = [block for block in parts_of(text).blocks if isinstance(block, Fence)]

    assert clocks_in_fence(fence) is None


def test_phases_are_told_by_headings() -> None:
    text = (
        "#### 第 1 階段：檢測（0-5 分鐘）\n\n#### Phase 2: mend (5-15 min)\n\n"
        "#### Phase 3: think (30+ min)\n\n#### Rest (15 min)\n"
    )

    assert _told(text) == [(0, 300, 1), (300, 900, 3), (1800, 1800, 5)]


def test_tables_and_lists_of_times() -> None:
    table = "| 時間 | 動作 |\n|-|-|\n| 0-5 分鐘 | 確認 |\n| 15 分鐘 | 升級 |\n"
    items = "- **0-5 min**: acknowledge\n- **15 min**: escalate\n"

    assert _told(table) == [(0, 300, 3), (None, 900, 4)]
    assert _told(items) == [(0, 300, 1), (None, 900, 2)]


def test_boxes_and_severities_keep_their_times_to_themselves() -> None:
    assert _told("- [ ] **5 min**: a\n- [ ] within 10 minutes: b\n") == []
    assert (
        _told(
            "## Severity levels\n\n### P0 - Down\n- Response: within 15 minutes\n\n### P1 - Slow\n- within 1 hour\n"
        )
        == []
    )


_PIECES = (
    "within 5 minutes",
    "in 5 分鐘內",
    "目標 10 分鐘",
    ". ",
    "\n",
    "10 errors",
    "past",
    "三天內",
    "x" * 50,
)


@given(st.lists(st.sampled_from(_PIECES), max_size=12))
def test_a_limit_is_never_shorter_than_people_can_act(pieces: list[str]) -> None:
    text = " ".join(pieces)

    for clock in clocks_of(parts_of(text)):
        assert clock.after_s >= SHORTEST
        assert 1 <= clock.line <= text.count("\n") + 1
