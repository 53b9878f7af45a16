"""A team keeps its runbooks in its own repository: they are found, offered, told about, and survive its absence."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from receiver import Receiver
from served import Served
from waiting import until

RUNBOOK = """---
service: payments
owner: mei
reviewed: 2020-02-29
---
# Refunds fail

## Symptoms

The refund queue of the acquirer is stuck and grows.

## Diagnosis

```bash
no-such-program-anywhere --version
```

## Verification

```bash
uptime
```
"""


def _git(folder: Path, *arguments: str) -> None:
    who = {
        f"GIT_{role}_{what}": "mei@example.com"
        for role in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    alone = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "PATH": os.environ["PATH"]}
    subprocess.run(["git", *arguments], cwd=folder, check=True, env=who | alone, capture_output=True)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.stop()


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    folder = tmp_path / "refunds"
    (folder / "docs" / "runbooks").mkdir(parents=True)
    (folder / "docs" / "runbooks" / "fail.md").write_text(RUNBOOK)
    _git(folder, "init", "--quiet", "--initial-branch=main")
    _git(folder, "add", "--all")
    _git(folder, "commit", "--quiet", "--message", "how to mend refunds")
    return folder


@pytest.fixture
def served(tmp_path: Path, receiver: Receiver, origin: Path) -> Iterator[Served]:
    folder = tmp_path / "house"
    folder.mkdir()
    (folder / "tocsin.yaml").write_text(
        f"""
people: {{mei: {{name: Mei, webhook: "{receiver.url}"}}}}
channels: {{hook: {{kind: webhook}}}}
outbound: {{allow: [127.0.0.1]}}
services: {{payments: {{title: Payments}}}}
library:
  remind_at: "00:00"
  repositories: [{{url: ../refunds, every: 5s}}]
"""
    )
    server = Served(folder)
    server.start()
    yield server
    server.stop()


def test_the_runbooks_of_a_team_in_its_repository(served: Served, receiver: Receiver, origin: Path) -> None:
    path = "refunds/docs/runbooks/fail.md"

    def listed() -> list[str]:
        return [each["path"] for each in served.get("/api/v1/runbooks")["items"]]

    until(lambda: path in listed(), what="the repository's runbook")

    # Today's hour was over before the file came: the next process says it all the same.
    served.stop()
    served.start()
    until(lambda: receiver.messages, what="the reminder")
    assert "Refunds fail" in str(receiver.messages[0][2])

    # An alert finds it by its words, and the offer says what is known against it.
    key = served.key("webhook")
    told: dict[str, Any] = {
        "name": "AcquirerStuck",
        "service": "payments",
        "summary": "refund queue is stuck",
    }
    served.ask("POST", f"/in/{key}", told)
    incident = until(served.incident, what="the incident")

    def offer() -> dict[str, Any] | None:
        events = served.get(f"/api/v1/incidents/{incident['id']}/timeline")["items"]
        return next((each["data"] for each in events if each["kind"] == "run.offered"), None)

    offered = until(offer, what="the offer")
    assert offered["runbook"] == path
    assert "it speaks of what the alert says: acquirer, stuck, refund, queue" in offered["why"]
    assert "the program no-such-program-anywhere is not installed" in offered["stale"]
    assert "since 2020-03-30 its review is overdue" in offered["stale"]

    # The repository goes away: what was fetched stays, and the doctor says so.
    origin.rename(origin.with_name("elsewhere"))

    def doctor() -> str:
        return served.command("doctor", "--config", str(served.folder), check=False).stdout

    until(lambda: "refunds: cannot be fetched" in doctor(), what="the trouble")
    assert path in listed()
