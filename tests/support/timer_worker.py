"""A worker that does nothing but fire timers, in a process of its own: `python timer_worker.py DATABASE_URL`.

It says `ready`, begins with the first line of its input, and prints `KIND SUBJECT MOMENT` for each timer that it fires
(the moment in nanoseconds of a clock that all processes share), until its input ends.
"""

from __future__ import annotations

import sys
import threading
import time

from tocsin.ground.engine import Boots, Timer, Timers
from tocsin.ground.kernel.clock import SystemClock
from tocsin.ground.store import Store

_BEAT_S = 1.0


def main() -> None:
    store, clock = Store.open(sys.argv[1]), SystemClock()
    boots = Boots(store, clock)
    boots.begin()
    timers = Timers(store, clock, boots)
    said = threading.Lock()

    def fire(due: Timer) -> None:
        with said:
            print(due.kind, due.subject, time.monotonic_ns(), flush=True)

    timers.on("page", fire, urgent=True)
    timers.on("remind", fire)
    timers.start()
    print("ready", flush=True)
    sys.stdin.readline()
    over = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
    beaten = time.monotonic()
    while not over.is_set():
        if time.monotonic() - beaten > _BEAT_S:
            boots.beat()
            beaten = time.monotonic()
        if not timers.sweep():
            over.wait(0.05)
    timers.stop()
    store.close()


if __name__ == "__main__":
    main()
