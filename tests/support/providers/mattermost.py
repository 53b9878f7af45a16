"""A server of Mattermost: incoming webhooks (developers.mattermost.com/integrate/webhooks/incoming) and POST
/api/v4/posts (developers.mattermost.com/api-documentation/#/operations/CreatePost).
"""

from __future__ import annotations

from typing import Any, ClassVar

from markdown_reader import Read, called
from provider import Person, Provider, Refused, Reply, Request, Seen

TOKEN = "h5dk6z7jbtbmxp4kqk1d3rqyec"
HOOK = "xgzg8n3kqjfg9rkd1y7wq9y8oe"
CHANNEL = "4xp9fdt77pncbef59f4k1qe83o"


def error(status: int, name: str, message: str) -> Refused:
    body = {"id": name, "message": message, "detailed_error": "", "request_id": "1", "status_code": status}
    return Refused(Reply.of(body, status=status))


class Server(Provider):
    person = Person(addresses={"mattermost": "mei"})
    secrets: ClassVar = {"MATTERMOST_TOKEN": TOKEN}

    def settings(self) -> dict[str, Any]:
        return {"api_url": self.url, "token": "env:MATTERMOST_TOKEN", "channel": CHANNEL}

    def answer(self, request: Request) -> Reply:
        body = request.json
        if request.path == f"/hooks/{HOOK}":
            self.take(body["text"], body["attachments"], None)
            return Reply(body=b"ok")
        if (request.method, request.path) != ("POST", "/api/v4/posts"):
            raise error(404, "api.context.404.app_error", "Sorry, we could not find the page.")
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            raise error(401, "api.context.session_expired.app_error", "Invalid or expired session.")
        if body.get("channel_id") != CHANNEL:
            raise error(
                403, "api.context.permissions.app_error", "You do not have the appropriate permissions."
            )
        if set(body) - {"channel_id", "message", "root_id", "props", "pending_post_id"}:
            raise error(400, "api.context.invalid_body_param.app_error", "Invalid or missing post.")
        self.take(body["message"], body["props"]["attachments"], body["pending_post_id"])
        return Reply.of({"id": f"post{len(self.seen)}", "root_id": body.get("root_id", "")}, status=201)

    def take(self, message: str, attachments: list[dict[str, str]], key: str | None) -> None:
        if len(message) > 16_383:
            raise error(400, "model.post.is_valid.msg.app_error", "Invalid message.")
        [attachment] = attachments
        if len(attachment["text"]) > 16_383:
            raise error(400, "model.post.is_valid.props.app_error", "Invalid props.")
        title, text = Read(attachment["title"]), Read(attachment["text"])
        # A mention counts wherever the server finds it, also in an attachment.
        raw = "\n".join([message, *(attachment[each] for each in ("fallback", "title", "text"))])
        found = called(raw.replace("\\", ""))
        self.seen.append(
            Seen(
                text=f"{title.text}\n{text.text}",
                links=(*title.links, *text.links),
                called=found,
                key=key,
            )
        )
