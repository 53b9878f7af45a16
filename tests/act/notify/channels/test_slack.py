"""Pages in Slack: to people and to a room, with buttons, in one thread an incident; an alert calls nobody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from slack_stub import ALL_SCOPES, BOT_TOKEN, SlackStub

from tocsin.act.notify import Message
from tocsin.act.notify.channels.slack import SlackChannel, SlackSettings
from tocsin.act.notify.slack_client import Slack, SlackFailed
from tocsin.ground.kernel.outbound import Outbound

ROOM = "C0GENERAL"
INCIDENT = "https://tocsin.example.com/incidents/INC-2026-0001"
PAGE = Message(
    kind="page",
    subject="[P0] Checkout is down",
    lines=("Service: Checkout", "Error rate: 0.4"),
    severity="P0",
    incident="INC-2026-0001",
    person="mei",
    link="https://tocsin.example.com/a/signed",
    link_label="Acknowledge",
    page_link=INCIDENT,
    delivery="dlv_1",
)


@pytest.fixture
def slack() -> Iterator[SlackStub]:
    stub = SlackStub()
    stub.add_user("U0MEI", "mei", "mei@example.com")
    stub.add_user("U0JUN", "jun", "jun@example.com")
    yield stub
    stub.stop()


@pytest.fixture
def outbound() -> Iterator[Outbound]:
    client = Outbound()
    yield client
    client.close()


@pytest.fixture
def channel(slack: SlackStub, outbound: Outbound, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("SLACK_BOT_TOKEN", BOT_TOKEN)

    def make(**settings: Any) -> SlackChannel:
        values = {"token": "env:SLACK_BOT_TOKEN", "api_url": slack.api_url, **settings}
        return SlackChannel(SlackSettings.model_validate(values), outbound)

    return make


def person(name: str = "Mei", email: str | None = None, **addresses: str) -> Any:
    return SimpleNamespace(name=name, email=email, webhook=None, phone=None, addresses=addresses)


def test_a_person_is_reached_by_their_id_and_else_by_their_address(slack: SlackStub, channel: Any) -> None:
    ways = channel()
    known, found = person(slack="U0MEI"), person(email="jun@example.com")
    for each in (known, found):
        ways.send(PAGE, ways.address(each), "key")
    assert [each.channel for each in slack.messages] == ["D0MEI", "D0JUN"]
    ways.send(PAGE, ways.address(found), "again")
    asked = [name for name, _ in slack.calls if name == "users.lookupByEmail"]
    assert len(asked) == 1, "who was found once is not looked for again"
    assert ways.address(person()) is None


def test_whom_slack_does_not_know_is_refused_for_good(channel: Any) -> None:
    with pytest.raises(SlackFailed, match="knows nobody") as failed:
        channel().send(PAGE, "stranger@example.com", "key")
    assert failed.value.permanent


def test_a_page_has_its_three_buttons_and_what_only_tells_has_one(slack: SlackStub, channel: Any) -> None:
    channel().send(PAGE, "U0MEI", "key")
    buttons = slack.message().buttons
    assert list(buttons) == ["tocsin.acknowledge", "tocsin.escalate", "tocsin.open"]
    assert buttons["tocsin.acknowledge"]["value"] == "INC-2026-0001"
    assert buttons["tocsin.open"]["url"] == INCIDENT
    assert "Checkout is down" in slack.message().said
    assert "Error rate: 0.4" in slack.message().said
    channel().send(replace(PAGE, kind="notice", link=INCIDENT, link_label="Open"), "U0MEI", "notice")
    assert list(slack.message().buttons) == ["tocsin.open"]


def test_without_buttons_the_signed_link_acknowledges(slack: SlackStub, channel: Any) -> None:
    channel(buttons=False).send(PAGE, "U0MEI", "key")
    assert [each.get("url") for each in slack.message().buttons.values()] == [PAGE.link, INCIDENT]


def test_a_page_that_came_too_late_asks_for_nothing(slack: SlackStub, channel: Any) -> None:
    channel().send(replace(PAGE, state="resolved", subject="Resolved: Checkout"), "U0MEI", "key")
    assert list(slack.message().buttons) == ["tocsin.open"]


def test_buttons_speak_the_language_of_the_message(slack: SlackStub, channel: Any) -> None:
    channel().send(replace(PAGE, language="zh_Hant", subject="結帳停止服務"), "U0MEI", "key")
    labels = [each["text"]["text"] for each in slack.message().buttons.values()]
    assert labels[0] == "確認"
    assert "Acknowledge" not in labels


def test_all_messages_of_an_incident_are_one_thread(slack: SlackStub, channel: Any) -> None:
    for where, ways in (("U0MEI", channel()), (ROOM, channel(room=ROOM))):
        first = ways.send(PAGE, where, "one")
        ways.send(replace(PAGE, thread=first), where, "two")
        ways.send(replace(PAGE, kind="notice", thread=first), where, "three")
        root, second, third = slack.messages[-3:]
        assert first == f"{root.channel}/{root.ts}"
        assert (second.thread_ts, second.broadcast) == (root.ts, True), "a page is seen in the channel too"
        assert (third.thread_ts, third.broadcast) == (root.ts, False)


def test_a_thread_in_another_room_is_not_joined(slack: SlackStub, channel: Any) -> None:
    channel(room=ROOM).send(replace(PAGE, thread="C0BEFORE/17.1"), ROOM, "key")
    assert slack.message().thread_ts is None
    channel().send(replace(PAGE, thread="no receipt of slack"), "U0MEI", "key")
    assert slack.message().thread_ts is None


def test_where_no_thread_can_begin_the_message_stands_alone(slack: SlackStub, channel: Any) -> None:
    slack.fail("chat.postMessage", "cannot_reply_to_message")
    channel(room=ROOM).send(replace(PAGE, thread=f"{ROOM}/17.1"), ROOM, "key")
    assert slack.message().thread_ts is None


def test_a_room_hears_whom_the_page_is_for(slack: SlackStub, channel: Any) -> None:
    ways = channel(room=ROOM)
    people = [
        person(slack="U0MEI"),
        person("Jun", email="jun@example.com"),
        person("Ann <!channel>"),
        person("Zoe", email="z@z"),
    ]
    assert {ways.address(each) for each in people} == {ROOM}
    ways.send(replace(PAGE, mentions=tuple(ways.mention(each) for each in people)), ROOM, "key")
    assert set(slack.message().called) == {"@U0MEI", "@U0JUN"}
    assert "Ann &lt;!channel&gt;" in slack.message().said
    assert "Zoe" in slack.message().said


@pytest.mark.parametrize(
    ("severity", "everyone", "called"),
    [
        ("P0", False, ["!channel"]),
        ("P1", False, ["!here"]),
        ("P2", True, []),
        ("P3", False, []),
        ("P3", True, ["!channel"]),
    ],
)
def test_the_level_says_whether_the_whole_room_is_called(
    slack: SlackStub, channel: Any, severity: str, everyone: bool, called: list[str]
) -> None:
    ways = channel(room=ROOM, everyone={"P0": "channel", "P1": "here", "P2": "nobody"})
    ways.send(replace(PAGE, severity=severity, everyone=everyone), ROOM, "key")
    assert sorted(set(slack.message().called)) == called
    ways.send(replace(PAGE, severity=severity, everyone=everyone, kind="notice"), ROOM, "notice")
    assert slack.message().called == []


@pytest.mark.parametrize("text", ["<!channel>", "<@U0MEI>", "<!subteam^S1>", "<https://evil.example|press>"])
def test_an_alert_calls_nobody(slack: SlackStub, channel: Any, text: str) -> None:
    channel(room=ROOM).send(replace(PAGE, subject=text, lines=(text,)), ROOM, "key")
    assert slack.message().called == []
    assert text in slack.message().said, "it is shown as it was written"
    assert text not in slack.message().text


def test_a_wide_page_is_cut_to_what_a_message_holds(slack: SlackStub, channel: Any) -> None:
    mentions = tuple(f"<@U{number:07d}>" for number in range(1_000))
    wide = replace(PAGE, subject="S" * 999, lines=("長" * 5_000,) * 50, mentions=mentions, link="h" * 4_000)
    channel(room=ROOM, buttons=False).send(wide, ROOM, "key")
    assert "SSS…" in slack.message().said
    assert slack.message().said.endswith("長…")
    assert list(slack.message().buttons) == ["tocsin.open"]


PERMANENT = """
    access_denied account_inactive as_user_not_supported channel_not_found deprecated_endpoint ekm_access_denied
    enterprise_is_restricted invalid_arg_name invalid_arguments invalid_array_arg invalid_auth invalid_blocks
    invalid_blocks_format invalid_charset invalid_form_data invalid_metadata_format invalid_post_type is_archived
    messages_tab_disabled method_deprecated missing_post_type missing_scope msg_blocks_too_long msg_too_long
    no_permission no_text not_allowed_token_type not_authed not_in_channel org_login_required restricted_action
    restricted_action_read_only_channel restricted_action_thread_only_channel team_access_not_granted team_not_found
    token_expired token_revoked too_many_attachments two_factor_setup_required
