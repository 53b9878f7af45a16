"""How is the machine? Load, memory, pressure and disks of the machine where the step runs.

Everything is read with programs that every Linux has, so that it works wherever a step can run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from pydantic import Field

from tocsin.act.actions.action import Call, Result, tail_of
from tocsin.act.actions.printed import with_reason
from tocsin.act.actions.programs import Programs
from tocsin.act.actions.toolbox import Verb, Word
from tocsin.ground.i18n import N_

_RESOURCES = """\
cat /proc/loadavg; nproc; uptime -s; cat /proc/meminfo
for each in cpu memory io; do
  [ -r /proc/pressure/$each ] && sed "s/^/pressure $each /" /proc/pressure/$each
done
exit 0
"""
_TOP = "exec ps -eo pid=,pcpu=,rss=,etimes=,comm= --sort=-$1"
_DISKS = "df -P -k --local; echo; df -P -i --local"
_UNREAL = frozenset({"tmpfs", "devtmpfs", "overlay", "squashfs", "udev", "none", "shm"})
_MEMORY = {
    "MemTotal": "memory_bytes",
    "MemAvailable": "available_bytes",
    "SwapTotal": "swap_bytes",
    "SwapFree": "swap_free_bytes",
}


class Resources(Verb):
    """Load for each processor, memory, swap, and how long tasks wait for them (pressure, in per cent of a minute)."""

    title = N_("Load and memory")
    level = "read"

    def plan(self) -> str:
        return "Reads the load, the memory and the pressure of the machine."


class Disk(Verb):
    """How full each file system is, in bytes and in inodes. With `limit` it is not well where one is fuller."""

    title = N_("Disks")
    level = "read"
    examples = ({}, {"limit": 0.9})

    limit: float | None = Field(default=None, gt=0, le=1, description="The share that may be used: 0.9.")

    def plan(self) -> str:
        return "Reads how full each file system is."


class Processes(Verb):
    """The processes that use most of the processor or of the memory."""

    title = N_("Busiest processes")
    level = "read"
    examples = ({}, {"by": "memory", "limit": 5})

    by: Word = Field(default="cpu", pattern="^(cpu|memory)$", description="cpu or memory.")
    limit: int = Field(default=10, ge=1, le=200, description="So many at most.")

    def plan(self) -> str:
        return f"Lists the {self.limit} processes that use most {self.by}."


class System(Programs):
    title = N_("Machine")
    verbs: ClassVar = (Resources, Disk, Processes)

    def argv(self, verb: Verb, call: Call) -> Sequence[str]:
        match verb:
            case Processes():
                return ("sh", "-c", _TOP, "top", "pcpu" if verb.by == "cpu" else "rss")
            case Disk():
                return ("sh", "-c", _DISKS)
            case _:
                return ("sh", "-c", _RESOURCES)

    def after(self, verb: Verb, call: Call, result: Result) -> Result:
        if not result.well:
            return with_reason(call, result)
        text = tail_of(call.out)
        match verb:
            case Processes():
                rows = list(_processes(text))[: verb.limit]
            case Disk():
                rows = _disks(text)
                full = [
                    row["mounted"] for row in rows if verb.limit is not None and row["share"] > verb.limit
                ]
                if full:
                    result = replace(
                        result, well=False, why=f"more than {verb.limit:.0%} full: {', '.join(full)}"
                    )
            case _:
                rows = [_resources(text)]
        return replace(result, rows=tuple(rows))


def _resources(text: str) -> dict[str, Any]:
    lines = text.splitlines()
    one, five, fifteen = (float(each) for each in lines[0].split()[:3])
    count = int(lines[1])
    found: dict[str, Any] = {
        "processors": count,
        "load_1m": one,
        "load_5m": five,
        "load_15m": fifteen,
        "load_each": round(one / count, 2),
        "up_since": lines[2],
    }
    for line in lines[3:]:
        words = line.split()
        if words[:1] == ["pressure"]:
            share = next(each for each in words if each.startswith("avg60="))
            found[f"{words[1]}_pressure_{words[2]}"] = float(share.removeprefix("avg60="))
        elif words and (name := _MEMORY.get(words[0].removesuffix(":"))):
            found[name] = int(words[1]) * 1024
    if found.get("memory_bytes"):
        found["memory_share"] = round(1 - found.get("available_bytes", 0) / found["memory_bytes"], 4)
    return found


def _disks(text: str) -> list[dict[str, Any]]:
    """The two tables of `df`: kilobytes, then inodes, of file systems that are on a disk."""
    by_size, _, by_inode = text.partition("\n\n")
    found: dict[str, dict[str, Any]] = {}
    for device, total, used, free, mounted in _table(by_size):
        if device not in _UNREAL or mounted == "/":
            share = used / (used + free) if used + free else 0.0
            found[mounted] = {
                "mounted": mounted,
                "device": device,
                "bytes": total * 1024,
                "free_bytes": free * 1024,
                "share": round(share, 4),
                "inode_share": 0.0,
            }
    for _, total, used, _, mounted in _table(by_inode):
        if mounted in found and total:
            found[mounted]["inode_share"] = round(used / total, 4)
    return sorted(found.values(), key=lambda row: -row["share"])


def _table(text: str) -> Iterator[tuple[str, int, int, int, str]]:
    for line in text.splitlines()[1:]:
        words = line.split(maxsplit=5)
        if len(words) == 6 and all(each.isdecimal() for each in words[1:4]):
            yield words[0], int(words[1]), int(words[2]), int(words[3]), words[5]


def _processes(text: str) -> Iterator[dict[str, Any]]:
    for line in text.splitlines():
        words = line.split(maxsplit=4)
        if len(words) == 5:
            pid, share, kilobytes, seconds, name = words
            yield {
                "pid": int(pid),
                "cpu_percent": float(share),
                "memory_bytes": int(kilobytes) * 1024,
                "seconds": int(seconds),
                "program": name,
            }
