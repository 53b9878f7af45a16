"""A custom robot of DingTalk, as open.dingtalk.com/document/robots/custom-robot-access describes it: it answers 200 to
everything, and says in `errcode` what it thinks.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from typing import Any, ClassVar

from markdown_reader import Read
from provider import Person, Provider, Refused, Reply, Request, Seen

TOKEN = "566cc69da782ec2f5b2c3b5f4a8f1c7d9e0b6a3c"
SECRET = "SEC7a1c3e5b9d2f4a6c8e0b1d3f5a7c9e1b"


def error(code: int, text: str) -> Refused:
    return Refused(Reply.of({"errcode": code, "errmsg": text}))


class Server(Provider):
    person = Person(addresses={"dingtalk": "13800000000"})
    secrets: ClassVar = {"DINGTALK_SECRET": SECRET}

    def __init__(self) -> None:
        super().__init__()
        url = f"{self.url}/robot/send?access_token={TOKEN}"
        self.secrets = {"DINGTALK_WEBHOOK": url, "DINGTALK_SECRET": SECRET}

    def settings(self) -> dict[str, Any]:
        return {"url": "env:DINGTALK_WEBHOOK", "secret": "env:DINGTALK_SECRET"}

    def answer(self, request: Request) -> Reply:
        query = dict(request.query)
        if (request.method, request.path) != ("POST", "/robot/send"):
            raise error(404, "请求的URI地址不存在")
        if query.get("access_token") != TOKEN:
            raise error(300005, "token is not exist")
        stamp = query.get("timestamp", "")
        if not stamp.isdigit() or abs(int(stamp) / 1000 - time.time()) > 3600:
            raise error(310000, "invalid timestamp")
        mac = hmac.new(SECRET.encode(), f"{stamp}\n{SECRET}".encode(), hashlib.sha256).digest()
        if query.get("sign") != base64.b64encode(mac).decode():
            raise error(310000, "sign not match")
        if not request.headers["content-type"].startswith("application/json"):
            raise error(43004, "无效的HTTP HEADER Content-Type")
        if len(request.body) > 20_000:
            raise error(460101, "message too long, exceed 20000 bytes")
        body = request.json
        kind = body.get("msgtype")
        if kind not in ("markdown", "actionCard") or not body.get(kind, {}).get("title"):
            raise error(400105, "unsupported msgtype")
        shown = Read(body[kind]["text"])
        links = [*shown.links, *(each["actionURL"] for each in body[kind].get("btns", []))]
        at = body.get("at", {})
        called = [*at.get("atMobiles", []), *(["all"] if at.get("isAtAll") else [])]
        title = body[kind]["title"]
        text = f"{title}\n{shown.text}"
        for full, plain in zip("＼｀＊＿［］（）＜＞＃！｜～－＠", "\\`*_[]()<>#!|~-@", strict=True):
            text = text.replace(full, plain)
        self.seen.append(Seen(text=text, links=tuple(links), called=tuple(called)))
        return Reply.of({"errcode": 0, "errmsg": "ok"})
