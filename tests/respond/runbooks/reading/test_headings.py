"""Which role has a section? Told by its heading, however it is dressed."""

from __future__ import annotations

import pytest

from tocsin.respond.runbooks.reading.headings import (
    is_attempt,
    is_numbered,
    is_step,
    plain,
    role_of,
    title_of,
)


@pytest.mark.parametrize(
    ("heading", "role"),
    [
        ("Diagnosis", "diagnosis"),
        ("🔍 Diagnosis steps", "diagnosis"),
        ("2. **Possible checks**:", "diagnosis"),
        ("第二步：界定問題範圍 (Scoping)", "diagnosis"),
        ("診斷步驟", "diagnosis"),
        ("诊断", "diagnosis"),
        ("Resolution", "resolution"),
        ("Step 3: Mitigation", "resolution"),
        ("第 2 階段：快速修復（5-15 分鐘）", "resolution"),
        ("**第三步：快速修復 (Quick Fix)**", "resolution"),
        ("Degradation", "degrade"),
        ("降級方案（如果恢復失敗）", "degrade"),
        ("Verification", "verification"),
        ("恢復後驗證", "verification"),
        ("Post-Recovery Validation", "verification"),
        ("驗證命令", "verification"),
        ("Common causes", "cause"),
        ("常見原因與解決方案", "cause"),
        ("檢測和告警", "detection"),
        ("緊急聯絡", "contacts"),
        ("Symptoms / 症狀", "symptoms"),
        ("Attempt 1: Restart", None),
        ("方案 1: 重新部署", None),
        ("What we learned about cats", None),
        ("", None),
    ],
)
def test_the_name_gives_the_role(heading: str, role: str | None) -> None:
    assert role_of(heading) == role


@pytest.mark.parametrize(
    "heading",
    [
        "Attempt 1",
        "Option A: Restart",
        "Plan B",
        "方案 1：重啟",
        "嘗試方案 2",
        "選項 C",
        "**Option 2**",
        "方案一：重啟",
    ],
)
def test_an_attempt_is_known_by_its_number_or_letter(heading: str) -> None:
    assert is_attempt(heading)


@pytest.mark.parametrize(
    "heading", ["Options", "Planning", "Try it", "Plan a rollback", "解決方案", "Option"]
)
def test_what_only_sounds_like_an_attempt_is_none(heading: str) -> None:
    assert not is_attempt(heading)


def test_numbers_and_steps_are_told_apart() -> None:
    assert is_numbered("1. Restart")
    assert is_numbered("（二）重啟")
    assert not is_numbered("2026 in review")
    assert is_step("Step 2: Stop it")
    assert is_step("第二步：停止")
    assert not is_step("Steps")


def test_a_title_is_what_a_person_reads() -> None:
    assert plain("**Look** at [the page](https://example.com) `now` 🚨") == "Look at the page now"
    assert title_of("1. Restart `api`:") == "Restart api"
    assert title_of("Attempt 1: Restart") == "Attempt 1: Restart"
    assert plain("keep snake_case_names") == "keep snake_case_names"
