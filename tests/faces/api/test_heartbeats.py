"""A job is made, watched, paused and removed over the API."""

from __future__ import annotations

import pytest


@pytest.fixture
def operator(as_):
    return as_("operator")


@pytest.fixture
def made(client, operator):
    body = {"slug": "backup", "period": "1h", "grace": "5m", "service": "shop", "severity": "high"}
    answer = client.post("heartbeats", json=body, headers=operator)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_heartbeat_is_made_with_an_address_and_its_job_reports_there(
    rooms, calling, client, operator, made
):
    assert (made["state"], made["period_seconds"], made["grace_seconds"]) == ("new", 3600, 300)
    address = made["ping_url"].removeprefix("http://127.0.0.1:9911")
    assert address.startswith("/ping/")
    caller = calling(rooms.asgi)
    assert caller.post(f"{address}/3", content=b"no space").text == "OK"
    rooms.heartbeats.tick()
    found = client.get("heartbeats/backup", headers=operator).json()
    assert (found["state"], found["trouble"], found["exit_status"], found["output"]) == (
        "down",
        "failed",
        3,
        "no space",
    )
    (alert,) = client.get("alerts", headers=operator).json()["items"]
    assert (alert["source"], alert["service"], alert["state"]) == ("heartbeat", "shop", "firing")
    (report,) = client.get("heartbeats/backup/pings", headers=operator).json()["items"]
    assert (report["kind"], report["body"], report["method"]) == ("fail", "no space", "POST")


def test_who_may_only_look_does_not_see_the_address(client, as_, made):
    (found,) = client.get("heartbeats", headers=as_("viewer")).json()["items"]
    assert (found["slug"], found["ping_url"]) == ("backup", None)
    assert client.get("heartbeats", headers=as_("responder")).json()["items"][0]["ping_url"]


def test_it_is_paused_resumed_and_removed(client, as_, operator, made):
    responder = as_("responder")
    assert client.post("heartbeats/backup/pause", headers=responder).json()["state"] == "paused"
    assert client.post(f"heartbeats/{made['id']}/resume", headers=responder).json()["state"] == "new"
    assert client.post("heartbeats/backup/remove", headers=responder).status_code == 403
    assert client.post("heartbeats/backup/remove", headers=operator).status_code == 200
    assert client.get("heartbeats/backup", headers=responder).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"slug": "in_key"}, "slug"),
        ({"slug": "Backup now"}, "slug"),
        ({"slug": "b", "period": "soon"}, "period"),
        ({"slug": "b", "cron": "61 * * * *"}, "cron"),
        ({"slug": "b", "time_zone": "Mars/Base"}, "time_zone"),
        ({"slug": "b", "grace": "0s"}, "grace"),
        ({"slug": "b", "service": "nowhere"}, "service"),
        ({"slug": "b", "period": "1h", "cron": "@daily"}, ""),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_field(client, operator, body, field):
    answer = client.post("heartbeats", json=body, headers=operator)
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, field)
    assert answer.json()["error"]["fix"]


def test_a_name_is_taken_once(client, operator, made):
    assert client.post("heartbeats", json={"slug": "backup"}, headers=operator).status_code == 409
