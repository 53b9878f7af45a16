"""A receiver of webhooks that checks what Standard Webhooks tells it to (standard-webhooks/spec)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any, ClassVar

from provider import Person, Provider, Refused, Reply, Request, Seen

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PATH = "/hooks/mei"


def error(status: int, text: str) -> Refused:
    return Refused(Reply.of({"error": text}, status=status))


class Server(Provider):
    secrets: ClassVar = {"HOOK_SECRET": SECRET}
    limited = False

    def __init__(self) -> None:
        super().__init__()
        self.person = Person(webhook=self.url + PATH)

    def settings(self) -> dict[str, Any]:
        return {"secret": "env:HOOK_SECRET"}

    def answer(self, request: Request) -> Reply:
        if (request.method, request.path) != ("POST", PATH):
            raise error(404, "not found")
        headers = request.headers
        key, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        if not key or not stamp.isdigit() or abs(int(stamp) - time.time()) > 300:
            raise error(400, "webhook-id or webhook-timestamp")
        raw = base64.b64decode(SECRET.removeprefix("whsec_"))
        mac = hmac.new(raw, f"{key}.{stamp}.".encode() + request.body, hashlib.sha256).digest()
        wanted = f"v1,{base64.b64encode(mac).decode()}"
        if wanted not in headers.get("webhook-signature", "").split(" "):
            raise error(401, "webhook-signature")
        data = json.loads(request.body)["data"]
        self.seen.append(
            Seen(text="\n".join([data["subject"], *data["lines"]]), links=(data["link"],), key=key)
        )
        return Reply(status=204)
