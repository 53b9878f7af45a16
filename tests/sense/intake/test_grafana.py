"""Grafana's messages, written after its documentation: read, signed, forged and replayed."""

from __future__ import annotations

import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tocsin.ground.kernel.clock import FrozenClock

FIRING = (Path(__file__).parents[2] / "data" / "grafana" / "firing.json").read_bytes()
NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
STAMP = "X-Grafana-Alerting-Timestamp"


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(NOW)


@pytest.fixture
def signed(intake: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The key asks for a signature with the time in it."""
    monkeypatch.setenv("GRAFANA_SECRET", "correct horse")
    settings = {"secret": "env:GRAFANA_SECRET", "timestamp_header": STAMP}
    intake.keys["in_grafana"] = replace(intake.keys["in_grafana"], settings=settings)
    return intake


def sign(body: bytes, at: str = "", secret: str = "correct horse") -> str:
    text = f"{at}:".encode() + body if at else body
    return hmac.new(secret.encode(), text, sha256).hexdigest()


def test_each_alert_of_a_group_is_an_alert_with_its_links_and_values(intake: Any):
    assert intake.post("grafana", FIRING).status == 200
    alerts = {each.name: each for each in intake.alerts()}
    assert set(alerts) == {"MemoryShort", "CpuBusy"}
    alert = alerts["MemoryShort"]
    assert alert.labels == {"alertname": "MemoryShort", "team": "shop", "zone": "eu-1"}
    assert alert.annotations == {
        "summary": "zone eu-1 has little memory left",
        "runbook_url": "https://wiki.example.com/runbooks/memory",
        "silenceURL": "https://grafana.example.com/alerting/silence/new?alertmanager=grafana&matchers=zone%3Deu-1",
        "dashboardURL": "https://grafana.example.com/d/shop",
        "values": '{"B":44.5,"C":1}',
    }
    assert alert.url == "https://grafana.example.com/alerting/r1/edit"
    assert (alert.value, alert.expires_at, alert.flags) == (None, None, ())
    assert alert.starts_at == datetime(2026, 11, 21, 7, 51, 3, 157_076, tzinfo=UTC)


def test_a_single_value_is_the_value_and_resolved_ends_the_alert(intake: Any):
    group = json.loads(FIRING)
    alert = group["alerts"][0] | {"values": {"A": 7.5}}
    intake.post("grafana", json.dumps(group | {"alerts": [alert]}).encode())
    assert intake.alerts()[0].value == 7.5
    ended = alert | {"status": "resolved", "endsAt": "2026-11-21T09:59:00+02:00", "values": None}
    put = intake.send(
        "PUT",
        "/in/in_grafana",
        json.dumps(group | {"alerts": [ended]}).encode(),
        {"Content-Type": "application/json"},
    )
    assert put.status == 200
    (alert,) = intake.alerts()
    assert (alert.state, alert.ends_at) == ("resolved", datetime(2026, 11, 21, 7, 59, tzinfo=UTC))


def test_the_test_button_pages_nobody_and_is_over_by_itself(intake: Any):
    group = json.loads(FIRING)
    test = group["alerts"][0] | {"labels": {"alertname": "TestAlert", "instance": "Grafana"}}
    assert intake.post("grafana", json.dumps(group | {"alerts": [test]}).encode()).status == 200
    (alert,) = intake.alerts()
    assert alert.labels["severity"] == "info"
    assert alert.expires_at is not None
    assert alert.flags == ("a test of the contact point",)
    intake.clock.tick(600)
    intake.ledger.expire(intake.clock.now())
    assert intake.alerts()[0].state == "resolved"


@pytest.mark.parametrize("scheme", ["Bearer in_grafana", "Basic Z3JhZmFuYTppbl9ncmFmYW5h"])
def test_the_key_may_stand_in_the_authorization_header(intake: Any, scheme: str):
    headers = {"Content-Type": "application/json", "Authorization": scheme}
    assert intake.send("POST", "/in/", FIRING, headers).status == 200


def test_a_signed_message_is_taken_and_a_replay_changes_nothing(signed: Any):
    at = str(int(NOW.timestamp()))
    headers = {"X-Grafana-Alerting-Signature": sign(FIRING, at), STAMP: at}
    assert signed.post("grafana", FIRING, headers=headers).status == 200
    before = signed.alerts()
    assert signed.post("grafana", FIRING, headers=headers).status == 200
    assert [(each.id, each.episode, each.state) for each in signed.alerts()] == [
        (each.id, each.episode, each.state) for each in before
    ]


@pytest.mark.parametrize("late", [-300, 300])
def test_five_minutes_of_skew_are_allowed(signed: Any, late: int):
    at = str(int(NOW.timestamp()) + late)
    headers = {"X-Grafana-Alerting-Signature": sign(FIRING, at), STAMP: at}
    assert signed.post("grafana", FIRING, headers=headers).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {STAMP: "1795248000"},
        {"X-Grafana-Alerting-Signature": sign(FIRING)},
        {"X-Grafana-Alerting-Signature": sign(FIRING, "1795248000", "another secret"), STAMP: "1795248000"},
        {"X-Grafana-Alerting-Signature": sign(FIRING, "1795248000")[:-1], STAMP: "1795248000"},
        {"X-Grafana-Alerting-Signature": sign(FIRING, "1795248000").upper(), STAMP: "1795248000"},
        {"X-Grafana-Alerting-Signature": "sha256=" + sign(FIRING, "1795248000"), STAMP: "1795248000"},
        {"X-Grafana-Alerting-Signature": "café" * 20, STAMP: "1795248000"},
        {"X-Grafana-Alerting-Signature": "", STAMP: "1795248000"},
        {"X-Grafana-Alerting-Signature": sign(FIRING, "1795247699"), STAMP: "1795247699"},
        {"X-Grafana-Alerting-Signature": sign(FIRING, "1795248301"), STAMP: "1795248301"},
        {"X-Grafana-Alerting-Signature": sign(FIRING, "now"), STAMP: "now"},
        {"X-Grafana-Alerting-Signature": sign(FIRING, "-1"), STAMP: "-1"},
        {"X-Grafana-Alerting-Signature": sign(FIRING, "9" * 5_000), STAMP: "9" * 5_000},
        {"X-Grafana-Alerting-Signature": sign(FIRING, "²"), STAMP: "²"},
    ],
)
def test_a_signature_that_is_missing_forged_or_old_is_refused(signed: Any, headers: dict[str, str]):
    heard = signed.post("grafana", FIRING, headers=headers)
    assert heard.status == 401
    assert signed.alerts() == []


def test_the_header_may_have_another_name_and_no_time(intake: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GRAFANA_SECRET", "correct horse")
    settings = {"secret": "env:GRAFANA_SECRET", "signature_header": "X-Signed"}
    intake.keys["in_grafana"] = replace(intake.keys["in_grafana"], settings=settings)
    assert intake.post("grafana", FIRING, headers={"X-Signed": sign(FIRING + b" ")}).status == 401
    assert intake.post("grafana", FIRING, headers={"X-Signed": sign(FIRING)}).status == 200


def test_a_secret_that_is_gone_is_our_fault_and_the_sender_tries_again(
    signed: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("GRAFANA_SECRET")
    at = str(int(NOW.timestamp()))
    heard = signed.post(
        "grafana", FIRING, headers={"X-Grafana-Alerting-Signature": sign(FIRING, at), STAMP: at}
    )
    assert heard.status == 503
    assert "GRAFANA_SECRET" in heard.json["error"]["message"]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"alerts": None}, "alerts"),
        ({"alerts": [{"labels": {"alertname": "A"}}]}, "alerts[0].status"),
        ({"alerts": [{"status": "firing"}]}, "alerts[0].labels"),
        (
            {"alerts": [{"status": "firing", "labels": {"alertname": "A"}, "silenceURL": ["x"]}]},
            "alerts[0].silenceURL",
        ),
    ],
)
def test_what_is_wrong_is_named(intake: Any, change: dict[str, Any], named: str):
    heard = intake.post("grafana", json.dumps(json.loads(FIRING) | change).encode())
    assert (heard.status, heard.json["error"]["field"]) == (422, named)


@pytest.mark.parametrize("values", [[1], "7", {"A": [1]}, {"A": {"B": 1}}, 7])
def test_values_of_another_form_are_kept_as_they_are(intake: Any, values: Any):
    group = json.loads(FIRING)
    alert = group["alerts"][0] | {"values": values}
    assert intake.post("grafana", json.dumps(group | {"alerts": [alert]}).encode()).status == 200
    assert intake.alerts()[0].annotations["values"]
