"""Runs a command of its own on this machine, as Nagios plugins are run.

    - {name: workers, kind: command, run: "systemctl is-active shop-worker", expect: "exit == 0"}

`expect` is a condition over `exit`, `stdout`, `stderr`, `json` (what it printed, if that is JSON) and `ms`; without it,
exit status 0 is well. The number is what `value` says, else the last number that was printed. Bash sees PATH, HOME,
LANG and what `environment` declares, no more; at the timeout it is ended with all its children. A command that the
guard takes to destroy something is refused when the configuration is read: a check only looks.
"""

from __future__ import annotations

import json
import re
import time
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from tocsin.act.checks.finding import Finding
from tocsin.act.checks.probe import CheckSettings, Expectation, Probe, judged
from tocsin.act.checks.spawn import looks, output
from tocsin.ground.kernel.secret import SecretOrText, reveal, scrub

_SHOWN = 200
_NUMBER = re.compile(r"[-+]?\d{1,15}(?:\.\d{1,15})?", re.ASCII)


class CommandSettings(CheckSettings):
    run: Annotated[str, AfterValidator(looks)] = Field(
        min_length=1, max_length=8_192, description="The command, for bash."
    )
    environment: dict[str, SecretOrText] = Field(
        default_factory=dict, description="Variables that it sees, besides PATH, HOME and LANG."
    )
    expect: Expectation = Field(
        default="exit == 0", description="Condition over exit, stdout, stderr, json, ms."
    )


class Command(Probe[CommandSettings]):
    title = "Command"
    Settings = CommandSettings
    examples = (
        {"name": "workers", "kind": "command", "run": "pgrep -c shop-worker", "value": "value"},
        {
            "name": "queue",
            "kind": "command",
            "run": "shop-queue --json",
            "environment": {"SHOP_TOKEN": "env:SHOP_TOKEN"},
            "expect": "exit == 0 && json.waiting < 1000",
            "value": "json.waiting",
        },
    )

    def look(self) -> Finding:
        begun = time.monotonic()
        declared = {name: reveal(value) for name, value in self.settings.environment.items()}
        printed = output(self.settings.run, declared, self.timeout_s)
        ms = round((time.monotonic() - begun) * 1000, 1)
        numbers = _NUMBER.findall(printed.stdout[-_SHOWN:])
        last = float(numbers[-1]) if numbers else None
        outcome = {
            "exit": printed.exit,
            "stdout": printed.stdout,
            "stderr": printed.stderr,
            "json": _json(printed.stdout),
            "ms": ms,
            **({} if last is None else {"value": last}),
        }
        said = next((line for line in (printed.stdout + printed.stderr).splitlines() if line.strip()), "")
        text = f"exit {printed.exit}: {said[:_SHOWN]}" if said else f"exit {printed.exit}"
        return judged(self.settings, self.settings.expect, outcome, text=scrub(text), ms=ms, default=last)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
