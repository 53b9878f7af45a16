"""GitLab's issues and notes, as docs.gitlab.com/api/issues and docs.gitlab.com/api/notes describe them."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from markdown_reader import Read, called
from provider import Provider, Refused, Reply, Request, Seen
from providers.github import Issue

TOKEN = "glpat-abcdefghij0123456789"
BASE = "/api/v4/projects/example%2Fshop/issues"


def error(status: int, message: str) -> Refused:
    return Refused(Reply.of({"message": message}, status=status))


class Server(Provider):
    secrets: ClassVar = {"GITLAB_TOKEN": TOKEN}

    def __init__(self) -> None:
        super().__init__()
        self.issues: list[Issue] = []

    def settings(self) -> dict[str, Any]:
        return {"project": "example/shop", "token": "env:GITLAB_TOKEN", "api_url": self.url}

    def answer(self, request: Request) -> Reply:
        if request.headers.get("private-token") != TOKEN:
            raise error(401, "401 Unauthorized")
        found = re.fullmatch(rf"{BASE}(?:/(\d+))?(/notes)?", request.path)
        if not found:
            raise error(404, "404 Project Not Found")
        issue = next((each for each in self.issues if str(each.number) == found[1]), None)
        if found[1] and issue is None:
            raise error(404, "404 Not found")
        match request.method, issue, found[2]:
            case "GET", None, None:
                query = dict(request.query)
                assert query["in"] == "description"
                hits = [
                    {"iid": each.number, "description": each.body}
                    for each in self.issues
                    if query["search"] in each.body and query["labels"] in each.labels
                ]
                return Reply.of(hits)
            case "POST", None, None:
                body = request.json
                if not 0 < len(body["title"]) <= 255 or len(body["description"]) > 1_048_576:
                    raise error(400, "title is too long (maximum is 255 characters)")
                number = len(self.issues) + 1
                labels = body["labels"].split(",")
                self.issues.append(Issue(number, body["title"], body["description"], labels))
                self.see(body["title"], body["description"])
                return Reply.of({"iid": number}, status=201)
            case "GET", Issue(), "/notes":
                return Reply.of([{"body": each} for each in issue.comments])
            case "POST", Issue(), "/notes":
                issue.comments.append(request.json["body"])
                self.see("", request.json["body"])
                return Reply.of({"id": 1}, status=201)
            case "PUT", Issue(), None:
                issue.state = {"close": "closed"}[request.json["state_event"]]
                return Reply.of({"iid": issue.number})
            case _:
                raise error(405, "405 Method Not Allowed")

    def see(self, title: str, body: str) -> None:
        name = re.search(r"([0-9a-f]{16}) -->$", body)
        assert name
        read = Read(body, html=True)
        found = list(called(f"{title}\n{body}".replace("\\", "")))
        # A line that begins with a slash is a command (docs.gitlab.com/user/project/quick_actions).
        found += [line for line in body.splitlines() if line.startswith("/")]
        self.seen.append(
            Seen(text=f"{title}\n{read.text}", links=tuple(read.links), called=tuple(found), key=name[1])
        )
