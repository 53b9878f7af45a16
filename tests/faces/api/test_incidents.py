"""Mei declares an incident over the API, acts on it, and reads what happened."""

from __future__ import annotations

import pytest


@pytest.fixture
def mei(as_):
    return as_("operator")


@pytest.fixture
def declare(client, mei):
    def declare(title: str = "The shop is slow", **more) -> dict:
        answer = client.post("incidents", json={"title": title, "service": "shop", **more}, headers=mei)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return declare


def test_an_incident_that_is_declared_has_its_number_and_the_highest_severity(declare):
    incident = declare()
    assert incident["id"] == "INC-2026-0001"
    assert (incident["severity"], incident["state"], incident["service"]) == ("P0", "triggered", "shop")
    assert incident["detected_at"] == "2026-11-21T10:30:00Z"


def test_one_incident_is_told_with_roles_and_clocks(client, mei, declare):
    number = declare(severity="P1")["id"]
    client.post(f"incidents/{number}/role", json={"role": "commander", "person": "mei"}, headers=mei)
    found = client.get(f"incidents/{number}", headers=mei).json()
    assert found["roles"] == {"commander": "mei"}
    assert {clock["name"] for clock in found["clocks"]} == {"assess", "restore"}
    assert client.get(f"incidents/{number}/clocks", headers=mei).json()["items"] == found["clocks"]


def test_the_whole_life_of_an_incident_stands_on_its_timeline(client, mei, declare):
    number = declare()["id"]
    acts = [
        ("acknowledge", None),
        ("severity", {"severity": "P1", "reason": "only some users"}),
        ("note", {"text": "the cache is full"}),
        ("mitigate", {"why": "restarted"}),
        ("reopen", {"why": "back again"}),
        ("resolve", {"why": "a bigger cache"}),
        ("close", {}),
    ]
    for act, body in acts:
        answer = client.post(f"incidents/{number}/{act}", json=body, headers=mei)
        assert answer.status_code == 200, (act, answer.text)
    assert answer.json()["state"] == "closed"
    lines = client.get(f"incidents/{number}/timeline", headers=mei).json()["items"]
    kinds = [line["kind"] for line in lines]
    for kind in (
        "incident.declared",
        "incident.acknowledged",
        "severity.changed",
        "note.added",
        "incident.closed",
    ):
        assert kind in kinds
    (note,) = [line for line in lines if line["kind"] == "note.added"]
    assert (note["actor"], note["data"]["text"]) == ("token:operator", "the cache is full")
    assert "the cache is full" in note["sentence"]


def test_the_timeline_is_read_page_after_page_and_in_chinese(client, mei, declare):
    number = declare()["id"]
    whole = client.get(f"incidents/{number}/timeline", headers=mei).json()
    assert whole["next"] is None
    first = client.get(f"incidents/{number}/timeline?limit=1", headers=mei).json()
    rest = client.get(f"incidents/{number}/timeline?after={first['next']}", headers=mei).json()
    assert first["items"] + rest["items"] == whole["items"]
    chinese = client.get(f"incidents/{number}/timeline?language=zh_Hant", headers=mei).json()
    assert chinese["items"][0]["sentence"] != whole["items"][0]["sentence"]


def test_a_list_goes_by_key_and_never_tells_one_twice(client, mei, declare, clock):
    for title in ("one", "two", "three"):
        declare(title)
        clock.tick(60)
    first = client.get("incidents?limit=2", headers=mei).json()
    assert [each["title"] for each in first["items"]] == ["three", "two"]
    second = client.get(f"incidents?limit=2&after={first['next']}", headers=mei).json()
    assert [each["title"] for each in second["items"]] == ["one"]
    assert second["next"] is None


def test_a_list_can_be_narrowed(client, mei, declare):
    over = declare("over")["id"]
    declare("mild", severity="P2")
    client.post(f"incidents/{over}/resolve", json={}, headers=mei)

    def titles(query: str) -> list[str]:
        return [each["title"] for each in client.get(f"incidents?{query}", headers=mei).json()["items"]]

    assert titles("open=true") == ["mild"]
    assert titles("state=resolved&state=closed") == ["over"]
    assert titles("severity=P2") == ["mild"]
    assert titles("service=other") == []


def test_the_report_is_a_draft_in_markdown(client, mei, declare):
    number = declare()["id"]
    report = client.get(f"incidents/{number}/report", headers=mei).json()
    assert report["incident"] == number
    assert "The shop is slow" in report["markdown"]


def test_a_viewer_reads_and_does_not_act(client, as_, declare):
    number = declare()["id"]
    viewer = as_("viewer")
    assert client.get(f"incidents/{number}", headers=viewer).status_code == 200
    assert client.post(f"incidents/{number}/acknowledge", headers=viewer).status_code == 403
    assert client.post("incidents", json={"title": "x"}, headers=viewer).status_code == 403


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "title"),
        ({"title": ""}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": 7}, "title"),
        ({"title": "a\x00b"}, "title"),
        ({"title": "x", "service": "nowhere"}, "service"),
        ({"title": "x", "severity": "P9"}, "severity"),
        ({"title": "x", "titel": "y"}, "titel"),
    ],
)
def test_a_declaration_that_cannot_be_taken_names_the_field(client, mei, body, field):
    answer = client.post("incidents", json=body, headers=mei)
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert (error["code"], error["field"]) == ("invalid", field)
    assert error["message"]


def test_an_incident_that_is_not_there_is_not_found(client, mei):
    for path in (
        "incidents/INC-2026-0404",
        "incidents/INC-2026-0404/timeline",
        "incidents/INC-2026-0404/report",
    ):
        answer = client.get(path, headers=mei)
        assert answer.status_code == 404
        assert answer.json()["error"]["code"] == "not_found"
    assert client.post("incidents/INC-2026-0404/acknowledge", headers=mei).status_code == 404


def test_what_is_over_cannot_be_acknowledged(client, mei, declare):
    number = declare()["id"]
    client.post(f"incidents/{number}/resolve", json={"why": "over"}, headers=mei)
    answer = client.post(f"incidents/{number}/acknowledge", headers=mei)
    assert answer.status_code == 409
    assert answer.json()["error"]["fix"]
