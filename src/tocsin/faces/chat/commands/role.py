"""`/tocsin role [INCIDENT] ROLE PERSON`: who commands, who leads the repair, who speaks, who writes."""

from __future__ import annotations

from tocsin.faces.chat.command import Ask, Command
from tocsin.faces.chat.reply import Reply
from tocsin.ground.accounts import Permission
from tocsin.ground.i18n import N_
from tocsin.respond.incidents import ROLE_TITLES

_ASSIGNED = N_("{person} is now {role} of {incident}: {title}")
_HOLDS = N_("{role} ({key}): {person}")


class Role(Command):
    usage = "[INCIDENT] [ROLE PERSON]"
    summary = N_("Gives a role to somebody; alone, says who has which")
    permission = Permission.RESPOND

    def run(self, ask: Ask) -> Reply:
        incident = ask.incident()
        if not ask.words:
            return Reply(text=self._held(ask, incident.id))
        role = ask.word().casefold()
        person = ask.person(ask.words.pop(0) if ask.words else "")
        done = ask.context.incidents.assign(incident.id, role, person, ask.speaker.actor)
        return ask.here(done, _ASSIGNED, person=ask.name(person), role=ask.aloud(ROLE_TITLES[role]))

    def _held(self, ask: Ask, incident: str) -> str:
        with ask.context.store.read() as conn:
            held = ask.context.incidents.roles(conn, incident)
        return "\n".join(
            ask.say(_HOLDS, role=ask.say(title), key=key, person=ask.name(held.get(key)))
            for key, title in ROLE_TITLES.items()
        )
