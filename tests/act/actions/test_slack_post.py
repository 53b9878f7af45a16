"""A step says something in Slack, and a value in it calls nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from slack_stub import BOT_TOKEN, SlackStub

Act = Callable[..., Any]


@pytest.fixture
def slack() -> Iterator[SlackStub]:
    stub = SlackStub()
    yield stub
    stub.stop()


def test_a_message_is_posted_and_a_value_in_it_is_only_text(act: Act, slack: SlackStub):
    slack.add_channel("C024BE91L", "shop")
    target = {"kind": "slack", "token": BOT_TOKEN, "api_url": slack.api_url, "channel": "C024BE91L"}
    result, seen = act(
        "slack.post",
        {"text": "*Rolled back* to ${VERSION}"},
        target=target,
        level="change",
        values={"VERSION": "<!channel> <http://evil.example|click> & co"},
    )
    assert result.well
    assert seen["json"]["channel"] == "C024BE91L"
    message = slack.message()
    assert message.ts == seen["json"]["ts"]
    assert message.called == []
    assert "&lt;!channel&gt;" in message.text
    gone, _ = act("slack.post", {"text": "x", "channel": "C0NOWHERE"}, target=target, level="change")
    assert not gone.well
    assert "channel_not_found" in gone.why
