"""What stands in the tables of silences and windows, without reading them for every alert?

The store is the truth, and counts its changes; what was read is remembered together with that count. On SQLite nobody
but this process changes them; on Postgres another one may have, so that what is remembered is at most a second old.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from sqlalchemy import Connection

from tocsin.ground.kernel.clock import Clock
from tocsin.ground.store import Store
from tocsin.sense.alerts import folding_store

T = TypeVar("T")
_LOOK_EVERY_S = 1.0


class Recollection(Generic[T]):
    """What `load` reads, read again when it has changed."""

    def __init__(self, store: Store, clock: Clock, load: Callable[[Connection], T]) -> None:
        self._store = store
        self._clock = clock
        self._load = load
        self._lock = threading.Lock()
        self._kept: tuple[int, T] | None = None
        self._looked_at = 0.0

    def get(self, conn: Connection | None = None) -> T:
        """With a connection it is as of that transaction, and stays true until it ends."""
        if conn is not None:
            return self._as_of(conn, folding_store.revision(conn, hold=True))
        with self._lock:
            kept = self._kept
            fresh = self._store.is_sqlite or self._clock.monotonic() - self._looked_at < _LOOK_EVERY_S
        return kept[1] if kept is not None and fresh else self.renew()

    def renew(self) -> T:
        """Looks at once whether something has changed."""
        with self._store.read() as conn:
            return self._as_of(conn, folding_store.revision(conn))

    def _as_of(self, conn: Connection, revision: int) -> T:
        with self._lock:
            self._looked_at = self._clock.monotonic()
            if self._kept is not None and self._kept[0] == revision:
                return self._kept[1]
        value = self._load(conn)
        with self._lock:
            if self._kept is None or self._kept[0] < revision:  # another thread may have read a later one
                self._kept = revision, value
        return value
