"""Who waits for whom? A lane for each receiver, so that one which hangs delays nobody but those behind it.

A lane runs at most `width` at the same time, and all lanes together at most `threads`; lanes with something
to do take turns. A receiver that has just failed is tried by one at a time until it answers again.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class _Lane(Generic[T]):
    width: int
    waiting: deque[T] = field(default_factory=lambda: deque[T]())
    running: int = 0
    well: bool = True

    @property
    def may_start(self) -> bool:
        return bool(self.waiting) and self.running < (self.width if self.well else 1)


class Lanes(Generic[T]):
    """`run` does one item and says whether its receiver was well; it must not raise."""

    def __init__(self, run: Callable[[T], bool], *, threads: int = 64) -> None:
        self._run = run
        self._threads = threads
        self._lanes: dict[str, _Lane[T]] = {}
        self._turn: deque[str] = deque()
        self._running = 0
        self._changed = threading.Condition()
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="send")
        self._closed = False

    def put(self, receiver: str, item: T, *, width: int = 4) -> None:
        with self._changed:
            if self._closed:
                return
            lane = self._lanes.get(receiver)
            if lane is None:
                lane = self._lanes[receiver] = _Lane(width=width)
                self._turn.append(receiver)
            lane.waiting.append(item)
            self._start_what_may()

    def wait_idle(self, timeout: float) -> bool:
        """Whether everything that was put in is done within `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(
                lambda: self._running == 0 and not any(lane.waiting for lane in self._lanes.values()), timeout
            )

    def close(self, *, grace: float) -> None:
        """Starts nothing more and waits up to `grace` seconds for what is under way."""
        with self._changed:
            self._closed = True
            self._lanes.clear()
            self._turn.clear()
            self._changed.wait_for(lambda: self._running == 0, grace)
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _start_what_may(self) -> None:
        """Within the lock: gives free threads to the lanes in turn."""
        idle_turns = 0
        while self._running < self._threads and idle_turns < len(self._turn):
            receiver = self._turn[0]
            self._turn.rotate(-1)
            lane = self._lanes[receiver]
            if not lane.may_start:
                idle_turns += 1
                continue
            idle_turns = 0
            lane.running += 1
            self._running += 1
            self._pool.submit(self._do, receiver, lane, lane.waiting.popleft())

    def _do(self, receiver: str, lane: _Lane[T], item: T) -> None:
        well = False
        try:
            well = self._run(item)
        finally:
            with self._changed:
                lane.running -= 1
                lane.well = well
                self._running -= 1
                empty = lane.running == 0 and not lane.waiting
                if empty and well and self._lanes.get(receiver) is lane:
                    del self._lanes[receiver]
                    self._turn.remove(receiver)
                self._start_what_may()
                self._changed.notify_all()
