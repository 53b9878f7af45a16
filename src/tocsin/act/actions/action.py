"""What can a step do? An action carries out one attempt and says what came of it.

Whatever an action prints it writes to the files `out` and `err` in the attempt's folder, where others follow them: a
hundred megabytes never stand in memory. Values reach it by name, as environment, bound parameters or quoted
components, never as text. Retries, deadlines, approvals and records are the run's business, not the action's.
"""

from __future__ import annotations

import enum
import json
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from tocsin.act.guard import Verdict
from tocsin.ground.kernel.errors import TocsinError
from tocsin.ground.kernel.extensions import discover
from tocsin.ground.kernel.outbound import Outbound

READ_LIMIT = 1 << 20
"""So much of a step's output stands in `stdout` and `stderr` of a condition: 1 MiB, the last of it."""
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?", re.ASCII)
_STATUS_LINE = re.compile(r"^(?:< )?HTTP/[\d.]+ (\d{3})", re.ASCII | re.MULTILINE)


class CannotRun(TocsinError):
    """The step could not even begin; the message says what to put right in the runbook or the configuration."""

    code = "cannot_run"
    status = 422


class Found(enum.Enum):
    """What is there of an attempt that was under way when the process died."""

    NOT_STARTED = "not started"
    RUNNING = "running"
    DONE = "done"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One attempt, as an action gets it. `stopped()` says why it should end now, or nothing."""

    text: str
    folder: Path
    timeout_s: float
    language: str = ""
    level: str = "read"
    values: Mapping[str, str] = field(default_factory=dict[str, str])
    hostile: frozenset[str] = frozenset()  # names of values that came from an alert
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    target: Mapping[str, Any] = field(default_factory=dict[str, Any])
    action: str = (
        ""  # of an action step: `docker.restart`, and what it is given, with `${NAME}` not yet filled in
    )
    arguments: Mapping[str, Any] = field(default_factory=dict[str, Any])
    streams: bool = False
    same_machine: bool = True  # false: the folder was begun on another machine, or before it was started anew
    elapsed_s: float = 0.0  # of an attempt that is taken up again
    stopped: Callable[[], str] = lambda: ""

    @property
    def out(self) -> Path:
        return self.folder / "out"

    @property
    def err(self) -> Path:
        return self.folder / "err"


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """What came of it. `well`: without an expectation, was that a success? `lost`: nobody knows how it ended."""

    well: bool
    why: str = ""
    exit: int | None = None
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    rows: tuple[dict[str, Any], ...] | None = None
    ms: float = 0.0
    lost: bool = False
    cut: bool = False  # ended by us: no expectation is asked any more

    def variables(self, out: Path, err: Path) -> dict[str, Any]:
        """What a condition on the result may speak of. What was not measured is absent, and never true."""
        stdout, stderr = tail_of(out), tail_of(err)
        status = self.status if self.status is not None else _status_in(stdout)
        measured = {
            "exit": self.exit,
            "stdout": stdout,
            "body": stdout,
            "stderr": stderr,
            "status": status,
            "headers": dict(self.headers),
            "json": _json_in(stdout),
            "rows": list(self.rows) if self.rows is not None else None,
            "ms": self.ms,
            "value": last_number(stdout),
        }
        return {name: value for name, value in measured.items() if value is not None}


class Action(ABC):
    """One kind of step. Built once for the process."""

    title: ClassVar[str]

    def __init__(self, outbound: Outbound) -> None:
        self.outbound = outbound

    @abstractmethod
    def run(self, call: Call) -> Result:
        """Does it, in a folder that is new. Raises CannotRun where it did not even begin."""

    def verdict(self, text: str) -> Verdict | None:
        """The level that the action itself declares for a text; None where the guard of its kind has to judge."""
        return None

    def plan(self, call: Call) -> str:
        """What it would do, in one sentence; nothing where the text says it best. Raises CannotRun as `run` does."""
        return ""

    def find(self, call: Call) -> Found:
        """After a crash: how far did the attempt in this folder come? What leaves no trace is unknown."""
        return Found.UNKNOWN

    def take_up(self, call: Call) -> Result:
        """Goes on with an attempt that `find` calls running or done. Only for actions that can find one."""
        raise NotImplementedError


def all_actions(outbound: Outbound) -> dict[str, Action]:
    """The folder is the list: every action by its kind."""
    found = discover("tocsin.act.actions.kinds", Action, "tocsin.actions")
    return {kind: action(outbound) for kind, action in found.items()}  # pyright: ignore[reportAbstractUsage] - only whole ones are found


def tail_of(path: Path, limit: int = READ_LIMIT) -> str:
    """The last `limit` bytes of a file as text; nothing where it is absent."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - limit))
            return file.read(limit).decode("utf-8", "replace")
    except FileNotFoundError:
        return ""


def last_number(text: str) -> float | None:
    """The last number that was printed: what `wc -l`, `psql -t` or `curl -w` say."""
    found = _NUMBER.findall(text[-4096:])
    return float(found[-1]) if found else None


def _status_in(stdout: str) -> int | None:
    """The last HTTP status in an output: a status line (`curl -i`), or a bare number at its end (`curl -w`)."""
    lines = _STATUS_LINE.findall(stdout)
    if lines:
        return int(lines[-1])
    word = stdout[-64:].split()[-1:] or [""]
    last = word[0][-3:]
    return int(last) if last.isdecimal() and 100 <= int(last) <= 599 else None


def _json_in(stdout: str) -> Any:
    text = stdout.strip()
    if not text.startswith(("{", "[")):
        return None
    try:
        return json.loads(text, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return None
