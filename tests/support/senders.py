"""Many senders at once, who remember what they sent and what they were promised."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from tocsin.ground.store import Store
from tocsin.sense.alerts.store import alert


@dataclass(kw_only=True)
class Book:
    """`attempted`: left a sender; `acknowledged`: was answered with 2xx; `refused`: was answered with 429 or 503."""

    attempted: set[str] = field(default_factory=set)
    acknowledged: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    statuses: Counter[int] = field(default_factory=Counter)
    slowest_s: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def attempt(self, names: Sequence[str]) -> None:
        with self._lock:
            self.attempted.update(names)

    def answered(self, names: Sequence[str], status: int, seconds: float) -> None:
        with self._lock:
            self.statuses[status] += 1
            self.slowest_s = max(self.slowest_s, seconds)
            if status < 300:
                self.acknowledged.update(names)
            elif status in (429, 503):
                self.refused.update(names)

    def counts(self, stored: set[str]) -> dict[str, int]:
        """The five counts of a set that must neither lose nor invent."""
        return {
            "attempts": len(self.attempted),
            "acknowledged": len(self.acknowledged),
            "lost": len(self.acknowledged - stored),
            "unexpected": len(stored - self.attempted),
            "recovered": len((stored & self.attempted) - self.acknowledged),
        }


def send(
    port: Callable[[], int],
    path: str,
    batches: Iterator[Sequence[dict[str, Any]]],
    book: Book,
    *,
    over: threading.Event,
    again: bool = True,
) -> None:
    """One sender: one batch after the other over a kept connection. Who gets no answer or a refusal sends it `again`,
    as Prometheus does, until `over`."""
    connection: http.client.HTTPConnection | None = None
    for batch in batches:
        names = [each["labels"]["alertname"] for each in batch]
        body = json.dumps(batch).encode()
        while not over.is_set():
            book.attempt(names)
            began = time.monotonic()
            try:
                connection = connection or http.client.HTTPConnection("127.0.0.1", port(), timeout=20)
                connection.request("POST", path, body, {"Content-Type": "application/json"})
                answer = connection.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException):
                if connection:
                    connection.close()
                connection = None
                over.wait(0.02)
                continue
            book.answered(names, answer.status, time.monotonic() - began)
            if answer.status < 300 or not again:
                break
            over.wait(0.05)
    if connection:
        connection.close()


def stored_names(url: str) -> set[str]:
    """The names of all alerts in the store, read from its tables."""
    store = Store.open(url)
    try:
        with store.read() as conn:
            return set(conn.scalars(select(alert.c.name)))
    finally:
        store.close()
