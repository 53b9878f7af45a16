"""Processes that send pages and die at a named point: one that has imported everything, and forks for each life.

Started as `python killed.py DATABASE_URL CONFIGURATION`. It reads lives from its input, one JSON object a line:
`boot` and `dead` (names), `point` and `nth` (where to die, at which time it is reached; no point: live until the next
line), `seed`. It answers with a line for each: how the life ended.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, NoReturn

from tocsin.act.notify import ChannelSection, Deliveries, delivery
from tocsin.act.notify import store as rows
from tocsin.act.notify.channels.webhook import Webhook
from tocsin.ground.catalogue import CatalogueSection
from tocsin.ground.kernel.bell import Bell
from tocsin.ground.kernel.clock import SystemClock
from tocsin.ground.kernel.links import Links
from tocsin.ground.kernel.outbound import Outbound
from tocsin.ground.store import Store

POINTS = (
    "before claim",
    "after claim, before send",
    "during send",
    "after the receiver accepted, before mark",
    "after mark, before commit",
    "after commit",
)
_LONGEST_S = 60.0


class Configuration(ChannelSection, CatalogueSection):
    """The sections that delivery reads."""


class Boots:
    def __init__(self, id_: str, dead: list[str]) -> None:
        self.id = id_
        self._dead = dead

    def dead(self, conn: object) -> list[str]:
        return self._dead


class Doom:
    """Kills this process the `nth` time that the point is reached."""

    def __init__(self, point: str, nth: int, seed: int) -> None:
        self._point, self._left = point, nth
        self._lock = threading.Lock()
        self._chance = random.Random(seed)

    def reached(self, point: str) -> None:
        if self._counts(point):
            os.kill(os.getpid(), signal.SIGKILL)

    def soon(self, point: str) -> None:
        """Somewhere within the next milliseconds."""
        if self._counts(point):
            threading.Timer(self._chance.uniform(0, 0.004), os.kill, (os.getpid(), signal.SIGKILL)).start()

    def _counts(self, point: str) -> bool:
        if point != self._point:
            return False
        with self._lock:
            self._left -= 1
            return self._left == 0


def before(doom: Callable[[], None], then: Callable[..., Any]) -> Callable[..., Any]:
    def both(*arguments: Any, **options: Any) -> Any:
        doom()
        return then(*arguments, **options)

    return both


def after(first: Callable[..., Any], doom: Callable[[], None]) -> Callable[..., Any]:
    def both(*arguments: Any, **options: Any) -> Any:
        done = first(*arguments, **options)
        doom()
        return done

    return both


def arm(doom: Doom) -> None:
    """Puts the six points where they are."""
    rows.claim_due = before(lambda: doom.reached(POINTS[0]), rows.claim_due)
    send = before(lambda: doom.soon(POINTS[2]), Webhook.send)
    send = before(lambda: doom.reached(POINTS[1]), send)
    Webhook.send = after(send, lambda: doom.reached(POINTS[3]))
    rows.mark_sent = after(rows.mark_sent, lambda: doom.reached(POINTS[4]))
    attempt = Deliveries._attempt  # pyright: ignore[reportPrivateUsage] - its end is the sixth point
    Deliveries._attempt = after(attempt, lambda: doom.reached(POINTS[5]))  # pyright: ignore[reportPrivateUsage]
    delivery.SWEEP_S = 0.02
    delivery._BATCH = 8  # pyright: ignore[reportPrivateUsage] - so that it claims often


def live(url: str, configuration: Configuration, life: dict[str, Any]) -> NoReturn:
    """A sender of its own, in a process of its own."""
    if life["point"]:
        arm(Doom(life["point"], life["nth"], life["seed"]))
    store = Store.open(url)
    for number in range(life.get("workers", 1)):
        Deliveries(
            store,
            SystemClock(),
            lambda: configuration,
            bell=Bell(),
            links=Links(lambda: "https://tocsin.example.com", b"k"),
            outbound=Outbound(),
            boots=Boots(f"{life['boot']}-{number}" if number else life["boot"], life["dead"]),
        ).start()
    time.sleep(_LONGEST_S * 20)
    os._exit(1)


def main() -> None:
    url, configuration = sys.argv[1], Configuration.model_validate_json(sys.argv[2])
    alive: list[int] = []
    for line in sys.stdin:
        life = json.loads(line)
        child = os.fork()
        if child == 0:
            live(url, configuration, life)
        alive.append(child)
        if life["point"]:
            until = time.monotonic() + _LONGEST_S
            ended, status = 0, 0
            while not ended and time.monotonic() < until:
                ended, status = os.waitpid(child, os.WNOHANG)
                time.sleep(0.002)
            alive.remove(child)
            if not ended:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
            died = bool(ended) and os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
            print("killed" if died else "lived on", flush=True)
        else:
            print("started", flush=True)
    for child in alive:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
