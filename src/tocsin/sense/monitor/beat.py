"""When is each of many things looked at again? One thread decides what is due, a few others look.

Looks at one thing never overlap, and one that is late is not made twice to catch up. Whatever goes wrong in a look is
told in the log, and the next one comes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Generic, TypeVar

import structlog

from tocsin.ground.kernel.errors import TocsinError

_TICK_S = 0.1
_PAUSE_S = 1.0
_GRACE_S = 2.0
_AT_ONCE = 8
_log = structlog.get_logger(__name__)


@dataclass(kw_only=True)
class Turn:
    """One thing that is looked at: how often, when it is next by the monotonic clock, and whether it is just now."""

    name: str
    every: timedelta
    next_at: float
    running: bool = False


T = TypeVar("T", bound=Turn)


class Beat(Generic[T]):
    """The turns of all, by name. Whoever adds or takes away some holds `lock`."""

    def __init__(self, name: str, tick: Callable[[], None], look: Callable[[T], None]) -> None:
        """`tick` is called ten times a second and begins what is due; `look` is one look at one thing."""
        self.turns: dict[str, T] = {}
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self._name = name
        self._tick = tick
        self._look = look
        self._thread: threading.Thread | None = None
        self._pool: ThreadPoolExecutor | None = None
        self._looking = 0
        self._idle = threading.Condition()

    def start(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=_AT_ONCE, thread_name_prefix=self._name)
        self._thread = threading.Thread(target=self._serve, name=self._name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Begins no further look; one that is under way has a moment to end."""
        self.stopping.set()
        if self._thread:
            self._thread.join(timeout=_GRACE_S)
        if self._pool:
            self._pool.shutdown(wait=False, cancel_futures=True)
            with self._idle:
                self._idle.wait_for(lambda: not self._looking, _GRACE_S)

    def begin(self, now: float) -> None:
        """Begins the looks that are due; where no threads were started, they are made here."""
        for turn in self._due(now):
            if self._pool:
                self._pool.submit(self._take, turn)
            else:
                self._take(turn)

    def clear(self) -> None:
        """Nothing is watched any more."""
        with self.lock:
            self.turns.clear()

    def _serve(self) -> None:
        while not self.stopping.wait(_TICK_S):
            try:
                self._tick()
            except Exception:
                _log.exception("the beat stumbled; it goes on", beat=self._name)
                self.stopping.wait(_PAUSE_S)

    def _due(self, now: float) -> list[T]:
        due: list[T] = []
        with self.lock:
            for turn in self.turns.values():
                if turn.running or turn.next_at > now:
                    continue
                turn.running = True
                turn.next_at = max(turn.next_at + turn.every.total_seconds(), now)
                due.append(turn)
        return due

    def _take(self, turn: T) -> None:
        with self._idle:
            self._looking += 1
        try:
            self._look(turn)
        except TocsinError as error:
            _log.warning("a look could not be told; the next one tries again", at=turn.name, error=str(error))
        except Exception:
            _log.exception("a look failed; the next one tries again", at=turn.name)
        finally:
            with self.lock:
                turn.running = False
            with self._idle:
                self._looking -= 1
                self._idle.notify_all()
