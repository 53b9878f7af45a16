"""How does a verb run a program? As a shell step does: same group, timeout, cancel and limit, and it outlives a crash.

The program is named by its words; nothing of them is read by a shell.
"""

from __future__ import annotations

import shlex
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace

from tocsin.act.actions import command
from tocsin.act.actions.action import Call, Found, Result
from tocsin.act.actions.toolbox import Toolbox, Verb


class Programs(Toolbox):
    """A toolbox each of whose verbs is one program, or a few that follow each other."""

    @abstractmethod
    def argv(self, verb: Verb, call: Call) -> Sequence[str]:
        """The program and its arguments. Raises CannotRun."""

    def environment(self, verb: Verb, call: Call) -> Mapping[str, str]:
        """What the program sees besides PATH, HOME and LANG."""
        return {}

    def after(self, verb: Verb, call: Call, result: Result) -> Result:
        """What its output means, once it ended: rows, a better reason."""
        return result

    def act(self, verb: Verb, call: Call) -> Result:
        return self.after(verb, call, command.run(self._command(verb, call)))

    def find(self, call: Call) -> Found:
        return command.find(call)

    def take_up(self, call: Call) -> Result:
        verb = self.verb_of(call)
        return self.after(verb, call, command.take_up(call))

    def _command(self, verb: Verb, call: Call) -> Call:
        return replace(
            call,
            text=f"exec {shlex.join(self.argv(verb, call))}",
            language="sh",
            values={},
            environment=dict(self.environment(verb, call)),
        )
