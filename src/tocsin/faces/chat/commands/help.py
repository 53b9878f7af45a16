"""`/tocsin help`: what can be said here."""

from __future__ import annotations

from tocsin.faces.chat.command import Ask, Command, commands, help_of
from tocsin.faces.chat.reply import Reply
from tocsin.ground.accounts import Permission
from tocsin.ground.i18n import N_

_WHICH = N_("In a war room its incident is meant; elsewhere name it: INC-2026-0001.")


class Help(Command):
    usage = ""
    summary = N_("What can be said here")
    permission = Permission.PUBLIC

    def run(self, ask: Ask) -> Reply:
        return Reply(text=f"{help_of(ask, commands())}\n\n{ask.say(_WHICH)}")
