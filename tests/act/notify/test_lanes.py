"""One receiver that hangs delays nobody but those behind it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator

import pytest

from tocsin.act.notify.lanes import Lanes


class Work:
    """Items named `hang…` wait until they are let go; the most that ran at once is remembered for each receiver."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.most: Counter[str] = Counter()
        self.running: Counter[str] = Counter()
        self.let_go = threading.Event()
        self._lock = threading.Lock()

    def __call__(self, item: str) -> bool:
        receiver = item.split()[0]
        with self._lock:
            self.running[receiver] += 1
            self.most[receiver] = max(self.most[receiver], self.running[receiver])
        if receiver.startswith("hang"):
            self.let_go.wait(10)
        with self._lock:
            self.running[receiver] -= 1
            self.done.append(item)
        return not receiver.startswith("ill")


@pytest.fixture
def work() -> Iterator[Work]:
    made = Work()
    yield made
    made.let_go.set()


def test_the_others_are_served_while_one_hangs(work: Work):
    lanes = Lanes(work, threads=8)
    before = threading.active_count()  # others of this process may have left threads
    for number in range(20):
        lanes.put("hang", f"hang {number}", width=2)
    for number in range(200):
        lanes.put(f"well{number % 10}", f"well{number % 10} {number}", width=2)
    deadline = threading.Event()
    while len(work.done) < 200 and not deadline.wait(0.01):
        assert threading.active_count() < before + 20
    assert work.most["hang"] == 2
    assert not lanes.wait_idle(0.01)
    work.let_go.set()
    assert lanes.wait_idle(5)
    assert len(work.done) == 220
    lanes.close(grace=1)


def test_items_of_one_receiver_keep_their_order_when_one_goes_at_a_time(work: Work):
    lanes = Lanes(work, threads=8)
    for number in range(50):
        lanes.put("one", f"one {number}", width=1)
    assert lanes.wait_idle(5)
    assert work.done == [f"one {number}" for number in range(50)]
    lanes.close(grace=1)


def test_a_receiver_that_fails_is_tried_one_at_a_time(work: Work):
    lanes = Lanes(work, threads=8)
    lanes.put("ill", "ill first", width=4)
    assert lanes.wait_idle(5)
    work.most.clear()
    for number in range(20):
        lanes.put("ill", f"ill {number}", width=4)
    assert lanes.wait_idle(5)
    assert work.most["ill"] == 1
    lanes.close(grace=1)


def test_after_the_end_nothing_starts_and_what_runs_is_waited_for(work: Work):
    lanes = Lanes(work, threads=2)
    lanes.put("hang", "hang 1", width=1)
    lanes.put("hang", "hang 2", width=1)
    threading.Timer(0.05, work.let_go.set).start()
    lanes.close(grace=5)
    lanes.put("well", "well 1")
    assert work.done == ["hang 1"]
