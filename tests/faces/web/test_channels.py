"""The page of channels, and the pages of an incident with what became of each."""

from __future__ import annotations

from datetime import timedelta

from burning import Burning
from walking import Browser

from tocsin.act.notify import Delivery, DeliveryFailed, Message, Route, of_incident, of_person
from tocsin.act.notify import store as rows


def sent(shop: Burning, page: Delivery, receipt: str | None = "r") -> None:
    now = shop.clock.now()
    deliveries = shop.app.deliveries
    shop.app.store.write(lambda conn: deliveries.outcomes.sent(conn, page, receipt, now, now))


def failed(shop: Burning, page: Delivery, why: str, *, permanent: bool = False) -> None:
    now = shop.clock.now()
    failure = DeliveryFailed(why, permanent=permanent, retry_after=120)
    deliveries = shop.app.deliveries
    shop.app.store.write(
        lambda conn: deliveries.outcomes.failed(conn, page, failure, now - timedelta(seconds=2), now)
    )


def pages_of(shop: Burning, incident: str) -> list[Delivery]:
    with shop.app.store.read() as conn:
        return [each for each in of_incident(conn, incident) if each.channel]


def test_a_channel_that_was_never_used_says_so(mei: Browser):
    text = mei.open("/channels").text
    assert "mail" in text
    assert "never used" in text
    assert "Nothing waits to be read." in text


def test_what_failed_last_is_named_until_it_works_again(shop: Burning, mei: Browser):
    [page] = pages_of(shop, shop.outage())
    failed(shop, page, "smtp.example.com answered 451 <b>later</b>")
    shown = mei.open("/channels")
    assert "failing" in shown.text
    assert "smtp.example.com answered 451 <b>later</b>" in shown.text
    assert "<b>later" not in shown.html
    shop.clock.tick(300)
    claimed = shop.app.store.write(
        lambda conn: rows.claim_due(
            conn, boot="boot_x", now=shop.clock.now(), switch_after=timedelta(seconds=60), limit=10
        )
    )
    sent(shop, next(each for each in claimed if each.id == page.id))
    again = mei.open("/channels").text
    assert "works" in again
    assert "failing" not in again


def test_the_page_of_an_incident_tells_who_was_paged_and_how_often_it_was_tried(shop: Burning, mei: Browser):
    incident = shop.outage()
    [page] = pages_of(shop, incident)
    assert "Paged" in mei.open(f"/incidents/{incident}").text
    assert "being sent" in mei.page.text
    failed(shop, page, "busy <script>")
    shown = mei.open(f"/incidents/{incident}")
    assert "1 attempts" in shown.text
    assert "failed, tried again" in shown.text
    assert "asked to wait 2 min" in shown.text
    assert "<script>" not in shown.html.partition("<main")[2]


def test_what_arrived_is_told_apart_from_what_was_taken(shop: Burning, mei: Browser):
    incident = shop.outage()
    [page] = pages_of(shop, incident)
    sent(shop, page)
    assert "arrived" not in mei.open(f"/incidents/{incident}").text
    shop.app.store.write(lambda conn: rows.mark_delivered(conn, page.id, shop.clock.now()))
    assert "arrived" in mei.open(f"/incidents/{incident}").text


def test_whoever_may_respond_tries_a_channel_on_themselves(shop: Burning, mei: Browser, ada: Browser):
    mei.open("/channels")
    mei.press("Try it")
    assert "A test message is on its way by that channel." in mei.page.text
    with shop.app.store.read() as conn:
        [test] = of_person(conn, "mei")
    assert (test.kind, test.channel, test.address) == ("test", "mail", "mei@example.com")
    assert "Try it" not in ada.open("/channels").buttons()


def test_what_waits_for_the_morning_is_shown(shop: Burning, mei: Browser):
    now = shop.clock.now()
    message = Message(kind="notice", subject="The disk fills slowly", lines=(), severity="P3")
    shop.app.store.write(
        lambda conn: shop.app.deliveries.queue(
            conn,
            kind="digest",
            cause="esc_1",
            incident=None,
            person="jun",
            route=Route(channel="mail", address="jun@example.com"),
            message=message,
            at=now,
        )
    )
    shown = mei.open("/channels").text
    assert "Jun Wu" in shown.partition("What can wait")[2]
    assert "Nothing waits" not in shown
