"""Each fault breaks the service for real, and only the commands of its own rung cure it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from demo.faults import FAULTS
from demo.stack import Stack
from waiting import until

READERS = (11, 250, 777, 1203, 1999)


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    stack = Stack(tmp_path)
    try:
        stack.start()
        until(lambda: works(stack))
        yield stack
    finally:
        stack.stop()


def restart_api(stack: Stack) -> None:
    stack.supervisorctl("restart", "api:*")


def restart_redis_and_api(stack: Stack) -> None:
    stack.supervisorctl("stop", "api:*", "worker")
    stack.supervisorctl("restart", "redis")
    stack.supervisorctl("start", "api:*", "worker")


def rebuild_everything(stack: Stack) -> None:
    stack.supervisorctl("stop", "all")
    stack.rebuild()
    stack.supervisorctl("start", "all")


def serve_the_static_list(stack: Stack) -> None:
    stack.home.static_mode.touch()
    stack.supervisorctl("restart", "all")


LADDER: tuple[Callable[[Stack], None], ...] = (
    restart_api,
    restart_redis_and_api,
    rebuild_everything,
    serve_the_static_list,
)


@pytest.mark.parametrize(
    ("fault", "cured_by"),
    [
        ("api-killed", restart_api),
        ("redis-memory", restart_redis_and_api),
        ("slow-database", rebuild_everything),
        ("everything", serve_the_static_list),
    ],
)
def test_only_the_right_rung_cures_a_fault(
    stack: Stack, fault: str, cured_by: Callable[[Stack], None]
) -> None:
    FAULTS[fault].break_it(stack)
    until(lambda: not works(stack))
    for rung in LADDER[: LADDER.index(cured_by)]:
        rung(stack)
        assert_stays_broken(stack)
    cured_by(stack)
    until(lambda: works(stack))


def test_the_health_page_names_the_part_that_fails(stack: Stack) -> None:
    FAULTS["redis-memory"].break_it(stack)
    answer = httpx.get(f"{stack.home.url}/health")
    assert answer.status_code == 503
    assert "maxmemory" in answer.json()["redis"]["error"]
    assert answer.json()["database"]["ok"]


def test_a_healthy_service_answers_far_below_its_limit(stack: Stack) -> None:
    answers = [httpx.get(f"{stack.home.url}/recommendations/{reader}?limit=10") for reader in READERS]
    assert [answer.json()["count"] for answer in answers] == [10] * len(READERS)
    assert sorted(answer.elapsed.total_seconds() for answer in answers)[2] < 0.25


def test_stopping_the_stack_leaves_no_process(stack: Stack) -> None:
    pids = stack.pids()
    assert len(pids) == 4
    stack.stop()
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def works(stack: Stack) -> bool:
    """The verification of the runbook: health and five readers, all of them, each within 500 ms."""
    paths = ("/health", *(f"/recommendations/{reader}?limit=10" for reader in READERS))
    with httpx.Client(base_url=stack.home.url, timeout=3) as client:
        for path in paths:
            try:
                answer = client.get(path)
            except httpx.TransportError:
                return False
            quick = answer.elapsed.total_seconds() < 0.5
            if answer.status_code != 200 or not quick or answer.json().get("count", 6) <= 5:
                return False
    return True


def assert_stays_broken(stack: Stack) -> None:
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline:
        assert not works(stack)
        time.sleep(0.2)
