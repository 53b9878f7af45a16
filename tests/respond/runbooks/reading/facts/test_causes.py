"""Which causes are known, how does each show, and what helps?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.respond.runbooks.document import Cause
from tocsin.respond.runbooks.reading.blocks import Grid, Paragraph, fences_in, parts_of
from tocsin.respond.runbooks.reading.code.fences import Reader
from tocsin.respond.runbooks.reading.facts.causes import (
    before_causes,
    causes_of,
    causes_of_grid,
    is_cause,
    match_words,
    outside_causes,
)


def _grid(text: str) -> Grid:
    [grid] = [block for block in parts_of(text).blocks if isinstance(block, Grid)]
    return grid


def _causes(text: str) -> list[Cause]:
    return causes_of(Reader(), parts_of(text).parts[0])


def test_a_table_has_a_cause_a_row_in_any_order_of_columns() -> None:
    [first, second] = causes_of_grid(
        _grid(
            "| 案例 | 症狀 | 快速修復 | 根本原因 | 長期方案 |\n|-|-|-|-|-|\n"
            "| 快取失效 | `CACHE_MISS` 很多 | 清空快取 | 算法有 bug | 修好它 |\n"
            "| 磁碟滿 | 寫不進去 | 清日誌 | 沒有輪替 | 輪替 |\n"
        )
    )

    assert first == Cause(
        name="快取失效",
        line=3,
        symptom="CACHE_MISS 很多",
        match=("CACHE_MISS",),
        fix="清空快取",
        root_cause="算法有 bug",
        prevention="修好它",
    )
    assert (second.name, second.match) == ("磁碟滿", ())


def test_without_a_name_of_its_own_a_case_is_called_after_its_cause() -> None:
    [cause] = causes_of_grid(
        _grid(
            "| Fix | Likely cause | Symptom |\n|-|-|-|\n| restart | the pool is full | DATABASE_ERROR in the log |\n"
        )
    )

    assert (cause.name, cause.match, cause.fix) == ("the pool is full", ("DATABASE_ERROR",), "restart")


def test_another_table_has_no_causes() -> None:
    assert causes_of_grid(_grid("| Field | Value |\n|-|-|\n| a | b |\n")) == []


SCENARIO = {
    "zh": """### 常見原因與解決方案

#### 原因 1: 限流
**症狀**: `OCR_QUOTA_EXCEEDED` 錯誤

**解決方案**:
1. 看用量
2. 先停下來:
   ```bash
   queuectl pause scans
   ```

#### 原因 2: 連不上
**症狀**: PG_POOL_TIMEOUT 出現

**解決方案**:
1. 看連線數:
   ```sql
   SELECT count(*) FROM pg_stat_activity;
   ```

### 預防
1. 別再犯
""",
    "en": """### Common causes and solutions

**Cause 1: Rate limit**

**Symptoms**: `OCR_QUOTA_EXCEEDED` errors

**Solution**:
1. Look at the usage
2. Stop for now:
   ```bash
   queuectl pause scans
   ```

**Cause 2: No connection**

**Symptoms**: PG_POOL_TIMEOUT shows up

**Solution**:
1. Count them:
   ```sql
   SELECT count(*) FROM pg_stat_activity;
   ```

### Prevention
1. Never again
""",
    "items": """### Possible causes

- **Cause A: Rate limit**
  - Symptom: `OCR_QUOTA_EXCEEDED`

  1. Look at the usage
  2. Stop for now:
     ```bash
     queuectl pause scans
     ```
- **Cause B: No connection**
  - Symptom: PG_POOL_TIMEOUT

  1. Count them:
     ```sql
     SELECT count(*) FROM pg_stat_activity;
     ```
