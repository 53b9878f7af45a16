"""Jira Cloud, as developer.atlassian.com/cloud/jira/platform/rest/v2 describes it: issues, comments, transitions,
search by JQL.
"""

from __future__ import annotations

import base64
import re
from typing import Any, ClassVar

from markdown_reader import called
from provider import Provider, Refused, Reply, Request, Seen
from providers.github import Issue

TOKEN = "ATATT3xFfGF0abcdefghijklmnop"
EMAIL = "tocsin@example.com"
BASE = "/rest/api/2"


def error(status: int, *messages: str, **fields: str) -> Refused:
    return Refused(Reply.of({"errorMessages": list(messages), "errors": fields}, status=status))


class Server(Provider):
    secrets: ClassVar = {"JIRA_TOKEN": TOKEN}

    def __init__(self) -> None:
        super().__init__()
        self.issues: list[Issue] = []

    def settings(self) -> dict[str, Any]:
        return {"api_url": self.url, "project": "OPS", "email": EMAIL, "token": "env:JIRA_TOKEN"}

    def answer(self, request: Request) -> Reply:
        plain = base64.b64encode(f"{EMAIL}:{TOKEN}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {plain}":
            raise error(401, "You are not authenticated. Authentication required to perform this operation.")
        if request.path == f"{BASE}/search/jql":
            found = re.fullmatch(
                r'project = "OPS" AND labels = "([\w.-]+)" ORDER BY created ASC', dict(request.query)["jql"]
            )
            if not found:
                raise error(400, "Error in the JQL Query")
            hits = [each for each in self.issues if found[1] in each.labels]
            return Reply.of(
                {
                    "issues": [
                        {"key": f"OPS-{each.number}", "fields": {"description": each.body}}
                        for each in hits[:1]
                    ]
                }
            )
        if (request.method, request.path) == ("POST", f"{BASE}/issue"):
            return self.open(request.json["fields"])
        found = re.fullmatch(rf"{BASE}/issue/OPS-(\d+)/(comment|transitions)", request.path)
        issue = next((each for each in self.issues if found and str(each.number) == found[1]), None)
        if not found or issue is None:
            raise error(404, "Issue does not exist or you do not have permission to see it.")
        match request.method, found[2]:
            case "GET", "comment":
                return Reply.of({"comments": [{"body": each} for each in issue.comments]})
            case "POST", "comment":
                issue.comments.append(request.json["body"])
                self.see("", request.json["body"])
                return Reply.of({"id": "1"}, status=201)
            case "GET", "transitions":
                kinds = {"11": "indeterminate", "31": "done"}
                steps = [
                    {"id": each, "to": {"statusCategory": {"key": kind}}} for each, kind in kinds.items()
                ]
                return Reply.of({"transitions": steps})
            case "POST", "transitions":
                issue.state = "closed" if request.json["transition"]["id"] == "31" else issue.state
                return Reply(status=204)
            case _:
                raise error(405, "Method Not Allowed")

    def open(self, fields: dict[str, Any]) -> Reply:
        if fields["project"] != {"key": "OPS"} or "issuetype" not in fields:
            raise error(400, project="valid project is required")
        if not 0 < len(fields["summary"]) <= 255:
            raise error(400, summary="Summary must be less than 255 characters.")
        if len(fields["description"]) > 32_767:
            raise error(400, description="The entered text is too long.")
        if any(" " in label for label in fields["labels"]):
            raise error(400, labels="The label can't contain spaces.")
        issue = Issue(len(self.issues) + 1, fields["summary"], fields["description"], fields["labels"])
        self.issues.append(issue)
        self.see(issue.title, issue.body)
        return Reply.of({"id": "10000", "key": f"OPS-{issue.number}"}, status=201)

    def see(self, title: str, body: str) -> None:
        name = re.search(r"tocsin ([0-9a-f]{16})$", body)
        assert name
        links = re.findall(r"(?<!\\)\[[^\]|]*\|([^\]]+)\]", body)
        plain = re.sub(r"\\(.)", r"\1", body).replace("\u200b", "")
        found = [
            *called(re.sub(r"\\(.)", r"\1", f"{title}\n{body}")),
            *re.findall(r"(?<!\\)\[~[^\]]+\]", body),
        ]
        self.seen.append(Seen(text=f"{title}\n{plain}", links=tuple(links), called=tuple(found), key=name[1]))
