"""SIGKILL at each named point inside a send: every page arrives, and a repetition has the key of the first one.

Ten points, spread over the six, in `make test`; 200 on each database in `make faults`. Every run prints its seed and
the five counts of a fault test. Without a fault, nothing is sent twice, however many workers there are.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hostile import Hostile
from killed import POINTS, Boots, Configuration

from tocsin.act.notify import Deliveries, Message, Route
from tocsin.act.notify.store import delivery
from tocsin.ground.kernel.bell import Bell
from tocsin.ground.kernel.clock import SystemClock
from tocsin.ground.kernel.links import Links
from tocsin.ground.kernel.outbound import Outbound
from tocsin.ground.store import Store

FULL = os.environ.get("TOCSIN_FAULTS") == "full"
KILLS = 200 if FULL else 10
SENDS = 10_000 if FULL else 400
PEOPLE, STEPS = 2, 2
INCIDENTS = 6
"""So many begin in each life, which is more than it comes to send."""
NTH = 5
"""A process dies at the latest when it reaches its point for the fifth time; a claim takes several pages at once."""
WIDTH = 4
"""So many messages go to one receiver at the same time; there are as many receivers as people."""


class Senders:
    """The other process, which forks a sender for each life."""

    def __init__(self, database_url: str, configuration: Configuration) -> None:
        support = Path(__file__).parent.parent / "support" / "killed.py"
        self._process = subprocess.Popen(
            [sys.executable, str(support), database_url, configuration.model_dump_json(by_alias=True)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._dead: list[str] = []
        self._lives = 0

    def live(self, point: str = "", nth: int = 0, seed: int = 0, workers: int = 1) -> str:
        """Starts a life and says how it ended; without a point it goes on."""
        assert self._process.stdin
        assert self._process.stdout
        self._lives += 1
        boot = f"boot_{self._lives}"
        life = {
            "boot": boot,
            "dead": self._dead,
            "point": point,
            "nth": nth,
            "seed": seed,
            "workers": workers,
        }
        self._process.stdin.write(json.dumps(life) + "\n")
        self._process.stdin.flush()
        said = self._process.stdout.readline().strip()
        if point:
            self._dead.append(boot)
        return said

    def close(self) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(60)
        self._process.stdout.close()


@contextmanager
def senders(database_url: str, configuration: Configuration) -> Iterator[Senders]:
    found = Senders(database_url, configuration)
    try:
        yield found
    finally:
        found.close()


class Town:
    """People who have a receiver each, and the pages that are written for them."""

    def __init__(self, store: Store, receivers: list[Hostile]) -> None:
        self.store, self.receivers = store, receivers
        self.configuration = Configuration.model_validate(
            {
                "channels": {"hook": {"kind": "webhook"}},
                "people": {
                    f"p{n}": {"name": f"P{n}", "webhook": each.url} for n, each in enumerate(receivers)
                },
            }
        )
        self._writer = Deliveries(
            store,
            SystemClock(),
            lambda: self.configuration,
            bell=Bell(),
            links=Links(lambda: "https://tocsin.example.com", b"k"),
            outbound=Outbound(),
            boots=Boots("boot_writer", []),
        )
        self.keys: list[str] = []

    def write(self, incidents: range) -> None:
        """Each incident pages everybody, in each of its steps."""

        def job(conn) -> list[str]:
            return [
                queued.key
                for number in incidents
                for step in range(1, STEPS + 1)
                for person, receiver in enumerate(self.receivers)
                if (
                    queued := self._writer.queue(
                        conn,
                        kind="page",
                        cause=f"esc_{number}",
                        incident=f"INC-{number}",
                        person=f"p{person}",
                        route=Route(channel="hook", address=receiver.url),
                        message=Message(kind="page", subject=f"Page {number}", lines=()),
                        at=SystemClock().now(),
                        step=step,
                        steps=STEPS,
                    )
                )
            ]

        self.keys += self.store.write(job)

    def states(self) -> Counter[str]:
        with self.store.read() as conn:
            return Counter(conn.scalars(delivery.select().with_only_columns(delivery.c.state)))

    def wait_until_sent(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while set(self.states()) != {"sent"}:
            assert time.monotonic() < deadline, self.states()
            time.sleep(0.05)

    def arrived(self) -> Counter[str]:
        """The keys of what receivers took, each as often as it was taken."""
        return Counter(key for each in self.receivers for key in each.accepted)


@pytest.fixture
def town(store: Store) -> Iterator[Town]:
    receivers = [Hostile() for _ in range(PEOPLE)]
    yield Town(store, receivers)
    for each in receivers:
        each.__exit__()


@pytest.mark.timeout(1_800)
def test_whatever_point_of_a_send_it_is_killed_at_every_page_arrives(town: Town, database_url: str):
    seed = int(os.environ.get("TOCSIN_SEED", random.SystemRandom().randrange(10**6)))
    chance = random.Random(seed)
    points = [POINTS[number % len(POINTS)] for number in range(KILLS)]
    chance.shuffle(points)
    ended: list[str] = []
    with senders(database_url, town.configuration) as others:
        for number, point in enumerate(points):
            town.write(range(number * INCIDENTS, (number + 1) * INCIDENTS))
            nth = chance.randint(1, 2 if point == POINTS[0] else NTH)
            ended.append(others.live(point, nth, chance.randrange(10**6)))
        others.live()
        town.wait_until_sent(900)

    arrived = town.arrived()
    attempts, acknowledged = sum(arrived.values()), len(town.keys)
    lost, unexpected = set(town.keys) - set(arrived), set(arrived) - set(town.keys)
    recovered = attempts - len(arrived)
    print(
        f"seed {seed}, kills {KILLS}: attempts {attempts}, acknowledged {acknowledged}, lost {len(lost)}, "
        f"unexpected {len(unexpected)}, recovered {recovered}"
    )
    assert ended == ["killed"] * KILLS, seed
    assert len(set(town.keys)) == acknowledged == KILLS * INCIDENTS * STEPS * PEOPLE
    assert lost == set(), seed
    assert unexpected == set(), seed
    assert recovered <= KILLS * WIDTH * PEOPLE, seed
    assert all(times <= KILLS + 1 for times in arrived.values()), seed


@pytest.mark.timeout(1_800)
def test_without_a_fault_four_workers_send_nothing_twice(town: Town, database_url: str):
    for first in range(0, SENDS // (STEPS * PEOPLE), 100):
        town.write(range(first, first + 100))
    assert len(town.keys) == SENDS
    with senders(database_url, town.configuration) as others:
        if database_url.startswith("sqlite"):
            others.live(workers=4)  # one process serves the file
        else:
            for _ in range(4):
                others.live()
        town.wait_until_sent(900)
    arrived = town.arrived()
    print(
        f"attempts {sum(arrived.values())}, acknowledged {SENDS}, duplicates {arrived.total() - len(arrived)}"
    )
    assert arrived == Counter(town.keys)
