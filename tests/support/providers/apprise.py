"""A service that Apprise knows: its own JSON webhook (appriseit.com/services/json), with a user and a password."""

from __future__ import annotations

import base64
import re
from typing import Any, ClassVar

from provider import Provider, Refused, Reply, Request, Seen

PASSWORD = "apprise-pass-phrase"


def error(status: int, text: str) -> Refused:
    return Refused(Reply.of({"error": text}, status=status))


class Server(Provider):
    secrets: ClassVar = {"APPRISE_URL": ""}

    def __init__(self) -> None:
        super().__init__()
        self.secrets = {"APPRISE_URL": f"json://tocsin:{PASSWORD}@{self.host}/hook", "PASSWORD": PASSWORD}

    def settings(self) -> dict[str, Any]:
        return {"url": "env:APPRISE_URL"}

    def answer(self, request: Request) -> Reply:
        if (request.method, request.path.rstrip("/")) != ("POST", "/hook"):
            raise error(404, "not found")
        known = base64.b64encode(f"tocsin:{PASSWORD}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {known}":
            raise error(401, "unauthorized")
        body = request.json
        if set(body) != {"version", "title", "message", "attachments", "type"} or len(request.body) > 32_768:
            raise error(400, "bad request")
        text = f"{body['title']}\n{body['message']}"
        called = tuple(re.findall(r"@(?:everyone|here|all|channel)\b|<!\w+>|<@\w+>", text))
        links = tuple(re.findall(r"(?m)^https://\S+$", text))
        self.seen.append(Seen(text=text.replace("\u200b", ""), links=links, called=called))
        return Reply(status=200)
