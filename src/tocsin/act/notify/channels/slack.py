"""Writes to people and rooms in Slack, with buttons; what follows about the same incident joins its thread.

A person is reached by direct message: by their id, `slack: U012AB3CD` under `addresses:` of the person, or else
by their e-mail address, which Slack is asked about. With `room:` the messages go to that channel instead, and name
the people they are for; the app has to be a member of it.

The bot token (`xoxb-…`) needs the scope `chat:write`, and `users:read.email` to find people by their address. How to
make the app: docs/how-to/slack.md. The buttons Acknowledge and Escalate need the settings `slack:` as well, for
it is there that what is pressed arrives; with `buttons: false` the message has links instead.

What an alert says is text without markup: nothing in it calls a person or a room. Too many messages (429) are sent
again when Slack says, its troubles of the moment after a pause; every other refusal is final.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from tocsin.act.notify.answers import Conversation
from tocsin.act.notify.channel import Channel, ChannelSettings, Reachable
from tocsin.act.notify.fitting import fit
from tocsin.act.notify.message import Message, one_line
from tocsin.act.notify.slack_client import API, Posted, Slack, SlackFailed
from tocsin.ground.catalogue import WebAddress
from tocsin.ground.i18n import N_, translate
from tocsin.ground.kernel.outbound import Outbound
from tocsin.ground.kernel.secret import Secret

ACKNOWLEDGE, ESCALATE, OPEN = "tocsin.acknowledge", "tocsin.escalate", "tocsin.open"
"""What a button is called in the report that it was pressed; its value is the incident."""
_ACKNOWLEDGE = N_("Acknowledge")
_ESCALATE = N_("Escalate")
_OPEN = N_("Open")
_TEXT_AT_MOST = 2_900
_NAME_AT_MOST = 60
_NO_THREADS = ("cannot_reply_to_message", "restricted_action_non_threadable_channel")
_LABEL_AT_MOST, _URL_AT_MOST = 75, 3_000


class SlackSettings(ChannelSettings):
    token: Annotated[Secret, Field(description="The bot token of the app, xoxb-….")]
    room: Annotated[
        str | None,
        Field(
            pattern=r"^[CG][A-Z0-9]{2,30}$", description="The id of a channel (C…) that all messages go to."
        ),
    ] = None
    everyone: Annotated[
        dict[str, Literal["channel", "here", "nobody"]],
        Field(
            default_factory=dict,
            description="Whom in the room a page of a level calls: {P0: channel, P1: here}. Others as the step says.",
        ),
    ]
    buttons: Annotated[
        bool, Field(description="Buttons that act at once; false where nothing of Slack reaches Tocsin.")
    ] = True
    api_url: Annotated[WebAddress, Field(description="Where Slack's Web API is.")] = API


class SlackChannel(Channel[SlackSettings]):
    title = "Slack"
    Settings = SlackSettings
    examples = (
        {"token": "env:SLACK_BOT_TOKEN"},
        {"token": "env:SLACK_BOT_TOKEN", "room": "C024BE91L", "everyone": {"P0": "channel", "P1": "here"}},
    )

    def __init__(self, settings: SlackSettings, outbound: Outbound) -> None:
        super().__init__(settings, outbound)
        self._ids: dict[str, str] = {}

    def address(self, person: Reachable) -> str | None:
        return self.settings.room or person.addresses.get(self.kind) or person.email

    @property
    def room(self) -> str | None:
        return self.settings.room

    def mention(self, person: Reachable) -> str:
        """`<@U012AB3CD>`; without an id, the address by which it is found when the message leaves, and the name."""
        id_ = person.addresses.get(self.kind)
        if id_:
            return f"<@{id_}>"
        return f"{person.email} {person.name}" if person.email else person.name

    def receiver(self, address: str) -> str:
        """All of Slack answers at one place, whoever it is for."""
        return Slack(self.outbound, self.settings.token, self.settings.api_url).host

    def send(self, message: Message, address: str, key: str) -> str | None:
        talk = Conversation(self.outbound)
        slack = Slack(self.outbound, self.settings.token, self.settings.api_url, conversation=talk)
        begun = Posted.from_receipt(message.thread)
        # What concerns one incident stays together, as long as it is in the same place.
        thread = begun.ts if begun and (begun.channel == address or not self.settings.room) else ""
        calls = self._calls(slack, message, address)
        shown = blocks(message, calls=calls, buttons=self.settings.buttons)
        text = " ".join(filter(None, (calls, _summary(message))))
        channel = begun.channel if begun and thread else self._id(slack, address)
        loud = message.kind == "page"
        try:
            return slack.post(channel, shown, text, thread, key=key, broadcast=loud).receipt
        except SlackFailed as failed:
            if not thread or failed.error not in _NO_THREADS:
                raise
            return slack.post(channel, shown, text, key=key).receipt

    def _calls(self, slack: Slack, message: Message, address: str) -> str:
        """Whom the message calls, in Slack's own markup; as many as one block holds."""
        if address != self.settings.room:
            return ""
        called: list[str] = []
        if message.kind == "page" and not message.state:
            whom = self.settings.everyone.get(message.severity, "channel" if message.everyone else "nobody")
            called += [] if whom == "nobody" else [f"<!{whom}>"]
        for mention in message.mentions:
            each = self._mentioned(slack, mention)
            if len(" ".join([*called, each])) > _TEXT_AT_MOST:
                break
            called.append(each)
        return " ".join(called)

    def _mentioned(self, slack: Slack, mention: str) -> str:
        if mention.startswith("<@"):
            return mention
        email, _, name = mention.partition(" ")
        if "@" in email and name:
            try:
                return f"<@{self._by_email(slack, email)}>"
            except SlackFailed:
                mention = name  # the page matters more than how it calls somebody
        return escape(one_line(mention, _NAME_AT_MOST))

    def _id(self, slack: Slack, address: str) -> str:
        return self._by_email(slack, address) if "@" in address else address

    def _by_email(self, slack: Slack, email: str) -> str:
        known = self._ids.get(email)
        if known is None:
            known = slack.user_by_email(email)
            if known is None:
                raise SlackFailed(
                    f"Slack knows nobody with the address {email}.",
                    error="users_not_found",
                    permanent=True,
                    fix="give their id: addresses: {slack: U…}",
                )
            self._ids[email] = known
        return known


