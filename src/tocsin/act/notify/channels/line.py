"""Writes to people or to a group on LINE, by an official account (developers.line.biz/en/reference/messaging-api).

Make a Messaging API channel; `token` is its channel access token, `secret` its channel secret. With `to` everything
goes to that group or room; without it each person is written to at the user ID in `addresses: {line: U4af4980629…}`,
once they have added the account as a friend.

With `secret` a page has the buttons Acknowledge and Escalate, and its four digits are understood as an answer. Write
`https://tocsin.example.com/channels/NAME/events` as Webhook URL into LINE's console and turn Use webhook on. Without it
the button opens the signed page.

Every attempt carries the same `X-Line-Retry-Key`, by which LINE drops a repetition. 429 is tried again, unless the
month's quota of messages is used up.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
from collections.abc import Mapping
from typing import Annotated, Any, Literal
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import NAMESPACE_URL, uuid5

from pydantic import Field

from tocsin.act.notify import replies
from tocsin.act.notify.answers import Conversation, fields, parsed, refused, revealed, rows, table, text
from tocsin.act.notify.channel import (
    Call,
    Channel,
    ChannelSettings,
    DeliveryFailed,
    Heard,
    Report,
    Unproven,
)
from tocsin.act.notify.fitting import fit
from tocsin.act.notify.message import Message, one_line
from tocsin.ground.i18n import N_, translate
from tocsin.ground.kernel.errors import Invalid, Malformed
from tocsin.ground.kernel.outbound import Answer
from tocsin.ground.kernel.secret import Secret

_ACKNOWLEDGE = N_("Acknowledge")
_ESCALATE = N_("Escalate")
_OPEN_INCIDENT = N_("Open the incident")
_ALT = 400
_LABEL = 40
_BODY = 4_000  # characters of the card, which as JSON may take 30 kB
_REPLY = 5_000
_ACCEPTED_BEFORE = 409
_COLOURS = {"P0": "#B3261E", "P1": "#C2570C", "P2": "#8A6100", "P3": "#2457A7"}
_WANTED: Mapping[str, Literal["acknowledged", "escalated"]] = {"ack": "acknowledged", "esc": "escalated"}


class LineSettings(ChannelSettings):
    token: Annotated[Secret, Field(description="The channel access token.")]
    to: Annotated[str | None, Field(description="The group or room that everything goes to: C… or R….")] = (
        None
    )
    secret: Annotated[
        Secret | None, Field(description="The channel secret, by which LINE signs its calls.")
    ] = None
    api_url: Annotated[str, Field(description="Where the API is.")] = "https://api.line.me"


class Line(Channel[LineSettings]):
    title = "LINE"
    Settings = LineSettings
    examples = (
        {"token": "env:LINE_TOKEN", "secret": "env:LINE_SECRET"},
        {"token": "env:LINE_TOKEN", "to": "C4af4980629c4af4980629c4af4980629c"},
    )

    @property
    def room(self) -> str | None:
        return self.settings.to

    def receiver(self, address: str) -> str:
        return urlsplit(self.settings.api_url).netloc

    def send(self, message: Message, address: str, key: str) -> str | None:
        subject = one_line(message.subject) or "–"
        card = {"type": "flex", "altText": fit(subject, _ALT), "contents": self._card(message, subject)}
        answer = Conversation(self.outbound).ask(
            "POST",
            f"{self.settings.api_url.rstrip('/')}/v2/bot/message/push",
            headers={**self._authorization(), "x-line-retry-key": str(uuid5(NAMESPACE_URL, key))},
            json={
                "to": address,
                "messages": [card],
                "notificationDisabled": message.kind == "digest",
            },
        )
        if not (200 <= answer.status < 300 or answer.status == _ACCEPTED_BEFORE):
            spent = answer.status == 429 and "monthly" in _words(answer).lower()
            raise refused(
                answer,
                urlsplit(self.settings.api_url).netloc,
                words=_words(answer),
                permanent=True if spent else None,
            )
        sent = rows(fields(answer).get("sentMessages"))
        return text(sent[0].get("id")) or None if sent else None

    def hear(self, call: Call) -> Heard:
        self._prove(call)
        said = parsed(call.body)
        if not isinstance(said, dict):
            raise Malformed("A call of LINE is a JSON object.")
        found: list[tuple[Report, str]] = []
        for event in rows(table(said).get("events")):
            report = _report(event)
            if report is not None:
                found.append((report, text(event.get("replyToken"))))

        def told(sentences: tuple[str, ...]) -> bytes:
            for (_, token), sentence in zip(found, sentences, strict=True):
                self._reply(token, sentence)
            return b"{}"

        reports = tuple(report for report, _ in found)
        return Heard(reports=reports, content_type="application/json", body=b"{}", told=told)

    def _card(self, message: Message, subject: str) -> dict[str, Any]:
        called = ", ".join(message.mentions)
        lines = "\n".join([*([called] if called else []), *message.shown])
        contents: list[dict[str, Any]] = [
            {"type": "text", "text": fit(subject, 300), "weight": "bold", "size": "lg", "wrap": True}
        ]
        if lines.strip():
            contents.append({"type": "text", "text": fit(lines, _BODY), "size": "sm", "wrap": True})
        colour = _COLOURS.get(message.severity, "#5F6B7A")
        bubble: dict[str, Any] = {
            "type": "bubble",
            "header": {
                "type": "box",
                "layout": "vertical",
                "paddingAll": "4px",
                "backgroundColor": colour,
                "contents": [{"type": "filler"}],
            },
            "body": {"type": "box", "layout": "vertical", "spacing": "md", "contents": contents},
        }
        buttons = self._buttons(message)
        if buttons:
            bubble["footer"] = {"type": "box", "layout": "vertical", "spacing": "sm", "contents": buttons}
        return bubble

    def _buttons(self, message: Message) -> list[dict[str, Any]]:
        language, actions = message.language, list[dict[str, str]]()
        if message.kind == "page" and self.settings.secret is not None and message.delivery:
            for label, wanted in ((_ACKNOWLEDGE, "ack"), (_ESCALATE, "esc")):
                shown = translate(language, label)
                data = urlencode({"do": wanted, "delivery": message.delivery})
                actions.append({"type": "postback", "label": shown, "data": data, "displayText": shown})
            if message.page_link:
                label = translate(language, _OPEN_INCIDENT)
                actions.append({"type": "uri", "label": label, "uri": message.page_link})
        elif message.link:
            actions.append({"type": "uri", "label": message.link_label or message.link, "uri": message.link})
        return [
            {
                "type": "button",
                "style": "primary" if number == 0 else "link",
                "action": action | {"label": fit(action["label"], _LABEL)},
            }
            for number, action in enumerate(actions)
        ]

    def _reply(self, token: str, sentence: str) -> None:
        """Answers in the chat. What was wanted is done, whether or not the answer arrives."""
        if not token or not sentence:
            return
        with contextlib.suppress(DeliveryFailed):
            Conversation(self.outbound).accepted(
                "POST",
                f"{self.settings.api_url.rstrip('/')}/v2/bot/message/reply",
                headers=self._authorization(),
                json={"replyToken": token, "messages": [{"type": "text", "text": fit(sentence, _REPLY)}]},
            )

    def _authorization(self) -> dict[str, str]:
        return {"authorization": f"Bearer {revealed(self.settings.token)}"}

    def _prove(self, call: Call) -> None:
        try:
            secret = self.settings.secret.reveal() if self.settings.secret is not None else ""
        except Invalid:
            secret = ""
        mac = hmac.new(secret.encode(), call.body, hashlib.sha256)
        given = call.headers.get("x-line-signature", "").encode("utf-8", "replace")
        if not secret or not hmac.compare_digest(base64.b64encode(mac.digest()), given):
            raise Unproven("The signature is not LINE's.", fix="Set secret to the channel secret.")


def _report(event: Mapping[str, Any]) -> Report | None:
    who = text(table(event.get("source")).get("userId"))
    if not who:
        return None
    if event.get("type") == "message":
        return replies.read(text(table(event.get("message")).get("text")), who)
    if event.get("type") != "postback":
        return None
    try:
        data = parse_qs(text(table(event.get("postback")).get("data")), max_num_fields=10)
    except ValueError:
        return None
    kind, delivery = _WANTED.get(data.get("do", [""])[0]), data.get("delivery", [""])[0]
    if kind is None or not delivery:
        return None
    return Report(kind=kind, delivery=delivery, address=who)


def _words(answer: Answer) -> str:
    said = fields(answer)
    details = [text(each.get("message")) for each in rows(said.get("details"))]
    return "; ".join(filter(None, [text(said.get("message")), *details]))
