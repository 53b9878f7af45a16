"""A delivery is taken in once more: by the same way, under its own name, and only if it was kept whole."""

from __future__ import annotations

import hmac
import json
from typing import Any

import pytest

from tocsin.ground.accounts import Key
from tocsin.ground.kernel.errors import Conflict, NotFound
from tocsin.ground.kernel.secret import know

ALERT = b'{"name": "DiskFull", "service": "shop"}'
JSON = {"Content-Type": "application/json"}


def test_a_delivery_that_was_refused_for_our_mistake_is_taken_later(intake: Any):
    assert intake.post("webhook", b'{"name": "A", "value": "many"}').status == 422
    (refused,) = intake.mailbook.latest("key_webhook")
    assert intake.receiver.replay(refused.id).status == 422
    assert intake.post("webhook", ALERT).status == 202
    taken = intake.mailbook.latest("key_webhook")[0]
    intake.mailbook.flush()
    answer = intake.receiver.replay(taken.id)
    assert (answer.status, json.loads(answer.body)["alerts"][0]["result"]) == (202, "duplicate")
    again = intake.mailbook.latest("key_webhook")[0]
    assert (again.replay_of, again.body, again.alerts, again.outcome) == (taken.id, taken.body, 1, "taken")


def test_a_batch_at_the_root_and_a_routing_key_in_the_body_are_known_again(intake: Any):
    body = b'[{"labels": {"alertname": "X"}}]'
    intake.send("POST", "/api/v2/alerts", body, {**JSON, "Authorization": "Bearer in_alertmanager"})
    event = {
        "routing_key": "in_pagerduty",
        "event_action": "trigger",
        "dedup_key": "d",
        "payload": {"summary": "s", "source": "h", "severity": "critical"},
    }
    intake.send("POST", "/v2/enqueue", json.dumps(event).encode(), JSON)
    for kind, status in (("alertmanager", 200), ("pagerduty", 202)):
        (kept,) = intake.mailbook.latest(f"key_{kind}")
        assert intake.receiver.replay(kept.id).status == status
        assert f"in_{kind}" not in str(intake.mailbook.latest(f"key_{kind}"))
    assert len(intake.alerts()) == 2


def test_who_signed_is_not_asked_a_second_time_and_who_did_not_is_not_sent_again(
    intake: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("GRAFANA_SIGNS", "a long secret")
    intake.keys["in_signed"] = Key(
        id="key_signed",
        kind="grafana",
        name="signed",
        service=None,
        created_at=intake.clock.now(),
        settings={"secret": "env:GRAFANA_SIGNS"},
    )
    body = b'{"version": "1", "alerts": [{"status": "firing", "labels": {"alertname": "A"}}]}'
    sign = hmac.digest(b"a long secret", body, "sha256").hex()
    assert (
        intake.send("POST", "/in/in_signed", body, {**JSON, "X-Grafana-Alerting-Signature": sign}).status
        == 200
    )
    assert (
        intake.send("POST", "/in/in_signed", body, {**JSON, "X-Grafana-Alerting-Signature": "0"}).status
        == 401
    )
    forged, signed = intake.mailbook.latest("key_signed")
    assert sign not in str(signed)
    assert intake.receiver.replay(signed.id).status == 200
    with pytest.raises(Conflict, match="nobody knows"):
        intake.receiver.replay(forged.id)


def test_what_was_not_kept_whole_is_not_sent_again(intake: Any):
    know("a secret of ours")
    intake.post("webhook", b'{"name": "A", "text": "' + b"x" * 100_000 + b'"}')
    intake.post("webhook", b'{"name": "a secret of ours"}')
    intake.post("webhook", b'{"name": "\xff"}')
    for kept in intake.mailbook.latest("key_webhook"):
        with pytest.raises(Conflict, match="cannot be sent again") as refused:
            intake.receiver.replay(kept.id)
        assert refused.value.fix


def test_a_delivery_of_nobody_or_of_a_key_that_is_gone(intake: Any):
    with pytest.raises(NotFound):
        intake.receiver.replay("rcv_nothing")
    intake.post("webhook", ALERT)
    del intake.keys["in_webhook"]
    with pytest.raises(Conflict, match="no longer"):
        intake.receiver.replay(intake.mailbook.latest("key_webhook")[0].id)


def test_sending_again_costs_no_quota(intake: Any):
    intake.settings.swap(type(intake.settings())(intake={"alerts_per_minute": 1, "burst": 1}))
    assert intake.post("webhook", ALERT).status == 202
    assert intake.post("webhook", ALERT).status == 429
    assert intake.receiver.replay(intake.mailbook.latest("key_webhook")[1].id).status == 202
