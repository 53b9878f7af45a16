"""Is it a breach, or a blip? How a monitor stands after one more look, so that what flaps is told once.

It takes `rounds` looks out of bounds in a row to begin, and `calm` looks well within to end; each end within the last
hour doubles the calm that is needed, up to 32 times. So a number that comes and goes stays one breach.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from tocsin.sense.monitor.section import MetricMonitor
from tocsin.sense.monitor.threshold import Judgement

_DAMPED_FOR = timedelta(hours=1)
_DOUBLED_MOST = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """How a monitor stands. `since` is when the row of bad looks began; `ends` when breaches ended, in the last hour.

    `told`: its alert is open; `blind`: so is the one that says that nothing is measured. `heard_at` is of when its
    last value is, `problem` why it has none. `level` is that of the breach in the service's policy.
    """

    monitor: str
    service: str
    looked_at: datetime
    breached: bool = False
    told: bool = False
    blind: bool = False
    bad: int = 0
    good: int = 0
    since: datetime | None = None
    ends: tuple[datetime, ...] = ()
    heard_at: datetime | None = None
    value: float | None = None
    normal: float | None = None
    level: str = ""
    problem: str = ""

    @classmethod
    def from_row(cls, row: Any) -> Standing:
        return cls(
            monitor=row.monitor,
            service=row.service,
            looked_at=row.looked_at,
            breached=row.breached,
            told=row.told,
            blind=row.blind,
            bad=row.bad,
            good=row.good,
            since=row.since,
            ends=tuple(datetime.fromisoformat(each) for each in row.ends),
            heard_at=row.heard_at,
            value=row.value,
            normal=row.normal,
            level=row.level,
            problem=row.problem,
        )

    @property
    def state(self) -> str:
        """`breached`, `blind` (no value), `waiting` (a bad row has begun), `new` (never a value), or `well`."""
        if self.breached:
            return "breached"
        if self.problem:
            return "blind"
        if self.value is None:
            return "new"
        return "waiting" if self.bad else "well"

    def calm_needed(self, monitor: MetricMonitor, now: datetime) -> int:
        """How many looks well within its bounds end the breach."""
        lately = sum(1 for each in self.ends if each > now - _DAMPED_FOR)
        return monitor.calm << min(lately, _DOUBLED_MOST)

    def after(self, monitor: MetricMonitor, judged: Judgement, now: datetime, heard_at: datetime) -> Standing:
        """How it stands once this value was seen, which is of `heard_at`."""
        seen = replace(
            self, looked_at=now, heard_at=heard_at, value=judged.value, normal=judged.normal, problem=""
        )
        if judged.bad:
            bad = self.bad + 1
            begun = self.breached or bad >= monitor.rounds
            return replace(seen, bad=bad, good=0, since=self.since or now, breached=begun)
        if not self.breached:
            return replace(seen, bad=0, good=0, since=None)
        good = self.good + 1 if judged.well else 0
        if good < self.calm_needed(monitor, now):
            return replace(seen, bad=0, good=good)
        ends = (*(each for each in self.ends if each > now - _DAMPED_FOR), now)
        return replace(seen, bad=0, good=0, since=None, breached=False, ends=ends, level="")

    def without(self, problem: str, now: datetime) -> Standing:
        """How it stands after a look that gave no value: as before, but nobody sees."""
        return replace(self, looked_at=now, problem=problem)
