"""A run outlives the process that leads it: stopped in order, killed, or with the engine's own file lost."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from databases import on_sqlite
from waiting import until

from tocsin.ground.store import Store

HERE = Path(__file__).parent
SUPPORT = str(HERE.parents[1] / "support")
Make = Callable[..., Any]

SERVER = """
import importlib.util, sys, time
from pathlib import Path
spec = importlib.util.spec_from_file_location("hall", sys.argv[1])
hall_module = importlib.util.module_from_spec(spec)
sys.modules["hall"] = hall_module
spec.loader.exec_module(hall_module)
from tocsin.ground.store import Store
from tocsin.respond.runbooks.workshop import Subject

hall = hall_module.Hall(Store.open(sys.argv[2]), Path(sys.argv[3]))
hall.world.subject = Subject(service="shop", clear="cleared")
hall.engine.start()
print("up", flush=True)
while True:
    time.sleep(1)
"""


def serve(url: str, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SERVER, str(HERE / "conftest.py"), url, str(folder)],
        env=os.environ | {"PYTHONPATH": SUPPORT},
        stdout=subprocess.PIPE,
        text=True,
    )


def kill(server: subprocess.Popen[str]) -> None:
    server.kill()
    server.wait()
    assert server.stdout
    server.stdout.close()


@pytest.fixture
def url(store: Store) -> str:
    return store.engine.url.render_as_string(hide_password=False)


def steps(make_step: Make, folder: Path, *, idempotent: bool = False) -> list[Any]:
    text = "echo {0} >> {1}/count; sleep 0.15; echo {0} done"
    return [
        make_step(f"s{n}", text.format(n, folder), level="change", idempotent=idempotent) for n in range(1, 5)
    ]


def counted(folder: Path) -> list[str]:
    return (folder / "count").read_text().split() if (folder / "count").exists() else []


def test_stopped_in_order_a_step_under_way_is_adopted_by_the_next_process(
    hall: Any, make_step: Make, make_document: Make, tmp_path: Path
):
    from tocsin.respond.runbooks.workshop import Subject

    hall.world.subject = Subject(service="shop", clear="cleared")
    text = f"echo x >> {tmp_path}/count; while [ ! -e {tmp_path}/go ]; do sleep 0.02; done; echo whole"
    hall.world.documents["shop-down.md"] = make_document([make_step("slow", text, level="change")])
    hall.engine.start()
    id_ = hall.start()
    until(lambda: counted(tmp_path))
    hall.runs.stop()
    time.sleep(0.5)
    hall.engine.stop()
    assert hall.row(id_, "slow").state == "started"
    following = type(hall)(hall.store, tmp_path)
    following.world = hall.world
    following.engine.start()
    time.sleep(0.3)
    (tmp_path / "go").touch()
    try:
        assert following.until(id_, "succeeded", "failed").state == "succeeded"
    finally:
        following.stop()
    assert (counted(tmp_path), following.printed(id_, "slow")) == (["x"], "whole\n")


def test_a_step_that_was_cut_off_is_followed_to_its_end_when_the_incident_ends_meanwhile(
    hall: Any, make_step: Make, make_document: Make, tmp_path: Path
):
    from tocsin.respond.runbooks.workshop import Subject

    hall.world.subject = Subject(service="shop", clear="firing")
    text = f"echo x >> {tmp_path}/count; while [ ! -e {tmp_path}/go ]; do sleep 0.02; done; exit 1"
    hall.world.documents["shop-down.md"] = make_document(
        [make_step("slow", text, level="change")], [make_step("after", "echo after", level="change")]
    )
    hall.engine.start()
    id_ = hall.start()
    until(lambda: counted(tmp_path))
    hall.runs.stop()
    time.sleep(0.5)
    hall.engine.stop()
    hall.store.write(lambda conn: hall.runs.end_with(conn, "INC-2026-0001"))
    following = type(hall)(hall.store, tmp_path)
    following.world = hall.world
    following.engine.start()
    try:
        (tmp_path / "go").touch()
        run = following.until(id_, "succeeded", "failed", "cancelled", "waiting")
    finally:
        following.stop()
    assert (run.state, run.why) == ("cancelled", "the incident is over")
    slow = following.row(id_, "slow")
    assert (slow.state, slow.exit) == ("finished", 1)
    assert not [row for row in following.rows(id_) if row.key == "after"]


@on_sqlite
def test_with_the_file_of_the_engine_lost_a_run_goes_on(
    hall: Any, url: str, make_step: Make, make_document: Make, tmp_path: Path
):
    hall.world.documents["shop-down.md"] = make_document(steps(make_step, tmp_path))
    id_ = hall.start()
    server = serve(url, tmp_path)
    until(lambda: len(counted(tmp_path)) == 2)
    kill(server)
    for path in tmp_path.glob("tocsin-runs.db*"):
        path.unlink()
    server = serve(url, tmp_path)
    try:
        assert hall.until(id_, "succeeded", "failed", seconds=60).state == "succeeded"
    finally:
        kill(server)
    assert counted(tmp_path) == ["1", "2", "3", "4"]


@pytest.mark.parametrize("seed", range(3))
def test_killed_again_and_again_each_step_runs_once(
    hall: Any, url: str, make_step: Make, make_document: Make, tmp_path: Path, seed: int
):
    chance = random.Random(seed)
    hall.world.documents["shop-down.md"] = make_document(steps(make_step, tmp_path))
    id_ = hall.start()
    for _ in range(3):
        server = serve(url, tmp_path)
        assert server.stdout
        server.stdout.readline()
        time.sleep(chance.uniform(0, 0.35))
        kill(server)
    server = serve(url, tmp_path)
    try:
        run = hall.until(id_, "succeeded", "failed", "waiting", seconds=60)
    finally:
        kill(server)
    assert run.state == "succeeded", f"seed {seed}: {run.waiting_for}"
    assert counted(tmp_path) == ["1", "2", "3", "4"], f"seed {seed}"


def test_killed_with_its_commands_the_run_waits_for_a_person_and_goes_on_from_there(
    hall: Any, url: str, make_step: Make, make_document: Make, tmp_path: Path
):
    slow = make_step("s2", f"echo 2 >> {tmp_path}/count; sleep 60", level="change")
    first, _, third, fourth = steps(make_step, tmp_path)
    hall.world.documents["shop-down.md"] = make_document([first, slow, third, fourth])
    id_ = hall.start()
    server = serve(url, tmp_path)
    pid = tmp_path / "runs" / id_ / "s2.1" / "pid"
    until(lambda: len(counted(tmp_path)) == 2 and pid.exists() and pid.read_text().endswith("\n"))
    kill(server)
    os.killpg(int(pid.read_text().split()[0]), signal.SIGKILL)
    server = serve(url, tmp_path)
    try:
        run = hall.until(id_, "waiting", "failed", seconds=60)
        assert (run.waiting_for["kind"], run.waiting_for["step"]) == ("unknown", "s2")
        hall.runs.answer(id_, "s2", "done", "person:mei", "the log says so")
        assert hall.until(id_, "succeeded", "failed", seconds=60).state == "succeeded"
    finally:
        kill(server)
    assert counted(tmp_path) == ["1", "2", "3", "4"]
