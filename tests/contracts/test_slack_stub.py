"""The stub of Slack behaves towards Slack's own clients as the published interface says."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator

import pytest
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.models.blocks import ActionsBlock, ButtonElement, SectionBlock
from slack_sdk.signature import SignatureVerifier
from slack_stub import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET, SlackStub, signature_of
from waiting import until


@pytest.fixture
def slack() -> Iterator[SlackStub]:
    stub = SlackStub()
    stub.add_user("U0MEI", "mei", "mei@example.com")
    yield stub
    stub.stop()


@pytest.fixture
def client(slack: SlackStub) -> WebClient:
    return WebClient(token=BOT_TOKEN, base_url=f"{slack.api_url}/")


def refusal(excinfo: pytest.ExceptionInfo[SlackApiError]) -> str:
    return excinfo.value.response["error"]


def test_a_message_goes_to_a_channel_and_can_be_changed_pinned_and_answered(
    slack: SlackStub, client: WebClient
) -> None:
    button = ButtonElement(text="Acknowledge", action_id="ack", value="INC-1")
    said = client.chat_postMessage(
        channel="C0GENERAL",
        text="down",
        blocks=[SectionBlock(text="down"), ActionsBlock(elements=[button])],
    )
    client.chat_postMessage(channel="C0GENERAL", text="since nine", thread_ts=said["ts"])
    client.pins_add(channel="C0GENERAL", timestamp=said["ts"])
    client.chat_update(channel=said["channel"], ts=said["ts"], text="up again", blocks=[])
    first, second = slack.messages
    assert (first.text, first.blocks, first.updates) == ("up again", [], 1)
    assert second.thread_ts == first.ts
    assert slack.channels["C0GENERAL"].pins == [first.ts]


def test_a_channel_is_made_and_people_found_by_their_address_are_invited(
    slack: SlackStub, client: WebClient
) -> None:
    mei = client.users_lookupByEmail(email="mei@example.com")["user"]["id"]
    made = client.conversations_create(name="incident-1")["channel"]["id"]
    client.conversations_invite(channel=made, users=[mei])
    client.conversations_setTopic(channel=made, topic="Checkout is down")
    assert slack.channels[made].members == {"U0BOT", "U0MEI"}
    assert slack.channels[made].topic == "Checkout is down"
    assert client.users_info(user=mei)["user"]["profile"]["email"] == "mei@example.com"


def test_what_slack_refuses_is_refused_in_its_words(slack: SlackStub, client: WebClient) -> None:
    slack.add_channel("C0FOREIGN", "foreign", member=False)
    slack.add_channel("C0OLD", "old", archived=True)
    cases = [
        (lambda: client.chat_postMessage(channel="C0NONE", text="hi"), "channel_not_found"),
        (lambda: client.chat_postMessage(channel="C0FOREIGN", text="hi"), "not_in_channel"),
        (lambda: client.chat_postMessage(channel="C0OLD", text="hi"), "is_archived"),
        (lambda: client.api_call("chat.postMessage", json={"channel": "C0GENERAL"}), "no_text"),
        (lambda: client.chat_postMessage(channel="C0GENERAL", text="x" * 40_001), "msg_too_long"),
        (
            lambda: client.chat_postMessage(channel="C0GENERAL", text="hi", blocks=[{"type": "banner"}]),
            "invalid_blocks",
        ),
        (lambda: client.chat_update(channel="C0GENERAL", ts="1.2", text="hi"), "message_not_found"),
        (lambda: client.users_lookupByEmail(email="nobody@example.com"), "users_not_found"),
        (lambda: client.conversations_create(name="general"), "name_taken"),
        (lambda: client.conversations_create(name="No Such"), "invalid_name_specials"),
        (lambda: client.api_call("chat.shout", json={"channel": "C0GENERAL"}), "unknown_method"),
        (
            lambda: client.api_call(
                "chat.postMessage", json={"channel": "C0GENERAL", "text": "hi", "loud": 1}
            ),
            "invalid_arg_name",
        ),
        (lambda: client.apps_connections_open(app_token=BOT_TOKEN), "not_allowed_token_type"),
    ]
    for call, expected in cases:
        with pytest.raises(SlackApiError) as excinfo:
            call()
        assert refusal(excinfo) == expected
    assert slack.messages == []


@pytest.mark.parametrize(("token", "expected"), [("", "not_authed"), ("xoxb-another", "invalid_auth")])
def test_a_call_without_the_right_token_is_refused(slack: SlackStub, token: str, expected: str) -> None:
    stranger = WebClient(token=token, base_url=f"{slack.api_url}/")
    with pytest.raises(SlackApiError) as excinfo:
        stranger.chat_postMessage(channel="C0GENERAL", text="hi")
    assert refusal(excinfo) == expected


def test_a_token_without_the_scope_is_told_which_one_is_needed() -> None:
    slack = SlackStub(scopes=frozenset({"chat:write"}))
    try:
        client = WebClient(token=BOT_TOKEN, base_url=f"{slack.api_url}/")
        with pytest.raises(SlackApiError) as excinfo:
            client.conversations_create(name="incident-1")
        assert excinfo.value.response["needed"] == "channels:manage"
    finally:
        slack.stop()


def test_too_many_calls_are_answered_429_with_the_time_to_wait(slack: SlackStub, client: WebClient) -> None:
    slack.fail("chat.postMessage", status=429, retry_after=30)
    with pytest.raises(SlackApiError) as excinfo:
        client.chat_postMessage(channel="C0GENERAL", text="hi")
    assert excinfo.value.response.status_code == 429
    assert excinfo.value.response.headers["Retry-After"] == "30"


def test_what_the_stub_signs_the_verifier_of_slack_accepts() -> None:
    verifier, now = SignatureVerifier(SIGNING_SECRET), time.time()
    signed = signature_of("text=oncall", SIGNING_SECRET, now)
    assert verifier.is_valid_request("text=oncall", signed)
    assert not verifier.is_valid_request("text=resolve", signed)
    assert not verifier.is_valid_request("text=oncall", signature_of("text=oncall", "another", now))
    assert not verifier.is_valid_request(
        "text=oncall", signature_of("text=oncall", SIGNING_SECRET, now - 301)
    )


def test_bolt_hears_a_command_and_a_button_over_socket_mode(slack: SlackStub) -> None:
    bolt = App(
        client=WebClient(token=BOT_TOKEN, base_url=f"{slack.api_url}/"),
        signing_secret=SIGNING_SECRET,
        logger=logging.getLogger("bolt"),
    )
    pressed = threading.Event()

    @bolt.command("/tocsin")
    def command(ack, respond, body) -> None:
        ack("one moment")
        respond(f"you said {body['text']}")

    @bolt.action("ack")
    def press(ack, action) -> None:
        ack()
        assert action["value"] == "INC-1"
        pressed.set()

    handler = SocketModeHandler(bolt, APP_TOKEN, web_client=bolt.client)
    handler.connect()
    try:
        until(lambda: slack.connected, what="a connection")
        id_ = slack.envelope("slash_commands", slack.command_payload("oncall", "U0MEI"))
        until(lambda: slack.acknowledgements(id_) and slack.answers, what="the answer")
        assert slack.acknowledgements(id_)[0]["payload"] == {"text": "one moment"}
        assert slack.answers[0].body["text"] == "you said oncall"
        button = ButtonElement(text="Acknowledge", action_id="ack", value="INC-1")
        bolt.client.chat_postMessage(
            channel="C0GENERAL", text="down", blocks=[ActionsBlock(elements=[button])]
        )
        slack.envelope("interactive", slack.press_payload(slack.message(), "ack", "U0MEI"))
        until(pressed.is_set, what="the press")
        slack.connected[-1].disconnect("refresh_requested")
        until(lambda: slack.hellos == 2, what="a new connection")
    finally:
        handler.close()
