"""UptimeRobot watches the shop from outside.

The variables are those of https://help.uptimerobot.com/en/articles/14498593, as they arrive in each way to send.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest

AT = int(datetime(2026, 1, 1, 6, 0, tzinfo=UTC).timestamp())
DOWN = {
    "monitorID": "777749809",
    "monitorURL": "https://shop.example.com",
    "monitorFriendlyName": "Shop",
    "alertType": "1",
    "alertTypeFriendlyName": "Down",
    "alertDetails": "HTTP 502 - Bad Gateway",
    "alertDuration": "*alertDuration*",
    "alertFriendlyDuration": "*alertFriendlyDuration*",
    "alertDateTime": str(AT),
    "monitorAlertContacts": "0993765;2;me@example.com",
    "sslExpiryDate": "*sslExpiryDate*",
    "sslExpiryDaysLeft": "*sslExpiryDaysLeft*",
}
UP = DOWN | {
    "alertType": "2",
    "alertTypeFriendlyName": "Up",
    "alertDetails": "HTTP 200 - OK",
    "alertDuration": "300",
    "alertFriendlyDuration": "5 minutes",
    "alertDateTime": str(AT + 300),
}
CERTIFICATE = DOWN | {
    "alertType": "3",
    "alertTypeFriendlyName": "SSL expiry",
    "sslExpiryDate": str(AT + 7 * 86_400),
    "sslExpiryDaysLeft": "7",
}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(params=["json", "form", "query by POST", "query by GET"])
def send(intake: Any, request: pytest.FixtureRequest):
    """Sends in each of the ways that UptimeRobot offers."""

    def post(told: dict[str, str]) -> Any:
        if request.param == "json":
            return intake.post("uptimerobot", json.dumps(told).encode())
        if request.param == "form":
            return intake.send("POST", "/in/in_uptimerobot", urlencode(told).encode(), FORM)
        method = "GET" if request.param == "query by GET" else "POST"
        headers = {} if method == "GET" else FORM
        return intake.send(method, "/in/in_uptimerobot", b"", headers, urlencode(told))

    return post


def test_a_monitor_goes_down_and_comes_back(intake: Any, send: Any):
    heard = send(DOWN)
    assert (heard.status, heard.json["alerts"][0]["result"]) == (200, "fired")
    (alert,) = intake.alerts()
    assert (alert.name, alert.state, alert.url) == ("MonitorDown", "firing", "https://shop.example.com")
    assert (alert.labels["monitor"], alert.labels["severity"]) == ("Shop", "critical")
    assert alert.annotations == {"summary": "Shop: Down", "description": "HTTP 502 - Bad Gateway"}
    assert alert.starts_at == datetime(2026, 1, 1, 6, 0, tzinfo=UTC)
    assert send(UP).json["alerts"][0]["result"] == "resolved"
    (alert,) = intake.alerts()
    assert (alert.state, alert.ends_at) == ("resolved", datetime(2026, 1, 1, 6, 5, tzinfo=UTC))


def test_news_of_an_outage_that_is_over_opens_nothing(intake: Any, send: Any):
    send(UP)
    assert send(DOWN).json["alerts"][0]["result"] == "late"
    assert intake.alerts()[0].state == "resolved"


def test_a_certificate_that_runs_out_is_another_alert(intake: Any, send: Any):
    send(CERTIFICATE)
    send(UP)
    firing = [each for each in intake.alerts() if each.state == "firing"]
    assert [(each.name, each.value, each.labels["severity"]) for each in firing] == [
        ("CertificateExpires", 7, "warning")
    ]
    assert firing[0].annotations["expires"] == "2026-01-08 06:00 UTC"


def test_a_variable_without_a_value_arrives_as_its_own_name_and_counts_as_left_out(intake: Any, send: Any):
    send({name: (each if name in ("monitorID", "alertType") else f"*{name}*") for name, each in DOWN.items()})
    (alert,) = intake.alerts()
    assert (alert.labels["monitor"], alert.url) == ("777749809", "")
    assert "*" not in str(alert)


def test_what_somebody_added_is_kept(intake: Any, send: Any):
    send(DOWN | {"service": "shop", "severity": "high", "region": "eu", "note": "*note*"})
    (alert,) = intake.alerts()
    assert (alert.service, alert.labels["severity"], alert.annotations["region"]) == ("shop", "high", "eu")
    assert "note" not in alert.annotations


@pytest.mark.parametrize("kind", ["", "*alertType*", "4", "down"])
def test_a_kind_that_nobody_knows_is_refused(intake: Any, send: Any, kind: str):
    heard = send(DOWN | {"alertType": kind})
    assert (heard.status, heard.json["error"]["field"]) == (422, "alertType")
    assert intake.alerts() == []


def test_numbers_may_be_numbers(intake: Any):
    told = DOWN | {"monitorID": 777749809, "alertType": 1, "alertDateTime": AT, "sslExpiryDaysLeft": None}
    assert intake.post("uptimerobot", json.dumps(told).encode()).status == 200
    assert intake.post("uptimerobot", json.dumps(UP).encode()).json["alerts"][0]["result"] == "resolved"


def test_the_body_wins_over_the_query(intake: Any):
    body = json.dumps(DOWN).encode()
    heard = intake.post("uptimerobot", body, query=urlencode({"alertType": "2", "service": "shop"}))
    assert heard.json["alerts"][0]["result"] == "fired"
    assert intake.alerts()[0].service == "shop"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"alertType=1&alertType=2&monitorID=1", "body"),
        (b"alertType=1&monitorID=%FF", "body"),
        (b"&".join(b"f%d=1" % each for each in range(300)), "body"),
        (b"alertType=1&monitorID=1&alertDateTime=soon", "alertDateTime"),
        (b"alertType=1", "monitorFriendlyName"),
    ],
)
def test_a_form_that_makes_no_sense_is_refused(intake: Any, body: bytes, field: str):
    heard = intake.send("POST", "/in/in_uptimerobot", body, FORM)
    assert heard.status in (400, 422)
    assert heard.json["error"]["field"] == field


def test_the_duration_is_believed_where_it_can_be(intake: Any):
    intake.post("uptimerobot", json.dumps(UP | {"alertDuration": "1e300"}).encode())
    (alert,) = intake.alerts()
    assert alert.state == "resolved"
