"""Keeps a GitLab issue for each incident (docs.gitlab.com/api/issues): a ticket, no page to anybody.

`project` is the path or the number of the project; `token` is a project access token with the scope `api`. The first
message opens an issue with the label `label`; later ones are comments; it is closed when the incident is resolved. The
issue is found again by a comment in its text that nobody sees, so a repetition makes no second one. What an alert
writes mentions nobody and gives no command.

For a server of your own set `api_url` to `https://HOST`. 401, 403 and 404 are final; 429 and 5xx are tried again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any
from urllib.parse import quote, urlencode, urlsplit

from pydantic import Field

from tocsin.act.notify import markdown
from tocsin.act.notify.answers import Conversation, fields, parsed, revealed, rows, text
from tocsin.act.notify.channel import Channel, ChannelSettings
from tocsin.act.notify.fitting import fit
from tocsin.act.notify.message import Message, one_line
from tocsin.act.notify.tickets import Ticket, Tracker, record
from tocsin.ground.kernel.outbound import Answer, Outbound
from tocsin.ground.kernel.secret import Secret

_TITLE, _BODY = 255, 100_000
_ISSUES, _COMMENTS = 20, 100
_LONGEST_LIST = 8_000_000


class GitlabSettings(ChannelSettings):
    project: Annotated[str, Field(min_length=1, description="The project: group/name, or its number.")]
    token: Annotated[Secret, Field(description="A token with the scope api.")]
    label: Annotated[str, Field(min_length=1, max_length=255, description="The label of each issue.")] = (
        "incident"
    )
    api_url: Annotated[str, Field(description="The server.")] = "https://gitlab.com"


class Gitlab(Channel[GitlabSettings]):
    title = "GitLab issues"
    Settings = GitlabSettings
    examples = ({"project": "example/shop", "token": "env:GITLAB_TOKEN"},)
    width = 1
    disturbs = False
    follows = True

    @property
    def room(self) -> str | None:
        return self.settings.project

    def receiver(self, address: str) -> str:
        return urlsplit(self.settings.api_url).netloc

    def send(self, message: Message, address: str, key: str) -> str | None:
        return record(_Issues(self.settings, self.outbound), message, key)


class _Issues(Tracker):
    """The issues of the project."""

    def __init__(self, settings: GitlabSettings, outbound: Outbound) -> None:
        self._settings = settings
        self._conversation = Conversation(outbound)
        project = quote(settings.project, safe="")
        self._base = f"{settings.api_url.rstrip('/')}/api/v4/projects/{project}/issues"

    def find(self, marker: str) -> Ticket | None:
        wanted = {"search": marker, "in": "description", "labels": self._settings.label, "state": "all"}
        answer = self._ask("GET", f"{self._base}?{urlencode(wanted | {'per_page': str(_ISSUES)})}")
        for each in rows(parsed(answer.body)):
            body = text(each.get("description"))
            if f"<!-- {marker} " in body:
                return Ticket(number=text(each.get("iid")), text=body)
        return None

    def open(self, message: Message, marker: str, name: str) -> str:
        body = {
            "title": fit(markdown.uncalled(one_line(message.subject)), _TITLE) or "–",
            "description": f"{_text(message)}\n\n<!-- {marker} {name} -->",
            "labels": self._settings.label,
        }
        return text(fields(self._ask("POST", self._base, body)).get("iid"))

    def comments(self, number: str) -> Iterable[str]:
        newest = urlencode({"sort": "desc", "order_by": "created_at", "per_page": str(_COMMENTS)})
        answer = self._ask("GET", f"{self._base}/{quote(number, safe='')}/notes?{newest}")
        return [text(each.get("body")) for each in rows(parsed(answer.body))]

    def comment(self, number: str, message: Message, name: str) -> None:
        subject = markdown.escape(one_line(message.subject))
        body = {"body": f"**{subject}**\n\n{_text(message)}\n\n<!-- {name} -->"}
        self._ask("POST", f"{self._base}/{quote(number, safe='')}/notes", body)

    def close(self, number: str) -> None:
        self._ask("PUT", f"{self._base}/{quote(number, safe='')}", {"state_event": "close"})

    def _ask(self, method: str, url: str, json: Any = None) -> Answer:
        return self._conversation.accepted(
            method,
            url,
            headers={"private-token": revealed(self._settings.token)},
            json=json,
            limit=_LONGEST_LIST,
            words=_words,
        )


def _text(message: Message) -> str:
    """The lines as a list: what stands in one is neither a heading nor a command."""
    lines = markdown.block(message.shown, _BODY, line=lambda each: f"- {markdown.escape(each)}")
    link = message.page_link or message.link
    return f"{lines}\n\n{markdown.link(message.incident or 'Tocsin', link)}" if link else lines


def _words(answer: Answer) -> str:
    said = fields(answer)
    return text(said.get("message")) or text(said.get("error")) or str(said.get("message") or "")
