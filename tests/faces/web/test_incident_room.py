"""Roles, hand-overs and updates on the pages: what people press, and what they read afterwards."""

from __future__ import annotations

import pytest
from burning import Burning
from walking import Browser

from tocsin.act.notify import store as deliveries

MORE = """stakeholders:
  management: {title: Management, template: management, addresses: {mail: [board@example.com]}}
  customers: {title: Customers, language: zh_Hant, addresses: {mail: [status@example.com]}}
policies:
"""


@pytest.fixture
def outage(shop: Burning) -> str:
    """A fire, and people outside who want to know."""
    path = shop.folder / "tocsin.yaml"
    text = path.read_text(encoding="utf-8").replace("policies:\n", MORE, 1)
    path.write_text(text.replace("restore: 30m,", "restore: 30m, update: 30m,"), encoding="utf-8")
    assert shop.app.reload() == []
    return shop.outage()


def test_each_role_says_what_it_does_and_who_has_it(outage: str, mei: Browser):
    mei.open(f"/incidents/{outage}")
    mei.press("Acknowledge")
    text = mei.page.text
    assert "incident commander Mei-Ling Chen" in text
    assert "You decide, and keep everybody working on one thing at a time." in text
    assert "communications lead ◆ nobody yet You tell everybody outside the room" in " ".join(text.split())


def test_a_role_changes_hands_by_asking(shop: Burning, outage: str, mei: Browser):
    mei.open(f"/incidents/{outage}")
    mei.press("Acknowledge")
    mei.click("Hand over")
    assert "Recommendations answer 500 on every endpoint: it is being worked on." in mei.page.html
    mei.press("Ask them", person="jun", note="Watch the cache.")
    assert "Jun Wu is asked to take over" in mei.page.text
    assert "I take over" not in mei.page.text, "that is for who was asked"

    jun = Browser(shop.asgi).sign_in("jun")  # who reads Chinese
    assert "Watch the cache." in jun.open(f"/incidents/{outage}").text
    jun.press("我接手")
    assert "你已接手。" in jun.page.text
    text = mei.open(f"/incidents/{outage}").text
    assert "incident commander Jun Wu" in text
    assert "Jun Wu has taken over from Mei-Ling Chen as incident commander" in text


def test_who_was_asked_may_decline(shop: Burning, outage: str, mei: Browser):
    mei.open(f"/incidents/{outage}")
    mei.press("Acknowledge")
    mei.click("Hand over")
    mei.press("Ask them", person="jun", note="")
    jun = Browser(shop.asgi).sign_in("jun")
    jun.open(f"/incidents/{outage}?act=decline-commander")
    jun.press("我不接手", reason="I am on a train")
    assert "維持原狀。" in jun.page.text
    text = mei.open(f"/incidents/{outage}").text
    assert "Jun Wu does not take over as incident commander: I am on a train" in text


def test_an_update_is_drafted_looked_at_and_sent(shop: Burning, outage: str, mei: Browser):
    mei.open(f"/incidents/{outage}")
    assert "Nobody outside has been told of it yet." in mei.page.text
    mei.click("Write an update")
    assert "What is broken: Recommendations answer 500" in mei.page.html
    assert "the next update is due in" in mei.page.text
    mei.press("See how it looks", text="It is slow.\nWe are at it.", next="1h")
    assert "As it will be read" in mei.page.text
    assert "The next update follows by" in mei.page.text
    mei.press("Send it")
    assert "The update is on its way." in mei.page.text
    assert "It is slow." in mei.page.text
    assert "board@example.com" in mei.page.text
    with shop.app.store.read() as conn:
        (told,) = shop.app.updates.of(conn, outage)
        sent = deliveries.of_cause(conn, f"update/{told.update.id}")
    assert [each.address for each in sent] == ["board@example.com"]
    assert "What is broken" not in told.update.text, "what was typed is what was sent"
    assert "Mei-Ling Chen told Management" in mei.open(f"/incidents/{outage}").text


def test_a_form_sent_twice_is_one_update(shop: Burning, outage: str, mei: Browser):
    mei.open(f"/incidents/{outage}/updates")
    before = mei.page
    mei.press("Send it")
    mei.page = before
    mei.press("Send it")
    with shop.app.store.read() as conn:
        assert len(shop.app.updates.of(conn, outage)) == 1


def test_what_is_missing_stands_beside_its_field_and_nothing_typed_is_lost(outage: str, mei: Browser):
    mei.open(f"/incidents/{outage}/updates?template=users")
    shown = mei.press("Send it", subject=" ", text="We are at it.")
    assert shown.status == 422
    assert "needs a subject" in shown.text
    assert "We are at it." in shown.html


def test_an_all_clear_waits_until_it_is_back(outage: str, mei: Browser):
    mei.open(f"/incidents/{outage}/updates?template=all-clear")
    shown = mei.press("Send it")
    assert shown.status == 409
    assert "the service is not back" in shown.text


def test_the_draft_speaks_the_language_of_its_audience(outage: str, mei: Browser):
    shown = mei.open(f"/incidents/{outage}/updates?template=users")
    assert "造成不便" in shown.html
    mei.click("draft it in English")
    assert "We are sorry for the trouble." in mei.page.html


def test_ada_reads_what_was_told_and_sends_nothing(outage: str, mei: Browser, ada: Browser):
    mei.open(f"/incidents/{outage}/updates")
    mei.press("Send it")
    shown = ada.open(f"/incidents/{outage}/updates")
    assert "Management report" in shown.text
    assert "Send it" not in shown.text
    assert ada.open(f"/incidents/{outage}/roles/commander/handover").status == 403


def test_without_an_audience_the_page_says_where_to_add_one(shop: Burning, mei: Browser):
    incident = shop.outage()
    shown = mei.open(f"/incidents/{incident}/updates")
    assert "Say in tocsin.yaml who is told" in shown.text
    assert "Send it" not in shown.text


def test_no_room_is_offered_where_none_can_be_opened(outage: str, mei: Browser):
    assert "Open a war room" not in mei.open(f"/incidents/{outage}").text
