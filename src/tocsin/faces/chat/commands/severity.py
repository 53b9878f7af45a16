"""`/tocsin severity [INCIDENT] LEVEL WHY…`: it is worse, or better, than was thought."""

from __future__ import annotations

from tocsin.faces.chat.command import Ask, Command
from tocsin.faces.chat.reply import Reply
from tocsin.ground.accounts import Permission
from tocsin.ground.i18n import N_

_CHANGED = N_("{name} changed {incident} from {old} to {new}: {title}")


class Severity(Command):
    usage = "[INCIDENT] LEVEL WHY…"
    summary = N_("Raises or lowers the severity, with a reason")
    permission = Permission.RESPOND

    def run(self, ask: Ask) -> Reply:
        incident = ask.incident()
        wanted = ask.word()
        levels = ask.context.policies().policy(incident.policy).levels
        level = next((each for each in levels if each.casefold() == wanted.casefold()), wanted)
        done = ask.context.incidents.set_severity(incident.id, level, ask.rest(), ask.speaker.actor)
        return ask.here(done, _CHANGED, old=incident.severity, new=done.severity)