""",
}


@pytest.mark.parametrize("form", ["zh", "en", "items"])
def test_each_cause_has_its_words_and_its_steps(form: str) -> None:
    first, second = _causes(SCENARIO[form])

    assert first.match == ("OCR_QUOTA_EXCEEDED",)
    assert second.match == ("PG_POOL_TIMEOUT",)
    assert [step.kind for step in first.steps] == ["manual", "bash"]
    assert [step.kind for step in second.steps] == ["sql"]
    assert first.name in ("限流", "Rate limit")
    assert first.line < first.steps[0].line < second.line < second.steps[0].line


def test_below_a_heading_of_causes_any_heading_is_one() -> None:
    text = (
        "## Known causes\n\n### The disk is full\n\nIt says `ENOSPC`.\n\n```bash\ndf -h\n```\n\n"
        "### The pool is full\n\n- Symptom: `ETIMEDOUT`\n"
    )

    first, second = _causes(text)

    assert (first.name, [step.text for step in first.steps]) == ("The disk is full", ["df -h"])
    assert (second.name, second.match) == ("The pool is full", ("ETIMEDOUT",))


def test_a_list_of_causes_says_what_helps_only_where_it_promises_to() -> None:
    [fixed] = _causes("## Causes and fixes\n\n- **The disk is full**: remove old logs\n")
    [told] = _causes("## Possible causes\n\n- **The disk is full**: writes fail with `ENOSPC`\n")

    assert (fixed.name, fixed.fix, fixed.symptom) == ("The disk is full", "remove old logs", "")
    assert (told.symptom, told.fix, told.match) == ("writes fail with ENOSPC", "", ("ENOSPC",))


@pytest.mark.parametrize(
    "text",
    [
        "## Root cause\n\n1. Why did it fail?\n2. Why was that?\n",
        "## Possible causes\n\n- [what went wrong]\n- Why?\n",
        "## Overview\n\n- **The disk is full**: sometimes\n",
        "## Causes\n\nNobody knows.\n",
    ],
)
def test_questions_blanks_and_prose_are_no_causes(text: str) -> None:
    assert _causes(text) == []


@pytest.mark.parametrize(
    "heading", ["Cause 1: x", "原因 1：x", "可能原因 A", "原因二", "Possible cause #2", "**Cause B**"]
)
def test_a_cause_is_known_by_its_number_or_letter(heading: str) -> None:
    assert is_cause(heading)


@pytest.mark.parametrize(
    "heading", ["Causes", "原因分析", "Cause of death", "Because 1", "Cause", "根本原因"]
)
def test_what_only_sounds_like_a_cause_is_none(heading: str) -> None:
    assert not is_cause(heading)


def test_what_stands_before_the_first_cause_is_of_the_section() -> None:
    part = parts_of("## Causes\n\nLook first.\n\n**Cause 1: a**\n\nIt breaks.\n").parts[0]

    assert [block.text for block in before_causes(part) if isinstance(block, Paragraph)] == ["Look first."]


def test_what_belongs_to_no_cause_is_left_to_others() -> None:
    """A scenario may hold its causes between other sections; a list of causes may hold fences."""
    scenario = parts_of(
        "## Scenario\n\n### Diagnosis\n\n### Cause 1: a\n\n**Solution**:\n1. do\n\n#### More\n\n### Proof\n\nok\n"
    ).parts[0]
    listed = parts_of(
        "## Causes and fixes\n\nLook.\n\n- The disk is full:\n  ```bash\n  df -h\n  ```\n"
    ).parts[0]

    assert [part.heading for part in outside_causes(scenario)] == ["Diagnosis", "Proof"]
    assert [step.kind for cause in causes_of(Reader(), listed) for step in cause.steps] == ["bash"]
    assert [type(block) for block in before_causes(listed)] == [Paragraph]


def test_a_command_of_a_fix_is_a_step_where_steps_are_wanted() -> None:
    grid = _grid("| Symptom | Fix |\n|-|-|\n| slow | Run `systemctl restart api` |\n| odd | ask |\n")

    slow, odd = causes_of_grid(grid, reader=Reader())

    assert [(step.kind, step.text, step.line, step.level) for step in slow.steps] == [
        ("bash", "systemctl restart api", 3, "change")
    ]
    assert odd.steps == ()
    assert causes_of_grid(grid)[0].steps == ()


def test_the_words_of_evidence() -> None:
    assert match_words("`a b` and DB_ERROR or `c`, not ERROR or a_b, DB_ERROR") == ("a b", "c", "DB_ERROR")


_PIECES = (
    "# Causes",
    "## Cause 1: x",
    "**Cause 2**",
    "**Solution**:",
    "### Other",
    "- Symptom: `X`",
    "1. do it",
    "```bash\nls\n```",
    "text",
    "- **Cause 3**: y",
)


@given(st.lists(st.sampled_from(_PIECES), max_size=14))
def test_no_fence_is_a_step_of_two_causes(pieces: list[str]) -> None:
    root = parts_of("\n\n".join(pieces))

    for part in (root, *root.parts):
        steps = [step for cause in causes_of(Reader(), part) for step in cause.steps]
        lines = [step.line for step in steps]
        assert len(lines) == len(set(lines))
        bash = {step.line for step in steps if step.kind == "bash"}
        assert bash <= {fence.line for fence in part.fences()}
        left = [fence.line for fence in fences_in(before_causes(part))]
        left.extend(fence.line for child in outside_causes(part) for fence in child.fences())
        assert not bash & set(left)
