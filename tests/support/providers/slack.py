"""Slack's Web API, by the stub that `slack_stub.py` describes: what a reader of the channel sees."""

from __future__ import annotations

from typing import Any, ClassVar

from provider import Person, Provider, Reply, Request, Seen
from slack_stub import BOT_TOKEN, SlackStub

MEI = "U012AB3CD"


class Server(Provider):
    secrets: ClassVar = {"SLACK_BOT_TOKEN": BOT_TOKEN}
    person = Person(addresses={"slack": MEI})

    def __init__(self) -> None:
        super().__init__()
        self.stub = SlackStub()
        self.stub.add_user(MEI, "mei", "mei@example.com")

    def close(self) -> None:
        super().close()
        self.stub.stop()

    def settings(self) -> dict[str, Any]:
        return {"token": "env:SLACK_BOT_TOKEN", "api_url": f"{self.url}/api"}

    def answer(self, request: Request) -> Reply:
        if not request.path.startswith("/api/"):
            return Reply.of({"ok": False, "error": "not_found"}, status=404)
        before = len(self.stub.messages)
        status, answer, headers = self.stub.call(
            request.path.removeprefix("/api/"),
            request.headers.get("authorization", "").removeprefix("Bearer "),
            request.headers.get("content-type", ""),
            request.body,
            "",
            request.method,
        )
        for message in self.stub.messages[before:]:
            links = [each["url"] for each in message.buttons.values() if "url" in each]
            key = (message.metadata or {}).get("event_payload", {}).get("key")
            self.seen.append(
                Seen(text=message.said, links=tuple(links), called=tuple(message.called), key=key)
            )
        return Reply.of(answer, status=status, **headers)
