"""The library: what there is, what of it can be trusted, and how one finds something in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from burning import Burning
from walking import Browser


def write(shop: Burning, path: str, text: str) -> Path:
    file = shop.folder / "runbooks" / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    shop.clock.tick(2)  # the library is walked once a second
    return file


def test_the_library_lists_runbooks_by_category_with_how_they_served(mei: Browser):
    shown = mei.open("/runbooks").text
    assert "P0 Recommendation service down reco/service-down.md · Recommendation service" in shown
    assert shown.index("By severity") < shown.index("reco Severity") < shown.index("reco/service-down.md")
    assert "○ never used" in shown
    assert "✓ no findings" in shown


def test_a_runbook_that_ran_says_how_often_and_when(shop: Burning, mei: Browser):
    shop.run(shop.outage())
    assert "used 1×, worked 0× last just now" in mei.open("/runbooks").text


def test_words_are_found_with_the_line_they_stand_in(mei: Browser):
    mei.open("/runbooks")
    shown = mei.press("Search", q="rebuild")
    assert "reco/service-down.md · line 49 Option 3: Full rebuild" in shown.text
    assert "<mark>rebuild</mark>" in shown.html
    there = mei.click("Recommendation service down")
    assert there.path == "/runbooks/reco/service-down.md?line=49"
    assert "here" in there.ids
    mei.open("/runbooks")
    assert "No runbook speaks of “nothing”." in mei.press("Search", q="nothing").text


def test_two_chinese_characters_are_a_word(shop: Burning, mei: Browser):
    write(shop, "queue.md", "# 佇列塞車\n\n## 解決方案\n\n重啟消費者，等待積壓消化。\n")
    mei.open("/runbooks")
    shown = mei.press("Search", q="積壓")
    assert "佇列塞車" in shown.text
    assert "等待<mark>積壓</mark>消化" in shown.html


def test_filters_are_links_and_the_address_holds_them(shop: Burning, mei: Browser):
    write(shop, "db/slow.md", "---\nseverity: P1\nservice: transcripts\n---\n# Slow queries\n\nLook.\n")
    shown = mei.open("/runbooks")
    assert [label for label, _ in shown.links].count("P1 1") == 2, "beside the list, and above it on a phone"
    only = mei.click("P1 1")
    assert only.path == "/runbooks?severity=P1"
    assert "Slow queries" in only.text
    assert "Recommendation service down" not in only.text
    assert "1 of 2" in only.text
    write(shop, "db/full.md", "---\nseverity: P2\nservice: transcripts\n---\n# Full disk\n\nLook.\n")
    mei.open("/runbooks")
    mei.click("Transcript queue 2")
    assert mei.click("P2 1").path == "/runbooks?service=transcripts&severity=P2", "one filter keeps the other"
    assert mei.click("P2 1").path == "/runbooks?service=transcripts", "and goes when it is pressed again"
    assert "Recommendation service down" in mei.open("/runbooks?category=reco").text
    assert "No runbook fits these filters." in mei.open("/runbooks?category=reco&severity=P1").text


def test_what_is_due_or_unproven_says_so_and_can_be_asked_for(shop: Burning, mei: Browser):
    write(shop, "old.md", "---\nreviewed: 2024-01-01\n---\n# An old one\n\n## Resolution\n\nRestart it.\n")
    shown = mei.open("/runbooks?state=due").text
    assert "An old one old.md ◔ review due" in shown
    assert "An old one" in mei.open("/runbooks?state=unproven").text
    assert "No runbook fits these filters." in mei.open("/runbooks?state=broken").text


def test_by_severity_the_gravest_come_first(shop: Burning, mei: Browser):
    write(shop, "a.md", "---\nseverity: P2\n---\n# A small thing\n\nLook.\n")
    shown = mei.open("/runbooks?by=severity").text
    assert shown.index("Recommendation service down") < shown.index("A small thing")


def test_an_index_stands_apart_and_what_it_names_and_nobody_wrote_is_shown(shop: Burning, mei: Browser):
    write(
        shop,
        "index.md",
        "# Runbook index\n\n| Runbook | Severity | When |\n|---|---|---|\n"
        "| [Down](reco/service-down.md) | P0 | 500 |\n| [Slow](slow.md) | P1 | > 1 s |\n"
        "| [Full](full.md) | P1 | > 90 % |\n",
    )
    shown = mei.open("/runbooks").text
    assert "To read: indexes and policies Runbook index index index.md" in shown
    assert "✕ missing Slow slow.md · Runbook index" in shown


def test_five_hundred_runbooks_come_in_pages_that_a_phone_can_load(shop: Burning, mei: Browser):
    for number in range(500):
        (shop.folder / "runbooks" / f"book-{number:03}.md").write_text(
            f"---\nservice: recommendation\nseverity: P1\n---\n# Trouble number {number:03}\n\nLook at it.\n"
        )
    first = mei.open("/runbooks")
    assert "501 runbooks" in first.text
    assert len(first.html) < 60_000
    second = mei.click("More of them")
    assert second.path == "/runbooks?page=2"
    assert mei.click("Before").path == "/runbooks?page=1"
    assert "Trouble number 499" in mei.open("/runbooks?page=11").text


def test_an_empty_library_says_how_to_point_it_at_runbooks_and_how_to_write_the_first(
    shop: Burning, mei: Browser
):
    (shop.folder / "runbooks" / "reco" / "service-down.md").unlink()
    shown = mei.open("/runbooks").text
    assert "folders: [runbooks, ../our-old-runbooks]" in shown
    assert "tocsin runbook new" in shown


@pytest.mark.parametrize(
    "query", ["page=0", "page=-1", "page=99999", "page=x", "state=odd", "severity=%00", "by=x"]
)
def test_an_odd_address_is_a_page_all_the_same(mei: Browser, query: str):
    assert mei.open(f"/runbooks?{query}").status == 200


def test_a_file_that_is_full_of_markup_stays_text(shop: Burning, mei: Browser):
    write(shop, "evil.md", "# <script>alert(1)</script>\n\nfind-me <img src=x onerror=alert(1)> find-me\n")
    for path in ("/runbooks", "/runbooks?q=find-me", "/runbooks?q=%3Cscript%3E"):
        html = mei.open(path).html
        assert html.count("<script") == 1, "ours"
        assert "<img" not in html
