"""Discord's webhooks, as docs.discord.com/developers/resources/webhook#execute-webhook describes them."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from markdown_reader import Read
from provider import Person, Provider, Refused, Reply, Request, Seen

WEBHOOK = "223704706495545344"
TOKEN = "3d89bb7572e0fb30d8128367b3b1b44fecd1726de135cbe28a41f8b2f777c372ba2939e72279b94526ff5d1bd4358d65cf11"
KNOWN = {"content", "embeds", "allowed_mentions"}


def error(status: int, code: int, message: str) -> Refused:
    return Refused(Reply.of({"message": message, "code": code}, status=status))


class Server(Provider):
    person = Person(addresses={"discord": "80351110224678912"})
    secrets: ClassVar = {"DISCORD_WEBHOOK": ""}

    def __init__(self) -> None:
        super().__init__()
        self.secrets = {"DISCORD_WEBHOOK": f"{self.url}/api/webhooks/{WEBHOOK}/{TOKEN}"}

    def settings(self) -> dict[str, Any]:
        return {"url": "env:DISCORD_WEBHOOK"}

    def answer(self, request: Request) -> Reply:
        if request.path != f"/api/webhooks/{WEBHOOK}/{TOKEN}":
            raise error(404, 10015, "Unknown Webhook")
        if request.method != "POST" or request.headers["content-type"] != "application/json":
            raise error(405, 0, "405: Method Not Allowed")
        body = request.json
        [embed] = body["embeds"]
        if set(body) - KNOWN or len(body["content"]) > 2000:
            raise error(400, 50035, "Invalid Form Body")
        if not 0 < len(embed["title"]) <= 256 or not 0 < len(embed["description"]) <= 4096:
            raise error(400, 50035, "Invalid Form Body")
        if sum(len(embed[each]) for each in ("title", "description")) > 6000:
            raise error(400, 50035, "Invalid Form Body")
        allowed = body["allowed_mentions"]
        called = [f"<@{each}>" for each in allowed.get("users", []) if f"<@{each}>" in body["content"]]
        if "everyone" in allowed["parse"] and re.search("@everyone|@here", body["content"]):
            called.append("@everyone")
        title, text = Read(embed["title"]), Read(embed["description"])
        seen = Seen(
            text=f"{title.text}\n{text.text}", links=(*title.links, *text.links), called=tuple(called)
        )
        self.seen.append(seen)
        if dict(request.query).get("wait") != "true":
            return Reply(status=204)
        return Reply.of({"id": str(len(self.seen)), "webhook_id": WEBHOOK})
