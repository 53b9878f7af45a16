"""What is a table for, and what does a check table ask to do?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.respond.runbooks.reading.blocks import Grid, Row, parts_of
from tocsin.respond.runbooks.reading.code.fences import Reader
from tocsin.respond.runbooks.reading.facts.tables import check_steps, decision_of, table_of, use_of


def _grid(text: str) -> Grid:
    [grid] = [block for part in parts_of(text).walk() for block in part.blocks if isinstance(block, Grid)]
    return grid


def _of(columns: str, *rows: str) -> Grid:
    return Grid(
        line=1,
        end=3 + len(rows),
        columns=[each.strip() for each in columns.split("|")],
        rows=[
            Row(line=3 + at, cells=[each.strip() for each in row.split("|")]) for at, row in enumerate(rows)
        ],
    )


@pytest.mark.parametrize(
    ("columns", "row", "use"),
    [
        ("Check | Command | Expected | What it means", "Disk | `df -h` | below 80 % | clean up", "checks"),
        ("檢查項目 | 操作指令 / 方法 | 預期結果 | 分析", "範圍 | 看看 | 單點 | 先看日誌", "checks"),
        ("Symptom | Cause | Fix", "slow | pool is full | restart", "causes"),
        ("Symptom | Likely cause | Fast check | Fix", "slow | pool | `ss -s` | restart", "causes"),
        ("狀況 | 症狀 | 緊急處理 | 根因 | 預防措施", "a | b | c | d | e", "causes"),
        ("Issue | Solution", "disk full | remove logs", "causes"),
        ("Runbook | Severity | Description", "[High CPU](high-cpu.md) | P1 | above 80 %", "index"),
        ("手冊 | 類型 | 什麼時候用", "[備份](backup.md) | 程序 | 每週", "index"),
        ("Role | Contact", "DBA | @dba", "contacts"),
        ("角色 | 姓名 | 電話", "組長 | 小陳 | 0912-345-678", "contacts"),
        ("Condition | Action", "error rate above 5 % | roll back", "decisions"),
        ("情況 | 處理", "全部失敗 | 回滾", "causes"),
        ("Field | Value", "Owner | platform", ""),
        ("Command | Description", "`ls` | lists", ""),
        ("Time | Event | Who", "10:30 | alert | @day", ""),
        ("Metric | Value", "p95 | 200 ms", ""),
    ],
)
def test_the_columns_decide_what_a_table_is_for(columns: str, row: str, use: str) -> None:
    assert use_of(_of(columns, row, row)) == use


def test_what_cells_hold_decides_where_names_do_not() -> None:
    assert use_of(_of("Time | Action", "0-5 min | acknowledge", "15 min | escalate")) == "clocks"
    assert use_of(_of("Time | Action", "10:30 | restarted", "10:40 | fine again")) == ""
    assert use_of(_of("Level | Meaning", "P0 | all is down", "P1 | half is down")) == "severities"
    assert use_of(_of("Item | What | Priority", "alarm | add it | P0", "doc | write it | P1")) == ""
    assert (
        use_of(_of("Severity | Description | Response", "Critical | down | 5 min", "Low | typo | 2 days"))
        == "severities"
    )
    assert use_of(_of("情況 | 處理", "全部失敗 | 回滾", "一半失敗 | 重啟"), heading="決策表") == "decisions"
    assert use_of(_of("Command | Notes", "`df -h` | disk"), role="diagnosis") == "checks"
    assert use_of(_of("Contact | Phone", "Alice | see the wiki"), role="contacts") == "contacts"


def test_a_table_is_kept_as_a_person_reads_it() -> None:
    table = table_of(_grid("| **A** | B |\n|---|---|\n| `x` | [y](z.md)<br>w |\n"), "", "")

    assert (table.line, table.columns, table.rows, table.use) == (1, ("A", "B"), (("x", "y\nw"),), "")


SCOPING = {
    "en": """
