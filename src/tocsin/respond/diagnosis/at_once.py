"""How are many questions asked side by side? Each in its own time-box, and one that hangs keeps nobody waiting.

A question that is over its time is told to end, and left behind if it does not: what it answers later is not waited
for. It runs in a thread that the process does not wait for either.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue

import structlog

from tocsin.ground.engine import Interrupted
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.errors import TocsinError
from tocsin.respond.diagnosis.collector import Collected, Collector, Inquiry

AT_ONCE = 8
_GRACE_S = 1.0  # a question that ends itself at its time-box tells what it has seen until then
_LOOK_S = 0.1
LATE = N_("no answer within its time")
_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Asked:
    """A question under way; its thread reads `late` and `stopping`."""

    collector: Collector
    until: float
    stopping: threading.Event
    late: threading.Event = field(default_factory=threading.Event)

    def stopped(self) -> str:
        if self.stopping.is_set():
            raise Interrupted
        return "timeout" if self.late.is_set() else ""


def ask_all(
    collectors: Sequence[Collector],
    folder: Path,
    *,
    timeout_s: float,
    stopping: threading.Event,
    begun: Callable[[Collector], None],
    ended: Callable[[Collector, Collected | None], None],
) -> None:
    """Asks everything; tells when each begins and ends (None: late). Raises Interrupted when this process stops."""
    waiting = deque(each for each in collectors if each.ask is not None)
    under_way: dict[str, _Asked] = {}
    answers: SimpleQueue[tuple[str, Collected | None]] = SimpleQueue()
    while waiting or under_way:
        if stopping.is_set():
            raise Interrupted
        while waiting and len(under_way) < AT_ONCE:
            collector = waiting.popleft()
            begun(collector)
            asked = _Asked(collector, time.monotonic() + timeout_s + _GRACE_S, stopping)
            under_way[collector.key] = asked
            inquiry = Inquiry(folder=folder / collector.key, timeout_s=timeout_s, stopped=asked.stopped)
            threading.Thread(
                target=_ask,
                args=(collector, inquiry, answers),
                name=f"ask-{collector.key}",
                daemon=True,
            ).start()
        try:
            key, answer = answers.get(timeout=_LOOK_S)
        except Empty:
            pass
        else:
            if known := under_way.pop(key, None):
                ended(known.collector, answer)
        now = time.monotonic()
        for key, asked in list(under_way.items()):
            if now >= asked.until:
                asked.late.set()
                del under_way[key]
                ended(asked.collector, None)


def _ask(collector: Collector, inquiry: Inquiry, answers: SimpleQueue[tuple[str, Collected | None]]) -> None:
    assert collector.ask is not None
    try:
        answer = collector.ask(inquiry)
    except Interrupted:
        return  # who asks us to stop waits for no answer
    except TocsinError as error:
        answer = Collected(ok=False, said=f"{error.message}. {error.fix}" if error.fix else error.message)
    except Exception as error:
        _log.exception("a question could not be asked", collector=collector.key)
        answer = Collected(ok=False, said=f"{type(error).__name__}: {error}")
    answers.put((collector.key, answer))
