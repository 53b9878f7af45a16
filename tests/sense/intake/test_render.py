"""A shop is hosted at Render, which tells of its deploys and of its troubles.

The messages are those of https://render.com/docs/webhooks, with other dates.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from forged import WHSEC, forged_standard, refuse_all, standard

SERVICE = "srv-cukouhrtq21c73e9scng"


@pytest.fixture
def send(intake: Any):
    def post(body: Any, **headers: str) -> Any:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return intake.post("render", raw, headers=headers)

    return post


def event(kind: str, at: str = "06:22:19.979294509", number: int = 1, **data: Any) -> dict[str, Any]:
    return {
        "type": kind,
        "timestamp": f"2026-01-01T{at}Z",
        "data": {"id": f"evt-{number}", "serviceId": SERVICE, "serviceName": "shop-web"} | data,
    }


def test_a_deploy_starts_and_ends(intake: Any, send: Any):
    send(event("deploy_started", "06:20:00"))
    (change,) = intake.changes()
    assert (change.state, change.kind) == ("started", "deploy")
    for _ in range(2):
        send(event("deploy_ended", number=2, status="succeeded"))
        send(event("deploy_started", "06:20:00"))
    (change,) = intake.changes()
    assert (change.state, change.service) == ("succeeded", "shop-web")
    assert f"{change.started_at:%H:%M} {change.at:%H:%M}" == "06:20 06:22"
    assert change.url == f"https://dashboard.render.com/web/{SERVICE}"


def test_the_next_deploy_is_another_change(intake: Any, send: Any):
    for number, (kind, at) in enumerate(
        (
            ("started", "06:00"),
            ("ended", "06:05"),
            ("started", "06:10"),
            ("ended", "06:15"),
            ("started", "06:20"),
        )
    ):
        status = {"status": "failed"} if kind == "ended" else {}
        send(event(f"deploy_{kind}", f"{at}:00", number, **status))
    assert [each.state for each in intake.changes()] == ["started", "failed", "failed"]


@pytest.mark.parametrize(("status", "state"), [("failed", "failed"), ("canceled", "cancelled")])
def test_a_deploy_may_end_otherwise(intake: Any, send: Any, status: str, state: str):
    send(event("deploy_ended", status=status))
    assert intake.changes()[0].state == state


@pytest.mark.parametrize(
    ("fails", "recovers", "name"),
    [
        ("server_failed", "server_available", "ServerFailed"),
        ("server_hardware_failure", "server_available", "ServerFailed"),
        ("postgres_unavailable", "postgres_available", "DatabaseUnavailable"),
        ("key_value_unhealthy", "key_value_available", "KeyValueUnhealthy"),
    ],
)
def test_what_fails_is_an_alert_until_it_is_well_again(
    intake: Any, send: Any, fails: str, recovers: str, name: str
):
    send(event(fails, "06:22:00"))
    (alert,) = intake.alerts()
    assert (alert.name, alert.state, alert.labels["severity"]) == (name, "firing", "critical")
    assert "shop-web" in alert.annotations["summary"]
    send(event(recovers, "06:24:00", 2))
    assert intake.alerts()[0].state == "resolved"
    send(event(fails, "06:22:00"))
    assert intake.alerts()[0].state == "resolved", "tried again for hours, it is still the same event"
    send(event(fails, "06:30:00", 3))
    assert intake.alerts()[0].state == "firing"


def test_a_cron_job_that_fails_is_an_alert_until_it_runs_well(intake: Any, send: Any):
    send(event("cron_job_run_started"))
    send(event("cron_job_run_ended", "06:22:00", 2, status="failed"))
    (alert,) = intake.alerts()
    assert (alert.name, alert.state) == ("CronJobFailed", "firing")
    send(event("cron_job_run_ended", "07:22:00", 3, status="canceled"))
    assert intake.alerts()[0].state == "firing"
    send(event("cron_job_run_ended", "07:52:00", 4, status="succeeded"))
    assert intake.alerts()[0].state == "resolved"


def test_what_was_configured_is_a_change(intake: Any, send: Any):
    for number, kind in enumerate(("plan_changed", "instance_count_changed", "postgres_upgrade_failed")):
        send(event(kind, f"06:22:0{number}", number))
    assert [(each.kind, each.state) for each in intake.changes()] == [
        ("upgrade", "failed"),
        ("scale", "succeeded"),
        ("config", "succeeded"),
    ]


def test_what_nobody_knows_is_taken_and_forgotten(intake: Any, send: Any):
    assert send(event("commit_ignored")).json == {"status": "accepted", "alerts": [], "changes": 0}


def test_a_service_may_have_another_name_here(intake: Any, send: Any):
    intake.keys["in_render"] = replace(intake.keys["in_render"], settings={"services": {"shop-web": "shop"}})
    send(event("server_failed"))
    assert intake.alerts()[0].service == "shop"


def test_a_signed_message_is_taken_and_a_forged_one_is_not(
    intake: Any, send: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("RENDER_SECRET_OF_A_TEST", WHSEC)
    intake.keys["in_render"] = replace(
        intake.keys["in_render"], settings={"secret": "env:RENDER_SECRET_OF_A_TEST"}
    )
    body = json.dumps(event("server_failed")).encode()
    now = intake.clock.now().timestamp()
    refuse_all(
        forged_standard(body, now), lambda headers: send(body, **headers), lambda: len(intake.alerts())
    )
    signed = standard(body, now)
    assert [send(body, **signed).status for _ in range(2)] == [202, 202]
    assert len(intake.alerts()) == 1
    intake.clock.tick(299)
    assert send(body, **signed).status == 202
    intake.clock.tick(2)
    assert send(body, **signed).status == 401


def test_a_secret_may_be_changed_while_messages_are_under_way(
    intake: Any, send: Any, monkeypatch: pytest.MonkeyPatch
):
    """The specification allows several signatures: of the old and of the new secret."""
    monkeypatch.setenv("RENDER_SECRET_OF_A_TEST", WHSEC)
    intake.keys["in_render"] = replace(
        intake.keys["in_render"], settings={"secret": "env:RENDER_SECRET_OF_A_TEST"}
    )
    body = json.dumps(event("server_failed")).encode()
    right = standard(body, intake.clock.now().timestamp())
    both = {**right, "webhook-signature": f"v1,AAAA {right['webhook-signature']}"}
    assert send(body, **both).status == 202


def test_the_vector_of_the_specification_is_understood(
    intake: Any, send: Any, monkeypatch: pytest.MonkeyPatch
):
    """The example of standard-webhooks' libraries (test of the reference implementation in Python)."""
    monkeypatch.setenv("RENDER_SECRET_OF_A_TEST", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    intake.keys["in_render"] = replace(
        intake.keys["in_render"], settings={"secret": "env:RENDER_SECRET_OF_A_TEST"}
    )
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    intake.clock.tick(1614265330 - intake.clock.now().timestamp())
    assert send(b'{"test": 2432232314}', **headers).status == 422, "proven, but no event"
    assert send(b'{"test": 2432232315}', **headers).status == 401


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "type"),
        ({"type": "server_failed"}, "data"),
        (event("server_failed", serviceId=""), "data.serviceId"),
        (event("deploy_ended", id=None), "data.id"),
        (event("server_failed", "25:00:00"), "timestamp"),
    ],
)
def test_what_is_wrong_is_named(intake: Any, send: Any, body: Any, field: str):
    heard = send(body)
    assert (heard.status, heard.json["error"]["field"]) == (422, field)
    assert (intake.alerts(), intake.changes()) == ([], [])
