"""The runbooks that stand in the repository read as they should: they are the first that a stranger copies."""

from __future__ import annotations

from pathlib import Path

import pytest

from tocsin.respond.runbooks.reader import read

ROOT = Path(__file__).parents[3]
PAGES = sorted([*ROOT.glob("examples/*/runbooks/**/*.md"), ROOT / "src/tocsin/respond/runbooks/template.md"])
NINE = {
    "symptoms", "impact", "detection", "diagnosis", "resolution", "verification", "prevention", "escalation",
    "related",
}  # fmt: skip


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_of_ours_has_all_sections_and_no_finding(page: Path) -> None:
    document = read(page.name, page.read_bytes())

    assert not document.findings
    assert {section.role for section in document.sections} >= NINE
    assert document.diagnosis
    assert len(document.ladders[0].rungs) >= 2
    assert document.degrade
    assert document.verification
    assert document.soak_s


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_page_of_ours_destroys_anything(page: Path) -> None:
    assert all(step.level != "destroy" for step in read(page.name, page.read_bytes()).steps())
