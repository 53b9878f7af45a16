"""`/tocsin approve [INCIDENT] [REQUEST] [WHY…]`: the step may run. What destroys is approved on the page only."""

from __future__ import annotations

from tocsin.faces.chat.command import Ask, Command
from tocsin.faces.chat.reply import Reply
from tocsin.faces.chat.votes import the_one, vote
from tocsin.ground.accounts import Permission
from tocsin.ground.i18n import N_


class Approve(Command):
    usage = "[INCIDENT] [REQUEST] [WHY…]"
    summary = N_("Says yes to a step that waits for approval")
    permission = Permission.READ  # whether they may decide this request depends on what would run

    def run(self, ask: Ask) -> Reply:
        return vote(ask, the_one(ask), yes=True, reason=ask.rest())
