"""Twilio's Calls resource, as twilio.com/docs/voice/api/call-resource describes it, and its markup
(twilio.com/docs/voice/twiml/gather, …/say).
"""

from __future__ import annotations

import html
from xml.etree import ElementTree

from provider import Reply, Request, Seen
from twilio_account import ACCOUNT, NUMBER, TwilioAccount, error

from tocsin.act.notify.channel import Call, Report

LONGEST = 4_000
VERBS = {
    "Response": set(),
    "Gather": {"action", "method", "numDigits", "timeout"},
    "Say": {"language", "voice"},
    "Hangup": set(),
}


class Server(TwilioAccount):
    shown_lines = 2

    def answer(self, request: Request) -> Reply:
        form = self.taken(request, "Calls")
        twiml = form.get("Twiml", "")
        if not twiml:
            raise error(400, 21205, "Url is not a valid URL")
        if len(twiml) > LONGEST:
            raise error(400, 21218, "The Twiml parameter is too long")
        document = ElementTree.fromstring(twiml)
        for element in document.iter():
            if element.tag not in VERBS or set(element.attrib) - VERBS[element.tag]:
                raise error(400, 12200, f"Schema validation warning: {element.tag}")
        said = [each.text or "" for each in document.iter("Say")]
        addresses = tuple(each.attrib["action"] for each in document.iter("Gather"))
        self.seen.append(Seen(text="\n".join(said), links=addresses))
        return Reply.of(
            {
                "sid": f"CA{len(self.seen):032d}",
                "account_sid": ACCOUNT,
                "status": "queued",
                "to": form["To"],
                "from": form["From"],
            },
            status=201,
        )

    def calls(self, callback: str) -> list[tuple[Call, tuple[Report, ...]]]:
        phone = "+886912345678"
        status = f"{callback}/status?delivery=dlv_1"
        digits = f"{callback}/digits?delivery=dlv_1&language=zh_Hant"
        sid = {"CallSid": "CA1", "AccountSid": ACCOUNT, "To": phone, "From": NUMBER}
        found: list[tuple[Call, tuple[Report, ...]]] = [
            (self.signed(digits, "digits", {**sid, "Digits": "9"}), ()),
            (self.signed(status, "status", {**sid, "CallStatus": "ringing"}), ()),
            (
                self.signed(status, "status", {**sid, "CallStatus": "completed"}),
                (Report(kind="delivered", delivery="dlv_1"),),
            ),
            (
                self.signed(
                    status, "status", {**sid, "CallStatus": "completed", "AnsweredBy": "machine_start"}
                ),
                (Report(kind="failed", delivery="dlv_1", error="a machine answered"),),
            ),
            (
                self.signed(status, "status", {**sid, "CallStatus": "no-answer"}),
                (Report(kind="failed", delivery="dlv_1", error="Twilio: nobody answered"),),
            ),
        ]
        for digit, kind in (("4", "acknowledged"), ("6", "escalated")):
            report = Report(kind=kind, delivery="dlv_1", address=phone)
            found.append((self.signed(digits, "digits", {**sid, "Digits": digit}), (report,)))
        return found


def words(twiml: bytes) -> str:
    return html.unescape(twiml.decode())
