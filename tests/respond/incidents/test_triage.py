"""From an alert to an incident: opened once, joined by its like, never lost."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection

from tocsin.respond.incidents import triage


def test_an_alert_of_a_known_service_opens_an_incident_with_level_clocks_and_pages(room):
    room.fire(job="shop-api", availability="0.1")
    incident = room.only()
    assert incident.id == "INC-2026-0001"
    assert (incident.service, incident.severity, incident.state) == ("shop", "P0", "triggered")
    assert incident.title == "ShopDown in the shop"
    assert incident.rule["values"] == {"m.availability": 0.1}
    with room.store.read() as conn:
        clocks = {clock.name: clock.state for clock in room.incidents.clocks(conn, incident.id)}
    assert clocks == {"assess": "running", "restore": "running"}
    assert room.pages(incident.id)[0][0] == "mei"
    assert room.story(incident.id)[:2] == ["incident.opened", "severity.decided"]


def test_a_second_alert_of_the_same_service_joins_and_raises_the_severity(room):
    room.fire("Errors", job="shop-api", error_rate="0.3")
    assert room.only().severity == "P1"
    room.fire("Down", job="shop-web", availability="0.0")
    incident = room.only()
    assert incident.severity == "P0"
    story = room.story(incident.id)
    assert story.count("alert.attached") == 2
    assert "severity.changed" in story


def test_a_lower_alert_does_not_lower_the_severity(room):
    room.fire("Down", job="shop-web", availability="0.0")
    room.fire("Errors", job="shop-api", error_rate="0.3")
    assert room.only().severity == "P0"


def test_an_unassigned_alert_opens_an_incident_by_its_name(room):
    room.fire("DiskFull", host="db1", severity="critical")
    room.fire("DiskFull", host="db2", severity="critical")
    room.fire("OutOfMemory", host="db1", severity="critical")
    with room.store.read() as conn:
        titles = {incident.title for incident in room.incidents.list(conn)}
    assert titles == {"DiskFull in the shop", "OutOfMemory in the shop"}


def test_a_level_that_does_not_page_opens_an_incident_in_silence(room):
    room.fire("Slow", job="shop-api")
    incident = room.only()
    assert incident.severity == "P3"
    assert room.pages(incident.id) == []


def test_an_alert_that_cannot_be_judged_still_pages(room, monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object) -> None:
        raise ZeroDivisionError("the policy is broken")

    monkeypatch.setattr(triage, "decide", broken)
    room.fire("Odd", job="shop-api")
    incident = room.only()
    assert "triage failed" in incident.rule["rule"]
    assert room.pages(incident.id)


def test_a_crash_in_the_middle_of_triage_leaves_the_alert_waiting(room, monkeypatch: pytest.MonkeyPatch):
    real = room.triage._judge

    def killed(conn: Connection, news: object) -> None:
        real(conn, news)
        raise SystemError("kill -9")

    monkeypatch.setattr(room.triage, "_judge", killed)
    with pytest.raises(SystemError):
        room.fire(job="shop-api", availability="0")
    with room.store.read() as conn:
        assert room.incidents.list(conn) == []
    monkeypatch.undo()
    room.triage.step()
    assert room.only().state == "triggered"
