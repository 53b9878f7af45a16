"""One alert: what it says, why it paged somebody or nobody, when it fired before, and what can be done about it."""

from __future__ import annotations

from datetime import timedelta

from burning import Burning
from walking import Browser

from tocsin.sense.alerts import get
from tocsin.sense.alerts.matchers import Matcher


def alert_of(shop: Burning, name: str) -> str:
    shown = Browser(shop.asgi).sign_in("mei").open(f"/alerts?state=all&q=name%3D{name}")
    return next(href for label, href in shown.links if label == name)


def test_it_says_why_it_paged(shop: Burning, mei: Browser):
    incident = shop.outage(1)
    shown = mei.open(alert_of(shop, "HighErrorRate"))
    why = shown.text.partition("Why it paged somebody, or nobody")[2].partition("What it says")[0]
    assert "It fires, says webhook" in why
    assert "No silence, no maintenance window and no other alert holds it back" in why
    assert "Severity P0" in why
    assert f"Opened {incident}" in why
    assert (incident, f"/incidents/{incident}") in shown.links


def test_it_says_why_it_paged_nobody(shop: Burning, mei: Browser):
    now = shop.clock.now()
    shop.app.folds.silences.put(
        matchers=[Matcher(name="alertname", operator="=", value="QueueBacklog")],
        starts_at=now,
        ends_at=now + timedelta(hours=1),
        created_by="jun",
        comment="drained by hand",
    )
    shop.fire("QueueBacklog", service="transcripts", queue_depth="140")
    shown = mei.open(alert_of(shop, "QueueBacklog"))
    assert "◔ silenced until Sat 21 Nov, 19:30 · drained by hand" in shown.text
    assert "Silenced by jun until" in shown.text
    assert "Opened" not in shown.text


def test_the_story_is_told_in_the_language_of_the_reader(shop: Burning):
    shop.outage(1)
    jun = Browser(shop.asgi, language="zh-TW").sign_in("jun")
    shown = jun.open(alert_of(shop, "HighErrorRate"))
    assert "為何呼叫，或為何沒有" in shown.text
    assert "It fires" not in shown.text


def test_it_says_when_it_fired_before(shop: Burning, mei: Browser):
    for _ in range(2):
        shop.fire("QueueBacklog", service="transcripts", queue_depth="140")
        shop.clock.tick(600)
        shop.clear("QueueBacklog", service="transcripts", queue_depth="140")
        shop.clock.tick(3_600)
    shop.fire("QueueBacklog", service="transcripts", queue_depth="140")
    history = mei.open(alert_of(shop, "QueueBacklog")).text.partition("When it fired")[2]
    assert history.index("still firing") < history.index("lasted 10 min")
    assert history.count("lasted 10 min") == 2
    assert "Earlier" in mei.page.text


def test_what_it_came_by_and_quiet_about_it_are_a_click_away(shop: Burning, mei: Browser):
    shop.outage(1)
    plain = shop.app.accounts.key_create("webhook", "monitoring")
    assert plain
    shown = mei.open(alert_of(shop, "HighErrorRate"))
    assert "from webhook" in shown.text, "a key that is no more is told by its kind"
    shown = mei.click("Silence like this")
    assert 'alertname="HighErrorRate"' in shown.text


def test_a_person_calls_it_noise(shop: Burning, mei: Browser, ada: Browser):
    shop.outage(1)
    path = alert_of(shop, "HighErrorRate")
    mei.open(path)
    shown = mei.press("It is noise", why="always on Mondays")
    assert "Mei-Ling Chen calls it noise: always on Mondays" in shown.text
    ada.open(path)
    assert not {"It is noise", "It is useful"} & set(ada.page.buttons())
    assert "Silence like this" not in ada.page.text


def test_many_are_ticked_and_called_noise_at_once(shop: Burning, mei: Browser):
    shop.outage(3)
    chosen = [alert_of(shop, name).removeprefix("/alerts/") for name in ("EndpointDown01", "EndpointDown02")]
    mei.open("/alerts")
    form = next(each for each in mei.page.forms if each.boxes)
    assert {f"pick-{each}" for each in chosen} <= form.boxes.keys()
    shown = mei.open("/alerts/mark?" + "&".join(f"pick-{each}=on" for each in chosen))
    assert "2 alerts: noise or useful?" in shown.text
    shown = mei.press("They are noise", why="a deploy")
    assert "Your word on these alerts is noted." in shown.text
    with shop.app.store.read() as conn:
        for each in chosen:
            (mark,) = shop.app.incidents.marks(conn, each)
            assert (mark.mark, mark.why, mark.by) == ("noise", "a deploy", "person:mei")


def test_a_whole_filter_is_called_noise_by_its_number(shop: Burning, mei: Browser):
    shop.outage(3)
    mei.open("/alerts?q=EndpointDown")
    shown = mei.click("Noise or useful, all that fit?")
    assert "2 alerts: noise or useful?" in shown.text
    shop.fire("EndpointDown09", service="recommendation", endpoint="/v1/9")
    refused = mei.press("They are noise")
    assert refused.status == 409
    assert "Other alerts fit now than when you looked." in refused.text
    mei.open("/alerts/mark?q=EndpointDown")
    assert "3 alerts" in mei.page.text
    mei.press("They are useful")
    with shop.app.store.read() as conn:
        alert = get(conn, alert_of(shop, "EndpointDown09").removeprefix("/alerts/"))
        assert alert
        assert [each.mark for each in shop.app.incidents.marks(conn, alert.id)] == ["useful"]


def test_ticked_alerts_are_silenced_by_one_button(shop: Burning, mei: Browser):
    shop.outage(2)
    id_ = alert_of(shop, "EndpointDown01").removeprefix("/alerts/")
    mei.open("/alerts")
    shown = mei.press("Silence …", **{f"pick-{id_}": "on"})
    assert shown.path.startswith("/silences/new?")
    assert 'alertname="EndpointDown01"' in shown.text


def test_a_filter_of_labels_is_silenced_as_a_whole_and_one_with_words_is_not(shop: Burning, mei: Browser):
    shop.outage(2)
    mei.open("/alerts?q=service%3Drecommendation")
    assert 'service="recommendation"' in mei.click("Silence all that fit the filter …").text
    assert "Silence all that fit the filter" not in mei.open("/alerts?q=service%3Drecommendation+500").text


def test_nothing_chosen_is_told(shop: Burning, mei: Browser, ada: Browser):
    shop.outage(1)
    for path in ("/alerts/mark", "/alerts/mark?pick-nothing=on", "/alerts/mark?q=nothing"):
        assert "No alert is chosen." in mei.open(path).text
    assert ada.open("/alerts/mark?q=High").status == 403
    assert not next((each for each in ada.open("/alerts").forms if each.boxes), None)
