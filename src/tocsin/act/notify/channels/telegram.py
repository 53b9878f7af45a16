"""Writes to people or to a group on Telegram, by a bot (core.telegram.org/bots/api#sendmessage).

Make a bot with @BotFather and give it the `token`. With `chat` everything goes to that group, and names who is paged;
without it each person is written to at the number in `addresses: {telegram: "12345"}`, after they have once pressed
Start at the bot.

With `webhook_secret` a page has the buttons Acknowledge and Escalate, and the four digits of the page are understood as
an answer. Tell Telegram once where to call, with that same secret:

    curl https://api.telegram.org/bot$TOKEN/setWebhook -d secret_token=$SECRET \\
      -d url=https://tocsin.example.com/channels/NAME/update

Without it a page has one button, which opens the signed page. 400 and 403 (the bot was blocked, the chat is gone) are
final; 429 waits as long as Telegram says. Telegram drops no repetition.
"""

from __future__ import annotations

import contextlib
import hmac
import html
import json
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field

from tocsin.act.notify import replies
from tocsin.act.notify.answers import Conversation, fields, parsed, refused, revealed, rows, table, text
from tocsin.act.notify.channel import (
    Call,
    Channel,
    ChannelSettings,
    DeliveryFailed,
    Heard,
    Reachable,
    Report,
    Unproven,
)
from tocsin.act.notify.fitting import fit
from tocsin.act.notify.markdown import uncalled
from tocsin.act.notify.message import Message, one_line
from tocsin.ground.i18n import N_, translate
from tocsin.ground.kernel.errors import Invalid, Malformed
from tocsin.ground.kernel.outbound import Answer
from tocsin.ground.kernel.secret import Secret

_ACKNOWLEDGE = N_("Acknowledge")
_ESCALATE = N_("Escalate")
_OPEN_INCIDENT = N_("Open the incident")
_LONGEST = 4_096  # characters, “after entities parsing”; markup counted too is on the safe side
_TOAST = 200
_WANTED: Mapping[str, Literal["acknowledged", "escalated"]] = {"ack": "acknowledged", "esc": "escalated"}


class TelegramSettings(ChannelSettings):
    token: Annotated[Secret, Field(description="The token of the bot, from @BotFather.")]
    chat: Annotated[
        str | None,
        Field(description='The group that everything goes to: "-1001234567890" or "@name".'),
    ] = None
    webhook_secret: Annotated[
        Secret | None,
        Field(description="What Telegram sends along with its calls (secret_token): A–Z, a–z, 0–9, _ and -."),
    ] = None
    api_url: Annotated[str, Field(description="Where the Bot API is.")] = "https://api.telegram.org"


