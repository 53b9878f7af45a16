"""The project of a shop at GitLab tells of what is merged, released and deployed.

The messages are those of https://docs.gitlab.com/user/project/integrations/webhook_events/, shortened and with
other dates.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from forged import SECRET, WHSEC, forged_standard, refuse_all, standard

PROJECT = {
    "id": 30,
    "name": "test-deployment-webhooks",
    "web_url": "https://gitlab.example.com/root/test-deployment-webhooks",
    "namespace": "Administrator",
    "path_with_namespace": "root/test-deployment-webhooks",
    "default_branch": "main",
}
USER = {"id": 1, "name": "Administrator", "username": "root", "email": "user@example.com"}
EVENTS = {
    "deployment": "Deployment Hook",
    "push": "Push Hook",
    "release": "Release Hook",
    "pipeline": "Pipeline Hook",
}


@pytest.fixture
def send(intake: Any):
    def post(body: Any, **headers: str) -> Any:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        kind = json.loads(raw).get("object_kind", "")
        return intake.post(
            "gitlab", raw, headers={"X-Gitlab-Event": EVENTS.get(kind, "Note Hook"), **headers}
        )

    return post


@pytest.fixture
def settings(intake: Any):
    def put(**values: Any) -> None:
        intake.keys["in_gitlab"] = replace(intake.keys["in_gitlab"], settings=values)
        intake.clock.tick(2)  # the receiver has to look the key up again

    return put


def deployment(status: str, at: str, **more: Any) -> dict[str, Any]:
    return {
        "object_kind": "deployment",
        "status": status,
        "status_changed_at": at,
        "deployment_id": 15,
        "deployable_id": 796,
        "deployable_url": "https://gitlab.example.com/root/test-deployment-webhooks/-/jobs/796",
        "environment": "staging",
        "environment_tier": "staging",
        "project": PROJECT,
        "ref": "main",
        "short_sha": "279484c0",
        "user": USER,
        "commit_url": "https://gitlab.example.com/root/test-deployment-webhooks/-/commit/279484c0",
        "commit_title": "Add new file",
    } | more


def push(**more: Any) -> dict[str, Any]:
    return {
        "object_kind": "push",
        "event_name": "push",
        "before": "95790bf891e76fee5e1747ab589903a6a1f80f22",
        "after": "da1560886d4f094c3e6c9ef40349f7d38b5d27d7",
        "ref": "refs/heads/main",
        "user_name": "John Smith",
        "user_username": "jsmith",
        "project": PROJECT,
        "commits": [
            {
                "id": "b6568db1bc1d",
                "message": "Update Catalan translation",
                "url": "http://example.com/b6568db1bc1d",
            },
            {
                "id": "da1560886d4f",
                "message": "fixed readme\n\nmore",
                "url": "http://example.com/da1560886d4f",
            },
        ],
        "total_commits_count": 2,
    } | more


def pipeline(status: str, finished_at: str | None, number: int = 31, **more: Any) -> dict[str, Any]:
    return {
        "object_kind": "pipeline",
        "object_attributes": {
            "id": number,
            "iid": 3,
            "name": None,
            "ref": "main",
            "tag": False,
            "sha": "bcbb5ec396a2c0f828686f14fac9b80b780504f2",
            "source": "push",
            "status": status,
            "created_at": "2026-01-01 06:23:28 UTC",
            "finished_at": finished_at,
            "url": f"http://example.com/gitlab-org/gitlab-test/-/pipelines/{number}",
        }
        | more,
        "user": USER,
        "project": PROJECT,
        "commit": {"id": "bcbb5ec396a2", "title": "test", "message": "test\n"},
    }


def test_a_deployment_from_its_start_to_its_end(intake: Any, send: Any):
    for status, at in (
        ("success", "2026-01-01 08:50:00 +0200"),
        ("running", "2026-01-01 08:45:00 +0200"),
        ("success", "2026-01-01 08:50:00 +0200"),
    ):
        assert send(deployment(status, at)).status == 202
    (change,) = intake.changes()
    assert (change.state, change.environment, change.version) == ("succeeded", "staging", "279484c0")
    assert (change.by, change.service) == ("root", "test-deployment-webhooks")
    assert change.title == "root/test-deployment-webhooks: Add new file to staging"
    assert f"{change.started_at:%H:%M} {change.at:%H:%M}" == "06:45 06:50"
    assert change.url.endswith("/-/jobs/796")


@pytest.mark.parametrize(
    ("status", "state"), [("failed", "failed"), ("canceled", "cancelled"), ("running", "started")]
)
def test_a_deployment_may_end_otherwise(intake: Any, send: Any, status: str, state: str):
    send(deployment(status, "2026-01-01 08:50:00 +0200", deployable_url=None))
    (change,) = intake.changes()
    assert change.state == state
    assert change.url.endswith("/-/commit/279484c0")


def test_a_push_to_the_default_branch_is_a_merge(intake: Any, send: Any):
    send(push())
    (change,) = intake.changes()
    assert (change.kind, change.title) == ("merge", "root/test-deployment-webhooks: fixed readme")
    assert (change.by, change.version, change.at) == ("jsmith", "da1560886d4f", intake.clock.now())
    intake.clock.tick(60)
    send(push())
    assert len(intake.changes()) == 1
    for other in ({"ref": "refs/heads/topic"}, {"after": "0" * 40}):
        assert send(push(**other)).json["changes"] == 0


def test_a_release_is_a_change(intake: Any, send: Any):
    release = {
        "id": 1,
        "created_at": "2026-01-01 06:20:02 UTC",
        "released_at": "2026-01-01 06:20:02 UTC",
        "name": "v1.1",
        "tag": "v1.1",
        "object_kind": "release",
        "action": "create",
        "project": PROJECT,
        "url": "http://example.com/gitlab-org/release-webhook-example/-/releases/v1.1",
    }
    for action in ("create", "update", "delete"):
        assert send(release | {"action": action}).status == 202
    (change,) = intake.changes()
    assert (change.kind, change.version, f"{change.at:%H:%M}") == ("release", "v1.1", "06:20")


def test_pipelines_of_the_default_branch_are_changes(intake: Any, send: Any):
    send(pipeline("running", None))
    send(pipeline("failed", "2026-01-01 06:26:29 UTC"))
    (change,) = intake.changes()
    assert (change.kind, change.state, change.title) == (
        "pipeline",
        "failed",
        "root/test-deployment-webhooks: test",
    )
    send(pipeline("running", None))
    send(pipeline("success", "2026-01-01 06:36:29 UTC"))
    assert intake.changes()[0].state == "succeeded", "it was tried again"
    for other in ({"ref": "topic"}, {"tag": True}):
        assert send(pipeline("failed", None, 32, **other)).json["changes"] == 0
    for status in ("skipped", "manual"):
        assert send(pipeline(status, None, 32)).json["changes"] == 0
    assert intake.alerts() == []


def test_a_failed_pipeline_is_an_alert_where_it_is_asked_for(intake: Any, send: Any, settings: Any):
    settings(pipelines="alert", services={"root/test-deployment-webhooks": "shop"})
    send(pipeline("running", None))
    send(pipeline("failed", "2026-01-01 06:26:29 UTC"))
    (alert,) = intake.alerts()
    assert (alert.name, alert.state, alert.service) == ("PipelineFailed", "firing", "shop")
    send(pipeline("success", "2026-01-01 06:36:29 UTC", 32))
    assert intake.alerts()[0].state == "resolved"
    assert intake.changes() == []
    settings(pipelines="ignore")
    assert send(pipeline("failed", "2026-01-01 06:46:29 UTC", 33)).json["alerts"] == []


def test_what_nobody_knows_is_taken_and_forgotten(intake: Any, send: Any):
    assert send({"object_kind": "note", "project": PROJECT}).json["changes"] == 0


def test_the_secret_token_is_asked_for(
    intake: Any, send: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("GITLAB_SECRET_OF_A_TEST", SECRET)
    settings(secret="env:GITLAB_SECRET_OF_A_TEST")
    wrong = ({}, {"X-Gitlab-Token": ""}, {"X-Gitlab-Token": SECRET[:-1]}, {"X-Gitlab-Token": "ß" * 20})
    cases = ((f"token {each}", each) for each in wrong)
    refuse_all(iter(cases), lambda headers: send(push(), **headers), lambda: len(intake.changes()))
    assert send(push(), **{"X-Gitlab-Token": SECRET}).status == 202


def test_a_signed_message_is_taken_and_a_forged_one_is_not(
    intake: Any, send: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("GITLAB_SIGNING_OF_A_TEST", WHSEC)
    settings(signing_token="env:GITLAB_SIGNING_OF_A_TEST")
    body = json.dumps(push()).encode()
    now = intake.clock.now().timestamp()
    refuse_all(
        forged_standard(body, now), lambda headers: send(body, **headers), lambda: len(intake.changes())
    )
    signed = standard(body, now)
    assert [send(body, **signed).status for _ in range(2)] == [202, 202]
    assert len(intake.changes()) == 1
    intake.clock.tick(301)
    assert send(body, **signed).status == 401, "too late to be sent again"


def test_where_both_are_set_both_are_asked_for(
    intake: Any, send: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("GITLAB_SECRET_OF_A_TEST", SECRET)
    settings(secret="env:GITLAB_SECRET_OF_A_TEST", signing_token="env:GITLAB_SECRET_OF_A_TEST")
    body = json.dumps(push()).encode()
    signed = standard(body, intake.clock.now().timestamp(), SECRET)
    assert send(body, **signed).status == 401
    assert send(body, **{"X-Gitlab-Token": SECRET}).status == 401
    assert send(body, **signed, **{"X-Gitlab-Token": SECRET}).status == 202


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "object_kind"),
        ({"object_kind": "push"}, "project"),
        (push(commits={}), "commits"),
        (push(commits=[1]), "commits[0]"),
        (deployment("success", "31 February"), "status_changed_at"),
        (deployment("success", "2026-01-01 08:50:00 +0200", deployment_id=None), "deployment_id"),
        ({"object_kind": "pipeline", "project": PROJECT}, "object_attributes"),
    ],
)
def test_what_is_wrong_is_named(intake: Any, send: Any, body: Any, field: str):
    heard = send(body)
    assert (heard.status, heard.json["error"]["field"]) == (422, field)
    assert intake.changes() == []
