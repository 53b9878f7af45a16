"""Channels over the API: how they do, a test by one, the digests to come, and the pages of an incident."""

from __future__ import annotations

import pytest

from tocsin.act.notify import Message, Route


@pytest.fixture
def viewer(as_):
    return as_("viewer")


@pytest.fixture
def responder(as_):
    return as_("responder")


def test_every_channel_is_listed_with_its_health(client, viewer):
    [mail] = client.get("channels", headers=viewer).json()["items"]
    assert (mail["name"], mail["kind"], mail["state"], mail["waiting"]) == ("mail", "email", "unused", 0)
    assert mail["callback_url"].endswith("/channels/mail")
    assert mail["disturbs"]


def test_a_test_goes_to_the_person_and_is_counted(client, responder, viewer):
    assert client.post("channels/mail/test", json={"person": "mei"}, headers=viewer).status_code == 403
    answer = client.post("channels/mail/test", json={"person": "mei"}, headers=responder)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["channel"], answer.json()["person"]) == ("mail", "mei")
    [mail] = client.get("channels", headers=viewer).json()["items"]
    assert mail["waiting"] == 1


@pytest.mark.parametrize(
    ("path", "body", "status", "field"),
    [
        ("channels/gone/test", {"person": "mei"}, 404, "channel"),
        ("channels/mail/test", {"person": "gone"}, 404, "person"),
        ("channels/mail/test", {"person": "jun"}, 422, "person"),  # who has no address there
        ("channels/mail/test", {}, 422, "person"),
    ],
)
def test_a_test_that_reaches_nobody_is_refused(client, responder, path, body, status, field):
    answer = client.post(path, json=body, headers=responder)
    assert (answer.status_code, answer.json()["error"]["field"]) == (status, field)


def test_a_digest_is_listed_until_it_leaves(rooms, client, viewer):
    assert client.get("digests", headers=viewer).json()["items"] == []
    for number in range(3):
        rooms.store.write(
            lambda conn, number=number: rooms.deliveries.queue(
                conn,
                kind="digest",
                cause=f"esc_{number}",
                incident=None,
                person="mei",
                route=Route(channel="mail", address="mei@example.com"),
                message=Message(kind="digest", subject="x", lines=()),
                at=rooms.clock.now(),
            )
        )
    [found] = client.get("digests", headers=viewer).json()["items"]
    assert (found["person"], found["channel"], found["lines"]) == ("mei", "mail", 3)


def test_the_pages_of_an_incident_come_with_their_attempts(client, responder):
    made = client.post(
        "incidents", json={"title": "Shop is down", "service": "shop"}, headers=responder
    ).json()
    found = client.get(f"incidents/{made['id']}/pages", headers=responder).json()["items"]
    page = next(each for each in found if each["channel"])
    assert (page["person"], page["channel"], page["state"]) == ("mei", "mail", "claimed")
    [attempt] = page["attempts"]
    assert (attempt["number"], attempt["outcome"], attempt["ended_at"]) == (1, None, None)
    assert client.get("incidents/INC-1/pages", headers=responder).status_code == 404
