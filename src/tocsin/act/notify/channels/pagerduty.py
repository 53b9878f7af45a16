"""Forwards pages to PagerDuty as alerts (developer.pagerduty.com/docs/events-api-v2).

For a team that keeps PagerDuty while it tries Tocsin, or that lets PagerDuty ring the phones: an incident is one alert
there, since its number is the `dedup_key`; it is acknowledged and resolved when the incident is. `routing_key` is the
integration key of a service (Events API v2).

A wrong key or a wrong event is final; 429 and 5xx are tried again. A repetition joins the alert that is there.
"""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field

from tocsin.act.notify.answers import Conversation, fields, revealed, text
from tocsin.act.notify.channel import Channel, ChannelSettings
from tocsin.act.notify.fitting import fit
from tocsin.act.notify.message import Message, one_line
from tocsin.ground.kernel.outbound import Answer
from tocsin.ground.kernel.secret import Secret

_SUMMARY, _DEDUP, _DETAILS = 1_024, 255, 100_000
_SEVERITIES = {"P0": "critical", "P1": "error", "P2": "warning"}
_ACTIONS = {"acknowledged": "acknowledge", "resolved": "resolve"}


class PagerdutySettings(ChannelSettings):
    routing_key: Annotated[Secret, Field(description="The integration key of the service.")]
    api_url: Annotated[str, Field(description="Where events are sent; the EU has another address.")] = (
        "https://events.pagerduty.com"
    )


class Pagerduty(Channel[PagerdutySettings]):
    title = "PagerDuty"
    Settings = PagerdutySettings
    examples = (
        {"routing_key": "env:PAGERDUTY_KEY"},
        {"routing_key": "env:PAGERDUTY_KEY", "api_url": "https://events.eu.pagerduty.com"},
    )

    follows = True

    @property
    def room(self) -> str | None:
        return urlsplit(self.settings.api_url).netloc

    def send(self, message: Message, address: str, key: str) -> str | None:
        answer = Conversation(self.outbound).accepted(
            "POST",
            f"{self.settings.api_url.rstrip('/')}/v2/enqueue",
            json=_event(message, key) | {"routing_key": revealed(self.settings.routing_key)},
            words=_words,
        )
        return text(fields(answer).get("dedup_key")) or None


def _event(message: Message, key: str) -> dict[str, Any]:
    dedup = (message.incident or key)[:_DEDUP]
    action = _ACTIONS.get(message.state, "trigger")
    if action != "trigger":
        return {"event_action": action, "dedup_key": dedup}
    links = [{"href": link, "text": "Tocsin"} for link in [message.page_link or message.link] if link]
    return {
        "event_action": action,
        "dedup_key": dedup,
        "client": "Tocsin",
        "client_url": message.page_link or message.link,
        "links": links,
        "payload": {
            "summary": fit(one_line(message.subject, _SUMMARY), _SUMMARY) or "–",
            "source": "tocsin",
            "severity": _SEVERITIES.get(message.severity, "info"),
            "custom_details": {"message": fit("\n".join(message.shown), _DETAILS)},
        },
    }


def _words(answer: Answer) -> str:
    said = fields(answer)
    errors: Any = said.get("errors")
    found = [text(each) for each in errors] if isinstance(errors, list) else []  # pyright: ignore[reportUnknownVariableType] # JSON
    return "; ".join(filter(None, [text(said.get("message")), *found]))
