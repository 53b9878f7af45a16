"""`python -m bench.runbooks [FOLDER]`: what reading a runbook costs, and whether memory stays flat.

The command itself is measured, `tocsin runbook import FOLDER --json`: on an empty document (what starting costs), on
the folder, and on three copies of it. Milliseconds a file are those of the copies less the start's; memory is flat if
three times as many files need no more of it. Times are those of the processor, since others swing on shared machines.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
DEFAULT = Path(__file__).parent.parent / "tests" / "data" / "runbooks"


def main(folder: Path) -> None:
    if not folder.is_dir():
        raise SystemExit(f"{folder} is no folder")
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as name:
        empty, once, thrice = (Path(name) / each for each in ("empty", "once", "thrice"))
        empty.mkdir()
        (empty / "empty.md").write_text("# Nothing\n")
        shutil.copytree(folder, once)
        for copy in "abc":
            shutil.copytree(folder, thrice / copy)
        files = run(once)[2]
        size = sum(file.stat().st_size for file in once.rglob("*.md")) / files / 10_000
        each: list[float] = []
        grown: list[float] = []
        peaks: list[float] = []
        starts: list[float] = []
        for _ in range(ROUNDS):
            start, _, _ = run(empty)
            _, peak, _ = run(once)
            took, peak_of_three, _ = run(thrice)
            starts.append(start)
            each.append((took - start) / (3 * files) * 1000)
            peaks.append(peak)
            grown.append(peak_of_three - peak)
    show(files, size, each, peaks, grown, starts)


def run(folder: Path) -> tuple[float, float, int]:
    """Seconds of the processor, the most memory in MiB, and files read."""
    command = [sys.executable, "-m", "tocsin", "runbook", "import", str(folder), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout
        files = sum(1 for _ in process.stdout)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, files


def show(
    files: int, size: float, each: list[float], peaks: list[float], grown: list[float], starts: list[float]
) -> None:
    table = Table(title=f"tocsin runbook import, {files} files of {size * 10:.1f} kB", title_justify="left")
    for name in ("figure", "median", "min", "max", "asked"):
        table.add_column(name, justify="left" if name == "figure" else "right")
    rows = [
        ("reading a file, ms", each, "< 10"),
        ("reading 10 kB, ms", [value / size for value in each], ""),
        ("most memory, MiB", peaks, ""),
        ("more for three times the files, MiB", grown, "flat"),
        ("start of the command, s", starts, ""),
    ]
    for name, values, asked in rows:
        cells = (statistics.median(values), min(values), max(values))
        table.add_row(name, *(f"{value:.1f}" for value in cells), asked)
    Console().print(table)


main(Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT)
