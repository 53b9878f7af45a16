"""Writes into a channel of Mattermost, by an incoming webhook or as a bot.

`url` is an incoming webhook (developers.mattermost.com/integrate/webhooks/incoming). As a bot, set `api_url`, its
`token` and the ID of the `channel` (developers.mattermost.com/api-documentation, POST /api/v4/posts): then the messages
of an incident stand in one thread, and every attempt carries the same `pending_post_id`, by which Mattermost drops a
repetition. A person with `addresses: {mattermost: mei}` (their user name) is called. Nothing that an alert writes calls
anybody.

400 to 404 are final, such as a webhook that was deleted; 429 and 5xx are tried again.
"""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from tocsin.act.notify import markdown
from tocsin.act.notify.answers import Conversation, fields, revealed, text
from tocsin.act.notify.channel import Channel, ChannelSettings, Reachable
from tocsin.act.notify.message import Message, one_line
from tocsin.act.notify.rooms import host_of
from tocsin.ground.i18n import N_, translate
from tocsin.ground.kernel.outbound import Answer
from tocsin.ground.kernel.secret import Secret

_OPEN_INCIDENT = N_("Open the incident")
_LONGEST, _TITLE = 12_000, 300
_COLOURS = {"P0": "#B3261E", "P1": "#C2570C", "P2": "#8A6100", "P3": "#2457A7"}


class MattermostSettings(ChannelSettings):
    url: Annotated[Secret | None, Field(description="The incoming webhook, as a reference: it is a key.")] = (
        None
    )
    api_url: Annotated[str | None, Field(description="The server, to write as a bot instead.")] = None
    token: Annotated[Secret | None, Field(description="The access token of the bot.")] = None
    channel: Annotated[str | None, Field(description="The ID of the channel that the bot writes into.")] = (
        None
    )

    @model_validator(mode="after")
    def _has_one_way(self) -> MattermostSettings:
        bot = (self.api_url, self.token, self.channel)
        if (self.url is not None) == any(each is not None for each in bot):
            raise ValueError("set url, or api_url with token and channel")
        if self.url is None and None in bot:
            raise ValueError("a bot needs api_url, token and channel")
        return self


class Mattermost(Channel[MattermostSettings]):
    title = "Mattermost"
    Settings = MattermostSettings
    examples = (
        {"url": "env:MATTERMOST_WEBHOOK"},
        {
            "api_url": "https://chat.example.com",
            "token": "env:MATTERMOST_TOKEN",
            "channel": "4xp9fdt77pncbef59f4k1qe83o",
        },
    )
    width = 1

    @property
    def room(self) -> str | None:
        if self.settings.url is not None:
            return host_of(self.settings.url, self.kind)
        return self.settings.channel

    def receiver(self, address: str) -> str:
        return urlsplit(self.settings.api_url or "").netloc or address

    def mention(self, person: Reachable) -> str:
        known = person.addresses.get(self.kind, "").removeprefix("@")
        is_name = bool(known) and all(each.isalnum() or each in "._-" for each in known)
        return f"@{known}" if is_name else markdown.escape(one_line(person.name))

    def send(self, message: Message, address: str, key: str) -> str | None:
        settings = self.settings
        called = " ".join([*(["@channel"] if message.everyone else []), *message.mentions])
        attachments = [_attachment(message)]
        conversation = Conversation(self.outbound)
        if settings.url is not None:
            conversation.accepted(
                "POST",
                revealed(settings.url),
                json={"text": called, "attachments": attachments},
                words=_words,
            )
            return None
        body: dict[str, Any] = {
            "channel_id": address,
            "message": called,
            "props": {"attachments": attachments},
            "pending_post_id": key,
        }
        if message.thread:
            body["root_id"] = message.thread
        token = revealed(settings.token) if settings.token is not None else ""
        answer = conversation.accepted(
            "POST",
            f"{(settings.api_url or '').rstrip('/')}/api/v4/posts",
            headers={"authorization": f"Bearer {token}"},
            json=body,
            words=_words,
        )
        # Later messages join the first one, which an answer in a thread names as its root.
        return text(fields(answer).get("root_id")) or text(fields(answer).get("id")) or None


def _attachment(message: Message) -> dict[str, str]:
    subject = one_line(message.subject) or "–"
    links: list[str] = []
    if message.link:
        links.append(f"**{markdown.link(message.link_label or message.link, message.link)}**")
    if message.page_link and message.page_link != message.link:
        links.append(markdown.link(translate(message.language, _OPEN_INCIDENT), message.page_link))
    lines = markdown.block(message.shown, _LONGEST, line=lambda each: f"{markdown.escape(each)}  ")
    return {
        "fallback": markdown.uncalled(subject),
        "color": _COLOURS.get(message.severity, "#5F6B7A"),
        "title": markdown.block([subject], _TITLE * 2),
        "text": "\n\n".join(filter(None, [lines, " · ".join(links)])),
    }


def _words(answer: Answer) -> str:
    return text(fields(answer).get("message"))
