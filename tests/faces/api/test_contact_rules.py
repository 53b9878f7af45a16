"""How a person wants to be paged: read and written over the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.faces.api.conftest import Caller

RULES: list[dict[str, Any]] = [
    {
        "channel": "mail",
        "after_s": 60,
        "severities": ["P1"],
        "quiet": [{"hours": "22:00-07:00", "severities": ["P1"], "then": "digest"}],
    }
]
Headers = Callable[..., dict[str, str]]


def test_an_admin_writes_them_reads_them_and_takes_them_away(client: Caller, as_: Headers):
    admin = as_("admin")
    assert client.get("oncall/rules/mei", headers=admin).json() == {
        "person": "mei",
        "rules": [],
        "changed_by": None,
        "changed_at": None,
    }
    written = client.post("oncall/rules/mei", json={"rules": RULES}, headers=admin)
    assert written.status_code == 200, written.text
    assert written.json()["rules"] == RULES
    assert written.json()["changed_by"] == "token:admin"
    assert client.get("oncall/rules/mei", headers=admin).json() == written.json()
    assert client.post("oncall/rules/mei", json={"rules": []}, headers=admin).json()["rules"] == []


def test_a_rule_needs_nothing_but_its_channel(client: Caller, as_: Headers):
    written = client.post("oncall/rules/mei", json={"rules": [{"channel": "mail"}]}, headers=as_("admin"))
    assert written.json()["rules"] == [{"channel": "mail", "after_s": 0, "severities": [], "quiet": []}]


def test_they_are_the_business_of_the_person(client: Caller, as_: Headers):
    for role in ("viewer", "responder", "operator"):
        assert client.get("oncall/rules/mei", headers=as_(role)).status_code == 403
        answer = client.post("oncall/rules/mei", json={"rules": []}, headers=as_(role))
        assert answer.status_code == 403
    assert client.get("oncall/rules/mei").status_code == 401


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ({"channel": "sms"}, "rules.0.channel"),
        ({"channel": "mail", "after_s": 3_601}, "rules.0.after_s"),
        ({"channel": "mail", "quiet": [{"hours": "late"}]}, "rules.0.quiet.0.hours"),
        ({"channel": "mail", "quiet": [{"hours": "00:00-24:00"}]}, "rules.0.quiet"),
        ({"channel": "mail", "loud": True}, "rules.0.loud"),
    ],
)
def test_rules_that_make_no_sense_are_refused_by_their_place(
    client: Caller, as_: Headers, rule: dict[str, Any], field: str
):
    answer = client.post("oncall/rules/mei", json={"rules": [rule]}, headers=as_("admin"))
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, field)


def test_nobody_has_none(client: Caller, as_: Headers):
    assert client.get("oncall/rules/gone", headers=as_("admin")).status_code == 404
    assert client.post("oncall/rules/gone", json={"rules": []}, headers=as_("admin")).status_code == 404


def test_an_incident_is_given_back_and_passed_on(client: Caller, as_: Headers):
    mei = as_("responder")
    number = client.post("incidents", json={"title": "Slow", "service": "shop"}, headers=mei).json()["id"]
    assert client.post(f"incidents/{number}/unacknowledge", json={}, headers=mei).status_code == 409
    client.post(f"incidents/{number}/acknowledge", headers=mei)
    back = client.post(f"incidents/{number}/unacknowledge", json={"why": "tunnel"}, headers=mei)
    assert (back.status_code, back.json()["state"]) == (200, "triggered")
    on = client.post(f"incidents/{number}/escalate", headers=mei)
    assert (on.status_code, on.json()["state"]) == (200, "triggered")
    lines = client.get(f"incidents/{number}/timeline", headers=mei).json()["items"]
    assert {"incident.unacknowledged", "escalation.pressed"} <= {line["kind"] for line in lines}
    client.post(f"incidents/{number}/resolve", json={"why": "over"}, headers=mei)
    assert client.post(f"incidents/{number}/escalate", headers=mei).status_code == 409
