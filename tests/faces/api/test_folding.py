"""Quiet by API: silences, maintenance windows, and why an alert paged or not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tocsin.app import App
from tocsin.ground.kernel.clock import FrozenClock

Headers = dict[str, str]


@pytest.fixture
def responder(as_: Callable[..., Headers]) -> Headers:
    return as_("responder")


@pytest.fixture
def operator(as_: Callable[..., Headers]) -> Headers:
    return as_("operator")


def fire(client: Any, headers: Headers, name: str = "DiskFull", **labels: str) -> str:
    body = {"name": name, "service": "shop", "labels": {"severity": "critical", **labels}}
    answer = client.post("alerts", json=body, headers=headers)
    return answer.json()["alerts"][0]["id"]


def quiet(client: Any, headers: Headers, *matchers: str, **more: Any) -> Any:
    body = {"matchers": list(matchers), "lasts": "1h", "comment": "disk change", **more}
    return client.post("silences", json=body, headers=headers)


def test_a_responder_asks_for_quiet_and_the_alert_says_so(rooms: App, client: Any, responder: Headers):
    made = quiet(client, responder, "alertname=DiskFull").json()
    assert (made["state"], made["matchers"], made["created_by"]) == (
        "active",
        ['alertname="DiskFull"'],
        "token:responder",
    )
    alert = fire(client, responder)
    rooms.triage.step()
    assert client.get(f"alerts/{alert}", headers=responder).json()["held"] == {
        "silences": [made["id"]],
        "windows": [],
        "inhibited_by": [],
    }
    assert client.get("incidents", headers=responder).json()["items"] == []
    told = client.get(f"alerts/{alert}/trace", headers=responder).json()["items"]
    assert [each["stage"] for each in told] == ["received", "silence"]
    assert told[1]["text"].startswith("Silenced by responder until")
    ended = client.post(f"silences/{made['id']}/expire", headers=responder).json()
    assert [each["what"] for each in ended["acts"]] == ["created", "ended"]
    while rooms.triage.step():
        pass
    assert len(client.get("incidents", headers=responder).json()["items"]) == 1
    (shown,) = client.get("alerts", headers=responder).json()["items"]
    assert shown["held"] is None
    chinese = client.get(f"alerts/{alert}/trace?language=zh_Hant", headers=responder).json()["items"]
    assert chinese[0]["text"] != told[0]["text"]


def test_a_broad_silence_is_tried_refused_and_confirmed_by_an_operator(
    client: Any, responder: Headers, operator: Headers
):
    reach = client.post("silences/try", json={"matchers": ["severity=critical"]}, headers=responder).json()
    assert reach["broad"]
    assert quiet(client, responder, "severity=critical").status_code == 409
    denied = quiet(client, responder, "severity=critical", confirmed=True)
    assert denied.status_code == 403
    assert quiet(client, operator, "severity=critical", confirmed=True).status_code == 200
    assert quiet(client, responder, "alertname=DiskFull", confirmed=True).status_code == 200, (
        "that is not broad"
    )


@pytest.mark.parametrize(
    ("more", "status", "field"),
    [
        ({"matchers": ["what?"]}, 422, "matchers.0"),
        ({"matchers": ['a=~"("']}, 422, None),
        ({"matchers": []}, 422, "matchers"),
        ({"lasts": "soon"}, 422, "lasts"),
        ({"lasts": None}, 422, "ends_at"),
        ({"ends_at": "2026-11-21T12:00:00Z"}, 422, "ends_at"),
        ({"starts_at": "2026-11-21T12:00:00"}, 422, "starts_at"),
        ({"starts_at": "0001-01-01T00:00:00+14:00"}, 422, "starts_at"),
        ({"starts_at": "9999-12-31T23:59:59-14:00"}, 422, None),
        ({"comment": "a\u0000b"}, 422, "comment"),
        ({"id": "nobody"}, 404, None),
        ({"surprise": 1}, 422, "surprise"),
    ],
)
def test_what_makes_no_sense_is_refused_by_the_name_of_its_field(
    client: Any, responder: Headers, more: dict[str, Any], status: int, field: str | None
):
    answer = quiet(client, responder, "alertname=DiskFull", **more)
    assert answer.status_code == status, answer.text
    assert field is None or answer.json()["error"]["field"] == field


def test_a_viewer_reads_and_changes_nothing(client: Any, as_: Callable[..., Headers], responder: Headers):
    viewer = as_("viewer")
    assert quiet(client, viewer, "alertname=DiskFull").status_code == 403
    made = quiet(client, responder, "alertname=DiskFull").json()
    assert client.post(f"silences/{made['id']}/expire", headers=viewer).status_code == 403
    assert client.get("silences?state=active", headers=viewer).json()["items"][0]["id"] == made["id"]
    assert client.get(f"silences/{made['id']}", headers=viewer).status_code == 200
    assert client.get("silences/unknown", headers=viewer).status_code == 404


def planned(client: Any, headers: Headers, **more: Any) -> Any:
    body = {"title": "Upgrade", "services": ["shop"], "lasts": "2h", **more}
    return client.post("maintenance", json=body, headers=headers)


def test_an_operator_plans_work_and_ends_it(
    rooms: App, client: Any, clock: FrozenClock, operator: Headers, responder: Headers
):
    assert planned(client, responder).status_code == 403
    window = planned(client, operator, recurs="FREQ=DAILY", zone="Asia/Taipei").json()
    assert (window["state"], window["now"]["ends_at"]) == ("active", "2026-11-21T12:30:00Z")
    alert = fire(client, operator)
    rooms.triage.step()
    assert client.get(f"alerts/{alert}", headers=operator).json()["held"]["windows"] == [window["id"]]
    times = client.get("maintenance/calendar", headers=operator).json()["items"]
    assert len(times) == 31
    ended = client.post(f"maintenance/{window['id']}/end", json={}, headers=operator).json()
    assert ended["state"] == "planned"
    while rooms.triage.step():
        pass
    assert len(client.get("incidents", headers=operator).json()["items"]) == 1
    over = client.post(f"maintenance/{window['id']}/end", json={"series": True}, headers=operator).json()
    assert over["state"] == "over"
    assert client.get("maintenance", headers=operator).json()["items"] == []
    assert len(client.get("maintenance?over=true", headers=operator).json()["items"]) == 1
    assert client.get(f"maintenance/{window['id']}", headers=operator).json()["state"] == "over"


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"services": ["nobody"]}, "services.0"),
        ({"services": []}, "services"),
        ({"recurs": "FREQ=SECONDLY"}, "recurs"),
        ({"recurs": "FREQ=DAILY;INTERVAL=0"}, "recurs"),
        ({"zone": "Mars"}, "zone"),
        ({"lasts": "60d"}, "ends_at"),
        ({"starts_at": "1999-01-01T00:00:00Z", "recurs": "FREQ=DAILY"}, "starts_at"),
    ],
)
def test_a_window_that_makes_no_sense_is_refused(
    client: Any, operator: Headers, more: dict[str, Any], field: str
):
    answer = planned(client, operator, **more)
    assert answer.status_code == 422, answer.text
    assert answer.json()["error"]["field"] == field


def test_a_calendar_of_another_age_is_refused(client: Any, operator: Headers):
    planned(client, operator, recurs="FREQ=DAILY")
    for start in ("0001-01-01T00:00:00Z", "9999-12-31T00:00:00Z"):
        answer = client.get("maintenance/calendar", params={"start": start}, headers=operator)
        assert answer.status_code in (200, 422), answer.text
    assert client.get("alerts/alr_unknown/trace", headers=operator).status_code == 404


def test_a_silence_of_the_past_is_judged_by_the_clock(client: Any, clock: FrozenClock, responder: Headers):
    made = quiet(client, responder, "alertname=DiskFull").json()
    clock.tick(timedelta(hours=2).total_seconds())
    assert client.get(f"silences/{made['id']}", headers=responder).json()["state"] == "expired"
    assert client.post(f"silences/{made['id']}/expire", headers=responder).status_code == 409
