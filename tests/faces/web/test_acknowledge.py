"""“I have it”, from a link in a message, in any browser, without an account."""

from __future__ import annotations

from burning import Burning
from walking import Browser

from tocsin.act import notify
from tocsin.ground import timeline


def link(shop: Burning, incident: str, person: str = "jun") -> str:
    with shop.app.store.read() as conn:
        delivery = next(each for each in notify.of_incident(conn, incident) if each.person == person)
    return shop.app.links.acknowledge(delivery.id).removeprefix("http://127.0.0.1:9911")


def test_opening_the_link_changes_nothing_and_its_button_does(shop: Burning, browser: Browser):
    incident = shop.outage()
    browser.open(link(shop, incident))
    assert shop.state(incident) == "triggered"
    assert "Recommendations answer 500 on every endpoint" in browser.page.text
    assert len([label for label in browser.page.buttons() if label == "我來處理"]) == 1
    browser.press("我來處理")
    assert shop.state(incident) == "acknowledged"
    assert "由你負責處理。" in browser.page.text
    assert "接下來" in browser.page.text


def test_the_page_speaks_the_language_of_who_was_paged(shop: Burning, browser: Browser):
    browser.open(link(shop, shop.outage()))
    assert '<html lang="zh-Hant"' in browser.page.html


def test_what_came_back_by_itself_can_still_be_taken(shop: Burning, browser: Browser, mei: Browser):
    incident = shop.outage(1)
    shop.clear("HighErrorRate", service="recommendation", endpoint="/v1/0", availability="0.02")
    assert shop.state(incident) == "mitigated"
    browser.open(link(shop, incident))
    assert "服務已自行恢復，正在觀察中。" in browser.page.text
    assert "Acknowledge" in mei.open(f"/incidents/{incident}").buttons()
    browser.press("我來處理")
    assert "由你負責處理。" in browser.page.text
    assert shop.state(incident) == "mitigated", "it is watched as before"
    assert "Jun Wu has it" in mei.open(f"/incidents/{incident}").text
    assert "Acknowledge" not in mei.page.buttons()


def test_the_button_works_where_cookies_do_not(shop: Burning, browser: Browser):
    incident = shop.outage()
    path = link(shop, incident)
    assert browser.send("POST", path).status == 303
    assert shop.state(incident) == "acknowledged"


def test_a_second_press_changes_nothing_and_says_who_has_it(shop: Burning, browser: Browser):
    incident = shop.outage()
    shop.app.incidents.acknowledge(incident, "person:mei")
    browser.open(link(shop, incident))
    assert "由 Mei-Ling Chen 處理。" in browser.page.text
    browser.send("POST", link(shop, incident))
    with shop.app.store.read() as conn:
        assert shop.app.incidents.get(conn, incident).acknowledged_by == "mei"


def test_after_the_end_there_is_nothing_to_press(shop: Burning, browser: Browser):
    incident = shop.outage()
    path = link(shop, incident)
    shop.app.incidents.resolve(incident, "fixed", "person:mei")
    assert "已經結束" in browser.open(path).text
    assert browser.send("POST", path).status == 303
    assert shop.state(incident) == "resolved"


def test_a_link_that_is_not_ours_leads_nowhere(shop: Burning, browser: Browser):
    path = link(shop, shop.outage())
    for forged in (
        "/a/made-up",
        *(path[:-1] + last for last in "abcdefgh" if last != path[-1]),
        "/a/%00",
        "/a/" + "x" * 5_000,
    ):
        assert browser.open(forged).status == 404, forged
        assert browser.send("POST", forged).status == 404, forged


def test_another_site_cannot_press_it(shop: Burning, browser: Browser):
    incident = shop.outage()
    assert browser.send("POST", link(shop, incident), origin="https://evil.example").status == 403
    assert shop.state(incident) == "triggered"


def test_a_test_page_says_that_it_arrived(shop: Burning, browser: Browser):
    delivery = shop.app.escalations.test_page("mei", "person:mei")
    path = shop.app.links.acknowledge(delivery.id).removeprefix("http://127.0.0.1:9911")
    assert "The test page arrived" in browser.open(path).text


def test_who_cannot_take_it_says_so_behind_the_same_link(shop: Burning, browser: Browser):
    incident = shop.outage()
    browser.open(link(shop, incident))
    browser.press("我無法處理：呼叫下一階段")
    assert shop.state(incident) == "triggered"
    with shop.app.store.read() as conn:
        story = [(each.kind, each.actor) for each in timeline.of_incident(conn, incident)]
    assert ("escalation.pressed", "person:jun") in story
    assert "正在呼叫下一階段。" in browser.page.text
