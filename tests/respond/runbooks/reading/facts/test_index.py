"""Which runbooks does a document list?"""

from __future__ import annotations

import pytest

from tocsin.respond.runbooks.document import Entry
from tocsin.respond.runbooks.reading.blocks import parts_of
from tocsin.respond.runbooks.reading.facts.index import index_of
from tocsin.respond.runbooks.reading.facts.links import links_of


def _index(text: str) -> list[Entry]:
    root = parts_of(text)
    return index_of(root, links_of(text, lambda path: path == "here.md", root))


def test_a_table_of_links_is_an_index() -> None:
    text = """# Runbooks

## Speed

| Runbook | Severity | Description |
|---|---|---|
| [Slow page](here.md) | P1 | above 2 s |
| [No page](gone.md) | **SEV-0** | down |
| not written yet | P2 | later |

## Everyday

| Runbook | Type | Description |
|---|---|---|
| [Backup](backup.md) | Procedure | nightly |
"""

    slow, down, backup = _index(text)

    assert slow == Entry(
        title="Slow page",
        target="here.md",
        line=7,
        kind="incident",
        severity="P1",
        threshold="above 2 s",
        category="Speed",
        ok=True,
    )
    assert (down.severity, down.ok, down.line) == ("SEV0", False, 8)
    assert (backup.kind, backup.severity, backup.category) == ("procedure", "", "Everyday")


def test_another_language_and_another_order() -> None:
    text = (
        "### 資料庫\n\n| 什麼時候用 | 嚴重程度 | 手冊 |\n|-|-|-|\n"
        "| 連線 > 90% | P0 | [連線](a.md) |\n\n### 例行\n\n| 手冊 | 類型 |\n|-|-|\n"
        "| [備份](b.md) | 作業 |\n"
    )

    first, second = _index(text)

    assert (first.title, first.threshold, first.severity, first.category) == (
        "連線",
        "連線 > 90%",
        "P0",
        "資料庫",
    )
    assert (second.kind, second.threshold) == ("procedure", "")


def test_a_list_of_links_below_an_index() -> None:
    text = (
        "## Runbook index\n\n- **Speed**\n  - [Slow page](here.md) (P1): above 2 s\n"
        "  - [Other](b.md) - whenever\n- see [the wiki](wiki.md)\n"
    )

    assert [(each.title, each.severity, each.threshold, each.category) for each in _index(text)] == [
        ("Slow page", "P1", "above 2 s", "Speed"),
        ("Other", "", "whenever", "Speed"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "## 📋 目錄\n\n1. [事故分類](#事故分類)\n",
        "## Related runbooks\n\n- [Other](other.md)\n",
        "## 相關文件\n\n- [其他](other.md)\n",
        "| Issue | Solution |\n|-|-|\n| slow | [jump](#slow) |\n",
        "| Site | Description |\n|-|-|\n| [status](https://status.example) | up or down |\n",
    ],
)
def test_other_links_are_no_index(text: str) -> None:
    assert _index(text) == []
