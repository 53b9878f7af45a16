"""A server of ntfy, as docs.ntfy.sh/publish describes it (publish as JSON; errors as in its server/errors.go)."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from provider import Person, Provider, Refused, Reply, Request, Seen

TOKEN = "tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2"
TOPIC = "mei-9f2c41"
KNOWN = {"topic", "title", "message", "priority", "tags", "click", "actions", "markdown", "icon", "delay"}


def error(status: int, code: int, text: str) -> Refused:
    link = "https://ntfy.sh/docs/publish/"
    return Refused(Reply.of({"code": code, "http": status, "error": text, "link": link}, status=status))


class Server(Provider):
    secrets: ClassVar = {"NTFY_TOKEN": TOKEN}
    person = Person(addresses={"ntfy": TOPIC})

    def settings(self) -> dict[str, Any]:
        return {"token": "env:NTFY_TOKEN", "api_url": self.url}

    def answer(self, request: Request) -> Reply:
        if (request.method, request.path) != ("POST", "/"):
            raise error(404, 40401, "page not found")
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            raise error(401, 40101, "unauthorized")
        try:
            body = request.json
        except ValueError:
            raise error(400, 40024, "invalid request: request body must be message JSON") from None
        if not re.fullmatch(r"[-_A-Za-z0-9]{1,64}", body.get("topic", "")):
            raise error(400, 40009, "invalid request: topic invalid")
        if set(body) - KNOWN or body.get("priority", 3) not in (1, 2, 3, 4, 5):
            raise error(400, 40007, "invalid request: priority invalid")
        if len(body["message"].encode()) > 4096:
            raise error(413, 41303, "attachment too large")
        actions = body.get("actions", [])
        if len(actions) > 3 or any(
            each["action"] != "view" or not each["label"] or not each["url"] for each in actions
        ):
            raise error(400, 40018, "invalid request: actions invalid")
        links = tuple(each["url"] for each in actions)
        self.seen.append(Seen(text=f"{body['title']}\n{body['message']}", links=links))
        return Reply.of({"id": f"m{len(self.seen)}", "event": "message", "topic": body["topic"]})
