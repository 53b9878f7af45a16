"""The account at Twilio that both of its channels speak to.

twilio.com/docs/usage/requests-to-twilio (basic authentication, forms), twilio.com/docs/api/errors (errors),
twilio.com/docs/usage/webhooks/webhooks-security (signatures).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import ClassVar
from urllib.parse import urlencode

from provider import Provider, Refused, Reply, Request, call

from tocsin.act.notify.channel import Call

ACCOUNT = "AC" + "0" * 32
TOKEN = "0123456789abcdef0123456789abcdef"
NUMBER = "+15005550006"


def error(status: int, code: int, message: str) -> Refused:
    more = f"https://www.twilio.com/docs/errors/{code}"
    return Refused(
        Reply.of({"code": code, "message": message, "more_info": more, "status": status}, status=status)
    )


class TwilioAccount(Provider):
    secrets: ClassVar = {"TWILIO_AUTH_TOKEN": TOKEN}
    unsigned: ClassVar = {
        "auth_token": None,
        "api_key": "SK" + "0" * 32,
        "api_secret": "env:TWILIO_AUTH_TOKEN",
    }

    def settings(self) -> dict[str, object]:
        return {
            "account_sid": ACCOUNT,
            "auth_token": "env:TWILIO_AUTH_TOKEN",
            "from": NUMBER,
            "api_url": self.url,
        }

    def taken(self, request: Request, resource: str) -> dict[str, str]:
        """The form of a request that Twilio takes."""
        if request.path != f"/2010-04-01/Accounts/{ACCOUNT}/{resource}.json":
            raise error(404, 20404, f"The requested resource {request.path} was not found")
        if request.method != "POST":
            raise error(405, 20004, "Method not allowed")
        allowed = {f"{ACCOUNT}:{TOKEN}", f"SK{'0' * 32}:{TOKEN}"}
        known = {f"Basic {base64.b64encode(each.encode()).decode()}" for each in allowed}
        if request.headers.get("authorization") not in known:
            raise error(401, 20003, "Authenticate")
        assert request.headers["content-type"] == "application/x-www-form-urlencoded"
        form = request.form
        if not form.get("To"):
            raise error(400, 21604, "A 'To' phone number is required.")
        if not re.fullmatch(r"\+[1-9]\d{6,14}", form["To"]):
            raise error(400, 21211, f"The 'To' number {form['To']} is not a valid phone number.")
        if not form.get("From"):
            raise error(400, 21603, "A 'From' phone number is required.")
        if "StatusCallback" in form and not form["StatusCallback"].startswith("https://"):
            raise error(400, 21609, "The StatusCallback URL is not a valid URL.")
        return form

    def signed(self, url: str, rest: str, form: Mapping[str, str]) -> Call:
        text = url + "".join(f"{name}{form[name]}" for name in sorted(form))
        mac = hmac.new(TOKEN.encode(), text.encode(), hashlib.sha1).digest()
        return call(
            url,
            rest,
            urlencode(form).encode(),
            {
                "content-type": "application/x-www-form-urlencoded",
                "x-twilio-signature": base64.b64encode(mac).decode(),
            },
        )

    def signed_nonsense(self, callback: str) -> list[Call]:
        return [self.signed(f"{callback}/nowhere", "nowhere", {"Body": "4821"})]
