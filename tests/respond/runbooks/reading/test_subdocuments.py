"""A file may hold several runbooks, and a runbook may hold a template."""

from __future__ import annotations

import pytest

from tocsin.respond.runbooks.reader import read
from tocsin.respond.runbooks.reading.subdocuments import slug_of, threshold_in

SEVERAL = """\
# Shop handbook

## Scenario 1: Orders queue up (> 500 orders)

### Symptoms
- The page of orders is slow

### Severity
**P1**

### Diagnosis
```bash
redis-cli llen orders
```

### Resolution
```bash
systemctl restart worker
```

## Scenario 2: The basket is empty

### Diagnosis
```bash
curl -f https://shop.example/basket
```

## Commands

```bash
uptime
```

**Owner**: Checkout team
**Last Updated**: 2026-03-01
"""


def test_each_scenario_is_a_runbook_with_its_own_steps():
    document = read("shop.md", SEVERAL.encode())
    first, second = document.documents

    assert (first.path, first.title, first.line) == (
        "shop.md#scenario-1-orders-queue-up--500-orders",
        "Orders queue up (> 500 orders)",
        3,
    )
    assert (first.severity, first.threshold) == ("P1", "> 500 orders")
    assert [step.line for step in first.steps()] == [12, 17]
    assert [step.text for step in second.diagnosis] == ["curl -f https://shop.example/basket"]
    assert [step.text for step in document.steps()] == ["uptime"]
    assert first.hash == document.hash


def test_the_owner_of_the_file_keeps_its_runbooks():
    document = read("shop.md", SEVERAL.encode())
    assert {each.owner for each in document.within()} == {"Checkout team"}
    assert {each.reviewed for each in document.within()} == {"2026-03-01"}


def test_parts_that_each_have_sections_of_a_runbook_need_no_number():
    text = "".join(
        f"## {alert}\n### Impact\nBad.\n### Diagnosis\n```bash\nuptime\n```\n### Mitigation\n```bash\nls\n```\n"
        for alert in ("DiskFull", "DiskSlow")
    )
    document = read("disk.md", f"# Alerts\n{text}".encode())
    assert [each.title for each in document.documents] == ["DiskFull", "DiskSlow"]


def test_branches_of_a_resolution_are_no_runbooks():
    text = (
        "# Shop\n## Resolution\n### Scenario A: the host\n1. **Restart** it\n"
        "### Scenario B: the edge\n1. **Pause** it\n"
    )
    document = read("shop.md", text.encode())

    assert document.documents == ()
    assert [(each.when, [rung.title for rung in each.rungs]) for each in document.ladders] == [
        ("Scenario A: the host", ["Restart"]),
        ("Scenario B: the edge", ["Pause"]),
    ]


def test_a_template_is_a_document_of_its_own_and_nothing_of_it_runs():
    inside = "  # Title\n\n  ## Resolution\n\n      ```bash\n      rm -rf /data\n      ```\n"
    text = f"# Guide\n\n- Write it so:\n\n  ```markdown\n{inside}  ```\n"
    document = read("guide.md", text.encode())
    [template] = document.documents

    assert (template.kind, template.path, template.line) == ("template", "guide.md#L5", 5)
    assert list(document.steps()) == []
    assert template.findings == ()
    assert [(fence.line, fence.use) for fence in document.fences] == [(5, "template")]


@pytest.mark.parametrize(
    ("text", "threshold"),
    [
        ("Queue piles up (>100 messages)", ">100 messages"),
        ("錯誤率 > 5%", "> 5%"),
        ("查詢時間增加 (>500ms)", ">500ms"),
        ("延遲超過 2 秒", "超過 2 秒"),
        ("The shop is down", ""),
    ],
)
def test_a_threshold_is_a_comparison_with_a_number(text: str, threshold: str):
    assert threshold_in(text) == threshold


def test_a_slug_keeps_letters_of_every_script():
    assert slug_of("場景 1: Queue 失敗 (>5%)") == "場景-1-queue-失敗-5"
