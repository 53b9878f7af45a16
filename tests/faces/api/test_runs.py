"""Runbooks and runs over the API: what there is, starting one, steering it."""

from __future__ import annotations

import pytest


@pytest.fixture
def mei(as_):
    return as_("operator")


@pytest.fixture
def run(client, mei) -> str:
    body = {"path": "shop-down.md", "mode": "guided", "inputs": {"SHOP_URL": "http://127.0.0.1:9"}}
    answer = client.post("runs", json=body, headers=mei)
    assert answer.status_code == 200, answer.text
    return answer.json()["id"]


def test_the_library_says_how_dangerous_a_runbook_is(client, mei):
    (found,) = client.get("runbooks", headers=mei).json()["items"]
    assert (found["path"], found["title"], found["level"], found["steps"]) == (
        "shop-down.md",
        "Shop is down",
        "change",
        3,
    )


def test_a_runbook_is_told_with_its_text_and_steps(client, mei):
    found = client.get("runbooks/shop-down.md", headers=mei).json()
    assert found["markdown"].startswith("---")
    assert [step["kind"] for step in found["steps"]] == ["bash", "bash", "http"]
    assert [each["name"] for each in found["inputs"]] == ["SHOP_URL"]


@pytest.mark.parametrize("path", ["no.md", "../tocsin.yaml", "..%2Ftocsin.yaml", "%00.md", "/etc/passwd"])
def test_what_is_no_runbook_of_the_library_is_not_found(client, mei, path):
    assert client.get(f"runbooks/{path}", headers=mei).status_code == 404


def test_a_run_is_told_without_the_values_of_its_inputs(client, mei, run):
    answer = client.get(f"runs/{run}", headers=mei)
    found = answer.json()
    assert (found["state"], found["title"], found["started_by"]) == (
        "wanted",
        "Shop is down",
        "token:operator",
    )
    assert "127.0.0.1:9" not in answer.text


def test_runs_are_listed_and_narrowed(client, mei, run):
    assert [each["id"] for each in client.get("runs", headers=mei).json()["items"]] == [run]
    assert client.get("runs?state=succeeded", headers=mei).json()["items"] == []


def test_a_run_belongs_to_its_incident(client, mei):
    number = client.post("incidents", json={"title": "x", "service": "shop"}, headers=mei).json()["id"]
    body = {
        "path": "shop-down.md",
        "incident": number,
        "mode": "plan",
        "inputs": {"SHOP_URL": "http://127.0.0.1:9"},
    }
    started = client.post("runs", json=body, headers=mei)
    assert started.status_code == 200, started.text
    (found,) = client.get(f"incidents/{number}/runs", headers=mei).json()["items"]
    assert found["id"] == started.json()["id"]


def test_a_run_is_paused_taken_up_again_and_cancelled(client, mei, run):
    assert client.post(f"runs/{run}/pause", headers=mei).json()["state"] == "paused"
    assert client.post(f"runs/{run}/resume", headers=mei).json()["state"] == "wanted"
    assert client.post(f"runs/{run}/cancel", headers=mei).json()["state"] == "cancelled"
    again = client.post(f"runs/{run}/cancel", headers=mei)
    assert again.status_code == 409


def test_what_a_run_does_not_wait_for_cannot_be_pressed_or_answered(client, mei, run):
    assert client.post(f"runs/{run}/next", headers=mei).status_code == 409
    answer = client.post(f"runs/{run}/answer", json={"step": "restart", "answer": "done"}, headers=mei)
    assert answer.status_code == 409
    given = client.post(f"runs/{run}/inputs", json={"inputs": {"A": "1"}}, headers=mei)
    assert given.status_code == 409


def test_a_step_is_skipped_with_a_reason(client, mei, run):
    assert (
        client.post(f"runs/{run}/skip", json={"step": "restart", "reason": ""}, headers=mei).status_code
        == 422
    )
    answer = client.post(f"runs/{run}/skip", json={"step": "restart", "reason": "done by hand"}, headers=mei)
    assert answer.status_code == 200, answer.text


def test_output_that_is_not_there_yet_is_an_empty_page(client, mei, run):
    assert client.get(f"runs/{run}/output?step=look", headers=mei).json() == {"items": [], "next": None}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"path": "no.md"}, 404),
        ({"path": "shop-down.md", "mode": "wild"}, 422),
        ({"path": "shop-down.md", "incident": "INC-2026-0404"}, 404),
        ({"path": "shop-down.md", "inputs": {"a b": "x"}}, 422),
        ({"path": "shop-down.md", "inputs": {"A": 7}}, 422),
    ],
)
def test_a_run_that_cannot_be_started_is_refused(client, mei, body, status):
    answer = client.post("runs", json=body, headers=mei)
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["message"]


def test_a_responder_does_not_start_runs(client, as_):
    assert client.post("runs", json={"path": "shop-down.md"}, headers=as_("responder")).status_code == 403


def test_what_is_not_there_is_not_found(client, mei):
    assert client.get("runs/run_0", headers=mei).status_code == 404
    assert client.get("approvals/apr_0", headers=mei).status_code == 404
    assert client.post("approvals/apr_0/approve", json={}, headers=mei).status_code == 404
