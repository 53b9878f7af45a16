"""Who wants to be woken early? A wake-up in memory, never the news itself.

What must not be lost is a row; whoever reacts to it looks at the store on its own beat. A bell only makes
that beat come at once, so a lost ring costs a fraction of a second and nothing else.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable

import structlog

_log = structlog.get_logger(__name__)


class Bell:
    """Rings by topic. Listeners run in the ringer's thread and must return at once (set an event, schedule a call)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: dict[str, list[Callable[[], None]]] = defaultdict(list)
        self._carriers: list[Callable[[str], None]] = []

    def on(self, topic: str, listener: Callable[[], None]) -> None:
        with self._lock:
            self._listeners[topic].append(listener)

    def off(self, topic: str, listener: Callable[[], None]) -> None:
        with self._lock:
            if listener in self._listeners[topic]:
                self._listeners[topic].remove(listener)

    def carry(self, carrier: Callable[[str], None]) -> None:
        """`carrier` hears every topic that rings here, to ring it in other processes; it must return at once."""
        with self._lock:
            self._carriers.append(carrier)

    def ring(self, topic: str) -> None:
        self.ring_here(topic)
        for carrier in self._carriers:
            carrier(topic)

    def ring_here(self, topic: str) -> None:
        """Rings in this process alone: what another one has rung."""
        with self._lock:
            listeners = list(self._listeners.get(topic, ()))
        for listener in listeners:
            try:
                listener()
            except Exception:
                _log.exception("a listener failed", topic=topic)
