"""Keys over the API: who sends, how it goes, what came, once more, and new ones."""

from __future__ import annotations

import pytest

ALERT = b'{"name": "DiskFull", "service": "shop"}'
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def admin(as_):
    return as_("admin")


@pytest.fixture
def made(client, admin):
    body = {"kind": "webhook", "name": "disks", "settings": {"alerts_per_minute": 60}}
    answer = client.post("sources", json=body, headers=admin)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_key_is_made_sends_and_is_seen_to_do_well(rooms, calling, client, admin, made):
    address = made["url"].removeprefix("http://127.0.0.1:9911")
    before = client.get(f"sources/{made['id']}", headers=admin).json()
    assert (before["state"], before["last_at"], before["hour"]) == ("unused", None, {})
    sender = calling(rooms.asgi)
    assert sender.post(address, content=ALERT, headers=JSON).status_code == 202
    assert sender.post(address, content=b"[", headers=JSON).status_code == 400
    (found,) = client.get("sources", headers=admin).json()["items"]
    assert (found["id"], found["name"], found["title"]) == (made["id"], "disks", "Webhook (JSON)")
    assert (found["state"], found["last_status"], found["hour"]) == (
        "refusing",
        400,
        {"taken": 1, "refused": 1},
    )
    assert found["alerts"] == 1
    refused, taken = client.get(f"sources/{made['id']}/deliveries", headers=admin).json()["items"]
    assert (taken["status"], taken["outcome"], taken["body"]) == (202, "taken", ALERT.decode())
    assert (refused["status"], refused["body"]) == (400, "[")
    assert client.get(f"deliveries/{taken['id']}", headers=admin).json() == taken
    assert made["key"] not in client.get(f"sources/{made['id']}/deliveries", headers=admin).text


def test_a_delivery_is_taken_in_once_more_by_an_operator(rooms, calling, client, as_, made):
    calling(rooms.asgi).post(f"/in/{made['key']}", content=ALERT, headers=JSON)
    operator = as_("operator")
    (first,) = client.get(f"sources/{made['id']}/deliveries", headers=operator).json()["items"]
    assert client.post(f"deliveries/{first['id']}/replay", headers=as_("responder")).status_code == 403
    answer = client.post(f"deliveries/{first['id']}/replay", headers=operator).json()
    assert answer["status"] == 202
    assert "duplicate" in answer["answer"]
    again, _ = client.get(f"sources/{made['id']}/deliveries", headers=operator).json()["items"]
    assert again["replay_of"] == first["id"]
    assert client.post("deliveries/rcv_nothing/replay", headers=operator).status_code == 404


def test_only_an_admin_makes_and_ends_keys(client, as_, admin, made):
    operator = as_("operator")
    assert client.post("sources", json={"kind": "webhook"}, headers=operator).status_code == 403
    assert client.post(f"sources/{made['id']}/revoke", headers=operator).status_code == 403
    ended = client.post(f"sources/{made['id']}/revoke", headers=admin).json()
    assert ended["revoked_at"]
    assert client.get("sources", headers=admin).json()["items"] == []
    assert len(client.get("sources?revoked=true", headers=admin).json()["items"]) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "webhok"}, "kind"),
        ({"kind": "webhook", "service": "shpo"}, "service"),
        ({"kind": "webhook", "settings": {"itmes": "body"}}, "itmes"),
        ({"kind": "webhook", "settings": {"alerts_per_minute": 0}}, "alerts_per_minute"),
        ({"kind": "grafana", "settings": {"secret": "in plain text"}}, "secret"),
        ({"kind": "grafana", "settings": {"secret": ["env:A"]}}, "secret"),
    ],
)
def test_what_is_wrong_with_a_new_key_is_said_by_field(client, admin, body, field):
    answer = client.post("sources", json=body, headers=admin)
    assert answer.status_code == 422, answer.text
    error = answer.json()["error"]
    assert error["field"] == field
    assert error["fix"]


def test_the_kinds_say_what_they_may_be_told(client, as_):
    kinds = {each["kind"]: each for each in client.get("source-kinds", headers=as_("viewer")).json()["items"]}
    (secret,) = (each for each in kinds["grafana"]["settings"] if each["name"] == "secret")
    assert secret["form"] == "env:NAME or file:PATH"


def test_pages_of_keys_lead_on(client, admin):
    for number in range(3):
        client.post("sources", json={"kind": "webhook", "name": f"k{number}"}, headers=admin)
    first = client.get("sources?limit=2", headers=admin).json()
    rest = client.get(f"sources?limit=2&after={first['next']}", headers=admin).json()
    assert len(first["items"]) == 2
    assert rest["next"] is None
    assert len({each["id"] for each in first["items"] + rest["items"]}) == 3


def test_an_unknown_source_is_not_found(client, admin):
    for path in ("sources/key_nothing", "sources/key_nothing/deliveries", "deliveries/rcv_nothing"):
        assert client.get(path, headers=admin).status_code == 404
