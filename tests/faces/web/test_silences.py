"""Quiet is asked for with open eyes: what it hides is seen first, who asked and why is seen ever after."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

import pytest
from burning import Burning
from walking import Browser

from tocsin.sense.alerts.matchers import Matcher
from tocsin.sense.alerts.silence import Silence


def silence(shop: Burning, value: str = "QueueBacklog", **more: object) -> Silence:
    now = shop.clock.now()
    given = {
        "matchers": [Matcher(name="alertname", operator="=", value=value)],
        "starts_at": now,
        "ends_at": now + timedelta(hours=2),
        "created_by": "mei",
        "comment": "the worker is being replaced",
        "confirmed": True,
    }
    return shop.app.folds.silences.put(**{**given, **more})  # pyright: ignore[reportArgumentType] - passed on


def only(shop: Burning) -> Silence:
    (found,) = shop.app.folds.silences.living()
    return found


def alert_of(shop: Burning, name: str) -> str:
    shown = Browser(shop.asgi).sign_in("mei").open(f"/alerts?q=name%3D{name}")
    return next(href for label, href in shown.links if label == name).removeprefix("/alerts/")


def test_nothing_is_silenced_and_the_page_says_how_to(mei: Browser):
    assert "amtool silence add" in mei.open("/silences").text


def test_quiet_is_asked_for_from_an_alert_and_seen_before_it_is(shop: Burning, mei: Browser):
    shop.queue()
    mei.open(f"/silences/new?alert={alert_of(shop, 'QueueBacklog')}")
    assert 'alertname="QueueBacklog"' in mei.page.text
    assert "What it would hide now 1 alert Transcript queue" in mei.page.text
    shown = mei.press("Make it quiet", comment="the worker is being replaced", lasts="4h")
    assert "It is quiet." in shown.text
    assert "◔ in force the worker is being replaced" in shown.text
    assert "1 alert Sat 21 Nov, 22:30 in 4 h Mei-Ling Chen" in shown.text
    made = only(shop)
    assert made.ends_at - made.starts_at == timedelta(hours=4)
    assert [(act.by, act.what) for act in made.acts] == [("person:mei", "created")]


def test_trying_keeps_nothing(shop: Burning, mei: Browser):
    shop.queue()
    mei.open("/silences/new")
    before = shop.everything()
    shown = mei.press("See what it hides", matchers='service="transcripts"')
    assert "1 alert" in shown.text
    assert "QueueBacklog" in shown.text
    assert shop.everything() == before


def test_what_is_broad_has_to_be_confirmed(shop: Burning, mei: Browser):
    shop.outage(2)
    shop.queue()
    mei.open("/silences/new")
    shown = mei.press("Make it quiet", matchers='service=~".+"', comment="all of it")
    assert shown.status == 409
    assert "This is broad." in shown.text
    assert "Yes, hide these 3 alerts and all that will be like them" in shown.text
    assert shop.app.folds.silences.living() == []
    mei.press("Make it quiet", confirmed="yes")
    assert only(shop).comment == "all of it"


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"matchers": "severity="}, "Nothing stands after severity=."),
        ({"matchers": "disk"}, "A word alone chooses nothing here."),
        ({"matchers": 'alertname="X"', "comment": " "}, "Why should it be quiet?"),
        ({"matchers": 'alertname="X"', "ends": "tomorrow"}, "This is no date and time."),
        ({"matchers": 'alertname="X"', "ends": "2020-01-01T00:00"}, "it ends before it begins"),
        ({"matchers": 'alertname=~"("'}, "is no regular expression"),
    ],
)
def test_a_slip_is_told_and_what_was_typed_stays(
    shop: Burning, mei: Browser, typed: dict[str, str], told: str
):
    mei.open("/silences/new")
    shown = mei.press("Make it quiet", **{"comment": "why not", **typed})
    assert shown.status == 422
    assert told in shown.text
    form = next(each for each in shown.forms if "matchers" in each.fields)
    assert form.fields["matchers"] == typed["matchers"]
    assert shop.app.folds.silences.list() == []


def test_a_filter_becomes_a_silence_for_all_that_it_finds(shop: Burning, mei: Browser):
    shop.outage(3)
    wanted = quote('name=~"Endpoint.*" service=recommendation')
    shown = mei.open(f"/silences/new?q={wanted}")
    form = next(each for each in shown.forms if "matchers" in each.fields)
    assert form.fields["matchers"] == 'alertname=~"Endpoint.*"\nservice="recommendation"'
    assert "2 alerts" in shown.text
    assert "A word alone chooses nothing here." in mei.open("/silences/new?q=disk+full").text


def test_many_alerts_become_the_matchers_that_they_share(shop: Burning, mei: Browser):
    shop.outage(3)
    shop.fire("EndpointDown01", service="recommendation", endpoint="/v1/1", availability="0.5")
    chosen = [alert_of(shop, name) for name in ("EndpointDown02", "HighErrorRate")]
    shown = mei.open("/silences/new?" + "&".join(f"pick-{each}=on" for each in chosen))
    form = next(each for each in shown.forms if "matchers" in each.fields)
    lines = form.fields["matchers"].splitlines()
    assert 'alertname=~"EndpointDown02|HighErrorRate"' in lines
    assert 'service="recommendation"' in lines
    assert "2 alerts" in shown.text


def test_a_silence_is_changed_and_ended_and_remembers_by_whom(shop: Burning, mei: Browser):
    shop.queue()
    made = silence(shop)
    mei.open("/silences")
    mei.click("the worker is being replaced")
    mei.press("Change it", comment="the worker is late", ends="2026-11-22T09:00")
    changed = only(shop)
    assert changed.id == made.id
    assert changed.comment == "the worker is late"
    assert f"{changed.ends_at:%Y-%m-%dT%H:%M}" == "2026-11-22T01:00", "09:00 in Taipei"
    mei.open(f"/silences/{made.id}")
    assert "Mei-Ling Chen changed it" in mei.page.text
    mei.press("End it now")
    assert shop.app.folds.silences.living() == []
    mei.click("Past silences")
    assert "– over the worker is late" in mei.page.text
    mei.click("the worker is late")
    assert "End it now" not in mei.page.buttons()
    shown = mei.click("Ask for it again")
    assert 'alertname="QueueBacklog"' in shown.text


def test_who_may_only_look_sees_them_and_changes_nothing(shop: Burning, ada: Browser):
    made = silence(shop)
    assert "the worker is being replaced" in ada.open("/silences").text
    ada.click("the worker is being replaced")
    assert not {"Change it", "End it now", "Make it quiet"} & set(ada.page.buttons())
    assert ada.open("/silences/new").status == 403
    assert ada.open(f"/silences/{made.id}").status == 200


def test_the_list_of_alerts_says_why_one_pages_nobody(shop: Burning, mei: Browser):
    shop.outage(2)
    shop.queue()
    made = silence(shop)
    text = mei.open("/alerts").text
    assert "◔ silenced until Sat 21 Nov, 20:30 · the worker is being replaced" in text
    mei.click("Held back")
    assert "1 alert" in mei.page.text
    assert "HighErrorRate" not in mei.page.text
    assert mei.click("the worker is being replaced").path == f"/silences/{made.id}"
    shop.app.folds.silences.expire(made.id, "person:mei")
    assert "QueueBacklog" not in mei.open("/alerts?state=held").text


def test_an_unknown_silence_is_told(mei: Browser):
    for path in ("/silences/nothing", "/silences/%00", "/silences/new?of=nothing"):
        assert mei.open(path).status == 404
    assert mei.open("/silences/new?alert=nothing&pick-x=on").status == 200


def test_what_others_wrote_stays_text(shop: Burning, mei: Browser):
    made = silence(shop, value="<b>x</b>", comment="<script>alert(1)</script>", created_by="<i>me</i>")
    for path in ("/silences", f"/silences/{made.id}", f"/silences/new?of={made.id}"):
        html = mei.open(path).html
        assert html.count("<script") == 1, "ours"
        assert "<b>" not in html
        assert "<i>" not in html
