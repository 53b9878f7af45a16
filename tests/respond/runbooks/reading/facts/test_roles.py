"""Which roles do those have who answer?"""

from __future__ import annotations

import pytest

from tocsin.respond.runbooks.document import Role
from tocsin.respond.runbooks.reading.blocks import parts_of
from tocsin.respond.runbooks.reading.facts.roles import roles_of

COMMANDER = ("Incident Commander", ("coordinates", "decides"))
SCRIBE = ("Scribe", ("writes it down",))


@pytest.mark.parametrize(
    "text",
    [
        (
            "#### **角色與職責**\n\n**Incident Commander**:\n- coordinates\n- decides\n\n"
            "**Scribe**:\n- writes it down\n\n### Next\n\n**Not me**:\n- x\n"
        ),
        (
            "## Roles and responsibilities\n\n### Incident Commander\n\nImportant.\n\n- coordinates\n"
            "- decides\n\n### Scribe\n- writes it down\n\n## Next\n\n### Not me\n- x\n"
        ),
        "## Roles\n\n- **Incident Commander**\n  - coordinates\n  - decides\n- **Scribe**: writes it down\n",
        (
            "## 分工\n\n| 角色 | 職責 |\n|-|-|\n| Incident Commander | coordinates<br>decides |\n"
            "| Scribe | writes it down |\n"
        ),
    ],
)
def test_each_role_has_its_duties(text: str) -> None:
    assert [(each.name, each.duties) for each in roles_of(parts_of(text))] == [COMMANDER, SCRIBE]


def test_duties_stand_below_a_person_too() -> None:
    text = (
        "### On-call engineer\n\n**Responsibilities:**\n- answers\n\nMore.\n\n- not a duty\n\n"
        "## Duties\n\n- **Alarms**: look\n"
    )

    assert [(each.name, each.duties) for each in roles_of(parts_of(text))] == [
        ("On-call engineer", ("answers",))
    ]


def test_a_role_knows_its_line() -> None:
    assert roles_of(parts_of("## Roles\n\n**Scribe**:\n- writes\n")) == [
        Role(name="Scribe", line=3, duties=("writes",))
    ]


@pytest.mark.parametrize(
    "text",
    [
        "## IAM roles\n\n- **Admin**: may do all\n",
        "## Steps\n\n**負責人**: 值班工程師\n\n- a\n",
        "## Rolling back\n\n- **First**: stop\n",
        "## Roles\n\n- just a remark\n",
        "## 資料庫角色\n\n- **reader**: 只讀\n",
    ],
)
def test_other_lists_are_no_roles(text: str) -> None:
    assert roles_of(parts_of(text)) == []