class Telegram(Channel[TelegramSettings]):
    title = "Telegram"
    Settings = TelegramSettings
    examples = (
        {"token": "env:TELEGRAM_TOKEN", "webhook_secret": "env:TELEGRAM_SECRET"},
        {"token": "env:TELEGRAM_TOKEN", "chat": "-1001234567890"},
    )
    width = 1

    @property
    def room(self) -> str | None:
        return self.settings.chat

    def mention(self, person: Reachable) -> str:
        known = person.addresses.get(self.kind, "")
        if known.isascii() and known.isdigit():
            return f'<a href="tg://user?id={known}">{html.escape(one_line(person.name))}</a>'
        return html.escape(known if known.startswith("@") else uncalled(one_line(person.name)))

    def receiver(self, address: str) -> str:
        return f"{self.settings.api_url} {address}"

    def send(self, message: Message, address: str, key: str) -> str | None:
        body: dict[str, Any] = {
            "chat_id": address,
            "text": _compose(message),
            "parse_mode": "HTML",
            "link_preview_options": {"is_disabled": True},
            "disable_notification": message.kind == "digest",
        }
        keyboard = self._keyboard(message)
        if keyboard:
            body["reply_markup"] = {"inline_keyboard": keyboard}
        chat, _, first = message.thread.rpartition(":")
        if chat == address and first.isdigit():
            body["reply_parameters"] = {"message_id": int(first), "allow_sending_without_reply": True}
        answer = self._call(Conversation(self.outbound), "sendMessage", body)
        number = text(table(fields(answer).get("result")).get("message_id"))
        return f"{address}:{number}" if number else None

    def hear(self, call: Call) -> Heard:
        self._prove(call)
        update = table(parsed(call.body))
        if not update:
            raise Malformed("An update of Telegram is a JSON object.")
        pressed, said = table(update.get("callback_query")), table(update.get("message"))
        if pressed:
            return self._pressed(pressed)
        if said:
            return self._said(said)
        return _answer({})

    def _pressed(self, query: Mapping[str, Any]) -> Heard:
        wanted, _, delivery = text(query.get("data")).partition(":")
        who = text(table(query.get("from")).get("id"))
        kind = _WANTED.get(wanted)
        if kind is None or not delivery or not who:
            return _answer({})

        def told(sentences: tuple[str, ...]) -> bytes:
            sentence = " ".join(sentences)
            if kind == "acknowledged":
                self._mark(table(query.get("message")), sentence)
            toast = fit(sentence, _TOAST)
            return _body(
                {"method": "answerCallbackQuery", "callback_query_id": text(query.get("id")), "text": toast}
            )

        return _answer({}, Report(kind=kind, delivery=delivery, address=who), told=told)

    def _said(self, message: Mapping[str, Any]) -> Heard:
        who = text(table(message.get("from")).get("id"))
        report = replies.read(text(message.get("text")), who) if who else None
        if report is None:
            return _answer({})
        chat, number = text(table(message.get("chat")).get("id")), message.get("message_id")

        def told(sentences: tuple[str, ...]) -> bytes:
            answer: dict[str, Any] = {"method": "sendMessage", "chat_id": chat, "text": " ".join(sentences)}
            if isinstance(number, int):
                answer["reply_parameters"] = {"message_id": number, "allow_sending_without_reply": True}
            return _body(answer)

        return _answer({}, report, told=told)

    def _mark(self, message: Mapping[str, Any], sentence: str) -> None:
        """Writes below the message what came of it, and takes its buttons away. A message that cannot be changed any
        more stays as it is: what was wanted is done.
        """
        chat, number = text(table(message.get("chat")).get("id")), message.get("message_id")
        if not chat or not isinstance(number, int):
            return
        body: dict[str, Any] = {
            "chat_id": chat,
            "message_id": number,
            "text": fit(f"{text(message.get('text'))}\n\n✓ {sentence}", _LONGEST),
            "entities": rows(message.get("entities")),
            "link_preview_options": {"is_disabled": True},
        }
        with contextlib.suppress(DeliveryFailed):
            self._call(Conversation(self.outbound), "editMessageText", body)

    def _keyboard(self, message: Message) -> list[list[dict[str, str]]]:
        rows_: list[list[dict[str, str]]] = []
        language = message.language
        pressable = self.settings.webhook_secret is not None and bool(message.delivery)
        if message.kind == "page" and pressable:
            buttons = ((_ACKNOWLEDGE, "ack"), (_ESCALATE, "esc"))
            rows_.append(
                [
                    {"text": translate(language, label), "callback_data": f"{what}:{message.delivery}"}
                    for label, what in buttons
                ]
            )
            if _is_public(message.page_link):
                rows_.append([{"text": translate(language, _OPEN_INCIDENT), "url": message.page_link}])
        elif _is_public(message.link):
            rows_.append([{"text": message.link_label or message.link, "url": message.link}])
        return rows_

    def _prove(self, call: Call) -> None:
        try:
            secret = self.settings.webhook_secret.reveal() if self.settings.webhook_secret is not None else ""
        except Invalid:
            secret = ""
        given = call.headers.get("x-telegram-bot-api-secret-token", "")
        if not secret or not hmac.compare_digest(secret.encode(), given.encode("utf-8", "replace")):
            raise Unproven(
                "This call does not carry the secret.",
                fix="Give webhook_secret to this channel, and the same as secret_token to Telegram's setWebhook.",
            )

    def _call(self, conversation: Conversation, method: str, body: Mapping[str, Any]) -> Answer:
        base = self.settings.api_url.rstrip("/")
        answer = conversation.ask("POST", f"{base}/bot{revealed(self.settings.token)}/{method}", json=body)
        said = fields(answer)
        if 200 <= answer.status < 300 and said.get("ok") is True:
            return answer
        wait = table(said.get("parameters")).get("retry_after")
        raise refused(
            answer,
            urlsplit(base).netloc,
            words=text(said.get("description")),
            permanent=False if 200 <= answer.status < 300 else None,
            after=float(wait) if isinstance(wait, int) and wait >= 0 else None,
        )


def _compose(message: Message) -> str:
    tail = "" if _is_public(message.link) or not message.link else f"\n{html.escape(message.link)}"
    called = " ".join(message.mentions)
    end = f"{f'{chr(10)}{called}' if called else ''}{tail}"
    subject = fit(
        uncalled(one_line(message.subject)), _LONGEST // 4, size=lambda each: len(html.escape(each))
    )
    head = f"<b>{html.escape(subject)}</b>\n" if subject else ""
    body = fit(
        "\n".join(uncalled(line) for line in message.shown),
        _LONGEST,
        size=lambda each: len((head + html.escape(each) + end).encode("utf-16-le", "replace")) // 2,
    )
    return (head + html.escape(body) + end).strip() or "–"


def _is_public(url: str) -> bool:
    """Whether Telegram takes it for a button: it refuses the whole message for the name of a machine alone."""
    host = urlsplit(url).hostname or ""
    return "." in host.strip(".") and not host.endswith((".localhost", ".local", ".internal"))


def _body(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")


def _answer(
    value: Mapping[str, Any], *reports: Report, told: Callable[[tuple[str, ...]], bytes] | None = None
) -> Heard:
    return Heard(reports=reports, content_type="application/json", body=_body(value), told=told)
