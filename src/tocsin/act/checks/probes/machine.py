"""Looks at the machine on which Tocsin runs: processor, memory, disk.

    - {name: machine, kind: machine, expect: "json.cpu < 0.9 && json.memory < 0.9 && json.disk < 0.85"}

`json.cpu` is the load of the last minute by processor, `json.memory` the share that is not available, `json.disk` the
used share of the file system that holds `path`, all 0 to 1; `json.load`, `json.memory_free_mb` and `json.disk_free_mb`
are figures as they are. On Linux. For another machine, ask its exporter with a probe of the kind `prometheus`.
"""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from pydantic import Field

from tocsin.act.checks.finding import Finding
from tocsin.act.checks.probe import CheckSettings, Expectation, Probe, judged

_MB = 1 << 20


class MachineSettings(CheckSettings):
    path: str = Field(default="/", min_length=1, max_length=4096, description="Whose file system is meant.")
    expect: Expectation = Field(
        default="json.cpu < 4.0 && json.memory < 0.95 && json.disk < 0.95",
        description="Condition over json.cpu, json.memory, json.disk and the figures behind them.",
    )


class Machine(Probe[MachineSettings]):
    title = "Processor, memory, disk"
    Settings = MachineSettings
    examples = (
        {"name": "machine", "kind": "machine"},
        {
            "name": "disk",
            "kind": "machine",
            "path": "/var/lib/postgresql",
            "expect": "json.disk < 0.85",
            "value": "json.disk",
        },
    )

    def look(self) -> Finding:
        begun = time.monotonic()
        load = os.getloadavg()[0]
        total, available = _memory()
        disk = shutil.disk_usage(self.settings.path)
        seen = {
            "cpu": load / (os.cpu_count() or 1),
            "load": load,
            "memory": 1 - available / total,
            "memory_free_mb": available / _MB,
            "disk": disk.used / (disk.used + disk.free),
            "disk_free_mb": disk.free / _MB,
        }
        ms = round((time.monotonic() - begun) * 1000, 1)
        text = f"cpu {seen['cpu']:.0%}, memory {seen['memory']:.0%}, disk {seen['disk']:.0%}"
        outcome = {"json": seen, "ms": ms}
        return judged(self.settings, self.settings.expect, outcome, text=text, ms=ms, default=seen["cpu"])


def _memory() -> tuple[int, int]:
    """Bytes in all, and bytes that can still be had, as /proc/meminfo says."""
    lines = (line.split() for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines())
    kilobytes = {words[0].rstrip(":"): int(words[1]) for words in lines}
    return kilobytes["MemTotal"] * 1024, kilobytes["MemAvailable"] * 1024
