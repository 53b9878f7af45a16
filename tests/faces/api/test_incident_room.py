"""Roles, updates and the room of an incident, as a program reads and asks them."""

from __future__ import annotations

import pytest

from tocsin import configuration

STAKEHOLDERS = """
stakeholders:
  board: {title: Board, template: management, people: [mei], addresses: {mail: [board@example.com]}}
"""


@pytest.fixture
def mei(as_):
    return as_("operator")


@pytest.fixture
def number(client, mei, rooms) -> str:
    path = rooms.folder / "tocsin.yaml"
    path.write_text(path.read_text(encoding="utf-8") + STAKEHOLDERS, encoding="utf-8")
    rooms.current.swap(configuration.load(rooms.folder).required())
    answer = client.post("incidents", json={"title": "The shop is slow", "service": "shop"}, headers=mei)
    return answer.json()["id"]


def test_roles_are_read_with_their_cards_in_two_languages(client, mei, number):
    client.post(f"incidents/{number}/role", json={"role": "scribe", "person": "jun"}, headers=mei)
    found = client.get(f"incidents/{number}/roles", headers=mei).json()["items"]
    assert [(each["role"], each["person"], each["wanted"]) for each in found] == [
        ("commander", None, True),
        ("technical-lead", None, True),
        ("communications-lead", None, True),
        ("scribe", "jun", True),
    ]
    assert found[3]["title"] == "scribe"
    assert all(3 <= len(each["first"]) <= 5 for each in found)
    chinese = client.get(f"incidents/{number}/roles?language=zh_Hant", headers=mei).json()["items"]
    assert chinese[3]["title"] == "記錄人員"
    assert all(one["duty"] != other["duty"] for one, other in zip(found, chinese, strict=True))


def test_a_role_is_handed_over(client, mei, number):
    client.post(f"incidents/{number}/role", json={"role": "commander", "person": "mei"}, headers=mei)
    drafted = client.get(f"incidents/{number}/roles/commander/handover", headers=mei).json()
    assert f"{number} [P0] The shop is slow" in drafted["text"]
    asked = client.post(
        f"incidents/{number}/roles/commander/handover",
        json={"person": "jun", "note": drafted["text"]},
        headers=mei,
    ).json()
    assert (asked["giver"], asked["taker"], asked["state"]) == ("mei", "jun", "asked")
    roles = client.get(f"incidents/{number}/roles", headers=mei).json()["items"]
    assert roles[0]["asked"] == asked
    assert client.post(f"incidents/{number}/roles/commander/accept", headers=mei).status_code == 200
    roles = client.get(f"incidents/{number}/roles", headers=mei).json()["items"]
    assert (roles[0]["person"], roles[0]["asked"]) == ("jun", None)
    again = client.post(f"incidents/{number}/roles/commander/decline", json={}, headers=mei)
    assert again.status_code == 409


def test_an_update_is_drafted_sent_once_and_listed(client, mei, number):
    draft = client.get(f"incidents/{number}/updates/draft?template=users", headers=mei).json()
    assert draft["subject"] == "Trouble with Shop"
    body = {
        "template": "management",
        "subject": draft["subject"],
        "text": draft["text"],
        "to": ["board"],
        "next_in": "30m",
        "key": "first",
    }
    sent = client.post(f"incidents/{number}/updates", json=body, headers=mei)
    assert sent.status_code == 200, sent.text
    assert client.post(f"incidents/{number}/updates", json=body, headers=mei).json() == sent.json()
    (told,) = client.get(f"incidents/{number}/updates", headers=mei).json()["items"]
    assert told["update"]["next_at"] == "2026-11-21T11:00:00Z"
    assert {each["name"] for each in told["receipts"]} == {"mei", "board@example.com"}
    clocks = client.get(f"incidents/{number}/clocks", headers=mei).json()["items"]
    assert [each["due_at"] for each in clocks if each["name"] == "update"] == ["2026-11-21T11:00:00Z"]


@pytest.mark.parametrize(
    ("wrong", "status", "field"),
    [
        ({"to": ["strangers"]}, 422, "to"),
        ({"next_in": "soon"}, 422, "next_in"),
        ({"template": "all-clear"}, 409, ""),
    ],
)
def test_an_update_that_cannot_be_sent_says_why(client, mei, number, wrong, status, field):
    body = {"template": "users", "subject": "Slow", "text": "We are at it.", "to": ["board"], **wrong}
    answer = client.post(f"incidents/{number}/updates", json=body, headers=mei)
    assert (answer.status_code, answer.json()["error"]["field"]) == (status, field)


def test_who_may_only_read_sends_nothing(client, as_, number):
    viewer = as_("viewer")
    assert client.get(f"incidents/{number}/updates", headers=viewer).status_code == 200
    body = {"template": "users", "subject": "Slow", "text": "We are at it.", "to": ["board"]}
    for path, json in (("updates", body), ("roles/scribe/handover", {"person": "jun"}), ("room", None)):
        assert client.post(f"incidents/{number}/{path}", json=json, headers=viewer).status_code == 403


def test_without_a_place_for_rooms_there_is_none(client, mei, number):
    found = client.get(f"incidents/{number}/room", headers=mei).json()
    assert (found["state"], found["name"], found["meeting"]) == ("none", None, "")
    refused = client.post(f"incidents/{number}/room", headers=mei)
    assert refused.status_code == 409
    assert "war_room" in refused.json()["error"]["fix"]
