"""How often may somebody guess? A count in memory over a moving window, by account and by address."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict, deque
from datetime import timedelta

from tocsin.ground.kernel.clock import Clock
from tocsin.ground.kernel.errors import TooMany

_MOST_SUBJECTS = 20_000


class Throttle:
    """Lets `limit` attempts through within `window`, for each subject. Forgets the quietest subjects first."""

    def __init__(self, clock: Clock, limit: int, window: timedelta) -> None:
        self._clock = clock
        self._limit = limit
        self._window = window.total_seconds()
        self._attempts: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, subject: str) -> None:
        """Counts one attempt. Raises TooMany, with the seconds to wait, when the window is full."""
        now = self._clock.monotonic()
        with self._lock:
            times = self._attempts.setdefault(subject, deque())
            self._attempts.move_to_end(subject)
            while times and times[0] <= now - self._window:
                times.popleft()
            if len(times) >= self._limit:
                wait = math.ceil(times[0] + self._window - now)
                raise TooMany(
                    "too many attempts",
                    retry_after=wait,
                    fix=f"Try again in {math.ceil(wait / 60)} min, or ask an admin for `tocsin account reset`.",
                )
            times.append(now)
            while len(self._attempts) > _MOST_SUBJECTS:
                self._attempts.popitem(last=False)

    def give_back(self, subject: str) -> None:
        """The attempt was no guess: it does not count."""
        with self._lock:
            times = self._attempts.get(subject)
            if times:
                times.pop()
