"""Who rings in the other processes? On Postgres a bell that rings in one process rings in all, by LISTEN and NOTIFY.

A wake-up stays what it is: the news are rows, and who misses a ring finds them on its own beat. So notices are sent on
a connection of their own, outside of every transaction, and what rings within a few milliseconds is one notice: a
notice in each commit would cost a third of the commits.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import psycopg
import structlog

from tocsin.ground.kernel.bell import Bell
from tocsin.ground.store import Store

_GATHER_S = 0.005
_LISTEN_S = 1.0
_AGAIN_S = 2.0
_CONNECT_S = 5
_LONGEST = 7_000  # bytes; Postgres takes 8,000
_log = structlog.get_logger(__name__)


class Wires:
    """Carries the rings of this process to the others, and theirs to its bell."""

    def __init__(self, store: Store, bell: Bell, boot: str) -> None:
        self._store = store
        self._bell = bell
        self._boot = boot
        self._changed = threading.Condition()
        self._rung: set[str] = set()
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        self._bell.carry(self._carry)
        for name, act in (("speaks", self._speak), ("listens", self._listen)):
            thread = threading.Thread(target=self._again_and_again, args=(act,), name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        self._stopping.set()
        with self._changed:
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(_LISTEN_S * 2)

    def _carry(self, topic: str) -> None:
        with self._changed:
            self._rung.add(topic)
            self._changed.notify_all()

    def _again_and_again(self, act: Callable[[], None]) -> None:
        while not self._stopping.is_set():
            try:
                act()
            except Exception as error:
                if not self._stopping.is_set():
                    _log.warning("other processes are not heard for a moment", error=str(error))
                self._stopping.wait(_AGAIN_S)

    def _speak(self) -> None:
        conn = self._connect()
        try:
            while not self._stopping.is_set():
                with self._changed:
                    self._changed.wait_for(lambda: self._rung or self._stopping.is_set())
                self._stopping.wait(_GATHER_S)
                with self._changed:
                    rung, self._rung = self._rung, set()
                for notice in _notices(self._boot, sorted(rung)):
                    conn.execute("select pg_notify(%s, %s)", ("tocsin", notice))
        finally:
            conn.close()

    def _listen(self) -> None:
        conn = self._connect()
        try:
            conn.execute("listen tocsin")
            while not self._stopping.is_set():
                for notice in conn.notifies(timeout=_LISTEN_S):
                    boot, _, topics = notice.payload.partition("\n")
                    if boot != self._boot:
                        for topic in topics.split("\n"):
                            self._bell.ring_here(topic)
        finally:
            conn.close()

    def _connect(self) -> psycopg.Connection:
        """A connection beside the pool, without transactions."""
        engine = self._store.engine
        arguments, named = engine.dialect.create_connect_args(engine.url)
        return psycopg.connect(*arguments, **named, connect_timeout=_CONNECT_S, autocommit=True)


def _notices(boot: str, topics: list[str]) -> Iterator[str]:
    """Topics, as many in a notice as it can hold."""
    notice = boot
    for topic in topics:
        if len(notice.encode()) + len(topic.encode()) > _LONGEST:
            yield notice
            notice = boot
        notice += f"\n{topic}"
    if notice != boot:
        yield notice
