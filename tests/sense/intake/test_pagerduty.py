"""Tools that speak to PagerDuty find Tocsin at its address: what they send, and what they hear."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tocsin.ground.kernel.clock import FrozenClock
from tocsin.sense.alerts import claim
from tocsin.sense.intake import every_source

DATA = Path(__file__).parents[2] / "data" / "pagerduty"
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(datetime(2026, 11, 21, 9, 10, tzinfo=UTC))


def event(action: str = "trigger", dedup_key: str | None = "host1/disk", **payload: Any) -> dict[str, Any]:
    told = {"summary": "disk full", "source": "host1", "severity": "critical", **payload}
    whole: dict[str, Any] = {"routing_key": "in_pagerduty", "event_action": action}
    if dedup_key is not None:
        whole["dedup_key"] = dedup_key
    return whole | ({"payload": told} if action == "trigger" else {})


def enqueue(intake: Any, body: Any, path: str = "/v2/enqueue") -> Any:
    return intake.send("POST", path, body if isinstance(body, bytes) else json.dumps(body).encode(), JSON)


def news(intake: Any) -> list[str]:
    with intake.store.read() as conn:
        return [each.kind for each in claim(conn, "test")]


def test_an_event_becomes_an_alert_known_by_its_key(intake: Any):
    heard = enqueue(
        intake,
        event(
            timestamp="2026-11-21T09:08:58.315+0000", component="sda1", group="web", **{"class": "DiskFull"}
        )
        | {
            "client": "Monitor",
            "client_url": "https://m.example.com/1",
            "links": [{"href": "https://w/", "text": "runbook"}],
        },
    )
    assert heard.status == 202
    assert heard.json == {"status": "success", "message": "Event processed", "dedup_key": "host1/disk"}
    (alert,) = intake.alerts()
    assert alert.labels == {
        "alertname": "DiskFull", "source": "host1", "component": "sda1", "group": "web", "class": "DiskFull",
        "severity": "critical",
    }  # fmt: skip
    assert alert.annotations == {
        "summary": "disk full", "client": "Monitor", "client_url": "https://m.example.com/1",
        "links": '[{"href":"https://w/","text":"runbook"}]',
    }  # fmt: skip
    assert (alert.url, alert.flags) == ("https://m.example.com/1", ())
    assert alert.starts_at == datetime(2026, 11, 21, 9, 8, 58, 315_000, tzinfo=UTC)


def test_the_client_triggers_acknowledges_and_resolves(intake: Any):
    states: list[str] = []
    for line in (DATA / "client_requests.jsonl").read_text().splitlines():
        request = json.loads(line)
        body = json.dumps(request["body"] | {"routing_key": "in_pagerduty"}).encode()
        heard = intake.send(request["method"], request["path"], body, JSON)
        assert heard.json == {"status": "success", "message": "Event processed", "dedup_key": "k1"}
        states += [each.state for each in intake.alerts()]
    assert states == ["firing", "firing", "resolved"]
    (alert,) = intake.alerts()
    assert alert.annotations["a"] == "1"
    assert (alert.annotations["links"], alert.url) == (
        '[{"href":"http://127.0.0.1/rb","text":"runbook"}]', "http://127.0.0.1/rb",
    )  # fmt: skip


def test_alertmanager_pages_through_its_pagerduty_receiver(intake: Any):
    for name, state in (("trigger", "firing"), ("resolve", "resolved")):
        heard = enqueue(
            intake, (DATA / f"alertmanager_{name}.json").read_bytes(), "/in/in_pagerduty/v2/enqueue"
        )
        assert heard.status == 202
        (alert,) = intake.alerts()
        assert alert.state == state
        assert alert.labels["component"] == "api"
        assert alert.annotations["num_firing"] == "2"
        assert alert.annotations["summary"] == "[FIRING:2] HighErrorRate lab (reco critical)"


def test_without_a_key_each_trigger_is_an_alert_of_its_own(intake: Any):
    keys = {enqueue(intake, event(dedup_key=None)).json["dedup_key"] for _ in range(2)}
    assert len(keys) == len(intake.alerts()) == 2
    assert enqueue(intake, event("resolve", keys.pop())).status == 202
    assert sorted(each.state for each in intake.alerts()) == ["firing", "resolved"]


def test_a_resolved_key_fires_again_as_a_new_episode(intake: Any):
    for action in ("trigger", "resolve", "trigger"):
        assert enqueue(intake, event(action)).status == 202
        intake.clock.tick(60)
    (alert,) = intake.alerts()
    assert (alert.state, alert.episode) == ("firing", 2)


def test_an_acknowledgement_is_news_once_an_episode(intake: Any):
    for action in ("acknowledge", "trigger", "acknowledge", "acknowledge"):
        assert enqueue(intake, event(action)).json["dedup_key"] == "host1/disk"
    assert news(intake) == [
        "fired"
    ]  # who acknowledged before it fired was not heard; the rest comes in order

    def finish(conn: Any) -> list[str]:
        conn.exec_driver_sql("update alert_event set state = 'done' where kind = 'fired'")
        return [each.kind for each in claim(conn, "test")]

    assert intake.store.write(finish) == ["acknowledged"]


def test_another_key_neither_acknowledges_nor_resolves(intake: Any):
    enqueue(intake, event())
    intake.keys["in_other"] = replace(intake.keys["in_pagerduty"], id="key_other")
    for action in ("acknowledge", "resolve"):
        assert enqueue(intake, event(action) | {"routing_key": "in_other"}).status == 202
    firing = [each for each in intake.alerts() if each.state == "firing"]
    assert [each.key for each in firing] == ["key_pagerduty"]
    with intake.store.read() as conn:
        kinds = conn.exec_driver_sql("select kind from alert_event where kind = 'acknowledged'").all()
    assert kinds == []


def test_a_severity_nobody_knows_is_taken_and_told(intake: Any):
    enqueue(intake, event(severity="Burning"))
    (alert,) = intake.alerts()
    assert alert.labels["severity"] == "burning"
    assert alert.flags == ("its severity is none of critical, error, warning, info",)


def test_details_are_annotations_and_may_name_the_service(intake: Any):
    enqueue(
        intake,
        event(custom_details={"service": "shop", "error_rate": 0.4, "hosts": ["a", "b"], "none": None}),
    )
    (alert,) = intake.alerts()
    assert alert.service == "shop"
    assert alert.annotations["error_rate"] == "0.4"
    assert alert.annotations["hosts"] == '["a","b"]'
    enqueue(intake, event(dedup_key="2", custom_details="no map"))
    assert {each.annotations.get("custom_details") for each in intake.alerts()} == {None, "no map"}


def test_long_texts_are_cut_rather_than_refused(intake: Any):
    enqueue(intake, event(summary="s" * 5_000, source="h" * 5_000))
    (alert,) = intake.alerts()
    assert len(alert.labels["source"].encode()) <= 1_024
    assert alert.annotations["summary"] == "s" * 5_000
    assert alert.flags == ("a text was cut",)


def test_a_change_is_kept_once_and_pages_nobody(intake: Any):
    change = {
        "routing_key": "in_pagerduty",
        "payload": {
            "summary": "Build Success", "source": "ci", "timestamp": "2026-11-21T09:00:00Z",
            "custom_details": {"service": "shop"},
        },
        "links": [{"href": "https://ci.example.com/2", "text": "build"}],
    }  # fmt: skip
    for _ in range(2):
        heard = enqueue(intake, change, "/v2/change/enqueue")
        assert (heard.status, heard.json["message"]) == (202, "Change event processed")
    (kept,) = intake.changes()
    assert (kept.title, kept.by, kept.service, kept.url) == (
        "Build Success", "ci", "shop", "https://ci.example.com/2",
    )  # fmt: skip
    assert intake.alerts() == []
    del change["payload"]["timestamp"]
    for _ in range(2):
        enqueue(intake, change, "/v2/change/enqueue")
    assert len(intake.changes()) == 3


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"event_action": "explode"}, "event_action"),
        ({"event_action": None}, "event_action"),
        ({"event_action": ["trigger"]}, "event_action"),
        ({"payload": None}, "payload"),
        ({"payload": "disk full"}, "payload"),
        ({"payload": {"source": "a", "severity": "info"}}, "payload.summary"),
        ({"payload": {"summary": " ", "source": "a", "severity": "info"}}, "payload.summary"),
        ({"payload": {"summary": "a", "severity": "info"}}, "payload.source"),
        ({"payload": {"summary": "a", "source": "b"}}, "payload.severity"),
        ({"payload": {"summary": ["a"], "source": "b", "severity": "info"}}, "payload.summary"),
        ({"payload": {"summary": "a", "source": "b", "severity": "info", "timestamp": "now"}}, "payload.timestamp"),
        ({"dedup_key": "k" * 256}, "dedup_key"),
        ({"dedup_key": ["k"]}, "dedup_key"),
        ({"event_action": "resolve", "dedup_key": None}, "dedup_key"),
        ({"event_action": "acknowledge", "dedup_key": ""}, "dedup_key"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_event_is_told_in_pagerdutys_words(intake: Any, wrong: Any, named: str):
    heard = enqueue(intake, event() | wrong)
    assert heard.status == 400
    assert heard.json["status"] == "invalid event"
    assert heard.json["message"] == "Event object is invalid"
    assert heard.json["errors"][0].startswith(f"{named}: ")
    assert intake.alerts() == []


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 401), (b"{", 400), (b"[]", 401), (b'{"routing_key": 7}', 401), (b'{"routing_key": "no"}', 401)],
)
def test_at_the_root_the_routing_key_opens_the_door(intake: Any, body: bytes, status: int):
    heard = enqueue(intake, body)
    assert heard.status == status
    assert heard.json["errors"]


def test_a_form_is_no_event(intake: Any):
    heard = intake.send("POST", "/v2/enqueue", b"a=1", {"Content-Type": "application/x-www-form-urlencoded"})
    assert heard.status == 415
    assert "Content-Type" in heard.json["errors"][0]


def test_a_key_has_the_32_characters_that_forms_ask_for():
    secret = every_source()["pagerduty"].new_secret()
    assert len(secret) == 32
    assert secret.isalnum()
    assert secret != every_source()["pagerduty"].new_secret()