"""
TEMPORARY = """
    accesslimited fatal_error internal_error message_limit_exceeded rate_limited ratelimited request_timeout
    service_unavailable team_added_to_org an_error_of_tomorrow
"""


@pytest.mark.parametrize(
    ("error", "permanent"),
    [(each, True) for each in PERMANENT.split()] + [(each, False) for each in TEMPORARY.split()],
)
def test_every_documented_refusal_is_known_as_lasting_or_passing(
    slack: SlackStub, channel: Any, error: str, permanent: bool
) -> None:
    slack.fail("chat.postMessage", error)
    with pytest.raises(SlackFailed) as failed:
        channel().send(PAGE, "U0MEI", "key")
    assert (failed.value.error, failed.value.permanent) == (error, permanent)


def test_too_many_messages_wait_as_long_as_slack_says(slack: SlackStub, channel: Any) -> None:
    slack.fail("chat.postMessage", status=429, retry_after=30)
    with pytest.raises(SlackFailed) as failed:
        channel().send(PAGE, "U0MEI", "key")
    assert (failed.value.permanent, failed.value.retry_after) == (False, 30)


def test_a_missing_scope_is_named(outbound: Outbound) -> None:
    stub = SlackStub(scopes=ALL_SCOPES - {"users:read.email"})
    try:
        with pytest.raises(SlackFailed, match=r"scope users:read\.email") as failed:
            Slack(outbound, BOT_TOKEN, stub.api_url).user_by_email("mei@example.com")
        assert failed.value.permanent
    finally:
        stub.stop()


def test_a_war_room_is_made_filled_named_and_pinned(slack: SlackStub, outbound: Outbound) -> None:
    client = Slack(outbound, BOT_TOKEN, slack.api_url)
    room = client.create_channel("incident-20261122-checkout")
    with pytest.raises(SlackFailed) as taken:
        client.create_channel("incident-20261122-checkout")
    assert taken.value.error == "name_taken"
    for _ in range(2):  # what is there already is no error
        client.invite(room, ["U0MEI", "U0JUN"])
    client.invite(room, [])
    client.set_topic(room, "Checkout is down " * 30)
    summary = client.post(room, [], "P0 · Checkout is down")
    for _ in range(2):
        client.pin(summary.channel, summary.ts)
    client.update(summary.channel, summary.ts, [], "resolved")
    client.archive(room)
    made = slack.channels[room]
    assert made.members == {"U0BOT", "U0MEI", "U0JUN"}
    assert len(made.topic) == 250
    assert made.pins == [summary.ts]
    assert made.archived
    assert slack.message().text == "resolved"
    assert client.whoami() == ("T0001", "U0BOT")
    assert client.member("U0MEI").email == "mei@example.com"
