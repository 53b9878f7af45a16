"""Who is called now, until when, who next; and does it reach me?"""

from __future__ import annotations

from datetime import timedelta

from burning import Burning
from sqlalchemy import select
from walking import Browser

from tocsin.act.notify.store import delivery, of_cause


def test_each_schedule_says_who_until_when_and_who_then(mei: Browser):
    text = mei.open("/oncall").text
    assert "Backend JW Jun Wu until Mon 23 Nov, 09:00 · in 1 d Then Mei-Ling Chen" in text
    assert "Night ▲ nobody until Mon 23 Nov, 18:00" in text
    assert "Your next shift: Backend · Mon 23 Nov, 09:00 in 1 d" in text
    assert "▲ cannot be reached" in text, "Ada has no address"


def test_who_is_on_call_reads_it_first(shop: Burning):
    jun = Browser(shop.asgi).sign_in("jun")
    assert "你正在值班： Backend 至 11 月 23 日（一）09:00" in jun.open("/oncall").text


def test_the_week_ahead_is_a_strip_with_its_words(mei: Browser):
    shown = mei.open("/oncall")
    strips = [given for tag, given in shown.elements if tag == "ol" and "shifts" in given.get("class", "")]
    assert [each["aria-label"] for each in strips] == [
        "The next seven days of Backend",
        "The next seven days of Night",
    ]
    assert "Mei-Ling Chen MC Mon 23, 09:00 – Mon 30, 09:00" in shown.text


def test_a_change_of_the_rota_is_seen_at_once(shop: Burning, mei: Browser):
    now = shop.clock.now()
    shop.app.overrides.put(
        schedule="backend", person="ada", start=now, end=now + timedelta(hours=3), reason="", by="person:mei"
    )
    text = mei.open("/oncall").text
    assert "Backend AL Ada Lin ▲ cannot be reached until Sat 21 Nov, 21:30" in text


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


def test_without_a_schedule_the_page_says_how_to_write_one(shop: Burning, mei: Browser):
    file = shop.folder / "tocsin.yaml"
    text = file.read_text()
    text = text[: text.index("schedules:")] + text[text.index("policies:") :]
    file.write_text(text.replace("    escalation: backend\n", "").replace(", escalation: backend", ""))
    assert shop.app.reload() == []
    shown = mei.open("/oncall")
    assert shown.status == 200
    assert "No schedule yet, so everybody under people: is paged." in shown.text


def test_each_schedule_says_whether_its_last_drill_was_answered(shop: Burning, mei: Browser):
    [asked] = shop.app.drills.ask("backend", "person:mei")
    assert "Last drill just now · not answered yet" in mei.open("/oncall").text
    with shop.app.store.read() as conn:
        [sent] = of_cause(conn, f"drill/{asked.id}")
    shop.clock.tick(30)
    shop.app.drills.arrived(sent)
    assert "Last drill 30 s ago · ✓ answered after 30 s" in mei.open("/oncall").text
    shop.clock.tick(60)
    shop.app.drills.ask("backend", "person:mei")
    shop.clock.tick(3_600)
    assert "Last drill 1 h ago · ▲ nobody answered" in mei.open("/oncall").text
