"""Twilio's Messages resource, as twilio.com/docs/messaging/api/message-resource describes it."""

from __future__ import annotations

import re

from provider import Reply, Request, Seen
from twilio_account import ACCOUNT, NUMBER, TwilioAccount, error

from tocsin.act.notify.channel import Call, Report

LONGEST = 1_600


class Server(TwilioAccount):
    def answer(self, request: Request) -> Reply:
        form = self.taken(request, "Messages")
        body = form.get("Body", "")
        if not body:
            raise error(400, 21602, "Message body is required.")
        if len(body) > LONGEST:
            raise error(400, 21617, "The concatenated message body exceeds the 1600 character limit.")
        if form["To"] == form["From"]:
            raise error(400, 21266, "'To' and 'From' number cannot be the same")
        self.seen.append(Seen(text=body, links=tuple(re.findall(r"(?m)^https://\S+$", body))))
        number = len(self.seen)
        return Reply.of(
            {
                "sid": f"SM{number:032d}",
                "account_sid": ACCOUNT,
                "status": "queued",
                "to": form["To"],
                "from": form["From"],
                "body": body,
                "error_code": None,
                "error_message": None,
            },
            status=201,
        )

    def calls(self, callback: str) -> list[tuple[Call, tuple[Report, ...]]]:
        status, reply = f"{callback}/status", f"{callback}/reply"
        phone = "+886912345678"
        sid = {"MessageSid": "SM1", "AccountSid": ACCOUNT}
        incoming = {"From": phone, "To": NUMBER, **sid}
        return [
            (self.signed(status, "status", {**sid, "MessageStatus": "sent"}), ()),
            (
                self.signed(status, "status", {**sid, "MessageStatus": "delivered"}),
                (Report(kind="delivered", receipt="SM1"),),
            ),
            (
                self.signed(status, "status", {**sid, "MessageStatus": "undelivered", "ErrorCode": "30003"}),
                (Report(kind="failed", receipt="SM1", error="Twilio: undelivered, code 30003"),),
            ),
            (
                self.signed(reply, "reply", {**incoming, "Body": " 4821 "}),
                (Report(kind="acknowledged", code="4821", address=phone),),
            ),
            (
                self.signed(reply, "reply", {**incoming, "Body": "１"}),
                (Report(kind="acknowledged", address=phone),),
            ),
            (
                self.signed(reply, "reply", {**incoming, "Body": "6"}),
                (Report(kind="escalated", address=phone),),
            ),
            (self.signed(reply, "reply", {**incoming, "Body": "who is this?"}), ()),
        ]
