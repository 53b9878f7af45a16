"""What stands in a war room? The topic, the pinned summary, the lines of the story, and the closing note.

All of it is text without markup: nothing that an alert or a person wrote can call somebody or look like a link of ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tocsin.act.notify.channels.slack import escape
from tocsin.act.notify.message import one_line
from tocsin.ground.i18n import N_, clock
from tocsin.respond.incidents.brief import STATES, Brief
from tocsin.respond.incidents.titles import CLOCK_TITLES, ROLE_TITLES

_TOPIC_AT_MOST = 250
_TEXT_AT_MOST = 2_900
_LINE_AT_MOST = 400
_LINES_AT_MOST = 25

_TOPIC = N_("[{severity}] {state} · {commander} · {incident} {title}")
_NO_COMMANDER = N_("nobody commands yet")
_COMMANDER = N_("{person} commands")
_STATE = N_("State: {state}")
_SINCE = N_("Since: {time}")
_SERVICE = N_("Service: {service}")
_AFFECTED = N_("Who is affected: {who}")
_ROLE = N_("{role}: {person}")
_NOBODY = N_("{role}: nobody yet")
_DUE = N_("{clock} is due {time}")
_MISSED = N_("{clock} was due {time}")
_WRITE = N_("What is written here goes onto the timeline.")
_OPEN = N_("Open the incident")
_MEET = N_("Join the meeting")
_REPORT = N_("Open the report")
_OVER = N_(
    "It is over. The report is drafted from the timeline; what is missing in it can still be written here."
)
_MORE = N_("… and {n} more on the timeline")


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """What is said in a room: `text` for notifications, `blocks` for the eye (Block Kit)."""

    text: str
    blocks: list[dict[str, Any]]


def topic(brief: Brief) -> str:
    """Severity, state, who commands, what it is about."""
    incident, say = brief.incident, brief.say
    who = brief.roles.get("commander")
    told = say(
        _TOPIC,
        severity=incident.severity,
        state=say(STATES[incident.state]),
        commander=say(_COMMANDER, person=who) if who else say(_NO_COMMANDER),
        incident=incident.id,
        title=incident.title,
    )
    return escape(one_line(told, _TOPIC_AT_MOST - 30))[:_TOPIC_AT_MOST]


def summary(brief: Brief, wanted: Sequence[str], link: str, meeting: str, now: datetime) -> Said:
    """The message that is pinned: how it stands, who has which role, what is due. `wanted` are the roles to fill."""
    incident, say = brief.incident, brief.say
    lines = [
        say(_STATE, state=say(STATES[incident.state])),
        say(_SINCE, time=brief.moment(incident.started_at)),
        say(_SERVICE, service=brief.service),
    ]
    if brief.affected:
        lines.append(say(_AFFECTED, who=", ".join(brief.affected)))
    for role, title in ROLE_TITLES.items():
        if role in brief.roles:
            lines.append(say(_ROLE, role=say(title), person=brief.roles[role]))
        elif role in wanted and incident.is_open:
            lines.append(say(_NOBODY, role=say(title)))
    for running in brief.clocks:
        text = _MISSED if running.due_at <= now else _DUE
        title = say(CLOCK_TITLES.get(running.name, running.name))
        lines.append(say(text, clock=title, time=clock(running.due_at, brief.zone)[:5]))
    lines.append(say(_WRITE))
    title = one_line(f"[{incident.severity}] {incident.id} {incident.title}")
    buttons = [_button(say(_OPEN), link, "tocsin.open")]
    if meeting:
        buttons.append(_button(say(_MEET), meeting, "tocsin.open.meeting"))
    return _said(title, lines, buttons)


def story(brief: Brief, sentences: Sequence[str]) -> Said:
    """New lines of the timeline, together."""
    shown = [one_line(each, _LINE_AT_MOST) for each in sentences[:_LINES_AT_MOST]]
    if len(sentences) > _LINES_AT_MOST:
        shown.append(brief.say(_MORE, n=len(sentences) - _LINES_AT_MOST))
    return _said("", shown, [])


def closing(brief: Brief, report: str) -> Said:
    """It is over: where the report is."""
    return _said("", [brief.say(_OVER)], [_button(brief.say(_REPORT), report, "tocsin.open.report")])


def _said(title: str, lines: Sequence[str], buttons: list[dict[str, Any]]) -> Said:
    text = "\n".join(lines)
    text = text if len(text) <= _TEXT_AT_MOST else f"{text[: _TEXT_AT_MOST - 1]}…"
    parts: list[dict[str, Any]] = []
    if title:
        parts.append({"type": "text", "text": f"{title}\n", "style": {"bold": True}})
    parts.append({"type": "text", "text": text})
    blocks: list[dict[str, Any]] = [
        {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": parts}]}
    ]
    if buttons:
        blocks.append({"type": "actions", "elements": buttons})
    return Said(text=escape("\n".join(filter(None, (title, text)))), blocks=blocks)


def _button(label: str, url: str, action: str) -> dict[str, Any]:
    return {
        "type": "button",
        "action_id": action,
        "text": {"type": "plain_text", "text": label[:75], "emoji": False},
        "url": url,
    }
