"""A server is killed at every point of an attempt, another one finds what is there (design: engine, part C).

The steps append to a file outside; what counts is how often they did.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from waiting import until

from tocsin.act.actions.action import Call, Result
from tocsin.ground.kernel.errors import Unavailable
from tocsin.respond.runbooks import plan as plans
from tocsin.respond.runbooks import store as rows
from tocsin.respond.runbooks.attempts import Attempts
from tocsin.respond.runbooks.plan import PlannedStep
from tocsin.respond.runbooks.store import Run

HERE = Path(__file__).parent
SUPPORT = str(HERE.parents[1] / "support")

SERVER = """
import importlib.util, os, signal, sys
from pathlib import Path
spec = importlib.util.spec_from_file_location("hall", sys.argv[1])
hall_module = importlib.util.module_from_spec(spec)
sys.modules["hall"] = hall_module
spec.loader.exec_module(hall_module)
from tocsin.act.actions import process
from tocsin.ground.store import Store
from tocsin.respond.runbooks import plan as plans
from tocsin.respond.runbooks.attempts import Attempts

url, folder, run_id, key, point = sys.argv[2:]
hall = hall_module.Hall(Store.open(url), Path(folder))
attempts = Attempts(hall.workshop)
run = hall.run(run_id)
with hall.store.read() as conn:
    step = hall.runs.plan(conn, run_id).find(key)

def die(*_args, **_kwargs):
    os.kill(os.getpid(), signal.SIGKILL)

match point:
    case "before the row":
        Attempts._begin = die
    case "row written, not forked":
        process.launch = die
    case "just forked":
        process.follow = die
    case "over, not written":
        Attempts._finish = die
    case "written":
        finish = Attempts._finish
        def then_die(*args):
            finish(*args)
            die()
        Attempts._finish = then_die
