"""Posts JSON to an address: to that of the channel, or to the person's own `webhook`.

The request follows Standard Webhooks (github.com/standard-webhooks/standard-webhooks): `webhook-id` is the
same for every attempt at one message, so that a receiver can drop what it has already seen, and with a
`secret` the header `webhook-signature` proves the sender: `v1,` and the base64 of HMAC-SHA-256 over
`id.timestamp.body`. A secret that begins with `whsec_` is base64, as that specification writes it; any other
is used as it is. To change a secret without a gap, set `next_secret`: each request then has both signatures,
until every receiver knows the new one and it becomes `secret`. A `url` that is a secret is never shown or
stored.

The body is `{"type": "tocsin.page", "timestamp": …, "data": {kind, incident, severity, subject, lines,
person, link, language, …}}`. An answer 2xx means accepted. 408, 425, 429 and 5xx are tried again, after
`Retry-After` when the answer has one; every other status is final, redirects too.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field

from tocsin.act.notify.answers import Conversation, revealed
from tocsin.act.notify.channel import Channel, ChannelSettings, Reachable
from tocsin.act.notify.message import Message
from tocsin.act.notify.rooms import host_of
from tocsin.ground.kernel.secret import Secret, SecretOrText


class WebhookSettings(ChannelSettings):
    url: Annotated[
        SecretOrText | None,
        Field(description="Where to post; without it, each person's own webhook is used."),
    ] = None
    secret: Annotated[Secret | None, Field(description="Signs each request.")] = None
    next_secret: Annotated[
        Secret | None, Field(description="Signs each request, too, while receivers change to another secret.")
    ] = None
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
        url = self.settings.url
        if url is None:
            return person.webhook
        # What is a secret does not become part of the record of what was sent.
        return host_of(url, self.kind) if isinstance(url, Secret) else url

    def receiver(self, address: str) -> str:
        return urlsplit(address).netloc or address

    def send(self, message: Message, address: str, key: str) -> None:
        stamp = int(time.time())
        body = json.dumps(
            {"type": f"tocsin.{message.kind}", "timestamp": _iso(stamp), "data": message.as_json()},
            ensure_ascii=False,
            separators=(",", ":"),
        ).encode("utf-8", "replace")
        headers = {name: revealed(value) for name, value in self.settings.headers.items()}
        headers |= {
            "content-type": "application/json",
            "webhook-id": key,
            "webhook-timestamp": str(stamp),
        }
        secrets = [each for each in (self.settings.secret, self.settings.next_secret) if each is not None]
        if secrets:
            headers["webhook-signature"] = " ".join(
                sign(revealed(secret), key, stamp, body) for secret in secrets
            )
        url = revealed(self.settings.url) if self.settings.url is not None else address
        Conversation(self.outbound).accepted("POST", url, headers=headers, content=body)


def sign(secret: str, key: str, stamp: int, body: bytes) -> str:
    """The value of `webhook-signature`."""
    mac = hmac.new(_key(secret), f"{key}.{stamp}.".encode() + body, hashlib.sha256)
    return f"v1,{base64.b64encode(mac.digest()).decode('ascii')}"


def _key(secret: str) -> bytes:
    if secret.startswith("whsec_"):
        try:
            return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        except binascii.Error:
            return secret.encode()
    return secret.encode()


def _iso(stamp: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(stamp))
