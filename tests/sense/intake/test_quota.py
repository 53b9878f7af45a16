"""A key that sends too much is told to come again; everybody else is served, and one alert says what is going on."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tocsin.ground.accounts import Key
from tocsin.sense.intake import Quota
from tocsin.sense.intake.section import IntakeSection

JSON = {"Content-Type": "application/json"}


@pytest.fixture
def share(intake: Any) -> Callable[..., None]:
    """Sets how much a key may send."""

    def set_to(alerts_per_minute: int, burst: int) -> None:
        settings = {"alerts_per_minute": alerts_per_minute, "burst": burst}
        intake.settings.swap(IntakeSection.model_validate({"intake": settings}))

    return set_to


def alert(number: int) -> bytes:
    return json.dumps({"name": "A", "dedup_key": str(number)}).encode()


def test_a_key_sends_its_burst_and_then_as_much_as_is_its_share(intake: Any, share: Any):
    share(60, 10)
    statuses = [intake.post("webhook", alert(number)).status for number in range(12)]
    assert statuses == [202] * 10 + [429] * 2
    intake.clock.tick(3)
    assert [intake.post("webhook", alert(20 + number)).status for number in range(4)] == [202] * 3 + [429]
    assert len(intake.alerts()) == 13


def test_what_was_answered_with_success_is_stored_and_nothing_else(intake: Any, share: Any):
    share(60, 25)
    taken = [number for number in range(60) if intake.post("webhook", alert(number)).status == 202]
    assert len(taken) == 25
    stored = {each.id for each in intake.alerts()}
    assert len(stored) == 25
    intake.clock.tick(60)
    assert [intake.post("webhook", alert(number)).json["alerts"][0]["result"] for number in taken[:5]] == [
        "duplicate"
    ] * 5


def test_a_repeat_costs_a_tenth(intake: Any, share: Any):
    share(60, 10)
    assert intake.post("webhook", alert(1)).status == 202
    statuses = [intake.post("webhook", alert(1)).status for _ in range(90)]
    assert statuses.count(202) >= 80
    assert 429 in statuses


def test_a_batch_may_overdraw_and_is_paid_back(intake: Any, share: Any):
    share(60, 10)
    batch = json.dumps([{"labels": {"alertname": f"A{number}"}} for number in range(15)]).encode()
    assert intake.post("alertmanager", batch).status == 200
    assert len(intake.alerts()) == 15
    assert intake.post("alertmanager", b"[]").status == 503
    intake.clock.tick(7)
    assert intake.post("alertmanager", b"[]").status == 200


def test_a_huge_batch_does_not_shut_a_key_out_for_hours(intake: Any, share: Any):
    share(60, 10)
    batch = json.dumps([{"labels": {"alertname": f"A{number}"}} for number in range(1_000)]).encode()
    assert intake.post("alertmanager", batch).status == 200
    intake.clock.tick(12)
    assert intake.post("alertmanager", b"[]").status == 200


def test_bad_messages_and_questions_count_as_well(intake: Any, share: Any):
    share(60, 5)
    assert [intake.post("webhook", b"[").status for _ in range(6)] == [400] * 5 + [429]
    asked = [intake.send("GET", "/in/in_alertmanager/api/v2/status").status for _ in range(6)]
    assert asked == [200] * 5 + [503]


def test_every_sender_hears_it_in_words_that_make_it_come_again(intake: Any, share: Any):
    share(60, 1)
    event = {"routing_key": "in_pagerduty", "event_action": "acknowledge", "dedup_key": "d"}
    for _ in range(2):
        heard = {
            "webhook": intake.post("webhook", alert(1)),
            "alertmanager": intake.post("alertmanager", b"[]"),
            "alertmanager_webhook": intake.post("alertmanager_webhook", b'{"version": "4", "alerts": []}'),
            "pagerduty": intake.send("POST", "/v2/enqueue", json.dumps(event).encode(), JSON),
        }
    assert {kind: each.status for kind, each in heard.items()} == {
        "webhook": 429,
        "alertmanager": 503,
        "alertmanager_webhook": 503,
        "pagerduty": 429,
    }
    assert all(int(each.headers["retry-after"]) >= 1 for each in heard.values())
    (kept, _) = intake.mailbook.latest("key_webhook")
    assert kept.outcome == "limited"
    assert intake.mailbook.health(["key_webhook"])["key_webhook"].state == "limited"


def test_nobody_else_notices(intake: Any, share: Any):
    share(60, 3)
    for number in range(10):
        intake.post("webhook", alert(number))
    assert intake.post("alertmanager", b"[]").status == 200
    assert intake.send("POST", "/in/in_shop", alert(1), JSON).status == 202


def test_a_key_may_have_a_share_of_its_own(intake: Any, share: Any):
    share(60, 3)
    intake.keys["in_big"] = Key(
        id="key_big",
        kind="webhook",
        name="big",
        service=None,
        created_at=intake.clock.now(),
        settings={"alerts_per_minute": 600},
    )
    statuses = [intake.send("POST", "/in/in_big", alert(number), JSON).status for number in range(31)]
    assert statuses == [202] * 30 + [429]


def test_one_alert_says_so_until_it_is_calm(intake: Any, share: Any):
    def told() -> list[str]:
        return [each.state for each in intake.alerts() if each.name == "IntakeLimited"]

    share(60, 1)
    intake.quota.tick()
    for _ in range(3):
        for number in range(3):
            intake.send("POST", "/in/in_shop", alert(number), JSON)
        intake.quota.tick()
        intake.clock.tick(1)
    assert told() == ["firing"]
    (found,) = [each for each in intake.alerts() if each.name == "IntakeLimited"]
    assert (found.service, found.labels["key"], found.source) == ("shop", "shop", "intake")
    assert "more than 60 a minute" in found.annotations["summary"]
    assert found.annotations["description"]
    for _ in range(60):
        intake.clock.tick(1)
        intake.quota.tick()
    assert told() == ["resolved"]
    for number in range(3):
        intake.send("POST", "/in/in_shop", alert(number), JSON)
    intake.clock.tick(1)
    intake.quota.tick()
    assert told() == ["firing"]


def test_the_alert_of_a_process_that_died_ends_as_well(intake: Any, share: Any):
    share(60, 1)
    for number in range(3):
        intake.post("webhook", alert(number))
    intake.quota.tick()
    again = Quota(intake.store, intake.clock, intake.settings, intake.ledger, lambda: "en")
    again.start()
    again.tick()
    assert "firing" in [each.state for each in intake.alerts() if each.name == "IntakeLimited"]
    intake.clock.tick(61)
    again.tick()
    assert [each.state for each in intake.alerts() if each.name == "IntakeLimited"] == ["resolved"]


def test_while_the_ledger_is_away_it_is_told_later(intake: Any, share: Any):
    share(60, 1)
    for number in range(3):
        intake.post("webhook", alert(number))
    intake.ledger.stop()
    intake.quota.tick()
    assert [each.name for each in intake.alerts()] == ["A"]
