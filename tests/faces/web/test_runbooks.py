"""The library, and one runbook of it: what will happen, and how dangerous it is."""

from __future__ import annotations

import pytest
from burning import Burning
from walking import Browser


def test_the_library_lists_and_finds_runbooks(mei: Browser):
    assert "Recommendation service down reco/service-down.md" in mei.open("/runbooks").text
    assert "Recommendation service down" in mei.press("Search", q="SERVICE").text
    mei.open("/runbooks")
    assert "No runbook is called like “nothing”." in mei.press("Search", q="nothing").text


def test_an_empty_library_says_how_to_write_the_first(shop: Burning, mei: Browser):
    (shop.folder / "runbooks" / "reco" / "service-down.md").unlink()
    assert "tocsin runbook new" in mei.open("/runbooks").text


def test_a_runbook_says_for_each_step_what_it_would_do(mei: Browser):
    shown = mei.open("/runbooks/reco/service-down.md")
    assert "What will happen" in shown.text
    assert "◆ changes something" in shown.text
    assert "▲ destroys something" in shown.text
    assert "expects status == 200 && ms < 500" in shown.text
    assert "kept by backend" in shown.text
    assert shown.html.count("<h1") == 1


def test_without_an_open_incident_there_is_nothing_to_run_it_for(mei: Browser):
    assert (
        "A run belongs to an incident, and none is open." in mei.open("/runbooks/reco/service-down.md").text
    )


@pytest.mark.parametrize("path", ["nothing.md", "../tocsin.yaml", "..%2f..%2fetc%2fpasswd", "%00", "reco"])
def test_what_is_not_in_the_library_is_not_there(mei: Browser, path: str):
    assert mei.open(f"/runbooks/{path}").status == 404


def test_hostile_markdown_stays_text(shop: Burning, mei: Browser):
    (shop.folder / "runbooks" / "evil.md").write_text(
        "# <script>alert(1)</script>\n\n[x](javascript:alert(1)) <img src=x onerror=alert(1)>\n"
    )
    for path in ("/runbooks", "/runbooks/evil.md"):
        html = mei.open(path).html
        assert html.count("<script") == 1, "ours"
        assert "<img" not in html
        assert 'href="javascript:' not in html
