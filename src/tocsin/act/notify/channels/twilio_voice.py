"""Calls a phone and reads the page out, by Twilio's Calls resource (twilio.com/docs/voice/api/call-resource).

The voice says in the person's language what is broken, twice, and takes a key: 4 acknowledges, 6 calls the next step,
every other one repeats. The person hears what came of it. The keys come to `https://…/channels/NAME/digits`, what
became of the call to `https://…/channels/NAME/status`; both are sent along with each call and believed only when
signed, which needs `auth_token`. Without it the call only tells.

People are reached by their `phone`. *Delivered* means that the call was answered; with `detect_machines` a mailbox
does not count. A wrong number and a wrong account are final; too many calls at once, and errors of Twilio's own, are
tried again. Twilio drops no repetition: after a crash in the middle of a send a phone may ring twice.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from tocsin.act.notify.channel import Call, Channel, Heard, Reachable, Report
from tocsin.act.notify.fitting import fit
from tocsin.act.notify.limits import CALLS
from tocsin.act.notify.message import Message, one_line
from tocsin.act.notify.twilio import TwilioSettings, below, create, proven, twiml
from tocsin.ground.i18n import N_, translate
from tocsin.ground.kernel.errors import NotFound

_ACKNOWLEDGE, _ESCALATE = "4", "6"
_GREETING = N_("This is Tocsin.")
_KEYS = N_("Press 4 to acknowledge. Press 6 to call the next step.")
_NO_KEY = N_("No key was pressed. Goodbye.")
_LONGEST = 3_800  # the parameter Twiml takes 4,000 characters, with what stands around the words
_LINES = 3
_VOICES = {
    "en": ("en-US", "Google.en-US-Standard-C"),
    "zh_Hant": ("cmn-TW", "Google.cmn-TW-Standard-A"),
}
_ENDED = {"busy": "busy", "no-answer": "nobody answered", "failed": "failed", "canceled": "cancelled"}


class TwilioVoiceSettings(TwilioSettings):
    sender: Annotated[str, Field(alias="from", description="The number that calls come from.")]
    ring: Annotated[
        int, Field(ge=5, le=600, description="Seconds to ring before it counts as unanswered.")
    ] = 30
    detect_machines: Annotated[
        bool, Field(description="Ask Twilio whether a mailbox answered; a page to one is then a failed one.")
    ] = False
    voices: Annotated[
        dict[str, str],
        Field(
            default_factory=dict, description="Another voice of Twilio's for a language: zh_Hant: Google.…"
        ),
    ]


class TwilioVoice(Channel[TwilioVoiceSettings]):
    title = "Phone call (Twilio)"
    Settings = TwilioVoiceSettings
    examples = (
        {
            "account_sid": "AC00000000000000000000000000000000",
            "auth_token": "env:TWILIO_AUTH_TOKEN",
            "from": "+15005550006",
        },
    )
    confirms = True
    caps = CALLS

    def address(self, person: Reachable) -> str | None:
        return person.phone

    def receiver(self, address: str) -> str:
        return self.settings.api_url

    def send(self, message: Message, address: str, key: str) -> str | None:
        settings = self.settings
        callback = message.callback if settings.auth_token is not None else ""
        form = {
            "To": address,
            "From": settings.sender,
            "Twiml": self._spoken(message, callback),
            "Timeout": str(settings.ring),
        }
        if callback:
            # The address is part of what is signed: so is the name of the delivery in it.
            form["StatusCallback"] = below(callback, "status", delivery=message.delivery)
        if settings.detect_machines:
            form["MachineDetection"] = "Enable"
        return create(self.outbound, settings, "Calls", form) or None

    def hear(self, call: Call) -> Heard:
        form, query = proven(call, self.settings), dict(call.query)
        delivery, language = query.get("delivery", ""), query.get("language", "en")
        if call.rest == "status":
            return Heard(reports=_status(delivery, form))
        if call.rest != "digits":
            raise NotFound(
                "Twilio calls status and digits here.", fix="Change the address in Twilio's settings."
            )
        kind = {_ACKNOWLEDGE: "acknowledged", _ESCALATE: "escalated"}.get(form.get("Digits", ""))
        if kind is None:
            again = call.url
            return Heard(content_type="text/xml", body=twiml(self._menu(again, language, ())))
        report = Report(
            kind="acknowledged" if kind == "acknowledged" else "escalated",
            delivery=delivery,
            address=form.get("To", ""),
        )
        return Heard(
            reports=(report,),
            content_type="text/xml",
            body=twiml("<Hangup/>"),
            told=lambda said: twiml(*(self._say(each, language) for each in said), "<Hangup/>"),
        )

    def _spoken(self, message: Message, callback: str) -> str:
        """What the call says: twice with the keys where they can be heard back, else just twice."""
        language = message.language
        words = [translate(language, _GREETING), one_line(message.subject), *message.shown[:_LINES]]
        asks = bool(callback) and message.kind == "page"
        address = below(callback, "digits", delivery=message.delivery, language=language) if asks else ""

        def said(text: str) -> str:
            lines = tuple(text.split("\n"))
            if asks:
                menu = self._menu(address, language, lines)
                return twiml(menu, self._say(translate(language, _NO_KEY), language)).decode()
            return twiml(*(self._say(line, language) for line in lines * 2)).decode()

        return said(fit("\n".join(words), _LONGEST, size=lambda text: len(said(text))))

    def _menu(self, address: str, language: str, lines: tuple[str, ...]) -> str:
        keys = self._say(translate(language, _KEYS), language)
        said = "".join(self._say(line, language) for line in lines)
        return (
            f'<Gather action="{html.escape(address)}" method="POST" numDigits="1" timeout="8">'
            f"{said}{keys}{said}{keys}</Gather>"
        )

    def _say(self, text: str, language: str) -> str:
        locale, voice = _VOICES.get(language, _VOICES["en"])
        chosen = html.escape(self.settings.voices.get(language, voice))
        return f'<Say language="{locale}" voice="{chosen}">{html.escape(text)}</Say>'


def _status(delivery: str, form: Mapping[str, str]) -> tuple[Report, ...]:
    status = form.get("CallStatus", "")
    if status == "completed":
        if form.get("AnsweredBy", "").startswith(("machine", "fax")):
            return (Report(kind="failed", delivery=delivery, error="a machine answered"),)
        return (Report(kind="delivered", delivery=delivery),)
    if status not in _ENDED:
        return ()
    code = form.get("SipResponseCode", "")
    error = one_line(f"Twilio: {_ENDED[status]}{f', SIP {code}' if code and code != '200' else ''}")
    return (Report(kind="failed", delivery=delivery, error=error),)
