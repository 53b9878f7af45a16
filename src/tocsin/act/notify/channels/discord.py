"""Writes into a channel of Discord, by its webhook (docs.discord.com/developers/resources/webhook#execute-webhook).

Make the webhook in the channel's settings (Integrations) and give its address as `url`. Everything goes to that
channel and names who is paged; a person with `addresses: {discord: "80351110224678912"}` (their user ID) is called.
Nothing that an alert writes calls anybody: only those IDs are allowed to be mentioned.

A webhook that was deleted is final; 429 waits as long as Discord says. Discord drops no repetition.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from tocsin.act.notify import markdown
from tocsin.act.notify.answers import Conversation, fields, refused, revealed, text
from tocsin.act.notify.channel import Channel, ChannelSettings, Reachable
from tocsin.act.notify.message import Message, one_line
from tocsin.act.notify.rooms import host_of
from tocsin.ground.i18n import N_, translate
from tocsin.ground.kernel.secret import Secret

_OPEN_INCIDENT = N_("Open the incident")
_TITLE, _DESCRIPTION, _CONTENT = 256, 4_096, 2_000
_COLOURS = {"P0": 0xB3261E, "P1": 0xC2570C, "P2": 0x8A6100, "P3": 0x2457A7}


class DiscordSettings(ChannelSettings):
    url: Annotated[Secret, Field(description="The address of the webhook, as a reference: it is a key.")]


class Discord(Channel[DiscordSettings]):
    title = "Discord"
    Settings = DiscordSettings
    examples = ({"url": "env:DISCORD_WEBHOOK"},)
    width = 1

    @property
    def room(self) -> str | None:
        return host_of(self.settings.url, self.kind)

    def mention(self, person: Reachable) -> str:
        known = person.addresses.get(self.kind, "")
        return f"<@{known}>" if _is_id(known) else markdown.escape(one_line(person.name))

    def send(self, message: Message, address: str, key: str) -> str | None:
        url = revealed(self.settings.url)
        conversation = Conversation(self.outbound)
        answer = conversation.ask("POST", f"{url}{'&' if '?' in url else '?'}wait=true", json=_body(message))
        said = fields(answer)
        if not 200 <= answer.status < 300:
            wait = said.get("retry_after")
            raise refused(
                answer,
                address,
                words=text(said.get("message")),
                after=float(wait) if isinstance(wait, (int, float)) and wait >= 0 else None,
            )
        return text(said.get("id")) or None


def _body(message: Message) -> dict[str, Any]:
    called = [each[2:-1] for each in message.mentions if each.startswith("<@") and _is_id(each[2:-1])]
    content = " ".join([*(["@everyone"] if message.everyone else []), *message.mentions])
    links: list[str] = []
    if message.link:
        links.append(f"**{markdown.link(message.link_label or message.link, message.link)}**")
    if message.page_link and message.page_link != message.link:
        links.append(markdown.link(translate(message.language, _OPEN_INCIDENT), message.page_link))
    tail = f"\n\n{' · '.join(links)}" if links else ""
    return {
        "content": content[:_CONTENT],
        "embeds": [
            {
                "title": markdown.block([one_line(message.subject)], _TITLE) or "–",
                "description": markdown.block(message.shown, _DESCRIPTION - len(tail)) + tail,
                "color": _COLOURS.get(message.severity, 0x5F6B7A),
            }
        ],
        "allowed_mentions": {"parse": ["everyone"] if message.everyone else [], "users": called[:100]},
    }


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit()
