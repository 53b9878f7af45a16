"""Which wait is under way? Told from the timeline and the runbook, so that a bar can show how much of it is left."""

from __future__ import annotations

from typing import Any

from demo.attempts import Attempt
from demo.moments import in_round
from demo.pace import Pace
from demo.screen import Screen


class Foresight:
    """Shows the wait that a line of the timeline begins, until the line that ends it."""

    def __init__(self, screen: Screen, pace: Pace, attempts: list[Attempt], soak: str) -> None:
        self._screen = screen
        self._pace = pace
        self._attempts = attempts
        self._soak = soak
        self._climbed = -1
        self._commands = 0
        self._soaking = False

    def follow(self, line: dict[str, Any]) -> None:
        """Take the next line into account."""
        kind, data = line["kind"], line["data"]
        if kind == "soak.started":
            self._soaking = True
            self._show("soak", self._soak)
        elif kind in ("soak.failed", "incident.reopened", "incident.resolved"):
            self._soaking = False
            self._screen.wait_over()
        elif kind == "run.rung.started":
            self._climbed += 1
            self._commands = 0
        elif kind == "run.step.finished" and data.get("ok") and not in_round(data):
            self._commands += 1
            attempt = self._attempt
            if attempt and attempt.wait and self._commands == attempt.commands and not self._soaking:
                self._show("waiting", attempt.wait)
        elif kind in ("run.verified", "run.rung.finished") and not self._soaking:
            self._screen.wait_over()

    @property
    def _attempt(self) -> Attempt | None:
        return self._attempts[self._climbed] if 0 <= self._climbed < len(self._attempts) else None

    def _show(self, what: str, real: str) -> None:
        self._screen.wait(f"{what} {self._pace.tell(real)}", self._pace.used(real))
