"""Actions over the API: what there is, what one would do, and one by itself as a run."""

from __future__ import annotations

import pytest


@pytest.fixture
def mei(as_):
    return as_("operator")


def test_actions_are_told_with_their_level_and_what_they_take(client, mei):
    found = {each["name"]: each for each in client.get("actions", headers=mei).json()["items"]}
    assert (found["redis.clear"]["level"], found["redis.clear"]["title"]) == (
        "destroy",
        "Clear keys by pattern",
    )
    one = client.get("actions/postgres.count_old", headers=mei).json()
    assert one == found["postgres.count_old"]
    assert one["arguments"]["required"] == ["table", "column", "days"]
    unknown = client.get("actions/postgres.drop_it", headers=mei)
    assert unknown.status_code == 422
    assert "count_old" in unknown.json()["error"]["fix"]


def test_a_plan_says_what_it_would_do_and_what_takes_it_back(client, as_):
    body = {"arguments": {"name": "degrade", "value": "on"}}
    answer = client.post("actions/flag.set/plan", json=body, headers=as_("viewer"))
    assert answer.json() == {
        "name": "flag.set",
        "level": "change",
        "plan": "Sets the flag degrade to on.",
        "undo": {"flag.unset": {"name": "degrade", "reason": "taken back"}},
    }
    wrong = client.post("actions/flag.set/plan", json={"arguments": {"name": "a b"}}, headers=as_("viewer"))
    assert wrong.status_code == 422
    assert "name, value, reason" in wrong.json()["error"]["fix"]


def test_an_action_by_itself_is_a_run_of_one_step(client, mei):
    body = {"arguments": {"limit": 0.9}, "service": "shop"}
    answer = client.post("actions/system.disk/runs", json=body, headers=mei)
    assert answer.status_code == 200, answer.text
    run = answer.json()
    assert (run["title"], run["path"], run["service"], run["started_by"]) == (
        "system.disk",
        "action:system.disk",
        "shop",
        "token:operator",
    )
    assert [each["id"] for each in client.get("runs", headers=mei).json()["items"]] == [run["id"]]


@pytest.mark.parametrize(
    ("action", "body", "status", "told"),
    [
        ("system.disk", {"arguments": {"limit": 5}, "service": "shop"}, 422, "limit"),
        ("system.disk", {"arguments": {}, "service": "nobody"}, 422, "nobody"),
        ("redis.memory", {"arguments": {}, "service": "shop", "target": "nowhere"}, 422, "nowhere"),
        ("system.none", {"arguments": {}, "service": "shop"}, 422, "system.none"),
    ],
)
def test_what_cannot_be_run_is_refused_at_once(client, mei, action, body, status, told):
    answer = client.post(f"actions/{action}/runs", json=body, headers=mei)
    assert answer.status_code == status, answer.text
    assert told in answer.json()["error"]["message"]
    assert client.get("runs", headers=mei).json()["items"] == []


def test_who_may_only_look_runs_nothing(client, as_):
    body = {"arguments": {}, "service": "shop"}
    for role in ("viewer", "responder"):
        assert client.post("actions/system.disk/runs", json=body, headers=as_(role)).status_code == 403
    assert client.get("actions").status_code == 401
