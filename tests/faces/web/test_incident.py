"""What is broken, what is being done, what must I do now? An outage told on its page, without any script."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

from burning import Burning
from walking import Browser

from tocsin.faces.web.incident import _offered
from tocsin.sense.alerts import Sender
from tocsin.sense.changes import Change


def test_mei_brings_an_outage_to_its_end_with_the_buttons_of_the_page(shop: Burning, mei: Browser):
    incident = shop.outage()
    shop.clock.tick(93)
    mei.open("/")
    mei.click("Recommendations answer 500 on every endpoint")
    assert "▲ Nobody has it yet" in mei.page.text

    mei.press("Acknowledge")
    assert "You have it. Paging has stopped." in mei.page.text
    assert "◐ Being worked on" in mei.page.text
    assert "1 min 33 s ✓ done" in mei.page.text, "the clock of assessing"

    mei.press("Note it", text="deploy 4f2c touched the cache keys")
    assert "Mei-Ling Chen noted: deploy 4f2c" in mei.page.text

    mei.press("Change the severity", severity="P1", reason="only one region")
    assert "Severity changed from P0 to P1: only one region" in mei.page.text

    mei.press("Assign", role="scribe", person="jun")
    assert "Jun Wu is now scribe" in mei.page.text

    mei.press("Watch it", why="restarted by hand")
    assert "◔ Being watched" in mei.page.text
    assert "Watched until it has held" in mei.page.text

    mei.press("Resolve", why="held")
    assert "✓ Resolved" in mei.page.text
    mei.press("Close", why="")
    assert shop.state(incident) == "closed"
    mei.press("Open again", why="back again")
    assert shop.state(incident) == "triggered"


def test_acknowledging_is_the_one_prominent_act_while_nobody_has_it(shop: Burning, mei: Browser):
    incident = shop.outage()
    html = mei.open(f"/incidents/{incident}").html
    assert html.count('data-key="a"') == 1
    assert '<button class="main" id="main-act" data-key="a">Acknowledge</button>' in html


def test_an_act_without_its_reason_is_explained(shop: Burning, mei: Browser):
    incident = shop.outage()
    mei.open(f"/incidents/{incident}")
    shown = mei.press("Change the severity", severity="P1", reason=" ")
    assert shown.status == 422
    assert "needs a reason" in shown.text


def test_a_link_that_asks_opens_the_form_on_the_page_where_no_script_runs(shop: Burning, mei: Browser):
    incident = shop.outage()
    assert (
        '<dialog id="act-severity" aria-labelledby="act-severity-title">'
        in mei.open(f"/incidents/{incident}").html
    )
    shown = mei.open(f"/incidents/{incident}?act=severity")
    assert '<dialog id="act-severity" aria-labelledby="act-severity-title" open>' in shown.html


def test_the_ladder_shows_what_was_tried_and_what_is_under_way(shop: Burning, mei: Browser):
    incident = shop.outage()
    run = shop.run(incident)
    shop.clock.tick(90)
    text = mei.open(f"/incidents/{incident}").text
    assert "✓ done Look closely 8 s" in text
    assert "✕ failed Option 1: Restart the service five-users: status == 200 does not hold (500) 41 s" in text
    assert "◐ under way Option 2: Restart Postgres and Redis" in text
    assert "Container reco-redis-1 Started" in text
    assert "▲ destroys something" in text
    assert mei.open(f"/runs/{run}/output/dependencies").html.startswith("$ docker compose restart")


def test_a_burst_of_alerts_is_one_line_of_the_story(shop: Burning, mei: Browser):
    incident = shop.outage(12)
    text = mei.open(f"/incidents/{incident}").text
    assert "12 alerts belong to this incident" in text
    assert "and 6 more" in text


def test_a_missed_clock_is_red_and_says_so(shop: Burning, mei: Browser):
    incident = shop.outage()
    shop.pass_time(301)
    shown = mei.open(f"/incidents/{incident}")
    assert "Assess within 5 min ✕ missed" in shown.text
    assert '<div class="clock crit">' in shown.html


def test_where_no_runbook_fits_the_page_says_how_to_write_one(shop: Burning, mei: Browser):
    incident = shop.queue()
    assert "tocsin runbook new transcripts.md" in mei.open(f"/incidents/{incident}").text


def test_an_unknown_incident_is_not_there(mei: Browser):
    assert mei.open("/incidents/INC-2026-9999").status == 404


def test_the_report_is_read_and_taken_along(shop: Burning, mei: Browser):
    incident = shop.outage()
    assert "Recommendations answer 500" in mei.open(f"/incidents/{incident}/report").text
    file = mei.open(f"/incidents/{incident}/report.md").answer
    assert file.headers["content-type"] == "text/markdown; charset=utf-8"
    assert file.headers["content-disposition"] == f"attachment; filename={incident}.md"


def test_the_page_is_light_and_quick_with_thirty_alerts_and_a_live_run(shop: Burning, mei: Browser):
    incident = shop.outage(30)
    shop.ask(shop.run(incident), "rebuild")
    for path in ("/", f"/incidents/{incident}", "/alerts", "/runbooks/reco/service-down.md", "/oncall"):
        shown = mei.open(path)
        assert len(shown.html.encode()) < 60_000, path
    assert len(mei.open("/static/tocsin.css").html) + len(mei.open("/static/live.js").html) < 40_000


def test_jun_reads_it_in_chinese(shop: Burning):
    jun = Browser(shop.asgi, language="zh-TW").sign_in("jun")
    incident = shop.outage()
    shop.run(incident)
    jun.open(f"/incidents/{incident}")
    assert '<html lang="zh-Hant"' in jun.page.html
    assert "▲ P0 嚴重" in jun.page.text
    jun.press("確認")
    assert "由你負責處理，已停止呼叫。" in jun.page.text
    assert "Jun Wu 已確認，距偵測 0 秒" in jun.page.text


def test_why_it_happened_is_told_in_chinese_too(shop: Burning):
    jun = Browser(shop.asgi, language="zh-TW").sign_in("jun")
    incident = shop.outage(1)
    shop.app.incidents.acknowledge(incident, "person:mei")
    shop.clear("HighErrorRate", service="recommendation", endpoint="/v1/0", availability="0.02")
    text = jun.open(f"/incidents/{incident}").text
    assert "服務恢復，進入觀察期：所有告警皆已解除" in text
    assert "停止升級：已有人確認" in text
    shop.fire("HighErrorRate", service="recommendation", endpoint="/v1/0", availability="0.02")
    assert "重新開啟：觀察期間告警 HighErrorRate 再次觸發" in jun.open(f"/incidents/{incident}").text
    shop.app.incidents.resolve(incident, "", "person:mei")
    assert "已解決：手動" in jun.open(f"/incidents/{incident}").text
    shop.app.incidents.reopen(incident, "the cache is cold", "person:mei")
    assert "重新開啟：the cache is cold" in jun.open(f"/incidents/{incident}").text, (
        "what a person wrote stays"
    )


def test_a_runbook_that_was_written_after_the_alert_is_offered_by_what_the_alert_says(
    shop: Burning, mei: Browser
):
    for name, trigger in (("eu", "eu"), ("us", "us")):
        text = f"---\ntriggers: ['alert.labels.region == \"{trigger}\"']\n---\n# Repair {name}\n"
        (shop.folder / "runbooks" / f"{name}.md").write_text(text, encoding="utf-8")
    shop.clock.tick(2)
    shop.fire("QueueStuck", service="transcripts", region="eu", queue_depth="140")
    incident = shop.incident("transcripts")
    with shop.app.store.read() as conn:
        known = shop.app.incidents.get(conn, incident)
        alerts = shop.app.incidents.alerts(conn, incident)
        visit = SimpleNamespace(context=SimpleNamespace(**vars(shop.app)))
        offered = _offered(cast("Any", visit), conn, known, [], alerts)
    assert [offer.title for offer in offered] == ["Repair eu"]


def test_opened_again_after_its_end_nobody_is_said_to_have_it(shop: Burning, mei: Browser):
    incident = shop.outage()
    shop.app.incidents.acknowledge(incident, "person:mei")
    assert "has it" in mei.open(f"/incidents/{incident}").text
    shop.app.incidents.resolve(incident, "", "person:mei")
    shop.app.incidents.reopen(incident, "it is back", "person:mei")
    assert "Nobody has it yet" in mei.open(f"/incidents/{incident}").text
    assert "Mei-Ling Chen has it" not in mei.page.text
    assert "– has it" not in mei.page.text


def test_a_runbook_that_is_offered_says_what_speaks_against_it(shop: Burning, mei: Browser):
    file = shop.folder / "runbooks" / "reco" / "service-down.md"
    file.write_text(file.read_text().replace("2026-10-01", "2025-10-01"))
    shop.clock.tick(2)
    shown = mei.open(f"/incidents/{shop.outage()}").text
    assert (
        "Recommendation service down reco/service-down.md ◆ since 2025-10-31 its review is overdue" in shown
    )


def test_a_runbook_inside_a_file_has_its_own_page_also_from_an_incident(shop: Burning, mei: Browser):
    (shop.folder / "runbooks" / "reco" / "two.md").write_text(
        "# Two\n\n## Scenario 1: one\n\n### Diagnosis\n\n```bash\nuptime\n```\n\n### Resolution\n\nWait.\n\n"
        "## Scenario 2: other\n\n### Diagnosis\n\n```bash\nfree\n```\n\n### Resolution\n\nWait.\n"
    )
    shop.clock.tick(2)
    mei.open(f"/incidents/{shop.outage()}")
    assert mei.click("one").path == "/runbooks/reco/two.md/scenario-1-one"
    assert mei.page.status == 200


def test_what_changed_in_the_day_before_stands_on_the_page(shop: Burning, mei: Browser):
    def told(title: str, hours: float, service: str = "recommendation", **more: Any) -> None:
        at = shop.clock.now() - timedelta(hours=hours)
        state = more.pop("state", "succeeded")
        change = Change(
            dedup_key=title, kind="deploy", title=title, state=state, at=at, service=service, **more
        )
        sender = Sender(key="key_ci", source="github")
        shop.app.store.write(lambda conn: shop.app.changes.record(conn, [change], sender))

    told("Yesterday's", 30)
    told("Deploy 4f2c", 2, version="4f2c", by="jun", environment="production")
    told("<b>Rolled out</b>", 1, state="failed")
    told("Of nobody", 3, service="")
    told("Of a stranger", 4, service="acme-web")
    told("Of the neighbour", 1, service="transcripts")
    incident = shop.outage()
    html = mei.open(f"/incidents/{incident}").html
    section = html.partition('id="changes"')[2].partition("</section>")[0]
    places = [section.index(each) for each in ("Rolled out", "Deploy 4f2c", "Of nobody", "Of a stranger")]
    assert places == sorted(places), "newest first"
    assert "&lt;b&gt;Rolled out" in section
    assert "failed" in section
    assert "jun" in section
    assert "service unknown" in section
    assert "of acme-web, which is no service here" in section
    assert "Yesterday" not in section
    assert "neighbour" not in section


def test_that_nothing_changed_is_said_too(shop: Burning, mei: Browser):
    incident = shop.outage()
    assert (
        "No deploy or other change was told of in the day before." in mei.open(f"/incidents/{incident}").text
    )
