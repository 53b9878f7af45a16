"""Who is called now, until when, who next; and does it reach me?"""

from __future__ import annotations

from burning import Burning
from sqlalchemy import select
from walking import Browser

from tocsin.act.notify.store import delivery


def test_each_schedule_says_who_until_when_and_who_then(mei: Browser):
    text = mei.open("/oncall").text
    assert "Jun Wu Backend Mon 23 Nov, 09:00 in 1 d Mei-Ling Chen" in text
    assert "▲ nobody Night" in text
    assert "▲ cannot be reached" in text, "Ada has no address"


def test_mei_sends_herself_a_test_page(shop: Burning, mei: Browser):
    mei.open("/oncall")
    mei.press("Send me a test page")
    assert "A test page is on its way to you." in mei.page.text
    with shop.app.store.read() as conn:
        [sent] = conn.execute(select(delivery).where(delivery.c.kind == "test")).all()
    assert sent.person == "mei"


def test_who_is_nobody_under_people_is_told_how_to_become_somebody(shop: Burning):
    shop.account("guest", "viewer", person=None)
    guest = Browser(shop.asgi).sign_in("guest")
    assert "Your account belongs to nobody" in guest.open("/oncall").text
    key = guest.page.forms[0].fields["form_key"]
    assert guest.send("POST", "/oncall/test-page", {"form_key": key}).status == 422
