"""What did a look at a service show? A finding of one check, and the round of all checks of a service."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One look: whether it was as expected, what was measured, how long it took, and in a few words why."""

    check: str
    ok: bool
    text: str
    ms: float
    value: float | None = None
    detail: dict[str, Any] = field(default_factory=dict[str, Any])

    def __str__(self) -> str:
        return f"{self.check} {'✓' if self.ok else '✗'} {self.text}".strip()


@dataclass(frozen=True, kw_only=True, slots=True)
class Round:
    """All checks of a service, looked at side by side. It passes only when all of them do."""

    at: datetime
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        return all(each.ok for each in self.findings)

    @property
    def failed(self) -> tuple[Finding, ...]:
        return tuple(each for each in self.findings if not each.ok)

    @property
    def availability(self) -> float:
        """Share of the checks that passed, 0 to 1."""
        return 1 - len(self.failed) / len(self.findings) if self.findings else 1.0

    @property
    def latency_ms(self) -> float:
        """Milliseconds of the slowest check."""
        return max((each.ms for each in self.findings), default=0.0)

    @property
    def summary(self) -> str:
        """One line for the timeline: what failed and why, or how many passed and how slow the slowest was."""
        if self.failed:
            return " · ".join(str(each) for each in self.failed)
        return f"{len(self.findings)} / {len(self.findings)} ✓ {self.latency_ms:.0f} ms"
