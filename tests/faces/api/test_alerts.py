"""A script sends alerts as JSON, and reads them back."""

from __future__ import annotations

import gzip

import pytest


@pytest.fixture
def script(as_):
    return as_("responder")


def test_an_alert_is_on_disk_when_it_is_answered(client, script):
    answer = client.post(
        "alerts", json={"name": "DiskFull", "service": "shop", "value": 0.97}, headers=script
    )
    assert answer.status_code == 200, answer.text
    (taken,) = answer.json()["alerts"]
    assert taken["result"] == "fired"
    found = client.get(f"alerts/{taken['id']}", headers=script).json()
    assert (found["name"], found["service"], found["state"], found["value"]) == (
        "DiskFull",
        "shop",
        "firing",
        0.97,
    )
    assert found["incident"] is None


def test_a_list_is_taken_whole_or_not_at_all(client, script):
    answer = client.post("alerts", json=[{"name": "A"}, {"title": ""}], headers=script)
    assert answer.status_code == 422
    assert client.get("alerts", headers=script).json()["items"] == []


def test_a_repeated_alert_is_counted_and_a_resolved_one_is_over(client, script):
    body = {"name": "DiskFull", "service": "shop"}
    results = [
        client.post("alerts", json={**body, "status": status}, headers=script).json()["alerts"][0]["result"]
        for status in ("firing", "firing", "resolved")
    ]
    assert results == ["fired", "duplicate", "resolved"]
    assert client.get("alerts?state=firing", headers=script).json()["items"] == []
    (over,) = client.get("alerts?state=resolved", headers=script).json()["items"]
    assert over["ends_at"]


def test_a_list_goes_page_after_page(client, script, clock):
    for name in ("A", "B", "C"):
        client.post("alerts", json={"name": name}, headers=script)
        clock.tick(1)
    first = client.get("alerts?limit=2", headers=script).json()
    second = client.get(f"alerts?limit=2&after={first['next']}", headers=script).json()
    assert [each["name"] for each in first["items"] + second["items"]] == ["C", "B", "A"]


def test_an_intake_key_may_send_and_nothing_else(client, rooms):
    key = {"Authorization": f"Bearer {rooms.accounts.key_create('webhook', 'backup-job', 'shop')}"}
    answer = client.post("alerts", json={"name": "BackupFailed"}, headers=key)
    assert answer.status_code == 200, answer.text
    assert client.get("alerts", headers=key).status_code == 403


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b'"text"', 422),
        (b"7", 422),
        (b"{}", 422),
        (b'{"name": "x", "status": "maybe"}', 422),
        (b'{"name": "x", "value": "much"}', 422),
        (b"[" * 100_000, 422),
    ],
)
def test_what_is_no_alert_is_refused(client, script, body, status):
    answer = client.post("alerts", content=body, headers={**script, "Content-Type": "application/json"})
    assert answer.status_code == status
    assert answer.json()["error"]["message"]


def test_a_viewer_does_not_send(client, as_):
    assert client.post("alerts", json={"name": "x"}, headers=as_("viewer")).status_code == 403


def test_an_alert_that_is_not_there_is_not_found(client, script):
    answer = client.get("alerts/alr_0", headers=script)
    assert answer.status_code == 404


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-7"]
)
def test_an_alert_comes_as_json_and_says_so(client, as_, kind):
    headers = {**as_("responder"), "Content-Type": kind}
    answer = client.post("alerts", content=b'{"name": "DiskFull"}', headers=headers)
    assert answer.status_code == 415
    assert answer.json()["error"]["field"] == "Content-Type"
    assert client.get("alerts", headers=headers).json()["items"] == []


def test_a_packed_alert_is_unpacked_as_it_is_at_the_intake(client, as_):
    headers = {**as_("responder"), "Content-Type": "application/json", "Content-Encoding": "gzip"}
    assert (
        client.post("alerts", content=gzip.compress(b'{"name": "Disk"}'), headers=headers).status_code == 200
    )
    bomb = client.post("alerts", content=gzip.compress(b" " * 50_000_000), headers=headers)
    assert bomb.status_code == 413
