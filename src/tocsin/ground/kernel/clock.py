"""What time is it? One clock, injected everywhere, so that a test can say "three minutes later"."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The wall time, zone-aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that only ever grow: for waits, never for dates."""
        ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


class FrozenClock:
    """A clock for tests: stands still until it is told to move."""

    def __init__(self, now: datetime | None = None) -> None:
        self._now = now or datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
        self._monotonic = 1_000.0
        self._lock = threading.Lock()

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def tick(self, seconds: float) -> datetime:
        """Moves on by `seconds` and says the new time."""
        with self._lock:
            self._now += timedelta(seconds=seconds)
            self._monotonic += seconds
            return self._now