def blocks(
    message: Message, *, calls: str = "", buttons: bool = True, said: str = ""
) -> list[dict[str, Any]]:
    """The message in Block Kit. `said` is what became of it, such as “Acknowledged by Mei”: then nothing is pressed.

    Text from elsewhere stands in elements that read no markup; only `calls` may call somebody.
    """
    subject = one_line(message.subject)
    rest = fit("\n".join(message.shown), _TEXT_AT_MOST)
    parts: list[dict[str, Any]] = [{"type": "text", "text": subject or "–", "style": {"bold": True}}]
    if rest:
        parts.append({"type": "text", "text": f"\n{rest}"})
    found: list[dict[str, Any]] = []
    if calls:
        found.append({"type": "section", "text": {"type": "mrkdwn", "text": calls, "verbatim": True}})
    found.append({"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": parts}]})
    if said:
        told = {"type": "mrkdwn", "text": escape(one_line(said)), "verbatim": True}
        found.append({"type": "context", "elements": [told]})
    pressed = _buttons(message, active=buttons and not said)
    return [*found, {"type": "actions", "elements": pressed}] if pressed else found


def _buttons(message: Message, *, active: bool) -> Sequence[dict[str, Any]]:
    open_link = message.page_link or ("" if message.kind in ("page", "test") else message.link)
    awaited = message.kind == "page" and not message.state
    found: list[dict[str, Any]] = []
    if awaited and active and message.incident:
        found.append(_button(message, _ACKNOWLEDGE, ACKNOWLEDGE, value=message.incident, style="primary"))
        found.append(_button(message, _ESCALATE, ESCALATE, value=message.incident))
    elif message.link and message.link != open_link and not message.state:
        found.append(_button(message, message.link_label, f"{OPEN}.link", url=message.link))
    if open_link:
        found.append(_button(message, _OPEN, OPEN, url=open_link))
    return [each for each in found if len(each.get("url", "")) <= _URL_AT_MOST]


def _button(message: Message, label: str, action: str, **more: str) -> dict[str, Any]:
    text = fit(translate(message.language, label), _LABEL_AT_MOST)
    return {
        "type": "button",
        "action_id": action,
        "text": {"type": "plain_text", "text": text, "emoji": False},
        **more,
    }


def _summary(message: Message) -> str:
    """What a notification shows."""
    return escape(fit("\n".join([one_line(message.subject), *message.shown]), _TEXT_AT_MOST))


def escape(text: str) -> str:
    """Text that Slack shows as it is: the three characters with which its markup begins and ends are written out
    (docs.slack.dev/messaging/formatting-message-text).
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
