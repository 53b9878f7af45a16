"""A step whose target names a worker: who carries it out, and what happens when nobody does."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection
from waiting import until

from tocsin.ground.catalogue import Service
from tocsin.respond.runbooks.attempts import Attempts
from tocsin.respond.runbooks.section import RunSettings

Make = Callable[..., Any]
SERVICE = Service.model_validate(
    {
        "title": "Shop",
        "automatic": "change",
        "targets": {"site": {"kind": "worker", "worker": "eu"}},
    }
)


class Worker:
    """A second process of the same installation, as far as the steps are concerned: other labels, another boot."""

    def __init__(self, hall: Any, boot: str) -> None:
        self.dead: list[str] = []
        shop = replace(hall.workshop, labels=frozenset({"eu"}), boot=boot, dead=self._dead)
        self.attempts = Attempts(shop)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._fetch, daemon=True)

    def _dead(self, _: Connection) -> list[str]:
        return self.dead

    def _fetch(self) -> None:
        while not self._over.wait(0.05):
            self.attempts.errands.tick()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()
        self.attempts.stop()


@contextmanager
def worker(hall: Any, boot: str = "boot_eu") -> Iterator[Worker]:
    found = Worker(hall, boot)
    found.start()
    try:
        yield found
    finally:
        found.stop()


@pytest.fixture
def shop(running: Any) -> Any:
    running.world.service = SERVICE
    running.world.checks = [True]
    running.world.settings = RunSettings(
        window="3s", settle="0s", poll="0.1s", approval_expires="1h", worker_patience="1s"
    )
    return running


def put(hall: Any, *documents: Any) -> None:
    hall.world.documents = {each.path: each for each in documents}


def test_only_a_worker_with_the_label_carries_it_out(shop: Any, make_step: Make, make_document: Make) -> None:
    put(
        shop,
        make_document(
            [make_step("look", "echo from afar", level="read", on="site", expect='stdout == "from afar\\n"')]
        ),
    )
    with worker(shop) as eu:
        id_ = shop.start()
        run = shop.until(id_, "succeeded", "failed", "waiting")
        row = shop.row(id_, "look")
        assert row.ok, (run, row)
        assert row.boot == "boot_eu"
        assert shop.printed(id_, "look") == "from afar\n"
        del eu


def test_where_no_worker_comes_the_step_fails_and_says_which_one_is_missing(
    shop: Any, make_step: Make, make_document: Make
) -> None:
    put(
        shop,
        make_document(
            [make_step("there", "echo never", level="read", on="site")],
            [make_step("here", "echo here", level="read")],
        ),
    )
    id_ = shop.start()
    shop.until(id_, "succeeded", "failed", "waiting")
    row = shop.row(id_, "there")
    assert (row.state, row.ok) == ("finished", False)
    assert "tocsin worker --label eu" in row.why
    with worker(shop):
        assert shop.printed(id_, "there") == "", "what was given up is not fetched later"
    assert shop.row(id_, "here").ok


def test_while_nobody_comes_the_step_says_whom_it_waits_for_and_then_is_done(
    shop: Any, make_step: Make, make_document: Make
) -> None:
    shop.world.settings = RunSettings(window="3s", settle="0s", poll="0.1s", worker_patience="1m")
    put(shop, make_document([make_step("there", "echo here I am", level="read", on="site")]))
    id_ = shop.start()
    waiting = until(lambda: [row for row in shop.rows(id_) if row.key == "there"], what="a word on it")
    assert (waiting[0].state, waiting[0].why) == ("waiting", "waits for a worker with the label eu")
    with worker(shop):
        shop.until(id_, "succeeded", "failed", "waiting")
    [row] = [row for row in shop.rows(id_) if row.key == "there"]
    assert (row.state, row.ok, row.why) == ("finished", True, "")


def test_a_person_who_cancels_ends_it_at_the_worker(
    shop: Any, make_step: Make, make_document: Make, tmp_path: Any
) -> None:
    mark = tmp_path / "mark"
    text = f"echo $$ > {mark}; sleep 600; echo over >> {mark}"
    put(shop, make_document([make_step("long", text, level="change", on="site", timeout_s=600.0)]))
    with worker(shop):
        id_ = shop.start()
        end = threading.Event()
        for _ in range(400):
            if mark.exists() and mark.read_text():
                break
            end.wait(0.05)
        shop.runs.cancel(id_, "person:mei")
        shop.until(id_, "cancelled")
        assert shop.row(id_, "long").why == "was cancelled"
    assert "over" not in mark.read_text()


def test_when_the_worker_dies_another_one_takes_the_command_up_where_it_is(
    shop: Any, make_step: Make, make_document: Make, tmp_path: Any
) -> None:
    """The first stops in the middle; the command goes on, and the second, on the same machine, adopts it."""
    go, mark = tmp_path / "go", tmp_path / "mark"
    text = f"echo once >> {mark}; while [ ! -e {go} ]; do sleep 0.05; done; echo over"
    put(shop, make_document([make_step("held", text, level="change", on="site", timeout_s=60.0)]))
    with worker(shop, "boot_one"):
        id_ = shop.start()
        pause = threading.Event()
        for _ in range(400):
            if mark.exists():
                break
            pause.wait(0.05)
        assert mark.exists()
    with worker(shop, "boot_two") as two:
        two.dead = ["boot_one"]
        go.touch()
        shop.until(id_, "succeeded", "failed", "waiting")
        assert shop.row(id_, "held").ok
    assert mark.read_text() == "once\n"
    assert shop.printed(id_, "held") == "over\n"
