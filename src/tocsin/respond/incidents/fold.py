"""How many alerts has an incident? A counter instead of a line for each, renewed every few seconds.

The first alerts of an incident have a line each on its timeline. Those that follow are counted, and what was counted
is told as one line and in the title, at most once in `told_every`; what is left is told by a timer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

TIMER = "incident.count"
"""The kind of the timer that tells what was counted last."""
RULES_KEPT = 500
_TITLE_MOST = 200
_NAMES_TOLD = 5


def _no_rules() -> dict[str, None]:
    return {}


@dataclass(kw_only=True, slots=True)
class Fold:
    """What is counted of one incident, while it is counted. `titled`: its title says how many.

    `announced` is how many alerts it had when its people were last told of new ones.
    """

    incident: str
    title: str
    titled: bool = False
    alerts: int = 0
    cleared: int = 0
    rules: dict[str, None] = field(default_factory=_no_rules)
    told_alerts: int = 0
    told_cleared: int = 0
    told_rules: int = 0
    told_at: datetime | None = None
    announced: int = 1

    def add(self, rule: str) -> None:
        """One more alert, of this rule."""
        self.alerts += 1
        if len(self.rules) < RULES_KEPT:
            self.rules.setdefault(rule)

    @property
    def untold(self) -> bool:
        return self.alerts > self.told_alerts or self.cleared > self.told_cleared

    def tell(self, now: datetime) -> dict[str, object]:
        """What the line on the timeline says: the counts, new rules first. From now on it is told."""
        fresh = list(self.rules)[self.told_rules :]
        names = [*fresh, *list(self.rules)[: self.told_rules]][:_NAMES_TOLD]
        told: dict[str, object] = {
            "alerts": self.alerts,
            "rules": len(self.rules),
            "cleared": self.cleared,
            "new": self.alerts - self.told_alerts,
            "names": names,
        }
        self.told_alerts, self.told_cleared, self.told_rules = self.alerts, self.cleared, len(self.rules)
        self.told_at = now
        return told

    def skip(self) -> None:
        """This alert has a line of its own."""
        self.told_alerts, self.told_rules = self.alerts, len(self.rules)

    @property
    def counted_title(self) -> str:
        """`1,240 alerts, 30 rules: DiskFull on db1`."""
        if self.alerts < 2:
            return self.title
        rules = f", {len(self.rules)} rules" if len(self.rules) > 1 else ""
        return f"{self.alerts:,} alerts{rules}: {self.title}"[:_TITLE_MOST]
