"""The repository of a shop at GitHub tells of what is merged, released and deployed.

The messages have the shape of those in https://docs.github.com/en/webhooks/webhook-events-and-payloads, shortened.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest
from forged import SECRET, forged_hex, hex_of, refuse_all

from tocsin.ground.kernel.errors import Unavailable

REPOSITORY = {
    "id": 186853002,
    "name": "web",
    "full_name": "acme/web",
    "private": False,
    "owner": {"login": "acme", "id": 21031067, "type": "Organization"},
    "html_url": "https://github.com/acme/web",
    "default_branch": "main",
    "pushed_at": 1767250800,
}
DEPLOYMENT = {
    "url": "https://api.github.com/repos/acme/web/deployments/145988746",
    "id": 145988746,
    "sha": "f95f852bd8fca8fcc58a9a2d6c842781e32a215e",
    "ref": "v2.1.0",
    "task": "deploy",
    "payload": {},
    "environment": "production",
    "description": None,
    "creator": {"login": "octocat", "id": 21031067, "type": "User"},
    "created_at": "2026-01-01T06:39:00Z",
    "updated_at": "2026-01-01T06:39:00Z",
}
SENDER = {"login": "octocat", "id": 21031067, "type": "User"}


@pytest.fixture
def send(intake: Any):
    def post(event: str, body: Any, **headers: str) -> Any:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return intake.post("github", raw, headers={"X-GitHub-Event": event, **headers})

    return post


@pytest.fixture
def settings(intake: Any):
    def put(**values: Any) -> None:
        intake.keys["in_github"] = replace(intake.keys["in_github"], settings=values)
        intake.clock.tick(2)  # the receiver has to look the key up again

    return put


def status(state: str, at: str, **more: Any) -> dict[str, Any]:
    told = {
        "id": 209916254,
        "state": state,
        "creator": SENDER,
        "description": "",
        "environment": "production",
        "target_url": "",
        "log_url": "https://ci.example.com/7",
        "created_at": at,
        "updated_at": at,
    }
    return {
        "action": "created",
        "deployment_status": told | more,
        "deployment": DEPLOYMENT,
        "repository": REPOSITORY,
        "sender": SENDER,
    }


def push(**more: Any) -> dict[str, Any]:
    return {
        "ref": "refs/heads/main",
        "before": "6113728f27ae82c7b1a177c8d03f9e96e0adf246",
        "after": "0d1a26e67d8f5eaf1f6ba5c57fc3c7d91ac0fd1c",
        "created": False,
        "deleted": False,
        "forced": False,
        "compare": "https://github.com/acme/web/compare/6113728f27ae...0d1a26e67d8f",
        "commits": [],
        "head_commit": {
            "id": "0d1a26e67d8f5eaf1f6ba5c57fc3c7d91ac0fd1c",
            "message": "Cache keys hold the tenant\n\nCloses #12",
            "timestamp": "2026-01-01T06:00:00Z",
            "url": "https://github.com/acme/web/commit/0d1a26e67d8f",
            "author": {"name": "Mei", "username": "mei"},
        },
        "pusher": {"name": "mei", "email": "mei@example.com"},
        "repository": REPOSITORY,
        "sender": SENDER,
    } | more


def run(action: str, conclusion: str | None, at: str, number: int = 30433642, **more: Any) -> dict[str, Any]:
    told = {
        "id": number,
        "name": "CI",
        "head_branch": "main",
        "head_sha": "acb5820ced9479c074f688cc328bf03f341a511d",
        "display_title": "Cache keys hold the tenant",
        "run_number": 562,
        "run_attempt": 1,
        "event": "push",
        "status": "completed" if conclusion else "in_progress",
        "conclusion": conclusion,
        "workflow_id": 159038,
        "html_url": f"https://github.com/acme/web/actions/runs/{number}",
        "created_at": "2026-01-01T06:00:00Z",
        "updated_at": at,
        "actor": SENDER,
    }
    return {"action": action, "workflow_run": told | more, "repository": REPOSITORY, "sender": SENDER}


def test_a_deployment_from_its_start_to_its_end(intake: Any, send: Any):
    assert send(
        "deployment", {"action": "created", "deployment": DEPLOYMENT, "repository": REPOSITORY}
    ).json == {
        "status": "accepted",
        "alerts": [],
        "changes": 1,
    }
    (change,) = intake.changes()
    assert (change.state, change.kind, change.version, change.by) == (
        "started",
        "deploy",
        "v2.1.0",
        "octocat",
    )
    assert (change.environment, change.service) == ("production", "web"), "the name of the repository"
    for state, at in (("in_progress", "2026-01-01T06:40:00Z"), ("success", "2026-01-01T06:42:00Z")):
        assert send("deployment_status", status(state, at)).status == 202
    (change,) = intake.changes()
    assert (change.state, change.url) == ("succeeded", "https://ci.example.com/7")
    assert f"{change.started_at:%H:%M} {change.at:%H:%M}" == "06:39 06:42"
    assert send("deployment_status", status("inactive", "2026-01-01T06:50:00Z")).json["changes"] == 0
    assert intake.alerts() == []


def test_deployments_of_a_branch_are_told_apart_by_their_commits(intake: Any, send: Any):
    for number in (1, 2):
        deployed = DEPLOYMENT | {"id": number, "ref": "main", "sha": f"{number}" * 40}
        send("deployment", {"action": "created", "deployment": deployed, "repository": REPOSITORY})
    assert sorted(each.version for each in intake.changes()) == ["1" * 12, "2" * 12]


def test_a_deployment_told_backwards_and_twice_is_the_same(intake: Any, send: Any):
    late = [status("failure", "2026-01-01T06:42:00Z"), status("in_progress", "2026-01-01T06:40:00Z")]
    for body in (*late, *late):
        send("deployment_status", body)
    (change,) = intake.changes()
    assert change.state == "failed"


def test_a_push_to_the_default_branch_is_a_merge(intake: Any, send: Any):
    for _ in range(2):
        assert send("push", push()).status == 202
    (change,) = intake.changes()
    assert (change.kind, change.title) == ("merge", "acme/web: Cache keys hold the tenant")
    assert (change.version, change.by) == ("0d1a26e67d8f", "mei")
    assert change.url.startswith("https://github.com/acme/web/compare/")


@pytest.mark.parametrize("more", [{"ref": "refs/heads/topic"}, {"ref": "refs/tags/v1"}, {"deleted": True}])
def test_other_pushes_change_nothing(intake: Any, send: Any, more: dict[str, Any]):
    assert send("push", push(**more)).json["changes"] == 0
    assert intake.changes() == []


def test_a_branch_may_lose_its_commits(intake: Any, send: Any):
    assert send("push", push(head_commit=None)).status == 202
    assert intake.changes()[0].title == "acme/web: pushed to main"


def test_a_release_counts_when_it_is_published(intake: Any, send: Any):
    release = {
        "id": 17372790,
        "tag_name": "0.0.1",
        "name": None,
        "html_url": "https://github.com/acme/web/releases/tag/0.0.1",
        "author": SENDER,
        "published_at": "2026-01-01T05:00:00Z",
    }
    for action in ("created", "published", "edited"):
        assert send("release", {"action": action, "release": release, "repository": REPOSITORY}).status == 202
    (change,) = intake.changes()
    assert (change.kind, change.title, change.version) == ("release", "acme/web: release 0.0.1", "0.0.1")


def test_runs_of_workflows_are_nothing_unless_asked_for(intake: Any, send: Any, settings: Any):
    failed = run("completed", "failure", "2026-01-01T06:30:00Z")
    assert send("workflow_run", failed).json == {"status": "accepted", "alerts": [], "changes": 0}
    settings(workflow_runs="both")
    told = send("workflow_run", failed).json
    assert (len(told["alerts"]), told["changes"]) == (1, 1)


def test_a_failed_run_is_an_alert_that_the_next_good_one_ends(intake: Any, send: Any, settings: Any):
    settings(workflow_runs="alert")
    send("workflow_run", run("in_progress", None, "2026-01-01T06:10:00Z"))
    assert intake.alerts() == []
    send("workflow_run", run("completed", "failure", "2026-01-01T06:30:00Z"))
    (alert,) = intake.alerts()
    assert (alert.name, alert.state, alert.labels["workflow"]) == ("WorkflowFailed", "firing", "CI")
    send("workflow_run", run("completed", "cancelled", "2026-01-01T06:31:00Z", 2))
    assert intake.alerts()[0].state == "firing"
    send("workflow_run", run("completed", "success", "2026-01-01T06:45:00Z", 3))
    assert intake.alerts()[0].state == "resolved"
    send("workflow_run", run("completed", "failure", "2026-01-01T06:30:00Z"))
    assert intake.alerts()[0].state == "resolved", "an old failure told again opens nothing"
    assert intake.changes() == []


def test_runs_of_other_branches_page_nobody(intake: Any, send: Any, settings: Any):
    settings(workflow_runs="both")
    send("workflow_run", run("completed", "failure", "2026-01-01T06:30:00Z", head_branch="topic"))
    assert (intake.alerts(), intake.changes()) == ([], [])


def test_the_service_of_a_repository_may_have_another_name(intake: Any, send: Any, settings: Any):
    settings(services={"acme/web": "shop"})
    send("push", push())
    assert intake.changes()[0].service == "shop"
    intake.keys["in_github"] = replace(intake.keys["in_github"], service="storefront")
    intake.clock.tick(2)
    send("push", push(after="1" * 40))
    told = {each.version: each.service for each in intake.changes()}
    assert told["1" * 12] == "storefront", "the key's service goes before"


def test_pings_and_what_nobody_knows_are_taken_and_forgotten(intake: Any, send: Any):
    for event in ("ping", "star", "issues"):
        heard = send(event, {"zen": "Design for failure.", "hook_id": 109948940, "repository": REPOSITORY})
        assert heard.json == {"status": "accepted", "alerts": [], "changes": 0}


def test_a_webhook_may_send_forms(intake: Any, settings: Any):
    settings(secret="env:GITHUB_SECRET_OF_A_TEST")
    body = urlencode({"payload": json.dumps(push())}).encode()

    def post(raw: bytes, **headers: str) -> Any:
        form = {"Content-Type": "application/x-www-form-urlencoded", "X-GitHub-Event": "push"}
        return intake.send("POST", "/in/in_github", raw, form | headers)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GITHUB_SECRET_OF_A_TEST", SECRET)
        assert post(body, **{"X-Hub-Signature-256": f"sha256={hex_of(body)}"}).status == 202
        assert len(intake.changes()) == 1
        assert post(body).status == 401
        other = b"other=1"
        refused = post(other, **{"X-Hub-Signature-256": f"sha256={hex_of(other)}"})
        assert (refused.status, refused.json["error"]["field"]) == (422, "payload")


def test_a_signed_message_is_taken_and_a_forged_one_is_not(
    intake: Any, send: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("GITHUB_SECRET_OF_A_TEST", SECRET)
    settings(secret="env:GITHUB_SECRET_OF_A_TEST")
    body = json.dumps(push()).encode()
    cases = forged_hex(body, "X-Hub-Signature-256", "sha256=")
    refuse_all(cases, lambda headers: send("push", body, **headers), lambda: len(intake.changes()))
    signed = {"X-Hub-Signature-256": f"sha256={hex_of(body)}"}
    assert [send("push", body, **signed).status for _ in range(2)] == [202, 202]
    assert len(intake.changes()) == 1, "sent again it is the same push"


def test_the_signature_of_the_documentation_is_understood(
    intake: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
):
    """The values of "testing the webhook payload validation" on GitHub's page: signed, though no document of ours."""
    monkeypatch.setenv("GITHUB_SECRET_OF_A_TEST", "It's a Secret to Everybody")
    settings(secret="env:GITHUB_SECRET_OF_A_TEST")
    signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    headers = {"X-GitHub-Event": "push", "X-Hub-Signature-256": signature}
    assert intake.post("github", b"Hello, World!", headers=headers).status == 400, "proven, but no JSON"
    assert intake.post("github", b"Hello, World?", headers=headers).status == 401


