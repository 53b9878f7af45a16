"""Keeps a Jira issue for each incident (developer.atlassian.com/cloud/jira/platform/rest/v2): a ticket, no page.

On Jira Cloud set `email` and an API `token` of that account; on a Data Center of your own a personal access `token`
alone. The first message opens an issue of the kind `issue_type` in `project`, labelled with the number of the incident;
later ones are comments; when the incident is resolved, the issue moves to the first status that counts as done. It is
found again by its label, so a repetition makes no second one (Jira Cloud finds a new issue after a moment only: a crash
in just that moment may). What an alert writes is escaped and mentions nobody.

400 (a field that the project demands), 401, 403 and 404 are final; 429 and 5xx are tried again.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from typing import Annotated, Any
from urllib.parse import quote, urlencode, urlsplit

from pydantic import Field

from tocsin.act.notify.answers import Conversation, fields, revealed, rows, table, text
from tocsin.act.notify.channel import Channel, ChannelSettings
from tocsin.act.notify.fitting import fit
from tocsin.act.notify.markdown import block, uncalled
from tocsin.act.notify.message import Message, one_line
from tocsin.act.notify.tickets import Ticket, Tracker, record
from tocsin.ground.kernel.outbound import Answer, Outbound
from tocsin.ground.kernel.secret import Secret

_SUMMARY, _BODY = 255, 30_000
_COMMENTS = 100
_LONGEST_LIST = 4_000_000
_MARKS = re.compile(r"([\\{}\[\]*_!|^~+?#-])")


class JiraSettings(ChannelSettings):
    api_url: Annotated[str, Field(description="The site: https://example.atlassian.net, or your server.")]
    project: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]+$", description="The key of the project: OPS.")]
    token: Annotated[Secret, Field(description="An API token (Cloud), or a personal access token.")]
    email: Annotated[str | None, Field(description="The account that the API token belongs to: Cloud.")] = (
        None
    )
    issue_type: Annotated[str, Field(min_length=1, description="The kind of issue.")] = "Task"
    fields: Annotated[
        dict[str, Any],
        Field(
            default_factory=dict, description="More fields that the project demands, as its API names them."
        ),
    ]


class Jira(Channel[JiraSettings]):
    title = "Jira issues"
    Settings = JiraSettings
    examples = (
        {
            "api_url": "https://example.atlassian.net",
            "project": "OPS",
            "email": "tocsin@example.com",
            "token": "env:JIRA_TOKEN",
        },
        {
            "api_url": "https://jira.example.com",
            "project": "OPS",
            "token": "env:JIRA_TOKEN",
            "issue_type": "Incident",
        },
    )
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

    def __init__(self, settings: JiraSettings, outbound: Outbound) -> None:
        self._settings = settings
        self._conversation = Conversation(outbound)
        self._base = f"{settings.api_url.rstrip('/')}/rest/api/2"

    def find(self, marker: str) -> Ticket | None:
        # Cloud has given up the search that Data Center still has.
        path = "search/jql" if self._settings.email is not None else "search"
        wanted = {
            "jql": f'project = "{self._settings.project}" AND labels = "{_label(marker)}" ORDER BY created ASC',
            "fields": "description",
            "maxResults": "1",
        }
        answer = self._ask("GET", f"{self._base}/{path}?{urlencode(wanted)}")
        for each in rows(fields(answer).get("issues")):
            told = text(table(each.get("fields")).get("description"))
            return Ticket(number=text(each.get("key")), text=told)
        return None

    def open(self, message: Message, marker: str, name: str) -> str:
        settings = self._settings
        body = {
            "fields": {
                **settings.fields,
                "project": {"key": settings.project},
                "issuetype": {"name": settings.issue_type},
                "summary": fit(uncalled(one_line(message.subject)), _SUMMARY) or "–",
                "description": f"{_text(message)}\n\ntocsin {name}",
                "labels": ["tocsin", _label(marker)],
            }
        }
        return text(fields(self._ask("POST", f"{self._base}/issue", body)).get("key"))

    def comments(self, number: str) -> Iterable[str]:
        newest = urlencode({"orderBy": "-created", "maxResults": str(_COMMENTS)})
        answer = self._ask("GET", f"{self._issue(number)}/comment?{newest}")
        return [text(each.get("body")) for each in rows(fields(answer).get("comments"))]

    def comment(self, number: str, message: Message, name: str) -> None:
        body = f"*{_escape(one_line(message.subject))}*\n\n{_text(message)}\n\ntocsin {name}"
        self._ask("POST", f"{self._issue(number)}/comment", {"body": body})

    def close(self, number: str) -> None:
        answer = self._ask("GET", f"{self._issue(number)}/transitions")
        for each in rows(fields(answer).get("transitions")):
            if table(table(each.get("to")).get("statusCategory")).get("key") == "done":
                self._ask(
                    "POST", f"{self._issue(number)}/transitions", {"transition": {"id": text(each.get("id"))}}
                )
                return

    def _issue(self, number: str) -> str:
        return f"{self._base}/issue/{quote(number, safe='')}"

    def _ask(self, method: str, url: str, json: Any = None) -> Answer:
        token = revealed(self._settings.token)
        if self._settings.email is not None:
            plain = f"{self._settings.email}:{token}".encode()
            authorization = f"Basic {base64.b64encode(plain).decode('ascii')}"
        else:
            authorization = f"Bearer {token}"
        return self._conversation.accepted(
            method,
            url,
            headers={"authorization": authorization, "accept": "application/json"},
            json=json,
            limit=_LONGEST_LIST,
            words=_words,
        )


def _label(marker: str) -> str:
    """A label holds no blank; a quotation mark would end the question that asks for it."""
    return re.sub(r"[^\w.-]", "-", marker)[:250]


def _text(message: Message) -> str:
    lines = block(message.shown, _BODY, line=lambda each: f"* {_escape(each)}")
    link = message.page_link or message.link
    return f"{lines}\n\n[{message.incident or 'Tocsin'}|{link}]" if link else lines


def _escape(line: str) -> str:
    """One line in the markup of Jira, shown as it is."""
    return uncalled(_MARKS.sub(r"\\\1", line))


def _words(answer: Answer) -> str:
    said = fields(answer)
    messages: Any = said.get("errorMessages")
    found = [text(each) for each in messages] if isinstance(messages, list) else []  # pyright: ignore[reportUnknownVariableType] # JSON
    found += [f"{name}: {text(why)}" for name, why in table(said.get("errors")).items()]
    return "; ".join(filter(None, found))
