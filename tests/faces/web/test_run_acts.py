"""A run asks, people answer: on the page, without any script."""

from __future__ import annotations

import pytest
from burning import PASSWORD, Burning
from walking import Browser


@pytest.fixture
def incident(shop: Burning) -> str:
    return shop.outage()


def test_what_destroys_is_approved_with_a_reason_and_the_password_once_more(
    shop: Burning, mei: Browser, incident: str
):
    run = shop.run(incident)
    shop.ask(run, "rebuild")
    mei.open(f"/incidents/{incident}")
    assert "Approve: Option 3: Full rebuild" in mei.page.text
    assert "docker compose down --volumes docker compose up -d" in mei.page.text
    wrong = mei.press("Approve", reason="the volumes are empty", password="wrong words in a row")
    assert wrong.status == 403
    assert shop.run_of(run).state == "waiting"
    mei.open(f"/incidents/{incident}")
    mei.press("Approve", reason="the volumes are empty", password=PASSWORD)
    assert "Approved. The step is under way." in mei.page.text
    assert shop.run_of(run).state == "wanted"


def test_nobody_approves_their_own_request(shop: Burning, mei: Browser, incident: str):
    run = shop.run(incident)
    shop.ask(run, "rebuild", by="person:mei")
    mei.open(f"/incidents/{incident}")
    shown = mei.press("Approve", reason="I am sure", password=PASSWORD)
    assert shown.status == 403
    assert "nobody approves their own request" in shown.text
    assert shop.run_of(run).state == "waiting"


def test_an_operator_sees_no_button_for_what_only_an_approver_decides(shop: Burning, incident: str):
    shop.ask(shop.run(incident), "rebuild", by="person:mei")
    jun = Browser(shop.asgi).sign_in("jun")
    jun.open(f"/incidents/{incident}")
    assert "Approve: Option 3: Full rebuild" not in [label for label, _ in jun.page.links]


def test_a_vote_may_be_no(shop: Burning, mei: Browser, incident: str):
    run = shop.run(incident)
    shop.ask(run, "rebuild")
    mei.open(f"/incidents/{incident}")
    mei.press("Deny", reason="the data is on it")
    assert "Denied" in mei.page.text
    assert shop.run_of(run).state == "wanted"


def test_a_guided_run_goes_on_by_one_press(shop: Burning, mei: Browser, incident: str):
    run = shop.run(incident, mode="guided")
    shop.ask(run, "dependencies", kind="guided", role="operator", text_hash="x")
    mei.open(f"/incidents/{incident}")
    mei.press("Acknowledge")
    mei.press("Run: Option 2: Restart Postgres and Redis, then the service")
    assert shop.run_of(run).state == "wanted"


def test_a_step_of_unknown_end_is_answered_for(shop: Burning, mei: Browser, incident: str):
    run = shop.run(incident)
    shop.ask(run, "dependencies", kind="unknown")
    mei.open(f"/incidents/{incident}")
    assert "nobody knows how far it came" in mei.page.text
    mei.press("It is done", reason="looked at the containers")
    assert shop.run_of(run).state == "wanted"


def test_a_step_is_skipped_with_a_reason(shop: Burning, mei: Browser, incident: str):
    run = shop.run(incident)
    shop.ask(run, "rebuild", kind="guided", role="operator", text_hash="x")
    mei.open(f"/incidents/{incident}")
    mei.press("Skip", reason="no time for that")
    assert "The step is skipped." in mei.page.text


def test_missing_values_are_given(shop: Burning, mei: Browser, incident: str):
    run = shop.run(incident)
    shop.ask(run, "rebuild", kind="input", names=["RENDER_IP"])
    mei.open(f"/incidents/{incident}")
    mei.press("Go on", **{"value-RENDER_IP": "203.0.113.7"})
    assert shop.run_of(run).inputs["RENDER_IP"] == "203.0.113.7"


def test_a_run_is_paused_resumed_and_cancelled(shop: Burning, mei: Browser, incident: str):
    run = shop.run(incident)
    shop.ask(run, "dependencies", kind="unknown")
    mei.open(f"/incidents/{incident}")
    mei.press("Pause")
    assert "◔ paused" in mei.page.text
    mei.press("Go on")
    assert shop.run_of(run).state == "wanted"
    mei.open(f"/incidents/{incident}")
    mei.press("Cancel the run", reason="done by hand")
    assert "The run is cancelled." in mei.page.text
    mei.open(f"/runs/{run}")
    assert "broken off" in mei.page.text
    assert "under way" not in mei.page.text, "nothing goes on in a run that is over"


def test_a_runbook_is_started_from_the_incident_and_from_its_own_page(
    shop: Burning, mei: Browser, incident: str
):
    shop.app.incidents.acknowledge(incident, "person:mei")
    mei.open(f"/incidents/{incident}")
    assert "Start the runbook" in [label for label, _ in mei.page.links]
    mei.press("Start", mode="automatic", path="reco/service-down.md")
    assert "The run has started." in mei.page.text
    mei.open("/runbooks/reco/service-down.md")
    mei.press("Start", incident=incident, mode="plan")
    assert mei.page.text.count("Recommendation service down") >= 2


def test_a_run_without_an_incident_is_refused(shop: Burning, mei: Browser):
    key = mei.page.forms[0].fields["form_key"]
    assert mei.send("POST", "/runs", {"form_key": key, "path": "reco/service-down.md"}).status == 422
