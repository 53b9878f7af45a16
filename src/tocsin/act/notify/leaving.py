"""What does a message carry that is only known when it leaves? Its links, its name in replies, its thread."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from tocsin.act.notify.message import Message
from tocsin.act.notify.store import Delivery
from tocsin.ground.i18n import N_, exact, translate
from tocsin.ground.kernel.links import Links

_LATE = timedelta(minutes=2)
_ACKNOWLEDGE = N_("Acknowledge")
_OPEN_INCIDENT = N_("Open the incident")
_OPEN_TOCSIN = N_("Open Tocsin")
_TEST_ARRIVED = N_("It arrived")
_WAS_DUE = N_("This message is late: it was due at {time}.")


def lateness(language: str, due_at: datetime, zone: str, at: datetime) -> str:
    """The sentence that it should have come earlier; empty for what comes in time."""
    return translate(language, _WAS_DUE, time=exact(language, due_at, zone)) if at - due_at > _LATE else ""


def as_it_leaves(
    message: Message,
    leaving: Delivery,
    *,
    links: Links,
    thread: str,
    shared: bool,
    zone: str,
    at: datetime,
) -> Message:
    """The message, complete. What is `shared`, as a room or a ticket is, gets no link that acts for one person."""
    lines = message.lines
    if leaving.kind != "digest" and (late := lateness(message.language, leaving.due_at, zone, at)):
        lines = (*lines, late)
    page_link = links.incident(leaving.incident) if leaving.incident is not None else ""
    if leaving.kind == "update":
        link, label = "", ""  # for people outside, to whom no page of ours is open
    elif leaving.kind == "test":
        link, label = links.acknowledge(leaving.id), _TEST_ARRIVED
    elif leaving.kind == "page" and not shared:
        link, label = links.acknowledge(leaving.id), _ACKNOWLEDGE
    elif page_link:
        link, label = page_link, _OPEN_INCIDENT
    else:
        link, label = links.home(), _OPEN_TOCSIN
    return replace(
        message,
        lines=lines,
        link=link,
        link_label=translate(message.language, label),
        page_link=page_link,
        delivery=leaving.id,
        code=leaving.code or "",
        thread=thread,
        callback=links.channel(leaving.channel or ""),
    )
