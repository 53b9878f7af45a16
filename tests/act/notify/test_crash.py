"""kill -9 in the middle of a storm of pages: every one arrives, and a repetition has the same id."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from tocsin.act.notify import Deliveries, Message, of_incident
from tocsin.ground.kernel.bell import Bell
from tocsin.ground.kernel.clock import SystemClock
from tocsin.ground.kernel.links import Links
from tocsin.ground.kernel.outbound import Outbound
from tocsin.ground.store import Store

PAGES, KILLS = 120, 3
WIDTH = 8  # of the channel e-mail: so many are in flight when the process dies

SENDER = """
import sys, time
from tocsin.act.notify import ChannelSection, Deliveries
from tocsin.ground.catalogue import CatalogueSection
from tocsin.ground.kernel.bell import Bell
from tocsin.ground.kernel.clock import SystemClock
from tocsin.ground.kernel.links import Links
from tocsin.ground.kernel.outbound import Outbound
from tocsin.ground.store import Store

class Configuration(ChannelSection, CatalogueSection):
    pass

class Boots:
    id, killed = sys.argv[3], sys.argv[4:]

    def dead(self, conn):
        return self.killed

store, clock = Store.open(sys.argv[1]), SystemClock()
configuration = Configuration.model_validate_json(sys.argv[2])
Deliveries(
    store, clock, lambda: configuration, bell=Bell(), links=Links(lambda: "https://tocsin.example.com", b"k"),
    outbound=Outbound(), boots=Boots(),
).start()
print("started", flush=True)
time.sleep(60)
"""


class ThisProcess:
    id = "boot_test"

    def dead(self, conn) -> list[str]:
        return []


@contextmanager
def sender(database_url: str, configuration: str, number: int) -> Iterator[None]:
    """Another process that sends, and is killed at the end."""
    boot, *dead = [f"boot_{each}" for each in range(number, -1, -1)]
    arguments = [database_url, configuration, boot, *dead]
    with subprocess.Popen([sys.executable, "-c", SENDER, *arguments], stdout=subprocess.PIPE) as process:
        assert process.stdout
        try:
            assert process.stdout.readline() == b"started\n"
            yield
        finally:
            process.send_signal(signal.SIGKILL)


def test_every_page_arrives_whenever_the_sender_is_killed(store: Store, database_url: str, configure, mail):
    seed = int(os.environ.get("TOCSIN_SEED", random.SystemRandom().randrange(10**6)))
    chance = random.Random(seed)
    clock, configuration = SystemClock(), configure()
    writer = Deliveries(
        store, clock, lambda: configuration, bell=Bell(), links=Links(lambda: "https://x", b"k"),
        outbound=Outbound(), boots=ThisProcess(),
    )  # fmt: skip
    [route] = writer.routes(configuration.people["ana"])

    def storm(conn) -> None:
        for number in range(PAGES):
            writer.queue(
                conn,
                kind="page",
                cause=f"esc_{number}",
                incident="INC-2026-0001",
                person="ana",
                route=route,
                message=Message(kind="page", subject=f"Page {number}", lines=()),
                at=clock.now(),
            )

    store.write(storm)
    plain = configuration.model_dump_json(by_alias=True)
    for number in range(KILLS):
        with sender(database_url, plain, number):
            time.sleep(chance.uniform(0.0, 0.25))
    with sender(database_url, plain, KILLS):
        deadline = time.monotonic() + 30
        while True:
            with store.read() as conn:
                states = Counter(each.state for each in of_incident(conn, "INC-2026-0001"))
            if states == {"sent": PAGES}:
                break
            assert time.monotonic() < deadline, (seed, states)
            time.sleep(0.05)

    arrived = Counter(each["Message-ID"] for each in mail.mails)
    lost, extra = PAGES - len(arrived), len(mail.mails) - len(arrived)
    print(f"seed {seed}: attempts {len(mail.mails)}, acknowledged {PAGES}, lost {lost}, extra {extra}")
    assert lost == 0, seed
    assert extra <= KILLS * WIDTH, seed
