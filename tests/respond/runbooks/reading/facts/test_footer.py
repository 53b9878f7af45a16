"""Who owns a document, and how often is it looked through?"""

from __future__ import annotations

import pytest

from tocsin.respond.runbooks.reading.blocks import parts_of
from tocsin.respond.runbooks.reading.facts.footer import Footer, cycle, day, footer_of


def _footer(text: str) -> Footer:
    return footer_of(parts_of(text))


@pytest.mark.parametrize(
    "lines",
    [
        (
            "---\n\n**Last Updated**：2025-10-25\n**Owner**：Platform Team\n"
            "**Review Cycle**：Monthly\n**Version**: 1.2\n"
        ),
        "---\n\n**最後更新**: 2025/10/25  \n**負責人**: Platform Team  \n**審查週期**：每月\n**版本**: 1.2\n",
        (
            "- 更新日期：2025年10月25日\n- 維護人：Platform Team\n- 更新频率：每月一次\n"
            "- 版本号：1.2\n\nThank you for reading.\n"
        ),
        (
            "*Version 1.2 — the end*\n\n"
            "*Owner: Platform Team | Last updated: Oct 25, 2025 | Review: monthly | Version: 1.2*\n"
        ),
        (
            "| Owner | Platform Team |\n|-|-|\n| Last reviewed | 25 October 2025 |\n"
            "| Review frequency | every month |\n| Version | 1.2 |\n"
        ),
    ],
)
def test_the_last_lines_say_it(lines: str) -> None:
    text = f"# A\n\n## Steps\n\n1. do it\n\n{lines}"

    assert _footer(text) == Footer(
        owner="Platform Team", reviewed="2025-10-25", review="monthly", version="1.2"
    )


def test_an_owner_ends_with_the_sentence() -> None:
    assert _footer("# A\n\ntext\n\n> 維護者：SRE 小組。改了要登記。\n").owner == "SRE 小組"


def test_the_first_lines_say_it_too_and_the_last_ones_win() -> None:
    text = "# A\n\n**Owner:** First Team\n**Version:** 1\n\n## Steps\n\ntext\n\n**Owner:** Last Team\n"

    assert (_footer(text).owner, _footer(text).version) == ("Last Team", "1")
    assert _footer("# A\n\n## Metadata\n\n- **Owner:** Team\n\n## Steps\n\ntext\n").owner == "Team"


@pytest.mark.parametrize(
    "text",
    [
        "# A\n\n## Phase 1\n\n**負責人**: 值班工程師\n\ntext\n\n## Phase 2\n\ntext\n",
        "# A\n\n## Phase 1\n\n**Owner**: on-call\n\n```bash\nls\n```\n",
        "# A\n\n**Owner**:\n",
        "",
    ],
)
def test_a_line_in_the_middle_is_about_something_else(text: str) -> None:
    assert _footer(text).owner == ""


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("Monthly", "monthly"),
        ("every week", "weekly"),
        ("每季", "quarterly"),
        ("every 3 months", "quarterly"),
        ("每三個月", "quarterly"),
        ("Annually", "yearly"),
        ("每年一次", "yearly"),
        ("every 6 months", "every 6 months"),
        ("半年", "半年"),
        ("bi-weekly", "bi-weekly"),
        ("after incidents", "after incidents"),
        ("", ""),
    ],
)
def test_a_cycle_has_one_name(told: str, name: str) -> None:
    assert cycle(told) == name


@pytest.mark.parametrize(
    ("told", "date"),
    [
        ("2025-10-25", "2025-10-25"),
        ("2025/1/5 by Alice", "2025-01-05"),
        ("January 5th, 2025", "2025-01-05"),
        ("2025-13-40", "2025-13-40"),
        ("March 2024", "March 2024"),
    ],
)
def test_a_date_is_iso_where_it_is_one(told: str, date: str) -> None:
    assert day(told) == date


@pytest.mark.parametrize(
    ("text", "review"),
    [
        (
            "## 審查排程\n\n- **週**：審查最近用過的\n- **月**：審查所有 runbooks\n- **季**：跟著系統改\n",
            "monthly",
        ),
        ("## Review schedule\n\n- Quarterly: everything new\n- Yearly: the rest\n", "quarterly"),
        ("## Reviews of users\n\n- Weekly: nothing\n", ""),
    ],
)
def test_a_schedule_counts_where_no_line_says_it(text: str, review: str) -> None:
    assert _footer(text).review == review
