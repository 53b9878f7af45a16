"""Is it real, was it false, is it noise? Asked and said over the API."""

from __future__ import annotations

import pytest

from tocsin.ground.timeline import Followers
from tocsin.learn.analytics import Outcomes


@pytest.fixture
def responder(as_):
    return as_("responder")


@pytest.fixture
def alert(client, as_):
    """An alert whose incident stands open."""
    (sent,) = client.post(
        "alerts", json={"name": "ShopDown", "service": "shop"}, headers=as_("operator")
    ).json()["alerts"]
    return sent["id"]


@pytest.fixture
def incident(client, rooms, alert, responder):
    while rooms.triage.step():
        pass
    return client.get(f"alerts/{alert}", headers=responder).json()["incident"]


def test_before_anybody_has_looked_there_is_no_answer(client, incident, responder):
    assert client.get(f"incidents/{incident}", headers=responder).json()["reality"] is None


def test_who_asks_gets_the_answer_and_the_incident_keeps_it(client, incident, responder):
    answer = client.post(f"incidents/{incident}/confirm", headers=responder)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["verdict"], found["side"], found["reach"], found["looks"]) == (
        "unknown",
        "unknown",
        "none",
        [],
    ), "the shop has no endpoints"
    assert client.get(f"incidents/{incident}", headers=responder).json()["reality"] == found
    assert client.post("incidents/INC-2026-0999/confirm", headers=responder).status_code == 404


def test_a_false_alarm_is_ended_with_a_reason_and_counted(client, rooms, incident, responder):
    refused = client.post(f"incidents/{incident}/false-alarm", json={}, headers=responder)
    assert (refused.status_code, refused.json()["error"]["field"]) == (422, "why")
    ended = client.post(f"incidents/{incident}/false-alarm", json={"why": "a test"}, headers=responder).json()
    assert (ended["state"], ended["outcome"]) == ("resolved", "false_alarm")
    again = client.post(f"incidents/{incident}/false-alarm", json={"why": "a test"}, headers=responder)
    assert again.status_code == 409
    followers = Followers(rooms.store)
    Outcomes(rooms.incidents).follow(followers)
    while followers.step():
        pass
    rooms.clock.tick(1)
    (rule,) = client.get("noise", headers=responder).json()["items"]
    assert (rule["name"], rule["service"], rule["false"], rule["score"]) == ("ShopDown", "shop", 1, 50)
    assert rule["why"] == ["False alarms: 1 of 1"]
    earlier = client.get("noise", params={"until": "2026-11-20T00:00:00Z"}, headers=responder).json()
    assert earlier == {"items": [], "next": None}


@pytest.mark.parametrize(
    "query", [{"until": "0001-01-02T00:00:00Z"}, {"since": "yesterday"}, {"until": "2026-11-20"}]
)
def test_a_time_that_is_none_is_refused(client, responder, query):
    assert client.get("noise", params=query, headers=responder).status_code == 422


def test_an_alert_is_called_noise_by_who_may_respond(client, alert, responder, as_):
    said = client.post(
        f"alerts/{alert}/mark", json={"mark": "noise", "why": "nightly"}, headers=responder
    ).json()
    assert (said["mark"], said["why"], said["alert"]) == ("noise", "nightly", alert)
    assert client.post(f"alerts/{alert}/mark", json={"mark": "boring"}, headers=responder).status_code == 422
    assert client.post("alerts/alr_0/mark", json={"mark": "noise"}, headers=responder).status_code == 404
    assert (
        client.post(f"alerts/{alert}/mark", json={"mark": "noise"}, headers=as_("viewer")).status_code == 403
    )
