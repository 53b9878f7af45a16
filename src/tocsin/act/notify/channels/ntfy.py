"""Pushes to phones by ntfy, at ntfy.sh or on a server of one's own (docs.ntfy.sh/publish).

With `topic` everything goes there; without it each person has a topic of their own, `addresses: {ntfy: mei-9f2c}`. Who
knows the name of a topic reads it and may write to it, so protect topics by a `token`. A page has the highest priority,
which rings through most quiet modes; a digest has a low one. The button opens the signed page.

4xx is final, as a wrong token or topic is; 429 and 5xx are tried again. ntfy drops no repetition.
"""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field

from tocsin.act.notify.answers import Conversation, fields, revealed, text
from tocsin.act.notify.channel import Channel, ChannelSettings
from tocsin.act.notify.fitting import fit, utf8
from tocsin.act.notify.message import Message, one_line
from tocsin.ground.i18n import N_, translate
from tocsin.ground.kernel.secret import Secret

_OPEN_INCIDENT = N_("Open the incident")
_LONGEST = 4_096  # bytes; what is longer arrives as a file
_TITLE = 250
_PRIORITIES = {"page": 5, "digest": 2}
_TAGS = {"page": ["rotating_light"], "test": ["white_check_mark"]}
_TOPIC = r"^[-_A-Za-z0-9]{1,64}$"


class NtfySettings(ChannelSettings):
    topic: Annotated[str | None, Field(pattern=_TOPIC, description="The topic that everything goes to.")] = (
        None
    )
    token: Annotated[Secret | None, Field(description="An access token (tk_…) that may write there.")] = None
    api_url: Annotated[str, Field(description="The server.")] = "https://ntfy.sh"


class Ntfy(Channel[NtfySettings]):
    title = "ntfy"
    Settings = NtfySettings
    examples = (
        {"topic": "backend-9f2c41", "token": "env:NTFY_TOKEN"},
        {"api_url": "https://ntfy.example.com", "token": "env:NTFY_TOKEN"},
    )

    @property
    def room(self) -> str | None:
        return self.settings.topic

    def receiver(self, address: str) -> str:
        return urlsplit(self.settings.api_url).netloc

    def send(self, message: Message, address: str, key: str) -> str | None:
        called = ", ".join(message.mentions)
        lines = [*([called] if called else []), *message.shown]
        body: dict[str, Any] = {
            "topic": address,
            "title": fit(one_line(message.subject), _TITLE, size=utf8) or "–",
            "message": fit("\n".join(lines), _LONGEST, size=utf8) or "–",
            "priority": _PRIORITIES.get(message.kind, 3),
            "tags": _TAGS.get(message.kind, []),
        }
        actions: list[dict[str, Any]] = []
        if message.link:
            body["click"] = message.link
            actions.append(
                {"action": "view", "label": message.link_label, "url": message.link, "clear": True}
            )
        if message.page_link and message.page_link != message.link:
            label = translate(message.language, _OPEN_INCIDENT)
            actions.append({"action": "view", "label": label, "url": message.page_link})
        if actions:
            body["actions"] = actions
        headers: dict[str, str] = {}
        if self.settings.token is not None:
            headers["authorization"] = f"Bearer {revealed(self.settings.token)}"
        answer = Conversation(self.outbound).accepted(
            "POST",
            f"{self.settings.api_url.rstrip('/')}/",
            headers=headers,
            json=body,
            words=lambda answer: text(fields(answer).get("error")),
        )
        return text(fields(answer).get("id")) or None
