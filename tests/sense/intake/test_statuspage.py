"""The status page of a vendor says that something is not well, and later that it is.

The messages are those of https://support.atlassian.com/statuspage/docs/enable-webhook-notifications/ and of the status
page of Datadog as its subscribers have published them, shortened and with other dates.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

PAGE = {"id": "1k6wzpspjf99", "status_indicator": "minor", "status_description": "Partially Degraded Service"}
META = {
    "unsubscribe": "http://status.example.com/?unsubscribe=hmyv34mhlk6p",
    "documentation": "http://doers.statuspage.io/customer-notifications/webhooks/",
    "generated_at": "2026-01-01T06:41:42.493Z",
}


@pytest.fixture
def send(intake: Any):
    def post(body: Any) -> Any:
        return intake.post("statuspage", json.dumps(body).encode())

    return post


@pytest.fixture
def settings(intake: Any):
    def put(**values: Any) -> None:
        intake.keys["in_statuspage"] = replace(intake.keys["in_statuspage"], settings=values)

    return put


def component(status: str, at: str = "06:41:37.394", name: str = "API", **more: Any) -> dict[str, Any]:
    return {
        "meta": META,
        "page": PAGE,
        "component": {
            "status": status,
            "name": name,
            "created_at": "2013-07-01T23:10:23.077Z",
            "updated_at": f"2026-01-01T{at}Z",
            "position": 1,
            "description": None,
            "showcase": False,
            "id": f"1kbgg1cp74tb-{name}",
            "page_id": "1k6wzpspjf99",
            "group_id": None,
        },
        "component_update": {
            "old_status": "operational",
            "new_status": status,
            "created_at": f"2026-01-01T{at}Z",
            "component_type": "Component",
            "id": "ckdysmnpzs2r",
            "component_id": "1kbgg1cp74tb",
        }
        | more,
    }


def incident(status: str, at: str, **more: Any) -> dict[str, Any]:
    return {
        "meta": META,
        "page": PAGE,
        "incident": {
            "name": "API intermittent errors",
            "status": status,
            "created_at": "2026-01-01T02:45:44.090-04:00",
            "updated_at": f"2026-01-01T{at}-04:00",
            "monitoring_at": None,
            "resolved_at": f"2026-01-01T{at}-04:00" if status == "resolved" else None,
            "impact": "minor",
            "shortlink": "http://stspg.io/feacd1657",
            "id": "9g7yvbccltvk",
            "page_id": "1k6wzpspjf99",
            "components": [{"name": "API", "status": "degraded_performance"}],
            "incident_updates": [
                {
                    "status": status,
                    "body": f"We are {status}.",
                    "created_at": f"2026-01-01T{at}-04:00",
                    "id": "k",
                }
            ],
        }
        | more,
    }


def test_a_component_that_is_not_operational_is_an_alert_until_it_is(intake: Any, send: Any, settings: Any):
    settings(vendor="Datadog")
    assert send(component("degraded_performance")).status == 200
    (alert,) = intake.alerts()
    assert (alert.name, alert.state) == ("ComponentDown", "firing")
    assert alert.labels | {"severity": ""} == {
        "alertname": "ComponentDown",
        "vendor": "Datadog",
        "component": "API",
        "severity": "",
    }
    assert alert.annotations["summary"] == "Datadog: API is degraded performance"
    send(component("major_outage", "06:45:00"))
    (alert,) = intake.alerts()
    assert (alert.labels["severity"], alert.annotations["status"]) == ("critical", "major_outage")
    send(component("operational", "06:55:00"))
    assert intake.alerts()[0].state == "resolved"
    send(component("major_outage", "06:45:00"))
    assert intake.alerts()[0].state == "resolved", "late news of what is over"


@pytest.mark.parametrize(
    ("status", "severity"),
    [("partial_outage", "error"), ("under_maintenance", "info"), ("on_holiday", "warning")],
)
def test_how_bad_it_is_follows_from_the_status(intake: Any, send: Any, status: str, severity: str):
    send(component(status))
    (alert,) = intake.alerts()
    assert (alert.labels["severity"], alert.labels["vendor"]) == (severity, "statuspage"), (
        "the name of the key"
    )


def test_what_the_update_says_counts_though_the_component_has_moved_on(intake: Any, send: Any):
    body = component("major_outage")
    body["component"]["status"] = "operational"
    send(body)
    assert intake.alerts()[0].state == "firing"


def test_only_components_that_matter(intake: Any, send: Any, settings: Any):
    settings(components=["API"])
    send(component("major_outage", name="Billing"))
    assert intake.alerts() == []
    send(component("major_outage"))
    send(incident("investigating", "02:45:44", components=[{"name": "Billing"}]))
    assert [each.name for each in intake.alerts()] == ["ComponentDown"]
    send(incident("investigating", "02:45:44"))
    assert len(intake.alerts()) == 2


def test_an_incident_of_the_page_is_an_alert_until_it_is_resolved(intake: Any, send: Any):
    send(incident("investigating", "02:45:44"))
    send(incident("monitoring", "03:00:00", impact="major"))
    (alert,) = intake.alerts()
    assert (alert.name, alert.state, alert.labels["severity"]) == ("VendorIncident", "firing", "error")
    assert alert.annotations["description"] == "We are monitoring."
    assert (alert.annotations["components"], alert.url) == ("API", "http://stspg.io/feacd1657")
    assert f"{alert.starts_at:%H:%M:%S}" == "06:45:44"
    send(incident("resolved", "03:30:00"))
    assert intake.alerts()[0].state == "resolved"
    send(incident("postmortem", "04:30:00"))
    assert intake.alerts()[0].state == "resolved"


def test_incidents_may_be_left_out(intake: Any, send: Any, settings: Any):
    settings(incidents=False)
    assert send(incident("investigating", "02:45:44")).json == {
        "status": "accepted",
        "alerts": [],
        "changes": 0,
    }


def test_maintenance_counts_when_it_begins(intake: Any, send: Any):
    send(incident("scheduled", "02:45:44", impact="maintenance"))
    assert intake.alerts() == []
    send(incident("in_progress", "02:55:44", impact="maintenance"))
    assert intake.alerts()[0].labels["severity"] == "info"
    send(incident("completed", "03:55:44", impact="maintenance"))
    assert intake.alerts()[0].state == "resolved"


def test_a_test_of_the_subscription_is_taken_and_forgotten(intake: Any, send: Any):
    for body in ({"meta": META, "page": PAGE}, {}):
        assert send(body).status == 200
    assert intake.alerts() == []


def test_another_vendor_has_components_of_the_same_name(intake: Any, send: Any):
    send(component("major_outage"))
    other = component("major_outage")
    other["page"] = PAGE | {"id": "another"}
    send(other)
    assert len(intake.alerts()) == 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"component_update": {}}, "component"),
        ({"component_update": {}, "component": {"name": "API"}}, "component.status"),
        ({"component_update": [], "component": {"name": "API"}}, "component_update"),
        (component("major_outage", name=""), "component.name"),
        (component("major_outage", "99:00:00"), "component_update.created_at"),
        ({"incident": {"name": "x"}}, "incident.id"),
        ({"incident": {"id": "x"}}, "incident.name"),
        ({"incident": {"id": "x", "name": "x", "components": 1}}, "incident.components"),
        ([], "body"),
    ],
)
def test_what_is_wrong_is_named(intake: Any, send: Any, body: Any, field: str):
    heard = send(body)
    assert (heard.status, heard.json["error"]["field"]) == (422, field)
    assert intake.alerts() == []
