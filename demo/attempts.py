"""How long is each wait that is to come? Read from the runbook, so that a progress bar can tell it beforehand."""

from __future__ import annotations

from dataclasses import dataclass

from demo.pace import waits

_FENCE = "```bash"


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """A rung or degrade option: how many commands it runs, and what is waited for after the last of them."""

    title: str
    commands: int
    wait: str | None  # as the runbook says it: 30s


def attempts(runbook: str) -> list[Attempt]:
    """The attempts and options of the runbook, in the order in which a run climbs them."""
    found: list[Attempt] = []
    for section in runbook.split("\n### ")[1:]:
        title = section.partition("\n")[0].strip()
        if title.startswith(("Attempt", "Option")):
            body = section.partition("\n## ")[0]
            said = waits(body, "Wait")
            found.append(Attempt(title=title, commands=body.count(_FENCE), wait=said[-1] if said else None))
    return found
