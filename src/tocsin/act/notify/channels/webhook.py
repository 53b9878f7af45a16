"""Posts JSON to an address: to that of the channel, or to the person's own `webhook`.

The request follows Standard Webhooks (github.com/standard-webhooks/standard-webhooks): `webhook-id` is the
same for every attempt at one message, so that a receiver can drop what it has already seen, and with a
`secret` the header `webhook-signature` proves the sender: `v1,` and the base64 of HMAC-SHA-256 over
`id.timestamp.body`. A secret that begins with `whsec_` is base64, as that specification writes it; any other
is used as it is.

The body is `{"type": "tocsin.page", "timestamp": …, "data": {kind, incident, severity, subject, lines,
person, link, language}}`. An answer 2xx means accepted. 408, 425, 429 and 5xx are tried again, after
`Retry-After` when the answer has one; every other status is final, redirects too.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from email.utils import parsedate_to_datetime
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field

from tocsin.act.notify.channel import DEADLINE_S, Channel, ChannelSettings, DeliveryFailed, Reachable
from tocsin.act.notify.message import Message
from tocsin.ground.kernel.errors import Invalid
from tocsin.ground.kernel.outbound import Answer, OutboundFailed, OutboundRefused
from tocsin.ground.kernel.secret import Secret, SecretOrText, reveal

_TRY_AGAIN = {408, 425, 429}
_ASKED_AT_MOST_S = 86_400.0


class WebhookSettings(ChannelSettings):
    url: Annotated[
        SecretOrText | None,
        Field(description="Where to post; without it, each person's own webhook is used."),
    ] = None
    secret: Annotated[Secret | None, Field(description="Signs each request.")] = None
    headers: Annotated[
        dict[str, SecretOrText],
        Field(default_factory=dict, description="Sent with each request, such as an authorization."),
    ]


class Webhook(Channel[WebhookSettings]):
    title = "Webhook"
    Settings = WebhookSettings
    examples = (
        {"url": "https://hooks.example.com/tocsin", "secret": "env:HOOK_SECRET"},
        {"headers": {"authorization": "env:HOOK_TOKEN"}},
    )

    def address(self, person: Reachable) -> str | None:
        return reveal(self.settings.url) if self.settings.url is not None else person.webhook

    def receiver(self, address: str) -> str:
        return urlsplit(address).netloc

    def send(self, message: Message, address: str, key: str) -> None:
        stamp = int(time.time())
        body = json.dumps(
            {"type": f"tocsin.{message.kind}", "timestamp": _iso(stamp), "data": message.as_json()},
            ensure_ascii=False,
            separators=(",", ":"),
        ).encode("utf-8", "replace")
        try:
            headers = {name: reveal(value) for name, value in self.settings.headers.items()}
            headers |= {
                "content-type": "application/json",
                "webhook-id": key,
                "webhook-timestamp": str(stamp),
            }
            if self.settings.secret is not None:
                headers["webhook-signature"] = sign(self.settings.secret.reveal(), key, stamp, body)
            # Written in the configuration, by the people who run this installation: it may be private.
            answer = self.outbound.request(
                "POST", address, headers=headers, content=body, timeout=DEADLINE_S, trusted=True
            )
        except OutboundRefused as error:
            raise DeliveryFailed(error.message, permanent=True) from None
        except OutboundFailed as error:
            raise DeliveryFailed(error.message, permanent=not error.temporary) from None
        except Invalid as error:
            raise DeliveryFailed(error.message, permanent=True) from None
        if 200 <= answer.status < 300:
            return
        raise DeliveryFailed(
            f"{urlsplit(address).netloc} answered {answer.status}.",
            permanent=answer.status < 500 and answer.status not in _TRY_AGAIN,
            retry_after=retry_after(answer, now=time.time()),
        )


def sign(secret: str, key: str, stamp: int, body: bytes) -> str:
    """The value of `webhook-signature`."""
    mac = hmac.new(_key(secret), f"{key}.{stamp}.".encode() + body, hashlib.sha256)
    return f"v1,{base64.b64encode(mac.digest()).decode('ascii')}"


def retry_after(answer: Answer, *, now: float) -> float | None:
    """Seconds that the answer asks to wait (RFC 9110, 10.2.3): a number or a date; nonsense is no wish."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        seconds = float(text[:9])
    else:
        try:
            seconds = parsedate_to_datetime(text).timestamp() - now
        except (ValueError, OverflowError):
            return None
    return min(seconds, _ASKED_AT_MOST_S) if seconds >= 0 else None


def _key(secret: str) -> bytes:
    if secret.startswith("whsec_"):
        try:
            return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        except binascii.Error:
            return secret.encode()
    return secret.encode()


def _iso(stamp: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(stamp))
