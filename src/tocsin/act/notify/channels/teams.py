"""Writes into a channel or chat of Microsoft Teams, by a Workflows webhook.

In Teams choose Workflows, “Post to a channel when a webhook request is received”, and give its address as `url`
(learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook). A message is an
Adaptive Card with buttons. A person with `addresses: {teams: mei@example.com}` (the name they sign in with, or their
Entra ID) is called; what an alert writes is never read as markup.

The flow answers 202 before the card is shown: *sent* means that the flow began. A flow that was deleted or turned off
is final; 429 and 5xx are tried again. Teams drops no repetition.
"""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import Field

from tocsin.act.notify.answers import Conversation, fields, revealed, table, text
from tocsin.act.notify.channel import Channel, ChannelSettings, Reachable
from tocsin.act.notify.fitting import fit, utf8
from tocsin.act.notify.message import Message, one_line
from tocsin.act.notify.rooms import host_of
from tocsin.ground.i18n import N_, translate
from tocsin.ground.kernel.secret import Secret

_OPEN_INCIDENT = N_("Open the incident")
_LONGEST = 18_000  # bytes of the 28 kB that a whole card may have
_MOST_LINES = 60
_TITLE = 500
_STYLES = {"P0": "attention", "P1": "warning", "P2": "accent"}


class TeamsSettings(ChannelSettings):
    url: Annotated[Secret, Field(description="The address of the workflow, as a reference: it is a key.")]


class Teams(Channel[TeamsSettings]):
    title = "Microsoft Teams"
    Settings = TeamsSettings
    examples = ({"url": "env:TEAMS_WORKFLOW"},)
    width = 1

    @property
    def room(self) -> str | None:
        return host_of(self.settings.url, self.kind)

    def mention(self, person: Reachable) -> str:
        known, name = person.addresses.get(self.kind, ""), _plain(person.name)
        return f"{name} <{known}>" if known else name

    def send(self, message: Message, address: str, key: str) -> str | None:
        attachment = {
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": None,
            "content": _card(message),
        }
        Conversation(self.outbound).accepted(
            "POST",
            revealed(self.settings.url),
            json={"type": "message", "attachments": [attachment]},
            words=lambda answer: text(table(fields(answer).get("error")).get("message")),
        )
        return None


def _card(message: Message) -> dict[str, Any]:
    subject = fit(one_line(message.subject), _TITLE) or "–"
    lines = fit("\n".join(message.shown[:_MOST_LINES]), _LONGEST, size=_on_the_wire).split("\n")
    if len(message.shown) > _MOST_LINES and not lines[-1].endswith("…"):
        lines.append("…")
    head = {
        "type": "Container",
        "style": _STYLES.get(message.severity, "default"),
        "bleed": True,
        "items": [_said(subject, weight="Bolder", size="Large")],
    }
    body = [head, *(_said(line) for line in lines if line)]
    entities: list[dict[str, Any]] = []
    if message.mentions:
        names: list[str] = []
        for each in message.mentions:
            name, known = _called(each)
            names.append(f"<at>{name}</at>" if known else name)
            if known:
                mentioned = {"id": known, "name": name}
                entities.append({"type": "mention", "text": f"<at>{name}</at>", "mentioned": mentioned})
        body.append({"type": "TextBlock", "text": ", ".join(names), "wrap": True})
    actions: list[dict[str, str]] = []
    if message.link:
        label = message.link_label or message.link
        actions.append({"type": "Action.OpenUrl", "title": label, "url": message.link})
    if message.page_link and message.page_link != message.link:
        label = translate(message.language, _OPEN_INCIDENT)
        actions.append({"type": "Action.OpenUrl", "title": label, "url": message.page_link})
    return {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "fallbackText": subject,
        "msteams": {"width": "Full", "entities": entities},
        "body": body,
        "actions": actions,
    }


def _said(line: str, **looks: str) -> dict[str, Any]:
    """A line as rich text: unlike a text block it knows no Markdown."""
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": line, **looks}]}


def _called(mention: str) -> tuple[str, str]:
    name, open_, rest = mention.rpartition(" <")
    return (name, rest[:-1]) if open_ and rest.endswith(">") else (mention, "")


def _plain(name: str) -> str:
    """A name without what a text block reads as markup."""
    return "".join(" " if each in "<>&[]()*_`~#\\" else each for each in one_line(name)).strip() or "?"


def _on_the_wire(line: str) -> int:
    return utf8(json.dumps(line, ensure_ascii=False))
