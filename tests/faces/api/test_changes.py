"""A pipeline tells of its deploys, and a person looks what was changed lately."""

from __future__ import annotations

import pytest


@pytest.fixture
def script(as_):
    return as_("responder")


def test_a_change_is_on_disk_when_it_is_answered(client, script):
    body = {
        "title": "Deploy 1.2.3", "service": "shop", "version": "1.2.3", "by": "mei", "environment": "production",
        "url": "https://ci.example.com/7", "at": "2026-01-01T08:00:00Z", "state": "failed", "kind": "deploy",
    }  # fmt: skip
    answer = client.post("changes", json=body, headers=script)
    assert answer.status_code == 200, answer.text
    found = client.get(f"changes/{answer.json()['id']}", headers=script).json()
    assert {name: found[name] for name in body} == body
    assert found["source"] == "api"
    assert client.get("changes", headers=script).json()["items"] == [found]


def test_a_title_is_enough(client, script, clock):
    told = client.post("changes", json={"title": "Flag on"}, headers=script).json()
    assert (told["kind"], told["state"], told["service"]) == ("deploy", "succeeded", "")
    assert told["at"].startswith(f"{clock.now():%Y-%m-%dT%H:%M}")
    again = client.post("changes", json={"title": "Flag on"}, headers=script).json()
    assert again["id"] != told["id"], "without a key of de-duplication each call is a change of its own"


def test_a_deploy_is_told_when_it_starts_and_when_it_ends(client, script, clock):
    for state in ("started", "succeeded", "started"):
        client.post("changes", json={"title": "Deploy", "state": state, "dedup_key": "7"}, headers=script)
        clock.tick(60)
    (found,) = client.get("changes", headers=script).json()["items"]
    assert found["state"] == "succeeded"
    assert found["started_at"] < found["at"]


def test_a_list_goes_page_after_page_and_by_service(client, script, clock):
    for title, service in (("A", "shop"), ("B", "shop"), ("C", "billing"), ("D", "shop")):
        client.post("changes", json={"title": title, "service": service}, headers=script)
        clock.tick(1)
    first = client.get("changes?limit=2&service=shop", headers=script).json()
    second = client.get(f"changes?limit=2&service=shop&after={first['next']}", headers=script).json()
    assert [each["title"] for each in first["items"] + second["items"]] == ["D", "B", "A"]
    assert second["next"] is None


def test_an_intake_key_tells_of_its_own_service(client, rooms, as_):
    key = {"Authorization": f"Bearer {rooms.accounts.key_create('github', 'ci', 'shop')}"}
    told = client.post("changes", json={"title": "Deploy", "service": "other"}, headers=key)
    assert (told.json()["service"], told.json()["source"]) == ("shop", "github")
    assert client.get("changes", headers=key).status_code == 403
    assert client.get("changes", headers=as_("viewer")).status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "title"),
        ({"title": " "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": "x", "state": "done"}, "state"),
        ({"title": "x", "at": "2026-01-01T08:00:00"}, "at"),
        ({"title": "x", "url": "javascript:alert(1)"}, "url"),
        ({"title": "x", "dedup_key": ""}, "dedup_key"),
        ({"title": "x", "dedup_key": "x" * 256}, "dedup_key"),
        ({"title": "x\u0000"}, "title"),
        ({"title": "x", "more": 1}, "more"),
    ],
)
def test_what_is_wrong_is_named(client, script, body, field):
    answer = client.post("changes", json=body, headers=script)
    assert answer.status_code == 422
    assert answer.json()["error"]["field"] == field


def test_who_may_tell_and_who_may_not(client, as_):
    assert client.post("changes", json={"title": "x"}).status_code == 401
    assert client.post("changes", json={"title": "x"}, headers=as_("viewer")).status_code == 403
    assert client.get("changes/chg_none", headers=as_("viewer")).status_code == 404
