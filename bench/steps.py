"""`python -m bench.steps`: what a durable step costs beyond the bare command, beside plain bash and, if asked, Prefect.

The same command (`bash -c true`), BENCH_STEPS (40) times one after another, in BENCH_ROUNDS (5) rounds in which each
peer has its turn: steps of a repair in a run on a real `tocsin up` as it is shipped, on SQLite and on Postgres (fsync
on); a shell script; with BENCH_PREFECT=1 a flow of Prefect whose tasks run it, on a server of its own on this machine,
installed once into `.cache/`. Milliseconds a step, from the end of the first to the end of the last.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "support"))

from rich.console import Console
from rich.table import Table
from served import Served

from bench.peers import Postgres, throw_away

STEPS = int(os.environ.get("BENCH_STEPS", "40"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
WITH_PREFECT = os.environ.get("BENCH_PREFECT") == "1"
PREFECT = ("prefect==3.4.11", "fastapi==0.115.12")  # it takes any newer FastAPI, and fails with some
HOME = Path(__file__).parent.parent / ".cache" / "bench-prefect"
COMMAND = ("bash", "-c", "true")
Peer = Callable[[], float]
"""Does all the steps once and says how many milliseconds each took."""

_CONFIGURATION = """
{database}
services:
  steps: {{title: Steps, runbooks: ["steps.md"], automatic: change, soak: 1s}}
"""
_FLOW = """
import json, subprocess, sys, time
from prefect import flow, task

@task
def step():
    subprocess.run(json.loads(sys.argv[2]), check=True)
    return time.perf_counter()

@flow
def steps():
    ends = [step() for _ in range(int(sys.argv[1]))]
    return (ends[-1] - ends[0]) / (len(ends) - 1) * 1000

print("milliseconds", steps())
"""


def runbook() -> str:
    """Steps of a repair, one after another; those of a diagnosis would run at the same time."""
    fences = "\n".join(f"```bash {{name=step-{number}}}\ntrue\n```\n" for number in range(STEPS))
    head = "---\ntitle: Steps\nservice: steps\nowner: bench\n---\n# Steps\n"
    return f"{head}\n## Resolution\n\n{fences}\n## Verification\n\n```bash\ntrue\n```\n"


@contextmanager
def tocsin(folder: Path, database: str = "") -> Iterator[Peer]:
    """Runs of a runbook on a server of its own."""
    (folder / "runbooks").mkdir(parents=True)
    told = f'database: "{database}"' if database else ""
    (folder / "tocsin.yaml").write_text(_CONFIGURATION.format(database=told))
    (folder / "runbooks" / "steps.md").write_text(runbook())
    served = Served(folder)

    def once() -> float:
        incident = served.post("/api/v1/incidents", {"title": "bench", "service": "steps"})["id"]
        asked = {"incident": incident, "path": "steps.md", "mode": "automatic"}
        run = served.post("/api/v1/runs", asked)["id"]
        # Seldom, since to ask costs the server time.
        while served.get(f"/api/v1/runs/{run}")["state"] in ("wanted", "running"):
            time.sleep(0.5)
        steps = served.get(f"/api/v1/runs/{run}")["steps"]
        ends = sorted(
            datetime.fromisoformat(each["ended_at"]).timestamp()
            for each in steps
            if each["key"].startswith("step-")
        )
        assert len(ends) == STEPS, steps
        served.post(f"/api/v1/incidents/{incident}/resolve", {"why": "bench"})
        return (ends[-1] - ends[0]) / (STEPS - 1) * 1000

    try:
        served.start()
        yield once
    finally:
        served.stop()


def bash() -> float:
    """A script that runs the command so many times, as who has no runs would."""
    script = f"for n in $(seq {STEPS}); do {' '.join(COMMAND)}; done"
    began = time.perf_counter()
    subprocess.run(["bash", "-c", script], check=True)
    return (time.perf_counter() - began) / STEPS * 1000


@contextmanager
def prefect(folder: Path) -> Iterator[Peer]:
    """A flow of Prefect, each time in a process of its own, on one server that only this machine reaches."""
    python = installed()
    flow = folder / "flow.py"
    flow.write_text(_FLOW)
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")},
        "PREFECT_HOME": str(folder / "home"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "true",
        "PREFECT_LOGGING_LEVEL": "ERROR",
        "DO_NOT_TRACK": "1",
    }

    def once() -> float:
        done = subprocess.run(
            [str(python), str(flow), str(STEPS), json.dumps(COMMAND)],
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-4000:]
        return float(done.stdout.rpartition("milliseconds ")[2])

    yield once


def installed() -> Path:
    """The Python of an environment that has Prefect and nothing of ours; made at the first time."""
    python = HOME / "bin" / "python"
    ready = HOME / f".{PREFECT[0]}"
    if not ready.exists():
        Console().print(f"installing {PREFECT[0]} into {HOME} …")
        venv.create(HOME, with_pip=True, clear=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *PREFECT], check=True)
        ready.touch()
    return python


def main() -> None:
    with throw_away("tocsin-bench-steps-") as folder, ExitStack() as stack:
        peers: dict[str, Peer] = {"Tocsin, SQLite": stack.enter_context(tocsin(folder / "sqlite"))}
        try:
            server = Postgres()
        except FileNotFoundError as missing:
            Console().print(str(missing))
        else:
            stack.callback(server.stop)
            peers["Tocsin, Postgres"] = stack.enter_context(tocsin(folder / "postgres", server.database()))
        peers["bash"] = bash
        if WITH_PREFECT:
            (folder / "prefect").mkdir()
            peers["Prefect"] = stack.enter_context(prefect(folder / "prefect"))
        for peer in peers.values():
            peer()  # the first time of each pays for what is made once
        taken: dict[str, list[float]] = {name: [] for name in peers}
        for _ in range(ROUNDS):
            for name, peer in peers.items():
                taken[name].append(peer())
    show(taken)


def show(taken: dict[str, list[float]]) -> None:
    """Ratios are those of the same round, as absolute times swing on shared machines."""
    table = Table(title=f"{STEPS} steps of `{' '.join(COMMAND)}`, {ROUNDS} rounds", title_justify="left")
    for name in ("figure", "median", "min", "max", "asked"):
        table.add_column(name, justify="left" if name == "figure" else "right")

    def row(name: str, values: list[float], asked: str = "", digits: int = 1) -> None:
        cells = (statistics.median(values), min(values), max(values))
        table.add_row(name, *(f"{value:.{digits}f}" for value in cells), asked)

    def overhead(name: str) -> list[float]:
        return [one - bare for one, bare in zip(taken[name], taken["bash"], strict=True)]

    for name, values in taken.items():
        row(f"a step: {name}, ms", values)
    for name in taken:
        if name != "bash":
            row(f"beyond bash: {name}, ms", overhead(name), "≤ 8" if name.startswith("Tocsin") else "")
    for name, values in taken.items():
        if name != "bash":
            row(f"{name} ÷ bash", [one / bare for one, bare in zip(values, taken["bash"], strict=True)])
    if "Prefect" in taken:
        for name in taken:
            if name.startswith("Tocsin"):
                pairs = zip(overhead(name), overhead("Prefect"), strict=True)
                row(f"overhead: {name} ÷ Prefect", [one / other for one, other in pairs], "≤ 0.1", 3)
    Console().print(table)


main()
