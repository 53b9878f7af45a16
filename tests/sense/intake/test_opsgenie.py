"""Tools that speak to Opsgenie find Tocsin at its address: what they send, and what they hear."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tocsin.ground.kernel.clock import FrozenClock

DATA = Path(__file__).parents[2] / "data" / "opsgenie"
HEADERS = {"Content-Type": "application/json", "Authorization": "GenieKey in_opsgenie"}


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(datetime(2026, 11, 21, 9, 10, tzinfo=UTC))


def ask(intake: Any, path: str, body: Any = None, *, method: str = "POST", query: str = "") -> Any:
    return intake.send(method, path, json.dumps(body or {}).encode(), HEADERS, query)


def outcome(intake: Any, heard: Any) -> Any:
    """What the request came to, as a client asks for it."""
    assert heard.status == 202
    assert heard.json["result"] == "Request will be processed"
    request = heard.json["requestId"]
    told = ask(intake, f"/v2/alerts/requests/{request}", method="GET")
    assert (told.status, told.json["requestId"]) == (200, request)
    return told.json["data"]


def test_alertmanager_opens_and_closes_an_alert(intake: Any):
    created = outcome(
        intake, ask(intake, "/v2/alerts", json.loads((DATA / "alertmanager_create.json").read_text()))
    )
    assert (created["isSuccess"], created["action"], created["status"]) == (True, "Create", "Created alert")
    (alert,) = intake.alerts()
    assert alert.labels == {
        "alertname": "HighErrorRate", "cluster": "lab", "service": "reco", "severity": "critical", "priority": "P1",
        "source": "http://vm:19094/#/alerts?receiver=all",
    }  # fmt: skip
    assert alert.annotations["summary"] == "[FIRING:2] HighErrorRate lab (reco critical)"
    assert alert.annotations["description"].startswith("\nAlerts Firing:")
    assert alert.annotations["responders"] == '[{"name":"reco","type":"team"}]'
    assert alert.url == "http://vm:19094/#/alerts?receiver=all"
    alias = created["alias"]
    assert alias == "b41c19190605442accdb7940cd7e9ab980bb79bf63703aa3a1276e5f86e1db50"
    closing = json.loads((DATA / "alertmanager_close.json").read_text())
    closed = outcome(intake, ask(intake, f"/v2/alerts/{alias}/close", closing, query="identifierType=alias"))
    assert (closed["isSuccess"], closed["action"], closed["status"]) == (True, "Close", "Closed alert")
    (alert,) = intake.alerts()
    assert alert.state == "resolved"


def test_without_an_alias_an_alert_gets_one_by_which_every_identifier_finds_it(intake: Any):
    for kind in ("", "identifierType=id", "identifierType=tiny", "identifierType=alias"):
        alias = outcome(intake, ask(intake, "/v2/alerts", {"message": "disk full"}))["alertId"]
        assert outcome(intake, ask(intake, f"/v2/alerts/{alias}/close", query=kind))["isSuccess"]
    assert [each.state for each in intake.alerts()] == ["resolved"] * 4


def test_the_same_alias_is_the_same_alert(intake: Any):
    ask(intake, "/v2/alerts", {"message": "disk full", "alias": "a"})
    intake.clock.tick(60)
    ask(intake, "/v2/alerts", {"message": "disk still full", "alias": "a"})
    (alert,) = intake.alerts()
    assert (alert.annotations["summary"], alert.count) == ("disk still full", 2)


@pytest.mark.parametrize(
    ("priority", "severity"),
    [("P1", "critical"), ("P3", "medium"), ("P5", "informational"), (None, None), ("P9", None)],
)
def test_a_priority_says_how_bad_it_is_unless_a_severity_does(
    intake: Any, priority: str | None, severity: str | None
):
    ask(intake, "/v2/alerts", {"message": "m", "alias": "a", "priority": priority})
    ask(
        intake,
        "/v2/alerts",
        {"message": "m", "alias": "b", "priority": priority, "details": {"severity": "page"}},
    )
    by_key = {each.labels.get("severity") for each in intake.alerts()}
    assert by_key == {severity, "page"}
    flagged = [each for each in intake.alerts() if each.flags]
    assert len(flagged) == (2 if priority == "P9" else 0)


def test_details_that_are_too_long_for_a_label_are_kept_beside(intake: Any):
    body = {
        "message": "m",
        "details": {"log": "x" * 2_000, "count": 7},
        "tags": ["a", "b"],
        "entity": "host1",
    }
    ask(intake, "/v2/alerts", body)
    (alert,) = intake.alerts()
    assert (alert.labels["count"], alert.labels["entity"]) == ("7", "host1")
    assert alert.annotations["log"] == "x" * 2_000
    assert alert.annotations["tags"] == '["a","b"]'


def test_an_acknowledgement_is_news_of_the_alert_that_fires(intake: Any):
    ask(intake, "/v2/alerts", {"message": "m", "alias": "a"})
    told = outcome(
        intake, ask(intake, "/v2/alerts/a/acknowledge", {"user": "mei"}, query="identifierType=alias")
    )
    assert (told["action"], told["isSuccess"]) == ("Acknowledge", True)
    with intake.store.read() as conn:
        kinds = conn.exec_driver_sql("select kind from alert_event order by seq").scalars().all()
    assert kinds == ["fired", "acknowledged"]


def test_message_and_description_may_be_changed(intake: Any):
    ask(intake, "/v2/alerts", {"message": "m", "alias": "a", "details": {"service": "shop"}})
    for field in ("message", "description"):
        heard = ask(
            intake,
            f"/v2/alerts/a/{field}",
            {field: f"new {field}"},
            method="PUT",
            query="identifierType=alias",
        )
        assert outcome(intake, heard)["isSuccess"]
    (alert,) = intake.alerts()
    assert (alert.annotations["summary"], alert.annotations["description"]) == (
        "new message",
        "new description",
    )
    assert (alert.labels["service"], alert.state, alert.episode) == ("shop", "firing", 1)
    assert ask(intake, "/v2/alerts/a/message", {}, method="PUT").status == 422


def test_what_was_never_opened_is_closed_without_success(intake: Any):
    told = outcome(intake, ask(intake, "/v2/alerts/nobody/close"))
    assert (told["isSuccess"], told["status"]) == (False, "Alert does not exist")
    changed = ask(intake, "/v2/alerts/nobody/message", {"message": "m"}, method="PUT")
    assert outcome(intake, changed)["isSuccess"] is False
    assert [each.episode for each in intake.alerts()] == [0]


@pytest.mark.parametrize(
    "request_id", ["43a29c5c-3dbf-4fa4-9c26-f4f71023e120", "WyJDcmVhdGUiXQ", "%%%", "é", "W10"]
)
def test_a_request_that_nobody_made_is_unknown(intake: Any, request_id: str):
    heard = ask(intake, f"/v2/alerts/requests/{request_id}", method="GET")
    assert heard.status == 404
    assert set(heard.json) == {"message", "took", "requestId"}


@pytest.mark.parametrize(
    ("path", "body", "query", "named"),
    [
        ("/v2/alerts", {}, "", "message"),
        ("/v2/alerts", {"message": " "}, "", "message"),
        ("/v2/alerts", {"message": ["m"]}, "", "message"),
        ("/v2/alerts", ["m"], "", "body"),
        ("/v2/alerts", {"message": "m", "alias": "a" * 513}, "", "alias"),
        ("/v2/alerts", {"message": "m", "details": {"": "x"}}, "", "details"),
        ("/v2/alerts/a/close", {}, "identifierType=name", "identifierType"),
        ("/v2/alerts/ /close", {}, "", "identifier"),
    ],
)
def test_what_is_wrong_with_a_request_is_told_in_opsgenies_form(
    intake: Any, path: str, body: Any, query: str, named: str
):
    heard = intake.send("POST", path, json.dumps(body).encode(), HEADERS, query)
    assert heard.status == 422
    assert heard.json["message"].startswith(named)
    assert heard.json["requestId"]
    assert intake.alerts() == []


@pytest.mark.parametrize(
    "header", ["GenieKey nobody", "GenieKey", "geniekey ", "GenieKey é", "", "Basic Og=="]
)
def test_without_its_key_nothing_is_taken(intake: Any, header: str):
    headers = {"Content-Type": "application/json", "Authorization": header}
    heard = intake.send("POST", "/v2/alerts", b'{"message": "m"}', headers)
    assert heard.status == 401
    assert "message" in heard.json


def test_a_body_that_is_no_json_is_malformed(intake: Any):
    assert intake.send("POST", "/v2/alerts", b"{", HEADERS).status == 400
    assert intake.send("PUT", "/v2/alerts/a/message", b"{", HEADERS).status == 400
