"""Is this a storm? Counts of new alerts in the last minute, by the key that they come from and by their service.

Counted in memory by who triages: after a restart a storm is seen again once as many alerts have come, and joins the
incident that is open for it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

_MINUTE = timedelta(minutes=1)
_SCOPES_MOST = 10_000


@dataclass(slots=True)
class _Count:
    """Of a whole minute since `since`, and of the one before it."""

    since: datetime
    now: int = 0
    before: int = 0

    def at(self, moment: datetime) -> float:
        """How many in the minute before this moment, taking those of the earlier minute as evenly spread."""
        share = min(1.0, max(0.0, (moment - self.since) / _MINUTE))
        return self.before * (1 - share) + self.now


class Storms:
    """The counters of one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[str, _Count] = {}

    def add(self, scopes: Iterable[str], moment: datetime, limit: int) -> tuple[str, int] | None:
        """Counts one new alert in each scope. Says of which one there are more than `limit`, and how many."""
        over: tuple[str, int] | None = None
        with self._lock:
            if len(self._counts) > _SCOPES_MOST:
                self._counts = {
                    scope: each for scope, each in self._counts.items() if moment - each.since < 2 * _MINUTE
                }
            for scope in scopes:
                count = self._counts.setdefault(scope, _Count(moment))
                gone = (moment - count.since) // _MINUTE
                if gone:
                    count.before, count.now = (count.now if gone == 1 else 0), 0
                    count.since += gone * _MINUTE
                count.now += 1
                total = count.at(moment)
                if total > limit and over is None:
                    over = scope, round(total)
        return over
