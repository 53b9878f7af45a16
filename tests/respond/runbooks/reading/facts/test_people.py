"""Whom does a document tell how to reach?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.respond.runbooks.reading.blocks import Fence, parts_of
from tocsin.respond.runbooks.reading.facts.people import contacts_of, people_in_fence


def _told(text: str) -> list[tuple[str, str, str, int]]:
    return [(each.name, each.reach, each.about, each.line) for each in contacts_of(parts_of(text))]


@pytest.mark.parametrize(
    ("heading", "sub"),
    [("Emergency Contacts", "On-Call Rotation"), ("緊急聯絡", "值班"), ("Contact information", "Vendors")],
)
def test_a_list_of_contacts(heading: str, sub: str) -> None:
    text = (
        f"## {heading}\n\n### {sub}\n\n- **Cloud**：1-800-XXX-XXXX (Premium)\n"
        f"- **Primary**: see the calendar\n- DBA: dba@example.com\n"
    )

    assert _told(text) == [
        ("Cloud", "1-800-XXX-XXXX", "Premium", 5),
        ("Primary", "see the calendar", "", 6),
        ("DBA", "dba@example.com", "", 7),
    ]


def test_a_table_of_contacts() -> None:
    text = (
        "## Anything\n\n| Role | Phone | Slack | Purpose |\n|-|-|-|-|\n"
        "| DBA | 0912-345-678 | @dba | databases |\n| Nobody | | | |\n"
    )

    assert _told(text) == [("DBA", "0912-345-678, @dba", "databases", 5)]


def test_the_numbers_of_one_person() -> None:
    text = (
        "## Contacts\n\n### Alice Chen\n\n- Phone: 0912-345-678\n- Slack: @alice\n\n### Vendors\n\n"
        "- **Cloud**\n  - Email: noc@cloud.example\n"
    )

    assert [(name, reach) for name, reach, _, _ in _told(text)] == [
        ("Alice Chen", "0912-345-678"),
        ("Alice Chen", "@alice"),
        ("Cloud", "noc@cloud.example"),
    ]


def test_bold_labels_below_a_person_are_that_person() -> None:
    text = (
        "# Contacts\n\n## Escalation\n\n### Tech lead\n\n**Contact methods:**\n"
        "- **Slack:** @lead\n- **Phone:** [number]\n"
    )

    assert _told(text) == [("Tech lead", "@lead", "Slack", 8)]


def test_the_title_of_a_document_makes_no_contacts_of_all_its_lists() -> None:
    text = "# Contacts and schedule\n\n- **Boss**: ask around\n\n## P0 - Down\n\n- **Impact**: all of it\n"

    assert [name for name, _, _, _ in _told(text)] == ["Boss"]


SHEET = """## Numbers

```
Platform: chat
Rooms: #outage, #war-room

On call:
Mon-Fri 09:00-18:00: @day
週末: @weekend

People:
- Lead: @lead (decides)
- DBA: @dba
```
"""


def test_a_contact_sheet_in_a_fence() -> None:
    [fence] = [block for part in parts_of(SHEET).walk() for block in part.blocks if isinstance(block, Fence)]

    assert people_in_fence(fence)
    assert _told(SHEET) == [
        ("Rooms", "#outage, #war-room", "", 5),
        ("Lead", "@lead", "decides", 12),
        ("DBA", "@dba", "", 13),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "```bash\n# ask: @dba\ncurl https://example.com\n```\n",
        "```\nstart\n├─ ask: @dba\n└─ ask: @lead\n```\n",
        "```\nerror: https://example.com failed\nline two\nline three\nline four\n```\n",
        "```\nDBA: @dba\n```\n",
    ],
)
def test_another_fence_is_no_contact_sheet(text: str) -> None:
    [fence] = [block for block in parts_of(text).blocks if isinstance(block, Fence)]

    assert not people_in_fence(fence)
    assert _told(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "## 緊急聯絡\n\n### 緊急程度分類\n- **P0 (Critical)**: all down\n- **P1 (High)**: half down\n",
        "## Contacts\n\n- **P0**: everybody\n- **L1**: [Contact]\n- **L2**: [PagerDuty link]\n",
        "## Diagnosis\n\n- **Status page**: https://status.example.com\n",
        "## Contacts\n\nAsk around.\n",
        "- Mon-Fri 09:00-18:00: @day\n",
    ],
)
def test_levels_blanks_and_pages_are_no_contacts(text: str) -> None:
    assert _told(text) == []


@given(st.text(alphabet=st.sampled_from("@#-*: ：a1()|\n`聯絡"), max_size=60))
def test_whatever_is_read_has_a_name_and_a_way(text: str) -> None:
    for contact in contacts_of(parts_of(f"## Contacts\n\n{text}")):
        assert contact.name
        assert contact.reach
