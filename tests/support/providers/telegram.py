"""The Bot API as core.telegram.org/bots/api describes it: sendMessage, editMessageText, updates by webhook."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any, ClassVar

from provider import Person, Provider, Refused, Reply, Request, Seen, call

from tocsin.act.notify.channel import Call, Report

TOKEN = "123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11"
SECRET = "telegram-shared-word"
CHAT = "1234567"


def error(code: int, description: str, **parameters: Any) -> Refused:
    body: dict[str, Any] = {"ok": False, "error_code": code, "description": description}
    return Refused(Reply.of(body | ({"parameters": parameters} if parameters else {}), status=code))


class Shown(HTMLParser):
    """What a client shows of the little HTML that Telegram knows."""

    allowed: ClassVar = {"b", "i", "u", "s", "a", "code", "pre", "blockquote"}

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text, self.links = "", []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.allowed:
            raise error(400, f'Bad Request: can\'t parse entities: Unsupported start tag "{tag}"')
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        self.text += data


class Server(Provider):
    secrets: ClassVar = {"TELEGRAM_TOKEN": TOKEN, "TELEGRAM_SECRET": SECRET}
    person = Person(addresses={"telegram": CHAT})
    unsigned: ClassVar = {"webhook_secret": None}
    signs_the_body = False

    def __init__(self) -> None:
        super().__init__()
        self.edited: list[Mapping[str, Any]] = []

    def settings(self) -> dict[str, Any]:
        return {"token": "env:TELEGRAM_TOKEN", "webhook_secret": "env:TELEGRAM_SECRET", "api_url": self.url}

    def answer(self, request: Request) -> Reply:
        if not request.path.startswith(f"/bot{TOKEN}/"):
            raise error(401, "Unauthorized") if request.path.startswith("/bot") else error(404, "Not Found")
        method, body = request.path.rpartition("/")[2], request.json
        if method not in ("sendMessage", "editMessageText"):
            raise error(404, "Not Found: method not found")
        if str(body.get("chat_id")) != CHAT:
            raise error(400, "Bad Request: chat not found")
        shown = Shown(body["text"]) if body.get("parse_mode") == "HTML" else None
        text = shown.text if shown else body["text"]
        if not text.strip():
            raise error(400, "Bad Request: message text is empty")
        if len(text) > 4096:
            raise error(400, "Bad Request: message is too long")
        links = list(shown.links) if shown else []
        for row in body.get("reply_markup", {}).get("inline_keyboard", []):
            for button in row:
                if not button["text"] or ("callback_data" in button) == ("url" in button):
                    raise error(400, "Bad Request: Text buttons are unallowed in the inline keyboard")
                if len(button.get("callback_data", "x").encode()) > 64:
                    raise error(400, "Bad Request: BUTTON_DATA_INVALID")
                links += [button["url"]] if "url" in button else []
        if method == "editMessageText":
            self.edited.append(body)
        else:
            called = [f"@{word}" for word in text.split("@")[1:] if word[:1].isascii() and word[:1].isalpha()]
            self.seen.append(Seen(text=text, links=tuple(links), called=tuple(called)))
        result = {"message_id": len(self.seen), "chat": {"id": int(CHAT)}, "text": text}
        return Reply.of({"ok": True, "result": result})

    def update(self, callback: str, **content: Any) -> Call:
        body = json.dumps({"update_id": 1, **content}, ensure_ascii=False).encode()
        headers = {"content-type": "application/json", "x-telegram-bot-api-secret-token": SECRET}
        return call(f"{callback}/update", "update", body, headers)

    def calls(self, callback: str) -> list[tuple[Call, tuple[Report, ...]]]:
        who = {"id": int(CHAT), "is_bot": False, "first_name": "Mei"}
        message = {"message_id": 7, "chat": {"id": int(CHAT)}, "text": "[P0] Shop", "entities": []}

        def pressed(data: str) -> dict[str, Any]:
            return {"id": "q1", "from": who, "message": message, "data": data}

        return [
            (
                self.update(callback, callback_query=pressed("ack:dlv_1")),
                (Report(kind="acknowledged", delivery="dlv_1", address=CHAT),),
            ),
            (
                self.update(callback, callback_query=pressed("esc:dlv_1")),
                (Report(kind="escalated", delivery="dlv_1", address=CHAT),),
            ),
            (self.update(callback, callback_query=pressed("rm -rf:/")), ()),
            (
                self.update(callback, message={**message, "from": who, "text": "4821"}),
                (Report(kind="acknowledged", code="4821", address=CHAT),),
            ),
            (self.update(callback, message={**message, "from": who, "text": "/start"}), ()),
            (self.update(callback, my_chat_member={"from": who}), ()),
        ]

    def signed_nonsense(self, callback: str) -> list[Call]:
        headers = {"x-telegram-bot-api-secret-token": SECRET}
        return [call(callback, "update", body, headers) for body in (b"", b"[]", b"\xff", b"[" * 100_000)]
