"""A whole incident from Slack: a real server, a real socket, and nothing of Tocsin that Slack could reach."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from served import Served
from slack_stub import APP_TOKEN, BOT_TOKEN, SlackStub
from waiting import until

CONFIGURATION = """
people:
  mei: {{name: Mei-Ling Chen, email: mei@example.com}}
channels:
  slack: {{kind: slack, token: "env:SLACK_BOT_TOKEN", api_url: "{api}"}}
slack: {{bot_token: "env:SLACK_BOT_TOKEN", app_token: "env:SLACK_APP_TOKEN", api_url: "{api}"}}
services:
  shop: {{title: Shop}}
"""


@pytest.fixture
def slack() -> Iterator[SlackStub]:
    stub = SlackStub()
    stub.add_user("U0MEI", "mei", "mei@example.com")
    yield stub
    stub.stop()


@pytest.fixture
def served(tmp_path: Path, slack: SlackStub) -> Iterator[Served]:
    (tmp_path / "tocsin.yaml").write_text(CONFIGURATION.format(api=slack.api_url))
    server = Served(tmp_path, env={"SLACK_BOT_TOKEN": BOT_TOKEN, "SLACK_APP_TOKEN": APP_TOKEN}).start()
    server.command("account", "create", "mei", "--role", "responder", "--config", str(tmp_path))
    yield server
    server.stop()


def test_a_page_is_acknowledged_by_its_button_and_ended_by_a_command(
    served: Served, slack: SlackStub
) -> None:
    until(lambda: slack.connected, what="the socket")
    declare = slack.command_payload("declare service:shop Checkout is down", "U0MEI")
    slack.envelope("slash_commands", declare)
    page = until(
        lambda: next((each for each in slack.messages if each.channel == "D0MEI"), None), what="the page"
    )
    assert "Checkout is down" in page.said
    assert list(page.buttons) == ["tocsin.acknowledge", "tocsin.escalate", "tocsin.open"]

    slack.envelope("interactive", slack.press_payload(page, "tocsin.acknowledge", "U0MEI"))
    until(lambda: list(page.buttons) == ["tocsin.open"], what="the end of the buttons")
    assert "Acknowledged by Mei-Ling Chen" in page.said

    slack.connected[-1].disconnect("refresh_requested")
    until(lambda: slack.hellos == 2, what="the next socket")
    slack.envelope("slash_commands", slack.command_payload("resolve a bad deploy", "U0MEI"))
    until(lambda: "Over" in page.said, what="the end")
