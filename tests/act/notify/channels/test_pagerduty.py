"""One alert at PagerDuty for each incident, which follows it to its end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tocsin.act.notify import DeliveryFailed, Message

PAGE = Message(
    kind="page", subject="[P0] Shop", lines=("Service: Shop",), severity="P0", incident="INC-2026-0001"
)


def test_an_incident_is_one_alert_until_it_is_resolved(speaking):
    channel, pagerduty = speaking("pagerduty")
    assert channel.send(PAGE, channel.room, "first") == "INC-2026-0001"
    channel.send(PAGE, channel.room, "second")
    assert pagerduty.alerts == {"INC-2026-0001": "trigger"}
    channel.send(replace(PAGE, kind="notice", state="acknowledged"), channel.room, "third")
    assert pagerduty.alerts == {"INC-2026-0001": "acknowledge"}
    channel.send(replace(PAGE, kind="notice", state="resolved"), channel.room, "fourth")
    assert pagerduty.alerts == {"INC-2026-0001": "resolve"}


@pytest.mark.parametrize(
    ("level", "severity"), [("P0", "critical"), ("P1", "error"), ("P2", "warning"), ("", "info")]
)
def test_the_level_becomes_pagerdutys_severity(speaking, level: str, severity: str):
    channel, pagerduty = speaking("pagerduty")
    channel.send(replace(PAGE, severity=level), channel.room, "key")
    assert pagerduty.requests[-1].json["payload"]["severity"] == severity


def test_a_wrong_key_is_told_in_pagerdutys_words(speaking, monkeypatch: pytest.MonkeyPatch):
    channel, _ = speaking("pagerduty")
    monkeypatch.setenv("PAGERDUTY_KEY", "another key")
    with pytest.raises(DeliveryFailed, match="'routing_key' is invalid") as failed:
        channel.send(PAGE, channel.room, "key")
    assert failed.value.permanent
