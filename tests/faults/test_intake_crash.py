"""SIGKILL while eight senders pour alerts in: whatever was answered is there, and nothing that nobody sent.

Each seed places its kills by how many alerts have been acknowledged, anywhere between the first and the last. The
senders do as Prometheus does: what was not answered is sent again. `make test` kills ten times, `make faults` two
hundred times on each database.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from senders import Book, send, stored_names
from served import Served
from waiting import until

FULL = os.environ.get("TOCSIN_FAULTS") == "full"
ALERTS = 1_000
SENDERS = 8
KILLS = 10 if FULL else 5
RUNS = 20 if FULL else 1


def configuration(database: str) -> str:
    """No severity pages here: what is counted are alerts, and the whole pipeline works on them all the same."""
    return f"""
database: "{database}"
people: {{mei: {{name: Mei-Ling Chen, email: mei@example.com}}}}
services: {{shop: {{title: Shop}}}}
"""


def batches(sender: int, chance: random.Random) -> Iterator[list[dict[str, Any]]]:
    """The alerts of one sender, one to five at a time, or so many at once that they are answered from the journal."""
    number, mine = 0, ALERTS // SENDERS
    while number < mine:
        size = min(chance.choice([1, 2, 3, 4, 5, 80]) if sender % 2 else chance.randint(1, 5), mine - number)
        yield [
            {
                "labels": {"alertname": f"A{sender}-{each}", "service": "shop", "severity": "info"},
                "annotations": {"summary": f"alert {each} of sender {sender}"},
            }
            for each in range(number, number + size)
        ]
        number += size


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", range(RUNS))
def test_killed_while_alerts_pour_in_it_keeps_every_promise(seed: int, tmp_path: Path, database_url: str):
    chance = random.Random(seed)
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "tocsin.yaml").write_text(configuration(database_url))
    served = Served(folder).start()
    book, over = Book(), threading.Event()
    threads: list[threading.Thread] = []
    try:
        path = f"/in/{served.key('alertmanager')}/api/v2/alerts"
        moments = sorted(chance.sample(range(ALERTS * 9 // 10), KILLS))
        threads = [
            threading.Thread(
                target=send,
                args=(lambda: served.port, path, batches(number, random.Random(f"{seed}-{number}")), book),
                kwargs={"over": over},
            )
            for number in range(SENDERS)
        ]
        for thread in threads:
            thread.start()
        for moment in moments:
            until(lambda moment=moment: len(book.acknowledged) >= moment, 60, f"answer number {moment}")
            time.sleep(chance.uniform(0, 0.02))
            served.kill()
            served.start()
        for thread in threads:
            thread.join(90)
        assert not any(thread.is_alive() for thread in threads), served.log()[-3000:]
    finally:
        over.set()
        served.stop()
        for thread in threads:
            thread.join(30)

    stored = stored_names(database_url)
    counts = book.counts(stored)
    print(f"seed {seed}: {len(moments)} kills, " + ", ".join(f"{name} {n}" for name, n in counts.items()))
    assert counts == {
        "attempts": ALERTS,
        "acknowledged": ALERTS,
        "lost": 0,
        "unexpected": 0,
        "recovered": 0,
    }


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", range(RUNS))
def test_who_is_cut_off_and_gives_up_was_stored_whole_or_not_at_all(
    seed: int, tmp_path: Path, database_url: str
):
    """Here nobody sends anything again: what was under way when the server died may be there, but never half of it."""
    chance = random.Random(1_000 + seed)
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "tocsin.yaml").write_text(configuration(database_url))
    served = Served(folder).start()
    book, over = Book(), threading.Event()
    sent: list[list[dict[str, Any]]] = []
    lock = threading.Lock()

    def noted(number: int) -> Iterator[list[dict[str, Any]]]:
        for batch in batches(number, random.Random(f"{seed}-{number}")):
            with lock:
                sent.append(batch)
            yield batch

    threads: list[threading.Thread] = []
    try:
        path = f"/in/{served.key('alertmanager')}/api/v2/alerts"
        threads = [
            threading.Thread(
                target=send, args=(lambda: served.port, path, noted(number), book), kwargs={"over": over}
            )
            for number in range(SENDERS)
        ]
        for thread in threads:
            thread.start()
        moment = chance.randrange(ALERTS * 8 // 10)
        until(lambda: len(book.acknowledged) >= moment, 60, f"answer number {moment}")
        served.kill()
        over.set()
        for thread in threads:
            thread.join(30)
        served.start()
    finally:
        over.set()
        served.stop()

    stored = stored_names(database_url)
    counts = book.counts(stored)
    print(f"seed {seed}: 1 kill, " + ", ".join(f"{name} {n}" for name, n in counts.items()))
    assert (counts["lost"], counts["unexpected"]) == (0, 0)
    for batch in sent:
        names = {each["labels"]["alertname"] for each in batch}
        assert names <= stored or not names & stored, "a message is stored whole or not at all"