def test_a_secret_that_cannot_be_read_is_our_fault(intake: Any, send: Any, settings: Any):
    settings(secret="env:THIS_VARIABLE_IS_SET_NOWHERE")
    assert send("push", push()).status == 503


@pytest.mark.parametrize(
    ("event", "body", "field"),
    [
        ("push", {"ref": "refs/heads/main"}, "repository"),
        ("push", push(repository="acme/web"), "repository"),
        ("push", push(after=""), "after"),
        ("push", push(after=["1"]), "after"),
        ("push", push(head_commit=7), "head_commit"),
        ("deployment", {"deployment": {}, "repository": REPOSITORY}, "deployment.id"),
        ("deployment_status", status("", "2026-01-01T06:40:00Z"), "deployment_status.state"),
        ("deployment_status", status("success", "yesterday"), "deployment_status.updated_at"),
        ("release", {"action": "published", "release": {}, "repository": REPOSITORY}, "release.tag_name"),
        ("push", [], "body"),
    ],
)
def test_what_is_wrong_is_named(intake: Any, send: Any, event: str, body: Any, field: str):
    heard = send(event, body)
    assert (heard.status, heard.json["error"]["field"]) == (422, field)
    assert intake.changes() == []


def test_without_the_name_of_the_event_nothing_can_be_read(intake: Any):
    assert intake.post("github", b"{}").json["error"]["field"] == "X-GitHub-Event"


def test_success_is_said_only_when_changes_and_alerts_are_on_disk(
    intake: Any, send: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
):
    settings(workflow_runs="both")
    body = run("completed", "failure", "2026-01-01T06:30:00Z")

    def broken(*_: Any) -> Any:
        raise Unavailable("the disk is full")

    for room, method in ((intake.store, "intake"), (intake.ledger, "post")):
        with monkeypatch.context() as patch:
            patch.setattr(type(room), method, broken)
            assert send("workflow_run", body).status == 503
        assert intake.alerts() == []
    assert send("workflow_run", body).status == 202
    assert (len(intake.alerts()), len(intake.changes())) == (1, 1), "sent again, nothing is there twice"
