"""`python -m bench`: alert to page, and what a durable step costs beyond the bare command.

Each figure is measured on a real `tocsin up` with the shipped configuration, over several rounds that alternate
with their peer (the bare command; a request that stores nothing), since absolute rates swing on shared machines.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "support"))

from receiver import Receiver
from rich.console import Console
from rich.table import Table
from served import Served
from waiting import until

ALERTS = int(os.environ.get("BENCH_ALERTS", "200"))
STEPS = int(os.environ.get("BENCH_STEPS", "40"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))

CONFIGURATION = """
people: {{mei: {{name: Mei-Ling Chen, webhook: "{hook}"}}}}
channels: {{hook: {{kind: webhook}}}}
outbound: {{allow: ["127.0.0.0/8"]}}
escalations: {{all: {{steps: [{{page: ["person:mei"]}}]}}}}
services:
  steps: {{title: Steps, escalation: all, runbooks: ["steps.md"], automatic: change, soak: 1s}}
"""


def runbook() -> str:
    """Steps of a repair, one after another; those of a diagnosis would run at the same time."""
    fences = "\n".join(
        f"```bash {{name=step-{number} idempotent=true}}\ntrue\n```\n" for number in range(STEPS)
    )
    head = "---\ntitle: Steps\nservice: steps\nowner: bench\n---\n# Steps\n"
    return f"{head}\n## Resolution\n\n{fences}\n## Verification\n\n```bash\ntrue\n```\n"


def main() -> None:
    console = Console()
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder:
        hook = Receiver()
        config = Path(folder)
        (config / "runbooks").mkdir()
        (config / "tocsin.yaml").write_text(CONFIGURATION.format(hook=hook.url))
        (config / "runbooks" / "steps.md").write_text(runbook())
        began = time.perf_counter()
        served = Served(config)
        served.start()
        ready = time.perf_counter() - began
        try:
            page, idle = alert_to_page(served, hook)
            steps, bare = step_overhead(served)
            memory = resident(served)
        finally:
            served.stop()
            hook.stop()
    show(console, page, idle, steps, bare, ready, memory)


def alert_to_page(served: Served, hook: Receiver) -> tuple[list[float], list[float]]:
    """Milliseconds from the POST of a distinct alert to the receiver holding its page, one after another, each
    beside a request that stores nothing.
    """
    key = served.key("webhook")
    times: list[float] = []
    idle: list[float] = []
    for number in range(ALERTS + 5):
        before = len(hook.messages)
        start = time.time()
        sent = {"name": f"Bench{number}", "labels": {"severity": "critical"}}
        status, answer = served.ask("POST", f"/in/{key}", sent)
        assert status == 202, answer
        until(lambda before=before: len(hook.messages) > before, 10, "the page")
        times.append((hook.messages[before][0] - start) * 1000)
        began = time.perf_counter()
        served.ask("GET", "/healthz")
        idle.append((time.perf_counter() - began) * 1000)
    return times[5:], idle[5:]


def step_overhead(served: Served) -> tuple[list[float], list[float]]:
    """Milliseconds a step within a run, and of the same command bare, in alternating rounds."""
    durable: list[float] = []
    bare: list[float] = []
    for number in range(ROUNDS):
        incident = served.post("/api/v1/incidents", {"title": f"bench {number}", "service": "steps"})
        run = served.post(
            "/api/v1/runs", {"incident": incident["id"], "path": "steps.md", "mode": "automatic"}
        )
        path = f"/api/v1/incidents/{incident['id']}/timeline?limit=1000"
        until(
            lambda run=run: served.get(f"/api/v1/runs/{run['id']}")["state"] in ("succeeded", "failed"),
            60,
            "the run's end",
        )
        finished = [item for item in served.get(path)["items"] if item["kind"] == "run.step.finished"]
        span = seconds(finished[STEPS - 1]["at"]) - seconds(finished[0]["at"])
        durable.append(span / (STEPS - 1) * 1000)
        began = time.perf_counter()
        for _ in range(STEPS):
            subprocess.run(["bash", "-c", "true"], check=True)
        bare.append((time.perf_counter() - began) / STEPS * 1000)
        served.post(f"/api/v1/incidents/{incident['id']}/resolve", {"why": "bench"})
    return durable, bare


def seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


def resident(served: Served) -> float:
    assert served.process
    for line in Path(f"/proc/{served.process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def show(
    console: Console,
    page: list[float],
    idle: list[float],
    steps: list[float],
    bare: list[float],
    ready: float,
    memory: float,
) -> None:
    table = Table(title="tocsin up, SQLite, one process", title_justify="left")
    for name in ("figure", "median", "min", "max", "asked"):
        table.add_column(name, justify="left" if name == "figure" else "right")
    ordered = sorted(page)
    p99 = ordered[max(0, round(len(ordered) * 0.99) - 1)]
    extra = [one - other for one, other in zip(steps, bare, strict=True)]
    ratio = [one / other for one, other in zip(steps, bare, strict=True)]
    rows = [
        ("alert → page at the receiver, ms", page, "p50 ≤ 10"),
        ("request that stores nothing, ms", idle, ""),
        ("alert → page ÷ such a request", [one / other for one, other in zip(page, idle, strict=True)], ""),
        ("durable step, ms", steps, ""),
        ("bare command, ms", bare, ""),
        ("step overhead, ms", extra, "≤ 8"),
        ("durable step ÷ bare command", ratio, ""),
    ]
    for name, values, asked in rows:
        cells = (statistics.median(values), min(values), max(values))
        table.add_row(name, *(f"{value:.1f}" for value in cells), asked)
    table.add_row("alert → page, p99, ms", f"{p99:.1f}", "", "", "≤ 50")
    table.add_row("start to ready, s (with token)", f"{ready:.1f}", "", "", "≤ 3")
    table.add_row("resident memory, MiB", f"{memory:.0f}", "", "", "≤ 150")
    console.print(table)


main()
