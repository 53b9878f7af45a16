"""What do the readers feel? A constant stream of them, and a record of each answer.

The stream is open: a reader comes every twentieth of a second whether or not those before were served, so a slow
service cannot slow down those who measure it.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from dataclasses import dataclass

import httpx

PER_SECOND = 20
READERS = 2000
PATIENCE_S = 1.0
"""After this a reader is gone, whatever comes later."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """One reader's request."""

    at: float  # time.monotonic(), when it was asked
    ms: float
    served: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Felt:
    """What all of them felt together."""

    requests: int
    failed: int
    without_service_s: float


class Load:
    """Readers in a thread of their own, from `start` to `stop`."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._answers: list[Answer] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._come()), name="load")

    def start(self) -> None:
        """Let them come."""
        self._thread.start()

    def stop(self) -> None:
        """No more readers."""
        self._over.set()
        self._thread.join()

    def felt(self) -> Felt:
        """Without service: the seconds in which more than half of those who asked got nothing."""
        answers = list(self._answers)
        by_second: dict[int, list[bool]] = {}
        for answer in answers:
            by_second.setdefault(int(answer.at), []).append(answer.served)
        dark = sum(1 for served in by_second.values() if sum(served) * 2 < len(served))
        return Felt(
            requests=len(answers), failed=sum(not a.served for a in answers), without_service_s=float(dark)
        )

    def served_lately(self, seconds: float = 2.0) -> float:
        """The share of readers served in the last seconds; 1.0 when nobody asked."""
        since = time.monotonic() - seconds
        late = [
            answer.served for answer in self._answers[-int(PER_SECOND * seconds * 2) :] if answer.at > since
        ]
        return sum(late) / len(late) if late else 1.0

    async def _come(self) -> None:
        limits = httpx.Limits(max_connections=PER_SECOND * 4, max_keepalive_connections=0)
        async with (
            httpx.AsyncClient(base_url=self._url, timeout=PATIENCE_S, limits=limits) as client,
            asyncio.TaskGroup() as readers,
        ):
            number, due = 0, time.monotonic()
            while not self._over.is_set():
                readers.create_task(self._ask(client, number * 7919 % READERS))
                number += 1
                due += 1 / PER_SECOND
                await asyncio.sleep(max(0.0, due - time.monotonic()))

    async def _ask(self, client: httpx.AsyncClient, reader: int) -> None:
        at = time.monotonic()
        served = False
        with contextlib.suppress(httpx.HTTPError):
            answer = await client.get(f"/recommendations/{reader}?limit=10")
            served = answer.status_code == 200
        ms = (time.monotonic() - at) * 1000
        self._answers.append(Answer(at=at, ms=ms, served=served and ms < PATIENCE_S * 1000))
