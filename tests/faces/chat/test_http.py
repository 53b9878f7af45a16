"""What Slack posts: believed only when it is signed, fresh and new, and answered within Slack's three seconds."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from urllib.parse import urlencode

import pytest
from slack_stub import SIGNING_SECRET, signature_of
from waiting import until

ONCALL = urlencode({"user_id": "U0MEI", "channel_id": "C0GENERAL", "text": "oncall"})


def stamp(chat) -> float:
    return chat.clock.now().timestamp()


def test_what_slack_signed_is_answered(chat) -> None:
    answer = chat.post("commands", ONCALL)
    assert answer.status_code == 200
    assert answer.json()["response_type"] == "ephemeral"


FORGERIES = {
    "no signature": lambda now: {},
    "another secret": lambda now: signature_of(ONCALL, "another secret", now),
    "another body": lambda now: signature_of(f"{ONCALL}x", SIGNING_SECRET, now),
    "too old": lambda now: signature_of(ONCALL, SIGNING_SECRET, now - 301),
    "too new": lambda now: signature_of(ONCALL, SIGNING_SECRET, now + 301),
    "an empty one": lambda now: signature_of(ONCALL, SIGNING_SECRET, now) | {"X-Slack-Signature": "v0="},
    "no time": lambda now: signature_of(ONCALL, SIGNING_SECRET, now) | {"X-Slack-Request-Timestamp": "soon"},
    "no such time": lambda now: (
        signature_of(ONCALL, SIGNING_SECRET, now) | {"X-Slack-Request-Timestamp": "9" * 40}
    ),
    "no text": lambda now: signature_of(ONCALL, SIGNING_SECRET, now) | {"X-Slack-Signature": "v0=\xe9"},
}


def test_what_is_not_signed_now_by_slack_is_not_believed(chat) -> None:
    for name, proof in FORGERIES.items():
        for path in ("commands", "interactions", "events"):
            answer = chat.post(path, ONCALL, signed=proof(stamp(chat)))
            assert answer.status_code == 403, name
            assert answer.json()["error"]["code"] == "unproven", name


def test_a_clock_that_is_off_by_some_minutes_is_borne(chat) -> None:
    for late in (-299, 299):
        proof = signature_of(ONCALL, SIGNING_SECRET, stamp(chat) + late)
        assert chat.post("commands", ONCALL, signed=proof).is_success


def test_a_request_that_comes_again_is_not_done_again(chat) -> None:
    body = urlencode(chat.slack.command_payload("declare Checkout is down", "U0MEI"))
    for _ in range(3):
        assert chat.post("commands", body).status_code == 200
    chat.only()


def test_what_is_no_text_or_too_large_is_refused(chat) -> None:
    assert chat.post("commands", b"\xff\xfe").status_code == 403
    assert chat.post("commands", "x" * (512 * 1024 + 1)).status_code == 413
    many = "&".join(f"f{number}=1" for number in range(101))
    assert chat.post("commands", many).status_code == 400


def test_an_interaction_without_a_payload_is_an_error_that_is_understood(chat) -> None:
    for body in ("payload=", "payload=%5B1%5D", "payload=%7B", "nothing=1"):
        assert chat.post("interactions", body).status_code == 400, body


def test_an_interaction_of_another_kind_is_taken_and_nothing_happens(chat) -> None:
    body = urlencode({"payload": json.dumps({"type": "view_submission", "user": {"id": "U0MEI"}})})
    assert chat.post("interactions", body).status_code == 200


def test_the_address_for_events_proves_itself(chat) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "abc", "token": "t"})
    answer = chat.post("events", body, **{"content-type": "application/json"})
    assert answer.json() == {"challenge": "abc"}
    assert chat.post("events", "[]", **{"content-type": "application/json"}).status_code == 400


def test_an_answer_that_takes_long_comes_afterwards(chat, monkeypatch: pytest.MonkeyPatch) -> None:
    """Slack waits three seconds; the work goes on behind an empty answer."""
    monkeypatch.setattr("tocsin.faces.chat.http.AT_ONCE_S", 0.05)
    go = threading.Event()
    declare = chat.app.incidents.declare

    def slowly(*given: str):
        assert go.wait(10)
        return declare(*given)

    monkeypatch.setattr(chat.app.incidents, "declare", slowly)
    threading.Timer(0.3, go.set).start()
    answer = chat.post("commands", urlencode(chat.slack.command_payload("declare Checkout is down", "U0MEI")))
    assert (answer.status_code, answer.content) == (200, b"")
    until(lambda: chat.slack.answers, what="the answer")
    assert "declared" in chat.slack.answers[0].body["text"]
    chat.only()


def test_a_mistake_of_ours_is_told_and_not_shown(chat, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret inside")

    monkeypatch.setattr(chat.app.incidents, "declare", broken)
    told = chat.told("declare Checkout is down")
    assert "mistake" in told
    assert "secret inside" not in told


def test_nobody_is_awaited_where_nothing_is_configured(chat) -> None:
    access = chat.app.current().slack
    quiet = chat.app.current().model_copy(
        update={"slack": access.model_copy(update={"signing_secret": None})}
    )
    chat.app.current.swap(quiet)
    assert chat.post("commands", ONCALL).status_code == 404
    chat.app.current.swap(quiet.model_copy(update={"slack": None}))
    assert chat.post("commands", ONCALL).status_code == 404


# ── what is said in a war room ──────────────────────────────────────────────────────────────────────────────


class Rooms:
    def __init__(self, known: dict[str, str]) -> None:
        self.known = known
        self.said: list[tuple[str, str, str, str]] = []

    def incident_of(self, channel: str) -> str | None:
        return self.known.get(channel)

    def channel_of(self, incident: str) -> str | None:
        return None

    def heard(self, channel: str, user: str, text: str, ts: str) -> None:
        self.said.append((channel, user, text, ts))


def message(text: str, ts: str = "17.1", **more: str) -> dict[str, str]:
    return {"type": "message", "channel": "C0WAR", "user": "U0JUN9", "text": text, "ts": ts, **more}


def test_what_people_say_in_a_war_room_is_heard_once(chat) -> None:
    rooms = Rooms({"C0WAR": "INC-2026-0001"})
    chat.app.ear._context = replace(chat.app.talk, rooms=rooms)
    body = chat.slack.event_payload(
        message("ask <@U0MEI> about &lt;db1&gt;, see <https://a.example|this>"), "Ev1"
    )
    for retry in range(3):  # sent again it is signed anew
        sent = json.dumps(body | {"event_time": retry})
        assert chat.post("events", sent, **{"content-type": "application/json"}).status_code == 200
    until(lambda: rooms.said, what="the message")
    for number, other in enumerate(
        (
            message("I am a bot", bot_id="B1"),
            message("edited", subtype="message_changed"),
            message("joined", subtype="channel_join"),
            message("elsewhere") | {"channel": "C0GENERAL"},
            message("   "),
            {"type": "reaction_added", "user": "U0JUN9"},
        )
    ):
        sent = json.dumps(chat.slack.event_payload(other, f"Ev{number + 2}"))
        assert chat.post("events", sent, **{"content-type": "application/json"}).status_code == 200
    chat.post(
        "events",
        json.dumps(chat.slack.event_payload(message("the end", "18.1"), "Ev99")),
        **{"content-type": "application/json"},
    )
    until(lambda: len(rooms.said) == 2, what="the last message")
    assert rooms.said[0] == (
        "C0WAR",
        "Jun Wu",
        "ask @Mei-Ling Chen about <db1>, see this (https://a.example)",
        "17.1",
    )
    assert rooms.said[1][2] == "the end"
