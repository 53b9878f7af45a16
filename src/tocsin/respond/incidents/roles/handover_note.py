"""What does the one who takes over have to know? A note drafted from the timeline, to be changed by who hands over."""

from __future__ import annotations

from tocsin.ground.i18n import N_
from tocsin.respond.incidents.brief import STATES, Brief
from tocsin.respond.incidents.titles import CLOCK_TITLES, ROLE_TITLES

_STANDS = N_("{incident} [{severity}] {title}: {state}.")
_SINCE = N_("Since {time}. Service: {service}.")
_AFFECTED = N_("Affected: {who}.")
_LAST = N_("What happened last:")
_CLOCK = N_("{clock} is due {time}.")
_OTHERS = N_("Also here: {people}.")
_MISSING = N_("To be told in your own words: what you would do next, and what worries you.")


def draft(brief: Brief, role: str) -> str:
    """The note, a line for each answer."""
    incident, say = brief.incident, brief.say
    lines = [
        say(
            _STANDS,
            incident=incident.id,
            severity=incident.severity,
            title=incident.title,
            state=say(STATES[incident.state]),
        ),
        say(_SINCE, time=brief.moment(incident.started_at), service=brief.service),
    ]
    if brief.affected:
        lines.append(say(_AFFECTED, who=", ".join(brief.affected)))
    if brief.told:
        lines += [say(_LAST), *(f"- {each}" for each in brief.told)]
    for clock in brief.clocks:
        title = say(CLOCK_TITLES.get(clock.name, clock.name))
        lines.append(say(_CLOCK, clock=title, time=brief.moment(clock.due_at)))
    others = [
        f"{person} ({say(ROLE_TITLES.get(each, each))})"
        for each, person in brief.roles.items()
        if each != role
    ]
    if others:
        lines.append(say(_OTHERS, people=", ".join(others)))
    return "\n".join([*lines, say(_MISSING)])
