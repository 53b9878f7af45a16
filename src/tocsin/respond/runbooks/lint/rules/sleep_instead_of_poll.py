"""Does a step sleep where it should look again and again?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.respond.runbooks.document import Finding
from tocsin.respond.runbooks.lint.commands import Command
from tocsin.respond.runbooks.lint.rule import Rule, Subject

_AMOUNT = re.compile(r"^(\d{1,6}(?:\.\d{1,3})?)([smhd]?)$")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_SHORTEST_S = 5


class SleepInsteadOfPoll(Rule):
    id = "sleep-instead-of-poll"
    level = "note"
    title = "A step sleeps instead of looking"
    why = "On a bad day it takes longer than the sleep, and a repair that worked counts as failed."
    fix = "let the check repeat: `{poll=5s for=90s}` behind `bash`, or the line `Wait: 30s` below the block"
    example = """\
## Diagnosis

```bash
systemctl restart shop
sleep 30
systemctl is-active shop
```
"""
    fixed = """\
## Diagnosis

```bash
systemctl restart shop
```

```bash {poll=5s for=90s expect="exit == 0"}
systemctl is-active shop
```
"""

    def look(self, subject: Subject) -> Iterator[Finding]:
        told: set[str] = set()
        for step, command in subject.commands():
            if (
                command.program == "sleep"
                and not command.looped
                and step.id not in told
                and _is_long(command)
            ):
                told.add(step.id)
                message = f"it sleeps {command.words[1]} and then takes what is there"
                yield self.at(subject.line_of(step, command.row), message)


def _is_long(command: Command) -> bool:
    amount = _AMOUNT.match(command.words[1]) if len(command.words) == 2 else None
    return amount is not None and float(amount.group(1)) * _SECONDS[amount.group(2)] >= _SHORTEST_S
