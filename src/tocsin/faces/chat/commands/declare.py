"""`/tocsin declare [LEVEL] [service:NAME] TITLE…`: something is broken, and no alert says so."""

from __future__ import annotations

from tocsin.faces.chat.command import Ask, Command
from tocsin.faces.chat.reply import Reply
from tocsin.ground.accounts import Permission
from tocsin.ground.i18n import N_

_DECLARED = N_("{name} declared {incident} as {severity}: {title}")
_SERVICE = "service:"


class Declare(Command):
    usage = "[LEVEL] [service:NAME] TITLE…"
    summary = N_("Opens an incident and pages who is on call")
    permission = Permission.RESPOND

    def run(self, ask: Ask) -> Reply:
        service = _taken(ask, _SERVICE)
        policy = ask.context.policies().policy(ask.context.catalogue().service(service).policy)
        levels = {name.casefold(): name for name in policy.levels}
        severity = levels.get(ask.peek().casefold(), "")
        if severity:
            ask.word()
        done = ask.context.incidents.declare(ask.rest(), service, severity, "", ask.speaker.actor)
        return ask.here(done, _DECLARED, severity=done.severity)


def _taken(ask: Ask, prefix: str) -> str:
    """The value of the word that begins so, taken out of the words."""
    for index, word in enumerate(ask.words):
        if word.casefold().startswith(prefix):
            return ask.words.pop(index)[len(prefix) :]
    return ""
