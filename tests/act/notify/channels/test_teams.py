"""A card for Teams: who is paged is called by their name at work; what an alert writes is no markup."""

from __future__ import annotations

from dataclasses import replace

from provider import Person

from tocsin.act.notify import Message

PAGE = Message(
    kind="page",
    subject="[P0] Shop",
    lines=("Service: Shop",),
    severity="P0",
    link="https://tocsin.example.com/incidents/1",
    link_label="Open the incident",
    page_link="https://tocsin.example.com/incidents/1",
)


def test_who_is_paged_is_called(speaking):
    channel, teams = speaking("teams")
    mentions = (channel.mention(teams.person), channel.mention(Person(name="<at>everyone</at>")))
    channel.send(replace(PAGE, mentions=mentions), channel.room, "key")
    assert teams.seen[-1].called == ("mei@example.com",)
    card = teams.requests[-1].json["attachments"][0]["content"]
    assert card["body"][-1]["text"] == "<at>Mei-Ling Chen</at>, at everyone /at"
    assert len(card["msteams"]["entities"]) == 1


def test_one_address_is_one_button(speaking):
    channel, teams = speaking("teams")
    channel.send(PAGE, channel.room, "key")
    assert teams.seen[-1].links == (PAGE.link,)


def test_the_room_is_not_called_by_its_secret_address(speaking):
    channel, teams = speaking("teams")
    assert channel.room == teams.host
