"""Who comes next, and when?"""

from __future__ import annotations

import pytest

from tocsin.respond.runbooks.reading.blocks import parts_of
from tocsin.respond.runbooks.reading.facts.escalation import escalation_of


def _told(text: str) -> list[tuple[str, str]]:
    return [(each.who, each.when) for each in escalation_of(parts_of(text))]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            (
                "### 升級路徑\n1. **值班工程師**: 第一響應\n2. **技術 Lead**: P0/P1 問題\n"
                "3. **架構師**: 要動架構的問題\n"
            ),
            [("值班工程師", "第一響應"), ("技術 Lead", "P0/P1 問題"), ("架構師", "要動架構的問題")],
        ),
        (
            ("## Escalation Path\n1. On-call engineer\n2. Team lead (P1 and up)\n"),
            [("On-call engineer", ""), ("Team lead", "P1 and up")],
        ),
        (
            ("## Escalation\n- **L1 Support**: [Contact]\n- **L2 Support**: @l2\n"),
            [("L1 Support", ""), ("L2 Support", "")],
        ),
        (
            "## Escalation\n- If not solved in 30 minutes, page the database team\n- P0: engineering manager\n",
            [("database team", "If not solved in 30 minutes"), ("engineering manager", "P0")],
        ),
        (
            (
                "## Escalation workflow\n1. Page L1 immediately for Sev1 alerts.\n"
                "2. Escalate to L2 if unresolved in 15 minutes.\n"
            ),
            [("L1", "immediately for Sev1 alerts"), ("L2", "if unresolved in 15 minutes")],
        ),
        ("## 升級路徑\n\n值班 → 組長 → 技術總監\n", [("值班", ""), ("組長", ""), ("技術總監", "")]),
        (
            "## Escalation chain\n\n1. Alert → **On-call engineer**\n2. Not solved in 10 min → escalate to **CTO**\n",
            [("On-call engineer", "Alert"), ("CTO", "Not solved in 10 min")],
        ),
        (
            (
                "## Escalation\n- No answer within **15 min**: page the secondary on-call\n"
                "- Then call the manager on duty.\n"
            ),
            [("secondary on-call", "No answer within 15 min"), ("manager on duty", "")],
        ),
        ("## 升級流程\n\n若 30 分鐘未恢復，通知技術主管。\n", [("技術主管", "若 30 分鐘未恢復")]),
        (
            ("## Escalation\n- **When to escalate**: data is lost\n- **Who to contact**: the storage team\n"),
            [("the storage team", "data is lost")],
        ),
        (
            "## Escalation\n\n| Level | Who | Time |\n|-|-|-|\n| 1 | on-call | at once |\n| 2 | lead | 30 min |\n",
            [("on-call", "1, at once"), ("lead", "2, 30 min")],
        ),
        (
            "## Routing\n\n| Severity | First responders | Escalate to | Timeframe |\n|-|-|-|-|\n"
            "| SEV1 | on-call | CTO | 15 min |\n"
            "| SEV2 | on-call | - | 1 h |\n",
            [("CTO", "SEV1, 15 min")],
        ),
    ],
)
def test_the_next_one_is_called(text: str, told: list[tuple[str, str]]) -> None:
    assert _told(text) == told


@pytest.mark.parametrize(
    "text",
    [
        "## Escalation\n\n- Database corruption suspected\n- Information to provide: logs\n",
        "## Steps\n\n1. **DBA**: call her\n",
        "## 升級 PostgreSQL\n\n1. 停止服務\n",
        "## When to escalate\n\n- When to escalate: data is lost\n",
        "## Escalation\n\nThink first.\n",
    ],
)
def test_a_condition_alone_calls_nobody(text: str) -> None:
    assert _told(text) == []
