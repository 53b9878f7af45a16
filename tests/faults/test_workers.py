"""Several processes on one Postgres: any of them may die or stand still, and pages go on."""

from __future__ import annotations

import random
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from cluster import Cluster
from databases import on_postgres
from receiver import Receiver
from served import TOCSIN, until

TAKEN_OVER_S = 15


@pytest.fixture
def hook() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.stop()


@pytest.fixture
def cluster(tmp_path: Path, hook: Receiver, database_url: str) -> Iterator[Cluster]:
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "tocsin.yaml").write_text(f"""
database: "{database_url}"
people: {{mei: {{name: Mei-Ling Chen, webhook: "{hook.url}"}}}}
channels: {{hook: {{kind: webhook}}}}
outbound: {{allow: ["127.0.0.0/8"]}}
escalations: {{all: {{steps: [{{page: ["person:mei"]}}, {{page: ["person:mei"], after: 3s}}]}}}}
services: {{shop: {{title: Shop, escalation: all}}}}
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
    until(lambda: pages(hook, "AfterTheDeaths"), TAKEN_OVER_S, "the page of what came afterwards")
    for number in range(6):
        until(
            lambda number=number: len(set(pages(hook, f"Meanwhile{number}"))) >= 2,
            TAKEN_OVER_S,
            f"both pages of what came before the deaths, number {number}",
        )


@pytest.mark.timeout(180)
@on_postgres
def test_a_worker_that_stood_still_past_its_lease_sends_nothing_that_another_has_sent(
    cluster: Cluster, hook: Receiver
):
    key = cluster.web.key("webhook")
    still, *_ = cluster.workers
    for number in range(12):
        alert(cluster, key, f"Still{number}")
        if number == 5:
            still.stop_the_clock()
    for number in range(12):
        until(
            lambda number=number: len(set(pages(hook, f"Still{number}"))) >= 2,
            TAKEN_OVER_S * 2,
            f"both pages of number {number}",
        )
    still.wake()
    alert(cluster, key, "Awake")
    until(lambda: len(pages(hook, "Awake")) >= 2, 20, "the pages of what came after it woke")
    sent = Counter(key for number in range(12) for key in pages(hook, f"Still{number}"))
    extras = {key: count for key, count in sent.items() if count > 1}
    assert not extras


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
