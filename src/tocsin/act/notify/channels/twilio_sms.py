"""Texts a phone, by Twilio's Messages resource (twilio.com/docs/messaging/api/message-resource).

Who is paged reads what is broken, a link, and four digits: the answer `4821` acknowledges that page, `1` the newest
one, `6` calls the next step. A text is cut to `segments` messages, the last line with the link stays whole.

Twilio tells whether the text arrived, and passes on answers, to `https://…/channels/NAME/status` and
`https://…/channels/NAME/reply`. The first address is sent along with each text; write the second into the settings of
the number (Messaging, “A message comes in”, POST). Both are believed only when signed, which needs `auth_token`.

People are reached by their `phone`. A number that cannot be texted, one that answered STOP and a wrong account are
final; too many at once, and errors of Twilio's own, are tried again. Twilio drops no repetition: after a crash in
the middle of a send a text may come twice.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, model_validator

from tocsin.act.notify import replies
from tocsin.act.notify.channel import Call, Channel, Heard, Reachable, Report
from tocsin.act.notify.fitting import fitted
from tocsin.act.notify.limits import TEXTS
from tocsin.act.notify.message import Message, one_line
from tocsin.act.notify.segments import is_basic, segments
from tocsin.act.notify.twilio import TwilioSettings, below, create, proven, twiml
from tocsin.ground.i18n import N_, translate
from tocsin.ground.kernel.errors import NotFound

_REPLY = N_("Reply {code} to acknowledge")
_ENDED = {"delivered": True, "read": True, "undelivered": False, "failed": False, "canceled": False}


class TwilioSmsSettings(TwilioSettings):
    sender: Annotated[str | None, Field(alias="from", description="The number that texts come from.")] = None
    messaging_service_sid: Annotated[
        str | None, Field(description="A messaging service (MG…) that chooses the number, instead of from.")
    ] = None
    segments: Annotated[
        int, Field(ge=1, le=10, description="Messages that one text may become, each paid.")
    ] = 4

    @model_validator(mode="after")
    def _has_a_sender(self) -> TwilioSmsSettings:
        if (self.sender is None) == (self.messaging_service_sid is None):
            raise ValueError("set one of from and messaging_service_sid")
        return self


class TwilioSms(Channel[TwilioSmsSettings]):
    title = "Text message (Twilio)"
    Settings = TwilioSmsSettings
    examples = (
        {
            "account_sid": "AC00000000000000000000000000000000",
            "auth_token": "env:TWILIO_AUTH_TOKEN",
            "from": "+15005550006",
        },
        {
            "account_sid": "AC00000000000000000000000000000000",
            "auth_token": "env:TWILIO_AUTH_TOKEN",
            "api_key": "SK00000000000000000000000000000000",
            "api_secret": "env:TWILIO_API_SECRET",
            "messaging_service_sid": "MG00000000000000000000000000000000",
        },
    )
    confirms = True
    caps = TEXTS

    def address(self, person: Reachable) -> str | None:
        return person.phone

    def receiver(self, address: str) -> str:
        return self.settings.api_url

    def send(self, message: Message, address: str, key: str) -> str | None:
        settings = self.settings
        form = {"To": address, "Body": compose(message, settings.segments)}
        if settings.messaging_service_sid is not None:
            form["MessagingServiceSid"] = settings.messaging_service_sid
        else:
            form["From"] = settings.sender or ""
        status = below(message.callback, "status") if settings.auth_token is not None else ""
        if status:
            form["StatusCallback"] = status
        return create(self.outbound, settings, "Messages", form) or None

    def hear(self, call: Call) -> Heard:
        form = proven(call, self.settings)
        if call.rest == "status":
            return Heard(reports=_status(form.get("MessageSid", ""), form))
        if call.rest == "reply":
            report = replies.read(form.get("Body", ""), form.get("From", ""))
            if report is None:
                return Heard(content_type="text/xml", body=twiml())
            return Heard(
                reports=(report,),
                content_type="text/xml",
                body=twiml(),
                told=lambda said: twiml(*(f"<Message>{html.escape(each)}</Message>" for each in said)),
            )
        raise NotFound("Twilio calls status and reply here.", fix="Change the address in Twilio's settings.")


def _status(receipt: str, form: Mapping[str, str]) -> tuple[Report, ...]:
    arrived = _ENDED.get(form.get("MessageStatus", ""))
    if arrived is None or not receipt:
        return ()
    if arrived:
        return (Report(kind="delivered", receipt=receipt),)
    code = form.get("ErrorCode", "")
    error = f"Twilio: {form.get('MessageStatus', '')}{f', code {code}' if code else ''}"
    return (Report(kind="failed", receipt=receipt, error=one_line(error)),)


def compose(message: Message, most: int) -> str:
    """The text, in at most so many messages: what is broken, the digits to answer with, the link."""
    tail = [message.link] if message.link else []
    if message.code and message.kind == "page":
        tail.insert(0, translate(message.language, _REPLY, code=message.code))
    subject, lines, end = one_line(message.subject), message.shown, "\n".join(tail)
    # An ellipsis would make a text of the basic alphabet count double.
    ellipsis = "..." if is_basic("\n".join([subject, *lines, end])) else "…"
    return fitted(subject, lines, end, most, size=segments, ellipsis=ellipsis)
