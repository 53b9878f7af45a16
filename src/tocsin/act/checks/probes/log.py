"""Has it fallen silent? No line of a log with one of these words within the last minutes.

    - {name: no errors, kind: log, run: "docker logs --since $SINCE shop-api 2>&1", within: 5m}
    - {name: no errors, kind: log, file: /var/log/shop/api.log, words: [ERROR, Traceback], ignore: [healthz]}

A command sees SINCE (UTC, as 2026-02-01T09:30:00Z) and is to print what is newer; every line of it counts. Of a file
the last MiB is read, and lines count that begin with a time within the window, with those that follow them without a
time; local times are taken as UTC. `value` is the number of lines found, `most` says how many are still well.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from tocsin.act.checks.finding import Finding
from tocsin.act.checks.probe import CheckSettings, Probe
from tocsin.act.checks.spawn import looks, output
from tocsin.ground.kernel.clock import SystemClock
from tocsin.ground.kernel.duration import Duration
from tocsin.ground.kernel.outbound import OutboundFailed
from tocsin.ground.kernel.secret import scrub

_READ = 1 << 20
_SHOWN = 200
_TIME = re.compile(
    r"[\[(]?(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,6})\d{0,3})?\s?(Z|[+-]\d\d:?\d\d)?", re.ASCII
)


class LogSettings(CheckSettings):
    file: str | None = Field(default=None, max_length=4096, description="The file to read.")
    run: Annotated[str, AfterValidator(looks)] | None = Field(
        default=None, max_length=8_192, description="Or the command that prints the lines, for bash."
    )
    words: tuple[str, ...] = Field(
        default=("ERROR", "FATAL", "CRITICAL", "Traceback", "panic:"),
        min_length=1,
        description="A line with one of them is an error.",
    )
    ignore: tuple[str, ...] = Field(default=(), description="Unless one of these stands in it as well.")
    within: Duration = Field(default=timedelta(minutes=5), description="How far to look back.")
    most: int = Field(default=0, ge=0, description="So many lines are still well.")

    @model_validator(mode="after")
    def _one_place(self) -> LogSettings:
        if (self.file is None) == (self.run is None):
            raise ValueError(
                "a log is read from a file or from what a command prints: give one of file and run"
            )
        return self


class Log(Probe[LogSettings]):
    title = "Silence of a log"
    Settings = LogSettings
    examples = (
        {"name": "no errors", "kind": "log", "file": "/var/log/shop/api.log"},
        {
            "name": "no errors in docker",
            "kind": "log",
            "run": 'docker logs --since "$SINCE" shop-api 2>&1',
            "words": ["ERROR", "deadlock detected"],
            "ignore": ["healthz"],
            "within": "10m",
        },
    )

    def look(self) -> Finding:
        begun = time.monotonic()
        since = SystemClock().now() - self.settings.within
        lines = self._of_file(since) if self.settings.file else self._of_command(since)
        found = [line for line in lines if self._tells(line)]
        ms = round((time.monotonic() - begun) * 1000, 1)
        ok = len(found) <= self.settings.most
        text = f"{len(found)} lines in {self.settings.within.total_seconds():.0f} s"
        if not ok:
            text = f"{text}, the last: {scrub(found[-1].strip())[:_SHOWN]}"
        return Finding(check=self.settings.name, ok=ok, text=text, ms=ms, value=float(len(found)))

    def _tells(self, line: str) -> bool:
        has = any(word in line for word in self.settings.words)
        return has and not any(word in line for word in self.settings.ignore)

    def _of_command(self, since: datetime) -> Iterable[str]:
        environment = {"SINCE": since.strftime("%Y-%m-%dT%H:%M:%SZ")}
        printed = output(self.settings.run or "", environment, self.timeout_s)
        if printed.exit != 0:
            said = scrub((printed.stderr or printed.stdout).strip())[:_SHOWN]
            raise OutboundFailed(f"the command ended with {printed.exit}: {said}")
        return printed.stdout.splitlines()

    def _of_file(self, since: datetime) -> Iterator[str]:
        path = Path(self.settings.file or "")
        try:
            with path.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(0, size - _READ))
                lines = file.read(_READ).decode("utf-8", "replace").splitlines()
        except OSError as error:
            raise OutboundFailed(f"{path} cannot be read: {error.strerror}") from None
        timed = [(_time_of(line), line) for line in lines]
        if lines and all(at is None for at, _ in timed):
            raise OutboundFailed(f"no line of {path} tells its time")
        within = False
        for at, line in timed:
            within = within if at is None else at >= since
            if within:
                yield line


def _time_of(line: str) -> datetime | None:
    found = _TIME.match(line)
    if not found:
        return None
    day, clock, _, zone = found.groups()
    try:
        at = datetime.fromisoformat(f"{day}T{clock}{zone or 'Z'}")
    except ValueError:
        return None
    return at.astimezone(UTC)
