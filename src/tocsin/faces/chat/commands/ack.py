"""`/tocsin ack [INCIDENT]`: I have it."""

from __future__ import annotations

from tocsin.faces.chat.command import Ask, Command
from tocsin.faces.chat.reply import Reply
from tocsin.ground.accounts import Permission
from tocsin.ground.i18n import N_

_ACKNOWLEDGED = N_("{name} has {incident}: {title}")


class Acknowledge(Command):
    usage = "[INCIDENT]"
    summary = N_("I have it: paging stops")
    permission = Permission.RESPOND

    def run(self, ask: Ask) -> Reply:
        incident = ask.incident(("triggered",))
        done = ask.context.incidents.acknowledge(incident.id, ask.speaker.actor)
        return ask.here(done, _ACKNOWLEDGED, name=ask.name(done.acknowledged_by))
