"""A storm: what was answered 2xx is stored, all else was refused with 429 or 503, and a quiet sender still pages.

`make test` sends a small one as fast as it goes, `make faults` a hundred thousand alerts in a minute.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from bench.load import Answered, Load, measure, pod
from bench.peers import memory_of
from receiver import Receiver
from served import Served
from sqlalchemy import select
from waiting import until

from tocsin.ground.store import Store
from tocsin.sense.alerts.store import alert

FULL = os.environ.get("TOCSIN_FAULTS") == "full"
ALERTS, SECONDS = (100_000, 60) if FULL else (3_000, 6)
DISTINCT = ALERTS // 10
BATCH = 4
WAIT_S = 10 if FULL else 60  # a machine that runs every other test beside it is no measure


def configuration(database: str, hook: str) -> str:
    return f"""
database: "{database}"
people: {{mei: {{name: Mei-Ling Chen, webhook: "{hook}"}}}}
channels: {{hook: {{kind: webhook}}}}
outbound: {{allow: ["127.0.0.0/8"]}}
escalations: {{all: {{steps: [{{page: ["person:mei"]}}]}}}}
services:
  checkout: {{title: Checkout, escalation: all}}
  search: {{title: Search, escalation: all}}
  login: {{title: Login, escalation: all}}
  mail: {{title: Mail, escalation: all}}
  bank: {{title: Bank, escalation: all}}
"""


@pytest.fixture
def hook() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.stop()


def moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@pytest.mark.timeout(400)
def test_in_a_storm_every_answer_is_true_and_a_quiet_sender_pages(
    tmp_path: Path, hook: Receiver, database_url: str
):
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "tocsin.yaml").write_text(configuration(database_url, hook.url))
    served = Served(folder).start()
    answers: list[Answered] = []
    now = datetime.now(UTC)
    try:
        load = Load(
            ports=[served.port],
            path=f"/in/{served.key('alertmanager')}/api/v2/alerts",
            alerts=ALERTS,
            batch=BATCH,
            connections=16,
            same=DISTINCT,
            severity="critical",
            at=moment(now),
            until=moment(now + timedelta(hours=1)),
            rate=ALERTS / BATCH / SECONDS,
            seconds=SECONDS * 3,
        )
        quiet = served.key("webhook")
        storm = threading.Thread(target=lambda: answers.append(measure(load)))
        storm.start()
        until(lambda: stored(database_url), 60, "the first alert of the storm")
        sent = {"name": "VaultOpen", "labels": {"service": "bank", "severity": "critical"}}
        began = time.monotonic()
        status, answer = served.ask("POST", f"/in/{quiet}", sent)
        assert status == 202, answer
        until(lambda: [each for each in hook.messages if "VaultOpen" in str(each[2])], WAIT_S, "its page")
        paged = time.monotonic() - began
        storm.join(SECONDS * 4)
        assert served.process
        memory = memory_of(served.process.pid, "VmHWM")
    finally:
        served.stop()

    (answered,) = answers
    taken = {
        pod(number % DISTINCT)
        for request in answered.taken
        for number in range(request * BATCH, request * BATCH + BATCH)
    }
    known = stored(database_url)
    print(
        f"{sum(answered.statuses.values()) * BATCH} alerts in {answered.seconds:.1f} s, {answered.statuses}, "
        f"stored {len(known)} of {DISTINCT} distinct, lost {len(taken - known)}, "
        f"unexpected {len(known - taken)}, p99.9 {answered.quantile(0.999):.0f} ms, "
        f"a quiet sender's page after {paged:.2f} s, most memory {memory:.0f} MiB"
    )
    assert set(answered.statuses) <= {"200", "429", "503"}
    assert known == taken
    if FULL:
        assert memory < 1024


def stored(url: str) -> set[str]:
    """The pods whose alerts are in the store."""
    store = Store.open(url)
    try:
        with store.read() as conn:
            return {labels["pod"] for labels in conn.scalars(select(alert.c.labels)) if "pod" in labels}
    finally:
        store.close()
