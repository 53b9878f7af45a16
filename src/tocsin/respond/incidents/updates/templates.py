"""What does an update say? Three templates, each drafted from the timeline, to be corrected by whoever sends it.

What the timeline does not tell is said so, rather than made up: whom it affects is mostly for a person to write.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from tocsin.ground.i18n import N_, clock, span, translate
from tocsin.ground.kernel.secret import scrub
from tocsin.respond.incidents.brief import STATES, Brief
from tocsin.respond.incidents.titles import ROLE_TITLES

_DONE_SHOWN = 6

_BROKEN = N_("What is broken: {title} ({service})")
_SEVERITY = N_("Severity: {severity}")
_SINCE = N_("Since: {time}")
_LASTED = N_("Lasted: {time}")
_AFFECTED = N_("Who is affected: {who}")
_UNKNOWN = N_("Who is affected: not known yet")
_STATE = N_("State: {state}")
_DONE = N_("What has been done:")
_NOTHING = N_("What has been done: nothing has been tried yet")
_CHARGE = N_("In charge: {people}")

_TROUBLE = N_("Trouble with {service}")
_BACK = N_("{service} works again")
_DISTURBED = N_("{service} has not worked as it should since {time}.")
_FEEL_IT = N_("This is felt by: {who}.")
_FINDING = N_("We are still finding out who is affected.")
_AT_WORK = {
    "triggered": N_("We have noticed it and are looking into it."),
    "acknowledged": N_("We are working on it."),
    "mitigated": N_("It works again. We watch it for a while before we call it over."),
    "resolved": N_("It is over."),
    "closed": N_("It is over."),
}
_WORKS = N_("{service} works again since {time}.")
_WAS = N_("It was disturbed for {span}, from {time} on.")
_FOLLOWS = N_("We are finding out how it came to this, and what will keep it from coming back.")
_SORRY = N_("We are sorry for the trouble.")
_NEXT = N_("The next update follows by {time}.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Text:
    """An update in words: `text` in lines, without markup."""

    subject: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Template:
    title: str
    hint: str
    write: Callable[[Brief, datetime], Text]


def draft(brief: Brief, template: str, now: datetime) -> Text:
    """The draft of an update. Secrets that an alert or a note may hold are taken out."""
    written = TEMPLATES[template].write(brief, now)
    return Text(subject=scrub(written.subject), text=scrub(written.text))


def next_line(language: str, at: datetime, zone: str) -> str:
    """The sentence that promises the next update."""
    return translate(language, _NEXT, time=f"{clock(at, zone)[:5]} ({zone})")


def _management(brief: Brief, now: datetime) -> Text:
    incident, say = brief.incident, brief.say
    lines = [
        say(_BROKEN, title=incident.title, service=brief.service),
        say(_SEVERITY, severity=incident.severity),
        say(_SINCE, time=brief.moment(incident.started_at)),
        say(_LASTED, time=_length(brief, now)),
        say(_AFFECTED, who=", ".join(brief.affected)) if brief.affected else say(_UNKNOWN),
        say(_STATE, state=say(STATES[incident.state])),
    ]
    done = brief.done[-_DONE_SHOWN:]
    lines += [say(_DONE), *(f"- {each}" for each in done)] if done else [say(_NOTHING)]
    people = ", ".join(f"{who} ({say(ROLE_TITLES.get(role, role))})" for role, who in brief.roles.items())
    if people:
        lines.append(say(_CHARGE, people=people))
    return Text(subject=f"{incident.id} [{incident.severity}] {incident.title}", text="\n".join(lines))


def _users(brief: Brief, now: datetime) -> Text:
    incident, say = brief.incident, brief.say
    lines = [
        say(_DISTURBED, service=brief.service, time=brief.moment(incident.started_at)),
        say(_FEEL_IT, who=", ".join(brief.affected)) if brief.affected else say(_FINDING),
        say(_AT_WORK[incident.state]),
        say(_SORRY),
    ]
    return Text(subject=say(_TROUBLE, service=brief.service), text="\n".join(lines))


def _all_clear(brief: Brief, now: datetime) -> Text:
    incident, say = brief.incident, brief.say
    back = incident.mitigated_at or incident.resolved_at or now
    began = brief.moment(incident.started_at)
    lines = [
        say(_WORKS, service=brief.service, time=brief.moment(back)),
        say(_WAS, span=_length(brief, now), time=began),
    ]
    if brief.affected:
        lines.append(say(_FEEL_IT, who=", ".join(brief.affected)))
    lines += [say(_FOLLOWS), say(_SORRY)]
    return Text(subject=say(_BACK, service=brief.service), text="\n".join(lines))


def _length(brief: Brief, now: datetime) -> str:
    """From its beginning until the service was back, or until now."""
    incident = brief.incident
    end = incident.mitigated_at or incident.resolved_at or now
    return span(brief.language, (end - incident.started_at).total_seconds())


TEMPLATES = {
    "management": Template(
        title=N_("Management report"),
        hint=N_("What is broken, whom it hurts, what is being done. For those who decide."),
        write=_management,
    ),
    "users": Template(
        title=N_("Notice to users"),
        hint=N_("What they notice and what we do, without names and numbers of ours."),
        write=_users,
    ),
    "all-clear": Template(
        title=N_("All-clear"),
        hint=N_("It works again: for everybody who was told that it did not."),
        write=_all_clear,
    ),
}
"""By name, in the order they are used."""
