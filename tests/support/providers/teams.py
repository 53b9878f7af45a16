"""A Workflows webhook of Teams (learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/
add-incoming-webhook) that takes an Adaptive Card (adaptivecards.io, version 1.4) of up to 28 kB.
"""

from __future__ import annotations

from typing import Any, ClassVar

from provider import Person, Provider, Refused, Reply, Request, Seen

SIGNATURE = "Zk3m1xV9yqQ0b7wJtR5uH2sL8dC4nE6aP-fG_hI1jK0"
PATH = "/workflows/0b1c2d3e4f/triggers/manual/paths/invoke"


def error(status: int, code: str, message: str) -> Refused:
    return Refused(Reply.of({"error": {"code": code, "message": message}}, status=status))


class Server(Provider):
    person = Person(addresses={"teams": "mei@example.com"})
    secrets: ClassVar = {"TEAMS_WORKFLOW": ""}

    def __init__(self) -> None:
        super().__init__()
        self.secrets = {
            "TEAMS_WORKFLOW": f"{self.url}{PATH}?api-version=1&sp=%2Ftriggers&sv=1.0&sig={SIGNATURE}"
        }

    def settings(self) -> dict[str, Any]:
        return {"url": "env:TEAMS_WORKFLOW"}

    def answer(self, request: Request) -> Reply:
        if (request.method, request.path) != ("POST", PATH):
            raise error(404, "WorkflowNotFound", "The workflow could not be found.")
        if dict(request.query).get("sig") != SIGNATURE:
            raise error(401, "DirectApiAuthorizationRequired", "The request must be authenticated.")
        if len(request.body) > 28_000:
            raise error(413, "RequestEntityTooLarge", "Message size too large")
        body = request.json
        [attachment] = body["attachments"]
        if (
            body["type"] != "message"
            or attachment["contentType"] != "application/vnd.microsoft.card.adaptive"
        ):
            raise error(400, "TriggerInputSchemaMismatch", "The input does not match the schema.")
        card = attachment["content"]
        if card["type"] != "AdaptiveCard" or card["version"] != "1.4":
            raise error(400, "BadRequest", "Invalid card")
        texts: list[str] = []
        marked: list[str] = []
        self.read(card["body"], texts, marked)
        called = [
            each["mentioned"]["id"]
            for each in card["msteams"]["entities"]
            if each["text"] in " ".join(marked)
        ]
        links = []
        for action in card["actions"]:
            if action["type"] != "Action.OpenUrl" or not action["title"]:
                raise error(400, "BadRequest", "Invalid action")
            links.append(action["url"])
        self.seen.append(Seen(text="\n".join(texts), links=tuple(links), called=tuple(called)))
        return Reply(status=202)

    def read(self, elements: list[dict[str, Any]], texts: list[str], marked: list[str]) -> None:
        for element in elements:
            match element["type"]:
                case "Container":
                    assert element["style"] in (
                        "default",
                        "emphasis",
                        "good",
                        "attention",
                        "warning",
                        "accent",
                    )
                    self.read(element["items"], texts, marked)
                case "RichTextBlock":
                    texts += [each["text"] for each in element["inlines"]]
                case "TextBlock":
                    marked.append(element["text"])
                case other:
                    raise error(400, "BadRequest", f"Unknown element {other}")
