"""Is it real, and is it worth it? The pages that say so, and the words of people on them."""

from __future__ import annotations

from burning import Burning
from walking import Browser

from tocsin.act.checks import Look, judge_scope
from tocsin.ground.catalogue import Service
from tocsin.ground.timeline import Followers
from tocsin.learn.analytics import Outcomes
from tocsin.respond.incidents import Scout


def edge_is_gone(shop: Burning, incident: str) -> None:
    looks = [
        Look(
            point=name,
            way=way,
            ok=ok,
            text=text,
            ms=12,
            status=200 if ok else None,
            stage="" if ok else "tcp",
        )
        for name in ("health", "orders")
        for way, ok, text in (("edge", False, "Connection refused"), ("origin", True, "200 in 12 ms"))
    ]
    scope = judge_scope(shop.clock.now(), looks)
    Scout(shop.app.triage.desk, lambda _: scope).check(incident, "tocsin")


def answers(shop: Burning) -> None:
    """The service says from now on where it answers."""
    section = shop.app.current()
    endpoints = {"health": {"url": "http://127.0.0.1:1/health"}}
    known = Service.model_validate({**section.service("recommendation").model_dump(), "endpoints": endpoints})
    shop.app.current.swap(
        section.model_copy(update={"services": {**section.services, "recommendation": known}})
    )


def count(shop: Burning) -> None:
    followers = Followers(shop.app.store)
    Outcomes(shop.app.incidents).follow(followers)
    while followers.step():
        pass


def test_the_page_says_whether_it_is_real_and_where_to_begin(shop: Burning, mei: Browser):
    incident = shop.outage()
    assert "Is it real?" not in mei.open(f"/incidents/{incident}").text.replace("Is it real? Look now", "")
    answers(shop)
    assert "probes are being run" in mei.open(f"/incidents/{incident}").text, "it is P0, so somebody looks"
    edge_is_gone(shop, incident)
    text = mei.open(f"/incidents/{incident}").text
    assert "Confirmed: 2 of 2 endpoints fail" in text
    assert "Infrastructure: the origin answers, the edge does not" in text
    assert "Look at what stands in front" in text
    assert "Connection refused" in text


def test_it_is_told_in_chinese(shop: Burning):
    incident = shop.outage()
    edge_is_gone(shop, incident)
    text = Browser(shop.asgi).sign_in("jun").open(f"/incidents/{incident}").text
    for each in ("是真的嗎？", "已證實：2 個端點中有 2 個失敗", "基礎設施：來源端有回應", "直連來源"):
        assert each in text


def test_somebody_asks_again_and_the_answer_comes_onto_the_page(shop: Burning, mei: Browser, ada: Browser):
    incident = shop.outage()
    edge_is_gone(shop, incident)
    mei.open(f"/incidents/{incident}")
    assert "The probes are running" in mei.press("Check again").text
    shop.pass_time(1)
    text = mei.open(f"/incidents/{incident}").text
    assert "asked by Mei-Ling Chen" in text
    ada.open(f"/incidents/{incident}")
    assert not {"Check again", "It was a false alarm"} & set(ada.page.buttons())


def test_a_low_one_has_no_such_section(shop: Burning, mei: Browser):
    assert "Is it real?</h2>" not in mei.open(f"/incidents/{shop.queue()}").text


def test_a_false_alarm_is_said_with_a_reason_and_shown(shop: Burning, mei: Browser):
    incident = shop.outage()
    mei.open(f"/incidents/{incident}")
    assert "needs a reason" in mei.press("It was a false alarm", why=" ").text
    mei.open(f"/incidents/{incident}")
    text = mei.press("It was a false alarm", why="the probe lied").text
    assert "has ended as a false alarm" in text
    assert "– false alarm" in text
    assert "Mei-Ling Chen says it was a false alarm: the probe lied" in text
    assert "It was a false alarm" not in mei.page.buttons()
    assert "– false alarm" not in mei.press("Open again", why="it did not").text


def test_the_noisiest_rule_stands_first_with_what_to_do_about_it(shop: Burning, mei: Browser):
    assert "No incident with an alert has ended" in mei.open("/alerts/noise").text
    shop.app.incidents.false_alarm(shop.outage(alerts=1), "the probe lied", "person:mei")
    quiet = shop.queue()
    shop.app.incidents.note(quiet, "worker restarted", "person:mei")
    shop.app.incidents.resolve(quiet, "restarted", "person:mei")
    count(shop)
    shop.clock.tick(1)
    text = mei.open("/alerts/noise").text
    assert text.index("HighErrorRate") < text.index("QueueBacklog")
    assert "False alarms: 1 of 1" in text
    assert "Correct what it measures" in text
    shop.clock.tick(10 * 86_400)
    assert "HighErrorRate" not in mei.open("/alerts/noise?days=7").text
    assert "HighErrorRate" in mei.open("/alerts/noise?days=90").text
    assert mei.open("/alerts/noise?days=many").status == 200


def test_an_alert_is_called_noise_from_its_page(shop: Burning, mei: Browser, ada: Browser):
    incident = shop.outage(alerts=1)
    with shop.app.store.read() as conn:
        (alert,) = shop.app.incidents.alerts(conn, incident)
    mei.open(f"/alerts/{alert.id}")
    text = mei.press("It is noise", why="every Monday").text
    assert "Mei-Ling Chen calls it noise: every Monday" in text
    assert "Your word on this alert is noted." in text
    assert "It is noise" not in ada.open(f"/alerts/{alert.id}").buttons()


def test_a_rule_with_a_hostile_name_leads_to_its_alerts(shop: Burning, mei: Browser):
    name = 'x", service="<script>alert(1)</script>'
    shop.fire(name, service="recommendation", availability="0.01")
    shop.app.incidents.false_alarm(shop.incident("recommendation"), "no", "person:mei")
    count(shop)
    shop.clock.tick(1)
    page = mei.open("/alerts/noise")
    assert "<script>alert" not in page.html
    href = next(href for label, href in page.links if label == name)
    assert "q=alertname%3D%22x%5C%22%2C+service" in href
