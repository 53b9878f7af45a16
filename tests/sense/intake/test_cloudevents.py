"""Programs of the shop speak CloudEvents.

Structured, binary and batched, as in the HTTP binding (https://github.com/cloudevents/spec, http-protocol-binding.md,
sections 3.1 to 3.3).
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

ONE, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
DISK = {
    "specversion": "1.0",
    "type": "com.example.disk.full",
    "time": "2026-01-01T03:56:24Z",
    "id": "1234-1234-1234",
    "source": "/mycontext/subcontext",
    "subject": "sda1",
    "datacontenttype": "application/json",
    "data": {
        "severity": "critical",
        "service": "shop",
        "summary": "97 % used",
        "value": 0.97,
        "url": "https://wiki.example.com/disk",
        "labels": {"host": "db-1"},
        "annotations": {"runbook": "disk.md"},
        "error_rate": 0.4,
        "nested": {"is": "left out"},
    },
}


@pytest.fixture(params=["structured", "binary", "batch"])
def send(intake: Any, request: pytest.FixtureRequest):
    """Sends one event in each of the three modes."""

    def post(event: dict[str, Any]) -> Any:
        if request.param == "structured":
            return intake.post("cloudevents", json.dumps(event).encode(), headers={"Content-Type": ONE})
        if request.param == "batch":
            return intake.post("cloudevents", json.dumps([event]).encode(), headers={"Content-Type": BATCH})
        headers = {
            f"ce-{name}": str(each)
            for name, each in event.items()
            if name not in ("data", "datacontenttype") and each is not None
        }
        body = json.dumps(event["data"]).encode() if "data" in event else b""
        return intake.post(
            "cloudevents", body, headers={"Content-Type": "application/json; charset=utf-8", **headers}
        )

    return post


@pytest.fixture
def settings(intake: Any):
    def put(**values: Any) -> None:
        intake.keys["in_cloudevents"] = replace(intake.keys["in_cloudevents"], settings=values)

    return put


def event(kind: str, identity: str = "1", minute: int = 0, **more: Any) -> dict[str, Any]:
    told = {
        "specversion": "1.0",
        "type": kind,
        "id": identity,
        "source": "/shop",
        "time": f"2026-01-01T06:{minute:02}:00Z",
    }
    return {name: each for name, each in (told | more).items() if each is not None}


def test_an_event_becomes_an_alert_with_what_its_data_says(intake: Any, send: Any):
    assert send(DISK).json["alerts"][0]["result"] == "fired"
    assert send(DISK).json["alerts"][0]["result"] == "duplicate"
    (alert,) = intake.alerts()
    assert alert.labels == {
        "alertname": "com.example.disk.full",
        "source": "/mycontext/subcontext",
        "subject": "sda1",
        "severity": "critical",
        "service": "shop",
        "host": "db-1",
    }
    assert alert.annotations == {"summary": "97 % used", "error_rate": "0.4", "runbook": "disk.md"}
    assert (alert.value, alert.url) == (0.97, "https://wiki.example.com/disk")
    assert alert.starts_at == datetime(2026, 1, 1, 3, 56, 24, tzinfo=UTC)


@pytest.mark.parametrize("begun", ["queue.fired", "queue.triggered", "queue.failed", "queue"])
@pytest.mark.parametrize("over", ["queue.resolved", "queue.recovered", "queue.OK"])
def test_the_last_word_of_the_type_says_that_it_is_over(intake: Any, send: Any, begun: str, over: str):
    send(event(f"com.example.{begun}"))
    assert intake.alerts()[0].state == "firing"
    send(event(f"com.example.{over}", "2", 5))
    (alert,) = intake.alerts()
    assert alert.state == "resolved"
    send(event(f"com.example.{begun}"))
    assert intake.alerts()[0].state == "resolved", "the first event, delivered once more"


def test_a_setting_says_which_type_ends_which(intake: Any, send: Any, settings: Any):
    settings(ends={"com.example.calm": "com.example.storm"})
    send(event("com.example.storm", subject="sea"))
    send(event("com.example.calm", "2", 1, subject="lake"))
    assert {each.labels["subject"]: each.state for each in intake.alerts()} == {
        "sea": "firing",
        "lake": "resolved",
    }
    send(event("com.example.calm", "3", 2, subject="sea"))
    assert {each.state for each in intake.alerts()} == {"resolved"}


def test_the_data_may_say_that_it_is_over_and_which_alert_it_is(intake: Any, send: Any):
    send(event("com.example.a", data={"dedup_key": "k"}))
    send(event("com.example.b", "2", 1, data={"dedup_key": "k", "status": "Resolved"}))
    (alert,) = intake.alerts()
    assert alert.state == "resolved"


def test_severity_and_service_may_be_extension_attributes(intake: Any, send: Any):
    send(event("com.example.a", severity="warning", service="shop"))
    (alert,) = intake.alerts()
    assert (alert.labels["severity"], alert.service) == ("warning", "shop")


@pytest.mark.parametrize("data", [None, "plain text", 7, True])
def test_data_may_be_anything_that_json_has(intake: Any, send: Any, data: Any):
    assert send(event("com.example.a") | {"data": data}).status == 202
    assert len(intake.alerts()) == 1


def test_types_that_are_named_are_changes_once_for_each_source_and_id(intake: Any, send: Any, settings: Any):
    settings(changes=["com.example.deploy.*", "com.example.flag"])
    data = {
        "title": "Deploy 7",
        "version": "1.2.3",
        "environment": "production",
        "by": "mei",
        "service": "shop",
    }
    for _ in range(2):
        assert send(event("com.example.deploy.failed", data=data)).json["changes"] == 1
    (change,) = intake.changes()
    assert (change.title, change.state, change.kind) == ("Deploy 7", "failed", "deploy")
    assert (change.version, change.by, change.service) == ("1.2.3", "mei", "shop")
    send(event("com.example.flag", "2", 1, subject="dark mode", data={"kind": "flag"}))
    assert intake.changes()[0].title == "com.example.flag dark mode"
    assert intake.alerts() == []


def test_a_deploy_that_names_its_key_is_one_change_from_start_to_end(intake: Any, send: Any, settings: Any):
    settings(changes=["deploy.*"])
    for identity, state in (("1", "started"), ("2", "succeeded")):
        send(event(f"deploy.{state}", identity, int(identity), data={"dedup_key": "d7", "title": "Deploy"}))
    (change,) = intake.changes()
    assert (change.state, change.started_at < change.at) == ("succeeded", True)


def test_events_without_a_time_are_taken_in_order_of_arrival(intake: Any, send: Any):
    send(event("com.example.a.fired", time=None))
    send(event("com.example.a.resolved", "2", time=None))
    assert intake.alerts()[0].state == "resolved"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"id": ""}, "id"),
        ({"id": None}, "id"),
        ({"source": None}, "source"),
        ({"type": None}, "type"),
        ({"specversion": None}, "specversion"),
        ({"specversion": "0.3"}, "specversion"),
        ({"time": "soon"}, "time"),
        ({"data": {"value": "much"}}, "data.value"),
        ({"data": {"labels": ["a"]}}, "data.labels"),
        ({"data": {"dedup_key": " "}}, "data.dedup_key"),
    ],
)
def test_what_is_wrong_is_named(intake: Any, send: Any, wrong: dict[str, Any], field: str):
    heard = send(event("com.example.a") | wrong)
    assert heard.status == 422
    assert heard.json["error"]["field"].removeprefix("[0].") == field
    assert intake.alerts() == []


def test_a_batch_is_taken_whole_or_not_at_all(intake: Any):
    def post(body: Any) -> Any:
        return intake.post("cloudevents", json.dumps(body).encode(), headers={"Content-Type": BATCH})

    heard = post([event("a"), event("b", id="")])
    assert (heard.status, heard.json["error"]["field"]) == (422, "[1].id")
    assert intake.alerts() == []
    assert len(post([event("a"), event("b")]).json["alerts"]) == 2
    assert post([]).json == {"status": "accepted", "alerts": [], "changes": 0}
    assert post({}).status == 400


def test_headers_in_binary_mode_are_percent_encoded(intake: Any):
    headers = {
        "ce-specversion": "1.0",
        "ce-id": "1",
        "ce-type": "com.example.a",
        "ce-source": "/caf%C3%A9",
        "ce-subject": "%FF%E4%BD%A0",
    }
    assert intake.post("cloudevents", b"{}", headers=headers).status == 202
    (alert,) = intake.alerts()
    assert (alert.labels["source"], alert.labels["subject"]) == ("/café", "\N{REPLACEMENT CHARACTER}你")


def test_what_is_no_cloudevent_is_told_how_to_be_one(intake: Any):
    heard = intake.post("cloudevents", b'{"name": "DiskFull"}')
    assert (heard.status, heard.json["error"]["field"]) == (422, "ce-type")
    assert ONE in heard.json["error"]["fix"]
    heard = intake.post(
        "cloudevents",
        json.dumps(event("a") | {"data_base64": "AA=="}).encode(),
        headers={"Content-Type": ONE},
    )
    assert heard.json["error"]["field"] == "data_base64"
