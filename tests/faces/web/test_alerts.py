"""What is being told to us, filtered in one field; the address holds what was chosen."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from burning import Burning
from walking import Browser


def test_nothing_fires_and_the_page_says_how_to_try(mei: Browser):
    assert "tocsin alert send" in mei.open("/alerts").text


def test_what_fires_stands_with_its_incident(shop: Burning, mei: Browser):
    incident = shop.outage()
    mei.open("/alerts")
    assert (
        "▲ firing HighErrorRate Recommendations answer 500 on every endpoint Recommendation service"
        in mei.page.text
    )
    assert incident in mei.page.text
    mei.click("HighErrorRate")
    assert "/v1/0" in mei.page.text


def test_a_filter_and_a_state_are_kept_in_the_address(shop: Burning, mei: Browser):
    shop.outage()
    shop.queue()
    shop.clear("QueueBacklog", service="transcripts", queue_depth="140")
    assert "QueueBacklog" not in mei.open("/alerts").text
    mei.click("Cleared")
    assert mei.page.path == "/alerts?state=resolved"
    assert "✓ cleared QueueBacklog" in mei.page.text
    mei.press("Filter", q='service="recommendation"')
    assert mei.page.path == "/alerts?state=resolved&q=service%3D%22recommendation%22"
    assert "Nothing fits this filter." in mei.page.text
    mei.click("Firing")
    assert "2 alerts" in mei.page.text
    assert (
        next(each for each in mei.page.forms if "q" in each.fields).fields["q"] == 'service="recommendation"'
    )
    mei.click("Without a filter")
    assert mei.page.path == "/alerts?state=firing"


def test_a_slip_is_told_beside_the_field_with_its_cure(shop: Burning, mei: Browser):
    shop.outage()
    shown = mei.open(f"/alerts?q={quote('severity=')}")
    assert shown.status == 200
    assert "✕ Nothing stands after severity=. Write severity=" in shown.text
    assert "HighErrorRate" not in shown.text
    (field,) = [each for tag, each in shown.elements if tag == "input" and each.get("id") == "q"]
    assert field["aria-invalid"] == "true"
    assert field["value"] == "severity="
    assert field["aria-describedby"] in shown.ids


def test_a_slip_is_told_in_the_language_of_the_reader(shop: Burning):
    jun = Browser(shop.asgi, language="zh-TW").sign_in("jun")
    shown = jun.open(f"/alerts?q={quote('severity=')}")
    assert "severity= 後面沒有值。" in shown.text


def test_the_word_of_the_sender_says_how_bad_it_is(shop: Burning, mei: Browser):
    for word in ("Critical", "warning", "info", "odd"):
        shop.fire(f"A{word}", service="recommendation", severity=word)
    text = mei.open("/alerts").text
    assert "▲ Critical ACritical" in text
    assert "◆ warning Awarning" in text
    assert "● info Ainfo" in text
    assert "▲ firing Aodd" in text


def test_by_rule_each_rule_leads_to_its_alerts(shop: Burning, mei: Browser):
    for number in range(3):
        shop.fire("DiskFull", service="recommendation", disk=str(number))
    shop.queue()
    mei.open("/alerts?q=service")
    mei.click("By rule")
    assert mei.page.path == "/alerts?q=service&state=firing&by=rule"
    assert "3 DiskFull Recommendation service" in mei.page.text
    mei.click("DiskFull")
    assert "3 alerts" in mei.page.text
    assert "QueueBacklog" not in mei.page.text


def test_older_ones_follow_by_a_link_and_there_is_a_way_back(shop: Burning, mei: Browser):
    shop.outage(60)
    first = mei.open("/alerts")
    assert "60 alerts" in first.text
    second = mei.click("Older ones")
    names = {label for label, href in (*first.links, *second.links) if href.startswith("/alerts/alr_")}
    assert len(names) == 60
    assert mei.click("Back to the newest").path == "/alerts?state=firing"


@pytest.mark.parametrize(
    "query",
    ["state=nonsense&q=%00&after=nothing", "by=odd", "q=" + "x" * 5_000, "q=%F0%9F%94%A5", "after=' OR 1=1"],
)
def test_an_odd_address_does_no_harm(shop: Burning, mei: Browser, query: str):
    shop.outage()
    assert mei.open(f"/alerts?{query}").status == 200


def test_an_unknown_alert_is_told(mei: Browser):
    assert mei.open("/alerts/alr_nothing").status == 404
