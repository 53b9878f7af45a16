"""GitHub's issues, as docs.github.com/rest/issues describes them (API version 2022-11-28)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, ClassVar

from markdown_reader import Read, called
from provider import Provider, Refused, Reply, Request, Seen

TOKEN = "github_pat_11ABCDEFG0abcdefghijkl"
BASE = "/repos/example/shop/issues"


@dataclass
class Issue:
    number: int
    title: str
    body: str
    labels: list[str]
    comments: list[str] = field(default_factory=list)
    state: str = "open"

    def as_json(self) -> dict[str, Any]:
        return {"number": self.number, "title": self.title, "body": self.body, "state": self.state}


def error(status: int, message: str) -> Refused:
    return Refused(
        Reply.of({"message": message, "documentation_url": "https://docs.github.com/rest"}, status=status)
    )


class Server(Provider):
    secrets: ClassVar = {"GITHUB_TOKEN": TOKEN}

    def __init__(self) -> None:
        super().__init__()
        self.issues: list[Issue] = []

    def settings(self) -> dict[str, Any]:
        return {"repository": "example/shop", "token": "env:GITHUB_TOKEN", "api_url": self.url}

    def answer(self, request: Request) -> Reply:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            raise error(401, "Bad credentials")
        if (
            request.headers.get("accept") != "application/vnd.github+json"
            or "user-agent" not in request.headers
        ):
            raise error(403, "Request forbidden by administrative rules.")
        found = re.fullmatch(rf"{BASE}(?:/(\d+))?(/comments)?", request.path)
        if not found:
            raise error(404, "Not Found")
        issue = next((each for each in self.issues if str(each.number) == found[1]), None)
        if found[1] and issue is None:
            raise error(404, "Not Found")
        match request.method, issue, found[2]:
            case "GET", None, None:
                label = dict(request.query)["labels"]
                return Reply.of([each.as_json() for each in reversed(self.issues) if label in each.labels])
            case "POST", None, None:
                body = request.json
                if not 0 < len(body["title"]) <= 256 or len(body["body"]) > 65_536:
                    raise error(422, "Validation Failed")
                number = len(self.issues) + 1
                self.issues.append(Issue(number, body["title"], body["body"], body["labels"]))
                self.see(body["title"], body["body"])
                return Reply.of({"number": number}, status=201)
            case "GET", Issue(), "/comments":
                return Reply.of([{"body": each} for each in issue.comments])
            case "POST", Issue(), "/comments":
                body = request.json
                if len(body["body"]) > 65_536:
                    raise error(422, "Validation Failed")
                issue.comments.append(body["body"])
                self.see("", body["body"])
                return Reply.of({"id": 1}, status=201)
            case "PATCH", Issue(), None:
                issue.state = request.json["state"]
                return Reply.of(issue.as_json())
            case _:
                raise error(404, "Not Found")

    def see(self, title: str, body: str) -> None:
        name = re.search(r"([0-9a-f]{16}) -->$", body)
        assert name
        read = Read(body, html=True)
        found = called(f"{title}\n{body}".replace("\\", ""))
        self.seen.append(
            Seen(text=f"{title}\n{read.text}", links=tuple(read.links), called=found, key=name[1])
        )
