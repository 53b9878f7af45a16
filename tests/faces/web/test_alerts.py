"""What is being told to us, filtered by links; the address holds what was chosen."""

from __future__ import annotations

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


def test_filters_are_links_and_a_form_that_the_address_remembers(shop: Burning, mei: Browser):
    shop.outage()
    shop.queue()
    shop.clear("QueueBacklog", service="transcripts", queue_depth="140")
    assert "QueueBacklog" not in mei.open("/alerts").text
    mei.click("Cleared")
    assert mei.page.path == "/alerts?state=resolved&service="
    assert "✓ cleared QueueBacklog" in mei.page.text
    mei.press("Show", service="recommendation")
    assert mei.page.path == "/alerts?state=resolved&service=recommendation"
    assert "QueueBacklog" not in mei.page.text


def test_older_ones_follow_by_a_link(shop: Burning, mei: Browser):
    shop.outage(60)
    first = mei.open("/alerts")
    second = mei.click("Older ones")
    names = {label for label, href in (*first.links, *second.links) if href.startswith("/alerts/")}
    assert len(names) == 60


def test_an_unknown_state_and_an_unknown_alert_do_no_harm(shop: Burning, mei: Browser):
    assert mei.open("/alerts?state=nonsense&service=%00&after=nothing").status == 200
    assert mei.open("/alerts/alr_nothing").status == 404
