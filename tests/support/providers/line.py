"""LINE's Messaging API as developers.line.biz/en/reference/messaging-api describes it: push, reply, events."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any, ClassVar
from uuid import UUID

from provider import Person, Provider, Refused, Reply, Request, Seen, call

from tocsin.act.notify.channel import Call, Report

TOKEN = "line-channel-access-token"
SECRET = "8c570fa6dd201bb328f1c1eac23a96d8"
USER = "U4af4980629c4af4980629c4af498062"


def error(status: int, message: str, *details: str) -> Refused:
    found = [{"message": each, "property": "messages[0]"} for each in details]
    return Refused(Reply.of({"message": message, "details": found}, status=status))


class Server(Provider):
    secrets: ClassVar = {"LINE_TOKEN": TOKEN, "LINE_SECRET": SECRET}
    person = Person(addresses={"line": USER})
    unsigned: ClassVar = {"secret": None}

    def __init__(self) -> None:
        super().__init__()
        self.replies: list[dict[str, Any]] = []
        self.taken: set[str] = set()

    def settings(self) -> dict[str, Any]:
        return {"token": "env:LINE_TOKEN", "secret": "env:LINE_SECRET", "api_url": self.url}

    def answer(self, request: Request) -> Reply:
        if request.path not in ("/v2/bot/message/push", "/v2/bot/message/reply"):
            raise error(404, "Not found")
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            raise error(
                401,
                "Authentication failed. Confirm that the access token is valid.",
            )
        body = request.json
        if request.path.endswith("reply"):
            self.replies.append(body)
            return Reply.of({"sentMessages": [{"id": "1"}]})
        if body.get("to") != USER:
            raise error(400, "The property, 'to', in the request body is invalid")
        key = request.headers.get("x-line-retry-key", "")
        try:
            UUID(key)
        except ValueError:
            raise error(400, "Invalid retry key") from None
        [message] = body["messages"]
        if message["type"] != "flex" or not 0 < len(message["altText"]) <= 400:
            raise error(400, "The request body has 1 error(s)", "Length must be between 0 and 400")
        if len(json.dumps(message["contents"], ensure_ascii=False).encode()) > 30_000:
            raise error(400, "The request body has 1 error(s)", "Must be less than 30 KB")
        texts, links = self.read(message["contents"])
        number = len(self.seen) + 1
        self.seen.append(Seen(text="\n".join(texts), links=tuple(links), key=key))
        sent = {"sentMessages": [{"id": str(number), "quoteToken": "q"}]}
        if key in self.taken:
            return Reply.of({"message": "The retry key is already accepted", **sent}, status=409)
        self.taken.add(key)
        return Reply.of(sent)

    def read(self, element: dict[str, Any]) -> tuple[list[str], list[str]]:
        texts: list[str] = []
        links: list[str] = []
        if element["type"] == "text":
            if not element["text"]:
                raise error(400, "The request body has 1 error(s)", "must be non-empty text")
            texts.append(element["text"])
        if element["type"] == "button":
            action = element["action"]
            if not 0 < len(action["label"]) <= 40 or len(action.get("data", "")) > 300:
                raise error(400, "The request body has 1 error(s)", "Length must be between 0 and 40")
            links += [action["uri"]] if "uri" in action else []
        parts = [element[name] for name in ("header", "body", "footer") if name in element]
        for each in [*parts, *element.get("contents", [])]:
            more, further = self.read(each)
            texts += more
            links += further
        return texts, links

    def signed(self, url: str, body: bytes) -> Call:
        mac = hmac.new(SECRET.encode(), body, hashlib.sha256).digest()
        return call(url, "events", body, {"x-line-signature": base64.b64encode(mac).decode()})

    def events(self, callback: str, *events: dict[str, Any]) -> Call:
        shared = {
            "mode": "active",
            "timestamp": 1_767_225_600_000,
            "webhookEventId": "01",
            "replyToken": "r1",
        }
        shared["source"] = {"type": "user", "userId": USER}
        body = {"destination": "U0", "events": [shared | event for event in events]}
        return self.signed(f"{callback}/events", json.dumps(body, ensure_ascii=False).encode())

    def calls(self, callback: str) -> list[tuple[Call, tuple[Report, ...]]]:
        def pressed(data: str) -> dict[str, Any]:
            return {"type": "postback", "postback": {"data": data}}

        def wrote(text: str) -> dict[str, Any]:
            return {"type": "message", "message": {"id": "1", "type": "text", "text": text}}

        return [
            (self.events(callback), ()),
            (
                self.events(callback, pressed("do=ack&delivery=dlv_1"), wrote("1")),
                (
                    Report(kind="acknowledged", delivery="dlv_1", address=USER),
                    Report(kind="acknowledged", address=USER),
                ),
            ),
            (
                self.events(callback, pressed("do=esc&delivery=dlv_1")),
                (Report(kind="escalated", delivery="dlv_1", address=USER),),
            ),
            (self.events(callback, wrote("hello"), pressed("do=rm"), {"type": "follow"}), ()),
        ]

    def signed_nonsense(self, callback: str) -> list[Call]:
        return [self.signed(callback, body) for body in (b"", b"[]", b"\xff", b'"x"')]
