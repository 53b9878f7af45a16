"""A ticket and a forwarded alert hear how the incident goes on; a room of people does not hear it twice."""

from __future__ import annotations

import pytest

from tocsin.act.notify import of_incident

INCIDENT = "INC-2026-0001"
FOLLOWERS = {
    "tickets": {"kind": "github", "repository": "example/shop", "token": "env:GITHUB_TOKEN"},
    "forwarded": {"kind": "pagerduty", "routing_key": "env:PAGERDUTY_KEY"},
    "room": {"kind": "discord", "url": "env:DISCORD_WEBHOOK"},
}


@pytest.fixture
def followed(make_desk, monkeypatch: pytest.MonkeyPatch):
    for name in ("GITHUB_TOKEN", "PAGERDUTY_KEY", "DISCORD_WEBHOOK"):
        monkeypatch.setenv(name, "https://hooks.example.com/secret")
    desk = make_desk(channels={**FOLLOWERS, "mail": {
        "kind": "email", "host": "127.0.0.1", "port": 1, "from": "tocsin@example.com",
    }})  # fmt: skip
    desk.open(channels=("tickets", "forwarded", "room"))
    return desk


def told(desk, state: str) -> list[str]:
    with desk.store.read() as conn:
        rows = of_incident(conn, INCIDENT)
    return sorted(each.channel for each in rows if each.message is not None and each.message.state == state)


def say(desk, state: str) -> None:
    desk.store.write(lambda conn: desk.escalations.tell_followers(conn, INCIDENT, state))


def test_who_follows_hears_that_somebody_has_it_and_that_it_is_over(followed):
    say(followed, "acknowledged")
    assert told(followed, "acknowledged") == ["forwarded", "tickets"]
    followed.clock.tick(600)
    say(followed, "resolved")
    assert told(followed, "resolved") == ["forwarded", "tickets"]


def test_the_same_news_is_told_once(followed):
    say(followed, "acknowledged")
    say(followed, "acknowledged")
    assert told(followed, "acknowledged") == ["forwarded", "tickets"]


def test_an_incident_that_nobody_was_told_of_has_no_followers(make_desk):
    desk = make_desk()
    say(desk, "resolved")
    assert told(desk, "resolved") == []
