"""`/tocsin postmortem [INCIDENT]`: where the draft of the report is."""

from __future__ import annotations

from tocsin.faces.chat.command import Ask, Command
from tocsin.faces.chat.reply import Reply
from tocsin.ground.accounts import Permission
from tocsin.ground.i18n import N_

_DRAFTED = N_("The draft of the report of {incident}: {title}. Written from its timeline, version {version}.")
_FIRST_LINES = 12
_STATES = ("triggered", "acknowledged", "mitigated", "resolved")


class Postmortem(Command):
    usage = "[INCIDENT]"
    summary = N_("Shows where the draft of the report is")
    permission = Permission.READ

    def run(self, ask: Ask) -> Reply:
        incident = ask.incident(_STATES)
        with ask.context.store.read() as conn:
            report = ask.context.reports.latest(conn, incident.id)
        beginning = [line for line in report.markdown.splitlines() if line.strip()][:_FIRST_LINES]
        said = ask.say(_DRAFTED, incident=incident.id, title=incident.title, version=report.version)
        link = ask.context.links.incident(incident.id)
        return Reply(text="\n".join((said, "", *beginning)), links=[(incident.id, link)])
