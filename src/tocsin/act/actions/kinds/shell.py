"""A command for bash (or sh), on this machine or on the place that `on:` names: another machine, a container.

The text is the script; values are environment variables and nothing else of ours is. The process has a group of its
own, which is ended as a whole at the timeout or on cancel, there as here. It survives a crash of Tocsin, which then
takes it up again.
"""

from __future__ import annotations

from tocsin.act.actions import command
from tocsin.act.actions.action import Action, Call, Found, Result
from tocsin.ground.i18n import N_


class Shell(Action):
    title = N_("Shell command")

    def run(self, call: Call) -> Result:
        return command.run(call)

    def find(self, call: Call) -> Found:
        return command.find(call)

    def take_up(self, call: Call) -> Result:
        return command.take_up(call)
