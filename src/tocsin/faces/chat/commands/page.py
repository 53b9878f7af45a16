"""`/tocsin page [INCIDENT] WHOM WHY…`: a person, a team or a schedule is needed now."""

from __future__ import annotations

from tocsin.faces.chat.command import Ask, Command
from tocsin.faces.chat.markup import mentioned
from tocsin.faces.chat.reply import Reply
from tocsin.ground.accounts import Permission
from tocsin.ground.i18n import N_
from tocsin.respond.oncall.summon import Cause

_PAGED = N_("{name} pages {people} for {incident}: {title}")


class Page(Command):
    usage = "[INCIDENT] WHOM WHY…"
    summary = N_("Pages a person, a team or whoever a schedule has on call")
    permission = Permission.RESPOND

    def run(self, ask: Ask) -> Reply:
        incident = ask.incident()
        target = _target(ask, ask.words.pop(0) if ask.words else "")
        cause = Cause(
            incident=incident.id, title=incident.title, severity=incident.severity, service=incident.service
        )
        paged = ask.context.summons.page(cause, (target,), ask.rest(), ask.speaker.actor)
        return ask.here(incident, _PAGED, people=", ".join(ask.name(each) for each in paged))


def _target(ask: Ask, word: str) -> str:
    """As an escalation names it: `schedule:backend`, `team:backend`, `person:mei`."""
    kind, colon, name = word.partition(":")
    if colon and kind in ("schedule", "team", "person") and name:
        return word
    wanted = word.removeprefix("@").casefold()
    if not mentioned(word) and wanted not in ask.context.catalogue().people:
        if wanted in {each.schedule for each in ask.context.oncall.now()}:
            return f"schedule:{wanted}"
        if wanted in ask.context.catalogue().teams:
            return f"team:{wanted}"
    return f"person:{ask.person(word)}"
