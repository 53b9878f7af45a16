"""Keeps a GitHub issue for each incident (docs.github.com/rest/issues): a ticket, no page to anybody.

`repository` is `owner/name`; `token` is a fine-grained token that may read and write its issues. The first message
opens an issue with the label `label`; later ones are comments; it is closed when the incident is resolved. The issue
is found again by a comment in its text that nobody sees, so a repetition makes no second one. What an alert writes
mentions nobody.

For GitHub Enterprise set `api_url` to `https://HOST/api/v3`. 401 and 404 are final; a rate limit (403 or 429) is tried
again when GitHub says so.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Annotated, Any
from urllib.parse import quote, urlencode, urlsplit

from pydantic import Field

from tocsin.act.notify import markdown
from tocsin.act.notify.answers import Conversation, fields, parsed, refused, revealed, rows, text
from tocsin.act.notify.channel import Channel, ChannelSettings
from tocsin.act.notify.fitting import fit
from tocsin.act.notify.message import Message, one_line
from tocsin.act.notify.tickets import Ticket, Tracker, record
from tocsin.ground.kernel.outbound import Answer, Outbound
from tocsin.ground.kernel.secret import Secret

_TITLE, _BODY = 256, 60_000
_ISSUES, _COMMENTS = 50, 100
_LONGEST_LIST = 4_000_000  # bytes: every issue comes with its whole text and its author


class GithubSettings(ChannelSettings):
    repository: Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+$", description="owner/name.")]
    token: Annotated[Secret, Field(description="A token that may read and write issues.")]
    label: Annotated[str, Field(min_length=1, max_length=50, description="The label of each issue.")] = (
        "incident"
    )
    api_url: Annotated[str, Field(description="Where the API is.")] = "https://api.github.com"


class Github(Channel[GithubSettings]):
    title = "GitHub issues"
    Settings = GithubSettings
    examples = ({"repository": "example/shop", "token": "env:GITHUB_TOKEN"},)
    width = 1
    disturbs = False
    follows = True

    @property
    def room(self) -> str | None:
        return self.settings.repository

    def receiver(self, address: str) -> str:
        return urlsplit(self.settings.api_url).netloc

    def send(self, message: Message, address: str, key: str) -> str | None:
        return record(_Issues(self.settings, self.outbound), message, key)


class _Issues(Tracker):
    """The issues of the repository."""

    def __init__(self, settings: GithubSettings, outbound: Outbound) -> None:
        self._settings = settings
        self._conversation = Conversation(outbound)
        self._base = f"{settings.api_url.rstrip('/')}/repos/{settings.repository}/issues"

    def find(self, marker: str) -> Ticket | None:
        # The list, not the search: that finds a new issue only after a while.
        wanted = {"labels": self._settings.label, "state": "all", "sort": "created", "direction": "desc"}
        answer = self._ask("GET", f"{self._base}?{urlencode(wanted | {'per_page': str(_ISSUES)})}")
        for each in rows(parsed(answer.body)):
            body = text(each.get("body"))
            if f"<!-- {marker} " in body and "pull_request" not in each:
                return Ticket(number=text(each.get("number")), text=body)
        return None

    def open(self, message: Message, marker: str, name: str) -> str:
        body = {
            "title": fit(markdown.uncalled(one_line(message.subject)), _TITLE) or "–",
            "body": f"{_text(message)}\n\n<!-- {marker} {name} -->",
            "labels": [self._settings.label],
        }
        return text(fields(self._ask("POST", self._base, body)).get("number"))

    def comments(self, number: str) -> Iterable[str]:
        answer = self._ask("GET", f"{self._base}/{quote(number, safe='')}/comments?per_page={_COMMENTS}")
        return [text(each.get("body")) for each in rows(parsed(answer.body))]

    def comment(self, number: str, message: Message, name: str) -> None:
        subject = markdown.escape(one_line(message.subject))
        body = {"body": f"**{subject}**\n\n{_text(message)}\n\n<!-- {name} -->"}
        self._ask("POST", f"{self._base}/{quote(number, safe='')}/comments", body)

    def close(self, number: str) -> None:
        self._ask(
            "PATCH",
            f"{self._base}/{quote(number, safe='')}",
            {"state": "closed", "state_reason": "completed"},
        )

    def _ask(self, method: str, url: str, json: Any = None) -> Answer:
        answer = self._conversation.ask(
            method,
            url,
            headers={
                "authorization": f"Bearer {revealed(self._settings.token)}",
                "accept": "application/vnd.github+json",
                "x-github-api-version": "2022-11-28",
            },
            json=json,
            limit=_LONGEST_LIST,
        )
        if 200 <= answer.status < 300:
            return answer
        limited = answer.status in (403, 429) and (
            "retry-after" in answer.headers or answer.headers.get("x-ratelimit-remaining") == "0"
        )
        reset = answer.headers.get("x-ratelimit-reset", "")
        known = limited and "retry-after" not in answer.headers and reset.isascii() and reset.isdigit()
        raise refused(
            answer,
            urlsplit(self._base).netloc,
            words=text(fields(answer).get("message")),
            permanent=False if limited else None,
            after=max(0.0, float(reset[:12]) - time.time()) if known else None,
        )


def _text(message: Message) -> str:
    """The lines as a list: what stands in one is neither a heading nor a command."""
    lines = markdown.block(message.shown, _BODY, line=lambda each: f"- {markdown.escape(each)}")
    link = message.page_link or message.link
    return f"{lines}\n\n{markdown.link(message.incident or 'Tocsin', link)}" if link else lines
