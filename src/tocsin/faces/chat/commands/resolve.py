"""`/tocsin resolve [INCIDENT] WHY…`: it is over."""

from __future__ import annotations

from tocsin.faces.chat.command import Ask, Command
from tocsin.faces.chat.reply import Reply
from tocsin.ground.accounts import Permission
from tocsin.ground.i18n import N_

_RESOLVED = N_("{name} resolved {incident}: {title}")


class Resolve(Command):
    usage = "[INCIDENT] [WHY…]"
    summary = N_("Ends the incident")
    permission = Permission.RESPOND

    def run(self, ask: Ask) -> Reply:
        incident = ask.incident()
        done = ask.context.incidents.resolve(incident.id, ask.rest(), ask.speaker.actor)
        return ask.here(done, _RESOLVED)
