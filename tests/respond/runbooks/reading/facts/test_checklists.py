"""Which boxes are there to tick, and when is each due?"""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.respond.runbooks.document import CheckItem, Checklist
from tocsin.respond.runbooks.reading.blocks import parts_of
from tocsin.respond.runbooks.reading.facts.checklists import checklists_of


def _lists(text: str) -> list[Checklist]:
    return checklists_of(parts_of(text))


def _count(items: Sequence[CheckItem]) -> int:
    return sum(1 + _count(item.items) for item in items)


@pytest.mark.parametrize(
    ("first", "second", "last"),
    [
        ("**0 分鐘**：有人通報", "**5 分鐘**：診斷", "**1-4 小時**：慢慢查"),
        ("0 min: it begins", "T+5m: diagnose", "1-4 hours: look deeper"),
    ],
)
def test_items_are_due_when_they_say(first: str, second: str, last: str) -> None:
    text = f"## P0\n\n- [ ] {first}\n  - [ ] inner\n\n- [x] {second}\n  - [ ] a\n  - [X] b\n\n- [ ] {last}\n"

    [checklist] = _lists(text)

    assert (checklist.title, checklist.line, checklist.from_s, checklist.due_s) == ("P0", 3, None, None)
    assert [(item.due_s, item.done, item.line) for item in checklist.items] == [
        (0, False, 3),
        (300, True, 6),
        (14400, False, 10),
    ]
    assert [item.done for item in checklist.items[1].items] == [False, True]
    assert checklist.items[0].items[0].due_s is None  # nothing is said, nothing is guessed
    assert _count(checklist.items) == 6


def test_a_phase_gives_its_minutes_to_its_list() -> None:
    text = (
        "### 馬上做 (0-15分鐘)\n- [ ] **找人**\n  - 總指揮\n  - 技術組長\n\n"
        "### Mend it (1-2 hours)\n- [ ] roll back\n"
    )

    first, second = _lists(text)

    assert (first.from_s, first.due_s) == (0, 900)
    assert (second.from_s, second.due_s) == (3600, 7200)
    assert [item.text for item in first.items[0].items] == ["總指揮", "技術組長"]  # plain, below a task
    assert not first.items[0].items[0].done


def test_the_line_that_leads_to_a_list_is_its_title() -> None:
    text = "## After\n\nFirst of all:\n- [ ] a\n\n**Then (15-30 min)**\n\n- [ ] b\n\nSome prose.\n\n- [ ] c\n"

    first, second, third = _lists(text)

    assert [each.title for each in (first, second, third)] == ["First of all", "Then (15-30 min)", "After"]
    assert (first.line, second.line, third.line) == (3, 6, 12)
    assert second.due_s == 1800


def test_a_list_that_only_goes_on_is_one_list() -> None:
    [checklist] = _lists("## Do\n\n- [ ] a\n\n* [ ] b\n\n1. [ ] c\n")

    assert [item.text for item in checklist.items] == ["a", "b", "c"]


def test_plain_items_count_only_where_a_task_is_near() -> None:
    [checklist] = _lists("- Phase one\n  - [ ] a\n- just a remark\n- [ ] b\n  - detail\n")

    assert [(item.text, _count(item.items)) for item in checklist.items] == [("Phase one", 1), ("b", 1)]
    assert _lists("- a\n- b\n") == []


def test_boxes_may_be_drawn() -> None:
    [checklist] = _lists("> - ☐ tell the team\n> - ☑ tell the boss\n")
    [loose] = _lists("[ ] one\n[x] two\n")

    assert [(item.text, item.done) for item in checklist.items] == [
        ("tell the team", False),
        ("tell the boss", True),
    ]
    assert [(item.text, item.done, item.line) for item in loose.items] == [
        ("one", False, 1),
        ("two", True, 2),
    ]


@given(
    st.lists(
        st.tuples(
            st.integers(0, 3), st.sampled_from(["- [ ] a", "- [x] **5 min**: b", "* [ ] c", "1. [ ] d"])
        ),
        max_size=12,
    )
)
def test_each_task_stands_in_one_list_with_its_line(written: list[tuple[int, str]]) -> None:
    """Whatever the parser takes for a task is there once, with the line that it stands in."""
    text = "\n".join("  " * depth + line for depth, line in written)

    lists = _lists(text)

    lines = [line for checklist in lists for line in _lines(checklist.items)]
    assert len(lines) == len(set(lines))
    for line in lines:
        assert "[" in text.split("\n")[line - 1]


def _lines(items: Sequence[CheckItem]) -> list[int]:
    return [line for item in items for line in (item.line, *_lines(item.items))]
