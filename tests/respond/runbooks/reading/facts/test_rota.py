"""Who is on duty when?"""

from __future__ import annotations

import pytest

from tocsin.respond.runbooks.reading.blocks import parts_of
from tocsin.respond.runbooks.reading.facts.rota import rota_of, says_rota, shift_of


@pytest.mark.parametrize(
    ("line", "days", "hours", "who"),
    [
        ("周一-周五 09:00-18:00: @day", "周一-周五", "09:00-18:00", "@day"),
        ("週一至週五 18:00～09:00：@night", "週一至週五", "18:00～09:00", "@night"),
        ("週末: @weekend", "週末", "", "@weekend"),
        ("Mon-Fri 09:00-18:00: @day", "Mon-Fri", "09:00-18:00", "@day"),
        ("- **Weekdays, 9am-5pm UTC** → @day", "Weekdays", "9am-5pm UTC", "@day"),
        ("Saturday and Sunday: @weekend", "Saturday and Sunday", "", "@weekend"),
        ("Business hours - @day", "Business hours", "", "@day"),
        ("24/7: @always", "24/7", "", "@always"),
        ("18:00-09:00: @night", "", "18:00-09:00", "@night"),
        ("@day: Mon-Fri 09:00-18:00", "Mon-Fri", "09:00-18:00", "@day"),
    ],
)
def test_a_line_is_a_shift(line: str, days: str, hours: str, who: str) -> None:
    shift = shift_of(line, 7, trusted=False)

    assert shift is not None
    assert (shift.days, shift.hours, shift.who, shift.line) == (days, hours, who, 7)


@pytest.mark.parametrize(
    "line",
    [
        "**週**：審查 runbooks",
        "Monday's release broke it",
        "10:30: alert",
        "Monitoring: @day",
        "每日: 看日誌",
        "",
        "@day: later",
    ],
)
def test_another_line_is_none(line: str) -> None:
    assert shift_of(line, 1, trusted=False) is None


def test_names_without_a_handle_count_below_a_heading_of_the_rota() -> None:
    assert [each.who for each in rota_of(parts_of("## 值班表\n\n- 週一: 小陳\n- 週二: 小林\n"))] == [
        "小陳",
        "小林",
    ]
    assert rota_of(parts_of("## Backups\n\n- Monday: full\n- Daily: deltas\n")) == []


def test_fences_and_tables_hold_shifts() -> None:
    fence = "```\nOn call:\nMon-Fri 09:00-18:00: Alice\nWeekends: Bob\n```\n"
    table = (
        "| Shift | Hours | Engineer |\n|-|-|-|\n| Mon-Fri | 09:00-18:00 | Alice |\n"
        "| Weekend | | Bob |\n| total | | 2 |\n"
    )

    assert [(each.who, each.line) for each in rota_of(parts_of(fence))] == [("Alice", 3), ("Bob", 4)]
    assert [(each.who, each.days, each.hours) for each in rota_of(parts_of(table))] == [
        ("Alice", "Mon-Fri", "09:00-18:00"),
        ("Bob", "Weekend", ""),
    ]
    assert rota_of(parts_of("```\nMonday: full backup\n```\n")) == []


def test_a_heading_says_that_a_rota_follows() -> None:
    assert says_rota("On-Call Rotation")
    assert says_rota("值班表")
    assert not says_rota("Calls on Monday")
