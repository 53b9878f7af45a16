"""Over the API one asks who is on call at any time, changes it, and sees what is wrong."""

from __future__ import annotations

import pytest

# It is Saturday 21 November 2026, 18:30 in Taipei. Mei and Jun take turns of a week; Jun has this one.
SUNDAY, MONDAY = "2026-11-22T04:00:00Z", "2026-11-23T01:00:00Z"


@pytest.fixture
def responder(as_):
    return as_("responder")


def test_who_is_on_call_now_and_then(client, as_):
    viewer = as_("viewer")
    (duty,) = client.get("oncall", headers=viewer).json()["items"]
    assert (duty["person"], duty["until"], duty["next_person"]) == ("jun", MONDAY, "mei")
    (then,) = client.get("oncall", params={"at": "2026-11-23T09:00:00+08:00"}, headers=viewer).json()["items"]
    assert (then["person"], then["next_person"]) == ("mei", "jun")
    one = client.get("oncall/schedules/backend", params={"at": MONDAY}, headers=viewer).json()
    assert one == then
    assert client.get("oncall/schedules/front", headers=viewer).status_code == 404
    assert client.get("oncall", params={"at": "2026-11-23T09:00:00"}, headers=viewer).status_code == 422


def test_shifts_loads_and_ones_own_turns(client, as_):
    viewer = as_("viewer")
    times = {"start": "2026-11-22T01:00:00Z", "end": "2026-11-30T01:00:00Z"}
    shifts = client.get("oncall/schedules/backend/shifts", params=times, headers=viewer).json()["items"]
    assert [(each["person"], each["start"]) for each in shifts] == [
        ("jun", "2026-11-22T01:00:00Z"),
        ("mei", MONDAY),
    ]
    own = client.get("oncall/people/mei/shifts", params=times, headers=viewer).json()["items"]
    assert own == shifts[1:]
    loads = client.get("oncall/schedules/backend/load", params=times, headers=viewer).json()["items"]
    assert [(each["person"], each["load"]["hours"]) for each in loads] == [("jun", 24.0), ("mei", 168.0)]
    backwards = {"start": MONDAY, "end": SUNDAY}
    assert client.get("oncall/schedules/backend/shifts", params=backwards, headers=viewer).status_code == 422


def test_an_override_is_made_counted_listed_and_taken_back(client, as_, responder):
    body = {
        "schedule": "backend",
        "person": "mei",
        "start": "2026-11-22T00:00:00Z",
        "end": "2026-11-22T12:00:00Z",
        "reason": "A wedding",
    }
    assert client.post("oncall/overrides", json=body, headers=as_("viewer")).status_code == 403
    made = client.post("oncall/overrides", json=body, headers=responder).json()
    assert (made["created_by"], made["reason"]) == ("token:responder", "A wedding")
    duty = client.get("oncall/schedules/backend", params={"at": SUNDAY}, headers=responder).json()
    assert duty["person"] == "mei"
    assert client.get("oncall/overrides", headers=responder).json()["items"] == [made]
    removed = client.post(f"oncall/overrides/{made['id']}/remove", headers=responder).json()
    assert (removed["removed_by"], removed["removed_at"]) == ("token:responder", "2026-11-21T10:30:00Z")
    assert client.get("oncall/overrides", headers=responder).json()["items"] == []
    refused = client.post("oncall/overrides", json=body | {"person": "bob"}, headers=responder)
    assert (refused.status_code, refused.json()["error"]["field"]) == (404, "person")


def test_a_swap_is_asked_and_answered_by_those_whom_it_concerns(client, as_, responder):
    operator = as_("operator")
    body = {
        "schedule": "backend",
        "giver": "jun",
        "taker": "mei",
        "start": "2026-11-22T00:00:00Z",
        "end": "2026-11-22T12:00:00Z",
    }
    # A token is nobody's own: it needs the role that acts for others.
    assert client.post("oncall/swaps", json=body, headers=responder).status_code == 403
    swap = client.post("oncall/swaps", json=body, headers=operator).json()
    assert swap["state"] == "asked"
    assert client.get("oncall/swaps", params={"person": "mei"}, headers=responder).json()["items"] == [swap]
    assert client.post(f"oncall/swaps/{swap['id']}/accept", headers=responder).status_code == 403
    accepted = client.post(f"oncall/swaps/{swap['id']}/accept", headers=operator).json()
    assert (accepted["state"], accepted["answered_by"]) == ("accepted", "token:operator")
    duty = client.get("oncall/schedules/backend", params={"at": SUNDAY}, headers=responder).json()
    assert duty["person"] == "mei"
    assert client.get("oncall/swaps", headers=responder).json()["items"] == []
    assert client.get("oncall/swaps", params={"all": True}, headers=responder).json()["items"] == [accepted]
    for act in ("decline", "cancel"):
        assert client.post(f"oncall/swaps/{swap['id']}/{act}", headers=operator).status_code == 409


def test_a_hand_over_is_drafted_added_to_and_kept(rooms, client, responder):
    declared = client.post(
        "incidents", json={"title": "Shop is slow", "service": "shop", "severity": "P1"}, headers=responder
    )
    assert declared.status_code == 200, declared.text
    rooms.clock.tick(1)
    note = client.post(
        "oncall/schedules/backend/notes", json={"text": "Ask the vendor"}, headers=responder
    ).json()
    assert note["by"] == "token:responder"
    draft = client.get("oncall/schedules/backend/handover", headers=responder).json()["text"]
    assert "Jun Wu → Mei-Ling Chen" in draft
    assert "[P1] Shop is slow (triggered)" in draft
    assert "Ask the vendor" in draft
    chinese = client.get(
        "oncall/schedules/backend/handover", params={"language": "zh_Hant"}, headers=responder
    )
    assert "Shop is slow" in chinese.json()["text"]
    assert chinese.json()["text"].splitlines()[0] != draft.splitlines()[0]
    rooms.handovers.tick()
    rooms.clock.tick(40 * 3600)
    rooms.handovers.tick()
    (kept,) = client.get("oncall/schedules/backend/handovers", headers=responder).json()["items"]
    assert (kept["giver"], kept["taker"], kept["at"]) == ("jun", "mei", MONDAY)
    assert "Shop is slow" in kept["text"]


def test_lint_says_what_is_wrong_and_how_good_it_is(client, as_):
    found = client.get("oncall/lint", headers=as_("viewer")).json()
    assert found["score"] == 75
    (finding,) = found["findings"]
    assert (finding["rule"], finding["level"]) == ("unreachable", "error")
    assert "jun" in finding["text"]