| Check | Command / method | Expected | Analysis |
|---|---|---|---|
| **1. How wide** | See whether one page (e.g. `/seats`) or all of them fail. | One part or all. | One page: its log. |
| **2. Edge or origin** | `curl --resolve www.tidewater.internal:443:<ORIGIN_IP> https://www.tidewater.internal/ping` \
| Compare with `curl https://www.tidewater.internal/ping`. | - **Both fail**: the origin<br>- one: the edge |
| **3. The log** | Open the live log. | Look for `FATAL`. | The best evidence. |
""",
    "zh": """
| 檢查點 | 指令或做法 | 正常結果 | 判讀 |
|---|---|---|---|
| **1. 多大** | 看是一個頁面（例如 `/seats`）還是全部。 | 單點或全面。 | 一個：看它的日誌。 |
| **2. 邊緣或源站** | `curl --resolve www.tidewater.internal:443:<ORIGIN_IP> https://www.tidewater.internal/ping` \
| 和 `curl https://www.tidewater.internal/ping` 相比。 | - **都失敗**：源站<br>- 一個：邊緣 |
| **3. 日誌** | 打開即時日誌。 | 找 `FATAL`。 | 最直接的證據。 |
""",
}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_each_row_of_a_check_table_is_a_step_with_its_verdict(language: str) -> None:
    reader = Reader()

    wide, edge, log = check_steps(reader, _grid(SCOPING[language]), "diagnosis", "Scoping")

    assert [wide.kind, edge.kind, log.kind] == ["manual", "bash", "manual"]
    assert [wide.line, edge.line, log.line] == [4, 5, 6]
    assert edge.inputs == ("ORIGIN_IP",)
    assert edge.level == "read"
    assert edge.text.count("curl") == 1  # the second command only says what to compare with
    assert "https://www.tidewater.internal/ping" in (edge.expect_text or "")
    assert edge.verdict_text.count("\n") == 1
    assert "FATAL" in (log.expect_text or "")
    assert "/seats" in wide.text
    assert len({wide.id, edge.id, log.id}) == 3
    assert all(step.role == "diagnosis" and step.verdict_text for step in (wide, edge, log))


def test_columns_may_stand_in_any_order_and_be_missing() -> None:
    grid = _of("Expected | Command | Item", "running | `systemctl status api` | the service", " |  | ")

    [step] = check_steps(Reader(), grid, "", "Checks")

    assert (step.title, step.kind, step.expect_text, step.verdict_text) == (
        "the service",
        "bash",
        "running",
        "",
    )


def test_a_table_of_another_kind_has_no_steps() -> None:
    assert check_steps(Reader(), _of("Symptom | Cause | Fix", "a | b | `reboot`"), "diagnosis", "") == []


def test_sql_and_requests_are_steps_of_their_kind() -> None:
    grid = _of(
        "Check | Query | Expected",
        "jobs | `SELECT count(*) FROM jobs` | 0",
        "health | `GET https://api.example.com/health` | 200",
    )

    assert [step.kind for step in check_steps(Reader(), grid, "diagnosis", "")] == ["sql", "http"]


def test_conditions_and_actions_are_a_decision() -> None:
    grid = _of("If | Then", "all regions fail | roll back", "one region fails | drain it", " | nothing")

    decision = decision_of(grid, "", "What to do first")

    assert decision is not None
    assert (decision.question, decision.line) == ("What to do first", 1)
    assert [(each.answer, each.outcome, each.line) for each in decision.branches] == [
        ("all regions fail", "roll back", 3),
        ("one region fails", "drain it", 4),
    ]
    assert decision_of(_of("A | B", "c | d"), "", "") is None


@given(
    st.lists(
        st.lists(st.text(alphabet="`P0 |@#5min[]()<>x行", max_size=12), min_size=1, max_size=4), max_size=4
    )
)
def test_any_table_has_a_use_and_keeps_its_rows(cells: list[list[str]]) -> None:
    grid = Grid(
        line=1,
        end=3,
        columns=["Check", "Command", "Expected"],
        rows=[Row(line=3, cells=row) for row in cells],
    )

    assert len(table_of(grid, "diagnosis", "").rows) == len(cells)
    assert len(check_steps(Reader(), grid, "diagnosis", "")) <= len(cells)
