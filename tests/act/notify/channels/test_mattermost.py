"""Two ways into Mattermost; a thread for each incident; a repetition that is dropped."""

from __future__ import annotations

from dataclasses import replace

import pytest
from provider import Person
from providers.mattermost import CHANNEL, HOOK

from tocsin.act.notify import Message
from tocsin.act.notify.channels.mattermost import MattermostSettings

PAGE = Message(
    kind="page", subject="[P0] Shop @all", lines=("Hello @channel",), link="https://t.example.com/i/1"
)


def test_later_messages_stand_in_the_thread_of_the_first(speaking):
    channel, mattermost = speaking("mattermost")
    first = channel.send(PAGE, CHANNEL, "key")
    assert first == "post1"
    assert channel.send(replace(PAGE, thread=first), CHANNEL, "another") == first
    assert mattermost.requests[-1].json["root_id"] == first


def test_who_is_paged_is_called_and_nobody_else(speaking):
    channel, mattermost = speaking("mattermost")
    mentions = (channel.mention(mattermost.person), channel.mention(Person(name="@all")))
    channel.send(replace(PAGE, mentions=mentions), CHANNEL, "key")
    assert mattermost.seen[-1].called == ("@mei",)


def test_an_incoming_webhook_does_as_well(speaking, monkeypatch: pytest.MonkeyPatch):
    channel, mattermost = speaking(
        "mattermost", url="env:MATTERMOST_HOOK", api_url=None, token=None, channel=None
    )
    monkeypatch.setenv("MATTERMOST_HOOK", f"{mattermost.url}/hooks/{HOOK}")
    assert channel.room == mattermost.host
    channel.send(PAGE, channel.room, "key")
    assert "Shop" in mattermost.seen[-1].text
    assert not mattermost.seen[-1].called


@pytest.mark.parametrize(
    "wrong", [{}, {"url": "env:X", "token": "env:Y"}, {"api_url": "https://chat.example.com"}]
)
def test_it_is_one_way_or_the_other(wrong: dict[str, str]):
    with pytest.raises(ValueError, match=r"set url|needs"):
        MattermostSettings.model_validate(wrong)
