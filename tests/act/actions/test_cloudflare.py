"""Cloudflare as a step uses it: each verb against its documented interface."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cloudflare_stub import ACCOUNT, TOKEN, VERSIONS, WORKER, ZONE, CloudflareStub
from provider import Reply, Request

from tocsin.act.actions.action import Action, Call, CannotRun, Result
from tocsin.act.actions.toolbox import check, verdict_on
from tocsin.act.targets.target import BadTarget
from tocsin.ground.kernel.secret import Secret

Act = Callable[..., Result]
WHY = "it blocks people who sign in"


@pytest.fixture
def cloudflare() -> Iterator[CloudflareStub]:
    stub = CloudflareStub()
    yield stub
    stub.close()


@pytest.fixture
def act(
    cloudflare: CloudflareStub, actions: dict[str, Action], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Act:
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", TOKEN)
    count = 0
    target = {
        "kind": "cloudflare", "token": Secret.from_reference("env:CLOUDFLARE_API_TOKEN"), "account": ACCOUNT,
        "zone": ZONE, "script": WORKER, "api_url": f"{cloudflare.url}/client/v4",
    }  # fmt: skip

    def do(
        verb: str, /, level: str = "change", more: dict[str, Any] | None = None, **arguments: Any
    ) -> Result:
        nonlocal count
        count += 1
        folder = tmp_path / f"step.{count}"
        folder.mkdir()
        call = Call(
            text="", action=f"cloudflare.{verb}", arguments=arguments, folder=folder, timeout_s=10.0,
            level=level, **{"target": target} | (more or {}),
        )  # fmt: skip
        return actions["cloudflare"].run(call)

    return do


def row(result: Result) -> dict[str, Any]:
    assert result.well, result.why
    (found,) = result.rows or ()
    return found


def undo(verb: str, **arguments: Any) -> tuple[str, dict[str, Any]]:
    name, given = check(f"cloudflare.{verb}", arguments).undo() or ("", {})
    return name, dict(given)


def test_a_rule_goes_off_with_reason_and_time_and_comes_back_as_it_was(act: Act, cloudflare: CloudflareStub):
    before = dict(cloudflare.rules[0])
    arguments = {"rule": "block bots on /auth", "reason": WHY, "back_within": "2h"}
    off = row(act("rule_off", **arguments))
    assert (off["enabled"], off["reason"], off["back_within_s"]) == (False, WHY, 7200)
    assert cloudflare.rules[0]["enabled"] is False
    listed = act("rules", level="read").rows or ()
    assert [each["enabled"] for each in listed] == [False, True]
    name, given = undo("rule_off", **arguments)
    assert (name, given) == ("rule_on", {"rule": "block bots on /auth"})
    assert row(act(name, **given))["enabled"] is True
    after = dict(cloudflare.rules[0])
    for moved in ("version", "last_updated"):
        assert before.pop(moved) != after.pop(moved)
    assert after == before  # what the rule does when it blocks is still what it was
    assert act("rules", level="read", phase="rate_limit").rows == ()


@pytest.mark.parametrize("missing", [{}, {"reason": ""}, {"reason": WHY, "back_within": "8d"}])
def test_nothing_is_switched_off_without_a_reason_or_for_ever(
    act: Act, cloudflare: CloudflareStub, missing: dict[str, Any]
):
    with pytest.raises(CannotRun):
        act("rule_off", rule="1" * 32, **missing)
    assert cloudflare.requests == []


def test_a_route_leads_past_its_worker_and_back(act: Act, cloudflare: CloudflareStub):
    pattern = cloudflare.routes[0]["pattern"]
    with pytest.raises(CannotRun, match="leads to auth-guard, not to other"):
        act("route_off", pattern=pattern, worker="other", reason=WHY)
    arguments = {"pattern": pattern, "worker": "auth-guard", "reason": WHY}
    assert row(act("route_off", **arguments))["worker"] == ""
    assert "script" not in cloudflare.routes[0]
    name, given = undo("route_off", **arguments)
    assert row(act(name, **given))["worker"] == "auth-guard"
    assert cloudflare.routes == [{"id": "r" * 32, "pattern": pattern, "script": "auth-guard"}]
    assert [each["worker"] for each in act("routes", level="read").rows or ()] == ["auth-guard"]


def test_a_queue_is_looked_into_paused_resumed_and_purged(act: Act, cloudflare: CloudflareStub):
    assert len(act("queues", level="read").rows or ()) == 25
    # One of the second page.
    id_ = cloudflare.queues[23]["queue_id"]
    cloudflare.waiting[id_] = 40
    seen = row(act("queue", level="read", queue="queue-23"))
    assert (seen["waiting"], seen["waiting_bytes"], seen["paused"]) == (40, 40 * 512, False)
    assert row(act("queue_pause", queue="queue-23", reason="the consumer fails"))["paused"] is True
    settings = cloudflare.queues[23]["settings"]
    assert settings == {"delivery_delay": 0, "delivery_paused": True, "message_retention_period": 345_600}
    name, given = undo("queue_pause", queue="queue-23", reason="the consumer fails")
    assert row(act(name, **given))["paused"] is False
    # Deleting messages is more than a change.
    purge = {"queue": "queue-23", "reason": "all of the load test"}
    assert verdict_on("cloudflare.queue_purge", purge).level == "destroy"
    with pytest.raises(CannotRun, match="destroy"):
        act("queue_purge", **purge)
    assert cloudflare.waiting[id_] == 40
    assert row(act("queue_purge", level="destroy", **purge))["deleted"] == 40
    assert cloudflare.waiting[id_] == 0


def test_a_worker_goes_back_to_the_version_before(act: Act, cloudflare: CloudflareStub):
    newest, older, oldest = VERSIONS
    listed = act("deployments", level="read").rows or ()
    assert [each["versions"][0][0] for each in listed] == [newest, older, oldest]
    back = row(act("roll_back", reason="v3 throws on every request, " + "很" * 60))
    assert (back["version"], back["from"]) == (older, [newest])
    assert cloudflare.deployments[0]["versions"] == [{"version_id": older, "percentage": 100}]
    with pytest.raises(CannotRun, match="serves already"):
        act("roll_back", version=older, reason=WHY)
    # While two share the traffic, the way back is neither of them.
    cloudflare.deployments[0]["versions"] = [
        {"version_id": older, "percentage": 50},
        {"version_id": newest, "percentage": 50},
    ]
    cloudflare.secret_changed = True
    refused = act("roll_back", reason=WHY)
    assert (refused.well, refused.status) == (False, 400)
    assert "A secret has changed since this version" in refused.why
    assert row(act("roll_back", reason=WHY, force=True))["version"] == oldest


def test_health_tells_the_edge_from_the_origin(act: Act, cloudflare: CloudflareStub):
    def edge(request: Request) -> Reply:
        through = {"cf-ray": "8f1d2c3b4a5e6f70-FRA", "cf-cache-status": "DYNAMIC"}
        return Reply(status=200, body=b"ok", headers=through if request.path == "/health" else {})

    cloudflare.answer = edge
    seen = row(act("health", level="read", url=f"{cloudflare.url}/health"))
    assert (seen["status"], seen["place"], seen["cache"]) == (200, "FRA", "DYNAMIC")
    bare = act("health", level="read", url=f"{cloudflare.url}/elsewhere")
    assert (bare.well, bare.why) == (False, "the answer did not come through Cloudflare: it has no cf-ray")
    cloudflare.refuse(522)
    both = act("health", level="read", url=f"{cloudflare.url}/health", origin=cloudflare.host)
    assert (both.well, both.why) == (False, "through the edge: 522; at the origin: status 200")
    assert [each["way"] for each in both.rows or ()] == ["edge", "origin"]
    # An address out of an alert is not trusted with what is inside.
    hostile = {"values": {"URL": f"{cloudflare.url}/health"}, "hostile": frozenset({"URL"})}
    with pytest.raises(CannotRun, match="Not connected"):
        act("health", level="read", url="${URL}", more=hostile)


def test_refusals_are_told_in_cloudflares_words(
    act: Act, cloudflare: CloudflareStub, monkeypatch: pytest.MonkeyPatch
):
    assert "there is no rule nobody" in act("rule_on", rule="nobody").why
    unknown = act("deployments", level="read", worker="nobody")
    assert (unknown.status, unknown.well) == (404, False)
    assert "This Worker does not exist on your account. (code 10007)" in unknown.why
    with pytest.raises(BadTarget, match="no name"):
        act("deployments", level="read", worker="..")
    with pytest.raises(BadTarget, match="no zone"):
        act(
            "rules",
            level="read",
            more={
                "target": {
                    "kind": "cloudflare",
                    "token": Secret.from_reference("env:CLOUDFLARE_API_TOKEN"),
                    "api_url": f"{cloudflare.url}/client/v4",
                }
            },
        )
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", "cfut_wrongwrong")
    refused = act("queues", level="read")
    assert refused.status == 401
    assert "Authentication error (code 10000)" in refused.why


@pytest.mark.parametrize("name", ["../zones", "a/b", "a?force=true", "%2e%2e", "' OR 1=1", "$(id)", "漢"])
def test_a_name_stays_a_name(act: Act, cloudflare: CloudflareStub, name: str):
    for verb, arguments in (
        ("deployments", {"worker": name}),
        ("queue", {"queue": name}),
        ("rule_on", {"rule": name}),
    ):
        assert not act(verb, **arguments).well
    for request in cloudflare.requests:
        assert request.method == "GET"
        assert request.path.startswith(
            (f"/client/v4/accounts/{ACCOUNT}/", f"/client/v4/zones/{ZONE}/rulesets/phases/")
        )
        assert not request.query or request.query[0][0] == "page"
