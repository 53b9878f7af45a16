"""Runbooks that wait to be read again, and the word of who has."""

from __future__ import annotations

import pytest
from burning import Burning
from walking import Browser

from tocsin.respond.runbooks import review_store


@pytest.fixture
def old(shop: Burning) -> str:
    (shop.folder / "runbooks" / "old.md").write_text(
        "---\nowner: mei\nreviewed: 2024-01-01\n---\n# An old one\n\nLook.\n"
    )
    shop.clock.tick(2)
    return "old.md"


def test_the_queue_says_what_is_due_why_whose_and_since_when(mei: Browser, old: str):
    shown = mei.open("/runbooks/reviews").text
    assert "◔ overdue An old one last reviewed on 2024-01-01 overdue by" in shown
    assert "kept by Mei-Ling Chen" in shown
    assert old in shown


def test_whoever_has_read_it_says_so_and_it_is_no_longer_due(shop: Burning, mei: Browser, old: str):
    mei.open("/runbooks/reviews")
    after = mei.press("It is true as it stands", path=old, note="the port has changed")
    assert "The review is noted." in after.text
    shown = mei.open("/runbooks/reviews").text
    assert shown.index("To come") < shown.index(old), "it is due again in a month"
    with shop.app.store.read() as conn:
        [made] = review_store.of_path(conn, old)
    assert (made.by, made.note) == ("person:mei", "the port has changed")


def test_one_who_may_only_look_cannot_say_it(shop: Burning, ada: Browser, old: str):
    shown = ada.open("/runbooks/reviews")
    assert "It is true as it stands" not in shown.buttons()
    key = shown.forms[0].fields["form_key"]
    sent = ada.send("POST", "/runbooks/reviews", {"form_key": key, "path": old}, origin="http://tocsin")
    assert sent.status == 403
    with shop.app.store.read() as conn:
        assert review_store.of_path(conn, old) == []


def test_a_review_from_elsewhere_is_refused(shop: Burning, mei: Browser, old: str):
    mei.open("/runbooks/reviews")
    sent = mei.send("POST", "/runbooks/reviews", {"path": old}, origin="http://elsewhere.example")
    assert sent.status == 403
    with shop.app.store.read() as conn:
        assert review_store.of_path(conn, old) == []


def test_the_queue_can_be_narrowed_to_one_owner(shop: Burning, mei: Browser, old: str):
    assert old in mei.open("/runbooks/reviews?owner=mei").text
    assert old not in mei.open("/runbooks/reviews?owner=backend").text


def test_what_is_not_there_cannot_be_reviewed(mei: Browser, old: str):
    mei.open("/runbooks/reviews")
    form = next(each for each in mei.page.forms if each.fields.get("path") == old)
    form.fields["path"] = "../tocsin.yaml"
    assert mei.press("It is true as it stands", path="../tocsin.yaml").status == 404
