"""Several processes on one Postgres: any of them may die or stand still, and pages go on."""

from __future__ import annotations

import random
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from cluster import Cluster, Worker
from databases import on_postgres
from receiver import Receiver
from served import TOCSIN
from waiting import until

TAKEN_OVER_S = 15


@pytest.fixture
def delay_s() -> float:
    """How long the receiver takes."""
    return 0.0


@pytest.fixture
def hook(delay_s: float) -> Iterator[Receiver]:
    receiver = Receiver(delay_s=delay_s)
    yield receiver
    receiver.stop()


@pytest.fixture
def cluster(tmp_path: Path, hook: Receiver, database_url: str) -> Iterator[Cluster]:
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "tocsin.yaml").write_text(f"""
database: "{database_url}"
people:
  mei: {{name: Mei-Ling Chen, webhook: "{hook.url}"}}
  jun: {{name: Jun Wu, webhook: "{hook.url}"}}
channels: {{hook: {{kind: webhook}}}}
outbound: {{allow: ["127.0.0.0/8"]}}
escalations: {{all: {{steps: [{{page: ["person:mei"]}}, {{page: ["person:jun"], after: 3s}}]}}}}
services: {{shop: {{title: Shop, escalation: all, group: {{by: ["..."]}}}}}}
""")
    cluster = Cluster(folder, workers=3)
    try:
        yield cluster.start()
    finally:
        cluster.stop()


def alert(cluster: Cluster, key: str, name: str) -> None:
    sent = {"name": name, "labels": {"service": "shop", "severity": "critical"}}
    status, answer = cluster.web.ask("POST", f"/in/{key}", sent)
    assert status == 202, answer


def pages(hook: Receiver, name: str) -> list[str]:
    """The keys of the pages about this alert."""
    return [
        headers["webhook-id"] for _, headers, body in list(hook.messages) if name in body["data"]["subject"]
    ]


def seen(hook: Receiver) -> str:
    return "\n".join(body["data"]["subject"] for _, _, body in list(hook.messages))


@pytest.mark.timeout(180)
@on_postgres
def test_two_of_three_workers_die_and_pages_go_on(cluster: Cluster, hook: Receiver):
    """The deadline is the promise: what the dead had claimed is another's within it, and so is what comes after."""
    key = cluster.web.key("webhook")
    alert(cluster, key, "BeforeTheDeaths")
    until(lambda: pages(hook, "BeforeTheDeaths"), 20, "the first page")
    for number in range(6):
        alert(cluster, key, f"Meanwhile{number}")
    for worker in random.Random(5).sample(cluster.workers, 2):
        worker.kill()
    alert(cluster, key, "AfterTheDeaths")
    until(
        lambda: pages(hook, "AfterTheDeaths"),
        TAKEN_OVER_S,
        f"the page of what came afterwards\n{cluster.logs()}\n{seen(hook)}",
    )
    for number in range(6):
        until(
            lambda number=number: len(set(pages(hook, f"Meanwhile{number}"))) >= 2,
            TAKEN_OVER_S,
            f"both pages of what came before the deaths, number {number}",
        )


@pytest.mark.timeout(180)
@on_postgres
@pytest.mark.parametrize("delay_s", [3.0])
def test_a_worker_that_stood_still_past_its_lease_sends_nothing_again(
    cluster: Cluster, hook: Receiver, database_url: str
):
    """What it had claimed and not yet sent is sent by the others, and not by itself when it wakes. What had left and
    was not answered goes out once more, by the others, under the same key.
    """
    key = cluster.web.key("webhook")
    names = [f"Still{number:02}" for number in range(24)]
    with ThreadPoolExecutor(8) as senders:
        list(senders.map(lambda name: alert(cluster, key, name), names))
    still = until(
        lambda: with_a_queue(database_url, cluster), TAKEN_OVER_S, "more claims than a lane sends at a time"
    )
    still.stop_the_clock()
    stopped = time.time()
    for name in names:
        until(lambda name=name: len(set(pages(hook, name))) >= 2, TAKEN_OVER_S * 3, f"both pages of {name}")
    still.wake()
    woke = time.time()
    alert(cluster, key, "Awake")
    until(lambda: len(pages(hook, "Awake")) >= 2, TAKEN_OVER_S * 2, "the pages of what came after it woke")
    until(lambda: not claims(database_url, still), TAKEN_OVER_S, "the end of all that it held")
    for name in names:
        for once, count in Counter(pages(hook, name)).items():
            times = [at for at, headers, _ in hook.messages if headers["webhook-id"] == once]
            assert count == 1 or (count == 2 and times[0] < stopped < times[1] < woke), (name, times)


def with_a_queue(database_url: str, cluster: Cluster) -> Worker | None:
    return next((worker for worker in cluster.workers if claims(database_url, worker) > 5), None)


def claims(database_url: str, worker: Worker) -> int:
    """How many messages are in the hands of this worker."""
    with psycopg.connect(database_url.replace("+psycopg", "")) as conn:
        row = conn.execute(
            "select count(*) from delivery where state = 'claimed' and claimed_by = %s", [worker.boot]
        ).fetchone()
    return row[0] if row else 0


@on_postgres
def test_a_worker_ends_in_order_when_it_is_asked_to(cluster: Cluster):
    first, *_ = cluster.workers
    first.stop()
    assert first.process.returncode == 0


def test_on_sqlite_a_worker_says_why_not(tmp_path: Path):
    (tmp_path / "tocsin.yaml").write_text("{}\n")
    for command in (["worker"], ["up", "--role", "web"]):
        done = subprocess.run(
            [TOCSIN, *command, "--config", str(tmp_path)], capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 1
        assert "SQLite is served by one process" in done.stderr
        assert "postgresql://" in done.stderr
