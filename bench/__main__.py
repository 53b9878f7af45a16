"""`python -m bench`: alert to page, the start, and the memory.

Each figure is measured on a real `tocsin up` with the shipped configuration; each page alternates with its peer, a
request that stores nothing, since absolute rates swing on shared machines.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "support"))

from receiver import Receiver
from rich.console import Console
from rich.table import Table
from served import Served
from waiting import until

ALERTS = int(os.environ.get("BENCH_ALERTS", "200"))

CONFIGURATION = """
people: {{mei: {{name: Mei-Ling Chen, webhook: "{hook}"}}}}
channels: {{hook: {{kind: webhook}}}}
outbound: {{allow: ["127.0.0.0/8"]}}
escalations: {{all: {{steps: [{{page: ["person:mei"]}}]}}}}
"""


def main() -> None:
    console = Console()
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder:
        hook = Receiver()
        config = Path(folder)
        (config / "tocsin.yaml").write_text(CONFIGURATION.format(hook=hook.url))
        began = time.perf_counter()
        served = Served(config)
        served.start()
        ready = time.perf_counter() - began
        try:
            page, idle = alert_to_page(served, hook)
            memory = resident(served)
        finally:
            served.stop()
            hook.stop()
    show(console, page, idle, ready, memory)


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
    ready: float,
    memory: float,
) -> None:
    table = Table(title="tocsin up, SQLite, one process", title_justify="left")
    for name in ("figure", "median", "min", "max", "asked"):
        table.add_column(name, justify="left" if name == "figure" else "right")
    ordered = sorted(page)
    p99 = ordered[max(0, round(len(ordered) * 0.99) - 1)]
    rows = [
        ("alert → page at the receiver, ms", page, "p50 ≤ 10"),
        ("request that stores nothing, ms", idle, ""),
        ("alert → page ÷ such a request", [one / other for one, other in zip(page, idle, strict=True)], ""),
    ]
    for name, values, asked in rows:
        cells = (statistics.median(values), min(values), max(values))
        table.add_row(name, *(f"{value:.1f}" for value in cells), asked)
    table.add_row("alert → page, p99, ms", f"{p99:.1f}", "", "", "≤ 50")
    table.add_row("start to ready, s (with token)", f"{ready:.1f}", "", "", "≤ 3")
    table.add_row("resident memory, MiB", f"{memory:.0f}", "", "", "≤ 150")
    console.print(table)


main()