attempts.carry_out(run, step, 1)
"""


class Case:
    """One step of one run, whose first server dies."""

    def __init__(self, hall: Any, folder: Path, step: PlannedStep) -> None:
        self.hall = hall
        self.folder = folder
        self.step = step
        self.count = folder / "count"
        self.shims: list[int] = []
        now = hall.clock.now()
        hall.store.write(
            lambda conn: rows.add(
                conn,
                id="run_1",
                incident="INC-2026-0001",
                service="shop",
                path="shop-down.md",
                hash="",
                document="",
                plan=plans.to_json(plans.Plan(diagnosis=(step,))),
                title="Shop is down",
                mode="automatic",
                allowed="change",
                state="running",
                wish="",
                inputs={},
                hostile=[],
                actor="tocsin",
                leg=1,
                created_at=now,
                why="",
            )
        )
        self.attempts = Attempts(hall.workshop)

    @property
    def run(self) -> Run:
        return self.hall.run("run_1")

    def serve(self, point: str) -> subprocess.Popen[bytes]:
        url = self.hall.store.engine.url.render_as_string(hide_password=False)
        arguments = [str(HERE / "conftest.py"), url, str(self.folder), "run_1", self.step.key, point]
        env = os.environ | {"PYTHONPATH": SUPPORT}
        return subprocess.Popen([sys.executable, "-c", SERVER, *arguments], env=env)

    def die(self, point: str) -> None:
        server = self.serve(point)
        assert server.wait(timeout=30) == -signal.SIGKILL

    def find(self) -> None:
        self.attempts.carry_out(self.run, self.step, 1)

    def ran(self) -> int:
        return len(self.count.read_text().splitlines()) if self.count.exists() else 0

    def states(self) -> list[tuple[int, str, bool | None, int | None]]:
        return [(row.attempt, row.state, row.ok, row.exit) for row in self.hall.rows("run_1")]


@pytest.fixture
def case(hall: Any, tmp_path: Path) -> Callable[..., Case]:
    def make(text: str = "", **more: Any) -> Case:
        text = text or f"echo ran >> {tmp_path}/count; echo printed; exit 7"
        given = {"key": "restart", "id": "restart", "title": "Restart", "kind": "bash", "level": "change"}
        return Case(hall, tmp_path, PlannedStep(**{**given, "text": text} | more))

    return make


def test_killed_before_its_row_the_step_runs_once(case: Callable[..., Case]):
    one = case()
    one.die("before the row")
    one.find()
    assert (one.ran(), one.states()) == (1, [(1, "finished", False, 7)])


def test_killed_before_the_fork_the_step_runs_once_under_the_next_number(case: Callable[..., Case]):
    one = case()
    one.die("row written, not forked")
    one.find()
    assert (one.ran(), one.states()) == (1, [(1, "skipped", None, None), (2, "finished", False, 7)])


def test_killed_after_the_fork_the_step_ran_once_and_is_taken_up(case: Callable[..., Case]):
    one = case()
    one.die("just forked")
    one.find()
    ran, states = one.ran(), one.states()
    assert ran == 1
    # The shim may not have reached its fence yet; then the finder holds it and the second number runs.
    assert states in (
        [(1, "finished", False, 7)],
        [(1, "skipped", None, None), (2, "finished", False, 7)],
    )
    assert one.hall.printed("run_1", "restart") == "printed\n"


def test_killed_in_the_middle_the_command_goes_on_and_is_adopted(case: Callable[..., Case], tmp_path: Path):
    one = case(
        f"echo ran >> {tmp_path}/count; while [ ! -e {tmp_path}/go ]; do sleep 0.02; done; echo whole; exit 3"
    )
    server = one.serve("none")
    until(one.ran)
    server.kill()
    server.wait()
    (tmp_path / "go").touch()
    one.find()
    assert (one.ran(), one.states()) == (1, [(1, "finished", False, 3)])
    assert one.hall.printed("run_1", "restart") == "whole\n"


def test_killed_when_it_was_over_its_true_code_is_found(case: Callable[..., Case]):
    one = case()
    one.die("over, not written")
    one.find()
    assert (one.ran(), one.states()) == (1, [(1, "finished", False, 7)])


def test_killed_after_its_end_was_written_nothing_happens(case: Callable[..., Case]):
    one = case()
    one.die("written")
    one.find()
    assert (one.ran(), one.states()) == (1, [(1, "finished", False, 7)])
    assert one.hall.kinds().count("run.step.finished") == 1


def lose_the_machine(one: Case, tmp_path: Path) -> None:
    """Server and command die together, half way."""
    server = one.serve("none")
    until(one.ran)
    stat = tmp_path / "runs" / "run_1" / "restart.1" / "pid"
    until(stat.exists)
    server.kill()
    server.wait()
    os.killpg(int(stat.read_text().split()[0]), signal.SIGKILL)


def test_lost_with_its_machine_a_dangerous_step_is_unknown_and_pages(
    case: Callable[..., Case], tmp_path: Path
):
    one = case(f"echo ran >> {tmp_path}/count; sleep 60; echo ran >> {tmp_path}/count")
    lose_the_machine(one, tmp_path)
    one.find()
    assert (one.ran(), one.states()) == (1, [(1, "unknown", None, None)])
    assert one.hall.world.pages == ["Unknown step: Restart"]
    assert one.hall.kinds() == ["run.step.started", "run.step.unknown"]
    one.find()
    assert (one.ran(), len(one.hall.world.pages)) == (1, 1)


@pytest.mark.parametrize("more", [{"level": "read"}, {"idempotent": True}])
def test_lost_with_its_machine_what_may_be_repeated_runs_again(
    case: Callable[..., Case], tmp_path: Path, more: dict[str, Any]
):
    one = case(f"echo ran >> {tmp_path}/count; [ -e {tmp_path}/again ] || sleep 60", **more)
    lose_the_machine(one, tmp_path)
    (tmp_path / "again").touch()
    one.find()
    assert (one.ran(), one.states()) == (2, [(1, "skipped", None, None), (2, "finished", True, 0)])


@pytest.mark.parametrize(
    ("done_when", "state"),
    [
        ("test -e {}/done", "finished"),
        ("test -e {}/other", "unknown"),
        ('stdout.contains("restarted")', "finished"),
        ('stdout.contains("nothing")', "unknown"),
    ],
)
def test_lost_with_its_machine_a_step_that_can_be_looked_for_is_looked_for(
    case: Callable[..., Case], tmp_path: Path, done_when: str, state: str
):
    one = case(
        f"touch {tmp_path}/done; echo restarted; echo ran >> {tmp_path}/count; sleep 60",
        done_when=done_when.format(tmp_path),
    )
    lose_the_machine(one, tmp_path)
    one.find()
    assert [(row[1]) for row in one.states()] == [state]
    assert one.ran() == 1


def test_found_on_a_machine_that_was_started_anew_nothing_is_believed_but_an_exit(
    case: Callable[..., Case], monkeypatch: pytest.MonkeyPatch
):
    one = case()
    one.die("row written, not forked")
    monkeypatch.setattr("tocsin.act.actions.process.machine", lambda: "another/boot")
    one.find()
    assert (one.ran(), one.states()) == (0, [(1, "unknown", None, None)])


def test_a_request_that_may_have_arrived_is_unknown(case: Callable[..., Case], tmp_path: Path):
    one = case("POST http://127.0.0.1:9/", kind="http")
    (tmp_path / "runs").mkdir()
    now = one.hall.clock.now()
    what = {"kind": "http", "title": "Restart", "level": "change", "state": "started", "started_at": now}
    one.hall.store.write(lambda conn: rows.put_attempt(conn, "run_1", "restart", 1, **what))
    one.find()
    assert one.states() == [(1, "unknown", None, None)]


@pytest.mark.parametrize("point", ["row written, not forked", "just forked", "over, not written"])
def test_with_its_folder_lost_a_dangerous_step_is_unknown_and_not_begun_anew(
    case: Callable[..., Case], tmp_path: Path, point: str
):
    one = case()
    one.die(point)
    until(lambda: point == "row written, not forked" or one.ran())
    ran = one.ran()
    shutil.rmtree(tmp_path / "runs")
    one.find()
    assert (one.ran(), one.states()) == (ran, [(1, "unknown", None, None)])


@pytest.mark.parametrize("wish", ["pause", "cancel"])
def test_a_step_does_not_begin_once_somebody_wished_the_run_to_stop(case: Callable[..., Case], wish: str):
    one = case()
    run = one.run
    one.hall.store.write(lambda conn: rows.change(conn, "run_1", wish=wish))
    one.attempts.carry_out(run, one.step, 1)
    assert (one.ran(), one.states()) == (0, [])


def test_while_the_store_is_away_a_step_goes_on_and_its_end_is_kept(
    case: Callable[..., Case], monkeypatch: pytest.MonkeyPatch
):
    one = case("POST http://127.0.0.1:9/", kind="http")
    store, write, refused, asked = one.hall.store, one.hall.store.write, list[str](), list[str]()

    def refuse(*_: object) -> None:
        refused.append("no")
        if len(refused) > 2:
            monkeypatch.undo()
            write(*_)
            return
        raise Unavailable("locked")

    class Request:
        """Leaves no trace by which a finder could know how it ended."""

        def run(self, call: Call) -> Result:
            monkeypatch.setattr(store, "read", refuse)
            time.sleep(1.05)
            asked.append(call.stopped())
            monkeypatch.undo()
            monkeypatch.setattr(store, "write", refuse)
            return Result(well=True, status=200)

    one.hall.workshop.actions["http"] = Request()
    refused.clear()
    one.attempts.carry_out(one.run, one.step, 1)
    assert [state for _, state, *_ in one.states()] == ["finished"]
    assert (asked, one.hall.world.pages) == ([""], [])
