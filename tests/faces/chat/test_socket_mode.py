"""Slack without a public address: a socket that is kept open, answers at once, and brings nothing twice."""

from __future__ import annotations

from dataclasses import replace

import pytest
from slack_stub import APP_TOKEN
from waiting import until

from tocsin.faces.chat.socket_mode import SocketMode


@pytest.fixture
def door() -> str:
    return "app_token: 'env:SLACK_APP_TOKEN'"


@pytest.fixture
def socket(chat):
    """Socket Mode that does not wait long between two attempts."""
    mode = SocketMode(chat.app.talk, chat.app.ear, first_pause_s=0.05)
    yield mode
    mode.stop()


@pytest.fixture
def connected(chat, socket):
    socket.start()
    until(lambda: socket.is_connected, what="the connection")
    return chat


def test_a_command_is_acknowledged_at_once_and_answered_afterwards(connected, slack) -> None:
    id_ = slack.envelope("slash_commands", slack.command_payload("declare Checkout is down", "U0MEI"))
    until(lambda: slack.answers, what="the answer")
    assert slack.acknowledgements(id_) == [{"envelope_id": id_}]
    assert "declared" in slack.answers[0].body["text"]
    assert connected.only().title == "Checkout is down"


def test_a_button_is_pressed_through_the_socket(connected, slack) -> None:
    made = connected.declared()
    connected.paged()
    id_ = slack.envelope("interactive", slack.press_payload(slack.messages[0], "tocsin.acknowledge", "U0MEI"))
    until(lambda: slack.answers, what="the answer")
    assert slack.acknowledgements(id_)
    assert connected.incident(made.id).acknowledged_by == "mei"


def test_what_comes_again_is_acknowledged_and_not_done_again(connected, slack) -> None:
    given = slack.command_payload("declare Checkout is down", "U0MEI")
    for _ in range(3):
        slack.envelope("slash_commands", given, envelope_id="env-same")
    until(lambda: len(slack.acknowledgements("env-same")) == 3, what="the acknowledgements")
    until(lambda: slack.answers, what="the answer")
    connected.only()
    assert len(slack.answers) == 1


def test_a_repeated_event_has_another_envelope_and_is_heard_once(connected, slack, socket) -> None:
    heard: list[str] = []

    class Rooms:
        def incident_of(self, channel: str) -> str:
            return "INC-2026-0001"

        def channel_of(self, incident: str) -> None:
            return None

        def heard(self, channel: str, user: str, text: str, ts: str) -> None:
            heard.append(text)

    connected.app.ear._context = replace(connected.app.talk, rooms=Rooms())
    event = {"type": "message", "channel": "C0GENERAL", "user": "U0MEI", "text": "on it", "ts": "17.1"}
    for attempt in range(3):
        given = slack.event_payload(event, "Ev1")
        slack.envelope("events_api", given, retry_attempt=attempt, retry_reason="timeout")
    last = slack.event_payload(event | {"text": "done"}, "Ev2")
    slack.envelope("events_api", last)
    until(lambda: "done" in heard, what="the last message")
    assert sorted(heard) == ["done", "on it"]


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
def test_when_slack_ends_a_connection_the_next_one_stands(connected, slack, socket, reason: str) -> None:
    slack.connected[-1].disconnect(reason)
    until(lambda: slack.hellos == 2 and socket.is_connected, what="the next connection")
    slack.envelope("slash_commands", slack.command_payload("oncall", "U0MEI"))
    until(lambda: slack.answers, what="the answer")


def test_a_line_that_breaks_is_mended(connected, slack, socket) -> None:
    slack.connected[-1].cut()
    until(lambda: slack.hellos == 2 and socket.is_connected, what="the next connection")


def test_while_slack_refuses_it_is_asked_again_and_told_why(chat, slack, socket) -> None:
    for error in ("invalid_auth", "internal_error"):
        slack.fail("apps.connections.open", error)
    slack.fail("apps.connections.open", status=429, retry_after=1)
    socket.start()
    until(lambda: socket.problem, what="a problem")
    until(lambda: socket.is_connected, what="the connection")
    until(lambda: not socket.problem, what="its end")


def test_a_short_trouble_is_none_and_one_that_lasts_is_told_until_slack_is_heard(chat, slack, socket) -> None:
    assert socket.trouble(0) == "", "nothing was tried yet"
    socket._not_heard("invalid_auth")
    assert socket.trouble(60) == ""
    chat.clock.tick(60)
    socket._not_heard("internal_error")
    assert socket.trouble(60) == "internal_error", "counted from the first failure"
    socket.start()
    until(lambda: socket.is_connected, what="the connection")
    until(lambda: not socket.trouble(0), what="its end")


def test_without_a_token_of_the_app_nothing_is_opened_until_there_is_one(chat, slack, socket) -> None:
    with_token = chat.app.current()
    access = with_token.slack.model_copy(update={"app_token": None})
    chat.app.current.swap(with_token.model_copy(update={"slack": access}))
    socket.start()
    chat.app.current.swap(with_token)
    until(lambda: socket.is_connected, what="the connection after the reload")
    chat.app.current.swap(with_token.model_copy(update={"slack": None}))
    until(lambda: not slack.connected, what="the end of the connection")
    assert [name for name, _ in slack.calls].count("apps.connections.open") == 1
    assert APP_TOKEN not in str(slack.calls)


def test_what_is_no_envelope_is_passed_over(connected, slack) -> None:
    line = slack.connected[-1]
    for nonsense in (
        {},
        {"type": 7},
        {"type": "slash_commands"},
        {"envelope_id": "e1"},
        {"type": "new_kind"},
    ):
        line.say(nonsense)
    line.ping()
    slack.envelope("slash_commands", slack.command_payload("oncall", "U0MEI"))
    until(lambda: slack.answers, what="the answer")
    assert len(slack.answers) == 1


def test_it_ends_with_the_process(connected, slack, socket) -> None:
    socket.stop()
    until(lambda: not slack.connected, what="the end of the connection")
    assert not socket.is_connected
