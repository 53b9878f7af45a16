"""Only who is paged is called, and Discord says in fractions of a second when to come again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from provider import Person, Reply

from tocsin.act.notify import DeliveryFailed, Message

PAGE = Message(
    kind="page", subject="[P0] Shop", lines=("@everyone",), link="https://tocsin.example.com/incidents/1"
)


def test_who_is_paged_is_called_and_nobody_else(speaking):
    channel, discord = speaking("discord")
    mentions = (channel.mention(discord.person), channel.mention(Person(name="@everyone <@1>")))
    channel.send(replace(PAGE, mentions=mentions), channel.room, "key")
    assert discord.seen[-1].called == ("<@80351110224678912>",)
    assert discord.requests[-1].json["allowed_mentions"] == {"parse": [], "users": ["80351110224678912"]}


def test_a_level_may_call_the_whole_room(speaking):
    channel, discord = speaking("discord")
    channel.send(replace(PAGE, everyone=True), channel.room, "key")
    assert discord.seen[-1].called == ("@everyone",)


def test_the_message_has_discords_own_name(speaking):
    channel, _ = speaking("discord")
    assert channel.send(PAGE, channel.room, "key") == "1"


def test_the_wait_stands_in_the_answer(speaking):
    channel, discord = speaking("discord")
    limit = {"message": "You are being rate limited.", "retry_after": 64.57, "global": False}
    discord.trouble.append(Reply.of(limit, status=429, **{"Retry-After": "65"}))
    with pytest.raises(DeliveryFailed, match="rate limited") as failed:
        channel.send(PAGE, channel.room, "key")
    assert not failed.value.permanent
    assert failed.value.retry_after == 64.57


def test_a_webhook_that_was_deleted_is_told_as_such(speaking, monkeypatch: pytest.MonkeyPatch):
    channel, discord = speaking("discord")
    monkeypatch.setenv("DISCORD_WEBHOOK", f"{discord.url}/api/webhooks/1/gone")
    with pytest.raises(DeliveryFailed, match="Unknown Webhook") as failed:
        channel.send(PAGE, channel.room, "key")
    assert failed.value.permanent
