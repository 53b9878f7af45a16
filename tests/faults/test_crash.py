"""SIGKILL, again and again, in the middle of a run and of an escalation: nothing lost, nothing finished repeated.

The steps write to a file that Tocsin does not know of; the checker counts that file. The person of this story answers
truthfully: a step whose end stands in the file is done, one that never got there is tried again.
"""

from __future__ import annotations

import os
import random
import re
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from receiver import Receiver
from served import Served
from waiting import until

STEPS = 6
SEEDS = range(5) if os.environ.get("TOCSIN_FAULTS") != "full" else range(100)


def runbook() -> str:
    steps = "\n".join(
        f"""### Attempt {number}: write line {number}

```bash {{name=line-{number} timeout=20s}}
echo "begin {number}" >> "$LEDGER"; sleep 0.2; echo "end {number}" >> "$LEDGER"; test {number} = {STEPS}
```
"""
        for number in range(1, STEPS + 1)
    )
    return f"""---
title: Lines
service: lines
severity: P0
owner: backend
start: automatic
---
# Lines

## Symptoms

Lines are missing.

## Resolution

{steps}
## Verification

```bash
grep -q "end {STEPS}" "$LEDGER"
```
"""


def configuration(ledger: Path, hook: str, database: str) -> str:
    return f"""
database: "{database}"
people:
  mei: {{name: Mei-Ling Chen, webhook: "{hook}"}}
  jun: {{name: Jun Wu, webhook: "{hook}"}}
  ann: {{name: Ann Lee, webhook: "{hook}"}}
  bo: {{name: Bo Lin, webhook: "{hook}"}}
teams: {{backend: {{title: Backend, members: [mei, jun, ann, bo]}}}}
channels: {{hook: {{kind: webhook}}}}
outbound: {{allow: ["127.0.0.0/8"]}}
escalations:
  backend:
    steps:
      - {{page: ["person:mei"]}}
      - {{page: ["person:jun"], after: 1s}}
      - {{page: ["person:ann", "person:bo"], after: 2s}}
policies:
  lines:
    levels:
      P0: {{when: ["alert.labels.severity == 'critical'"], clocks: {{assess: 5m, restore: 30m}}, channels: [hook]}}
      P3: {{otherwise: true, page: false}}
services:
  lines:
    title: Lines
    team: backend
    policy: lines
    escalation: backend
    runbooks: ["lines.md"]
    automatic: change
    soak: 1s
    soak_every: 1s
    environment: {{LEDGER: "{ledger}"}}
"""


@pytest.fixture
def hook() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.stop()


@pytest.mark.timeout(180)
@pytest.mark.parametrize("seed", SEEDS)
def test_killed_at_any_moment_it_goes_on_where_it_was(
    seed: int, tmp_path: Path, hook: Receiver, database_url: str
):
    chance = random.Random(seed)
    ledger = tmp_path / "ledger.txt"
    ledger.touch()
    folder = tmp_path / "config"
    (folder / "runbooks").mkdir(parents=True)
    (folder / "tocsin.yaml").write_text(configuration(ledger, hook.url, database_url))
    (folder / "runbooks" / "lines.md").write_text(runbook())
    served = Served(folder).start()
    try:
        key = served.key("webhook")
        sent = {"name": "LinesMissing", "labels": {"service": "lines", "severity": "critical"}}
        status, _ = served.ask("POST", f"/in/{key}", sent)
        assert status == 202
        kills = 0
        for _ in range(chance.randint(1, 3)):
            in_the_middle_of(chance.randint(1, STEPS), ledger)
            time.sleep(chance.uniform(0, 0.4))
            if chance.random() < 0.3:
                end_everything(served)
            else:
                served.kill()
            kills += 1
            served.start()
        until(lambda: is_mended(served, ledger), 60, f"the last step ({served.log()[-1500:]})")
        until(lambda: len(pages(hook)) == 4, 60, "the last page of the escalation")
        assert served.ask("POST", f"/in/{key}", {**sent, "status": "resolved"})[0] == 202
        run = until(lambda: ended(served), 60, f"the run's end ({served.log()[-1500:]})")
    finally:
        served.stop()

    lines = ledger.read_text().splitlines()
    ends = Counter(line for line in lines if line.startswith("end"))
    begins = Counter(line for line in lines if line.startswith("begin"))
    print(
        f"seed {seed}: {kills} kills, attempts {sum(begins.values())}, acknowledged {STEPS}, "
        f"lost {STEPS - len(ends)}, unexpected {sum(ends.values()) - len(ends)}, "
        f"recovered {sum(begins.values()) - sum(ends.values())}"
    )
    assert run["state"] == "succeeded"
    assert ends == Counter({f"end {number}": 1 for number in range(1, STEPS + 1)})
    for number in range(1, STEPS + 1):
        # Begun twice only where a person saw that it had not ended and said so.
        assert begins[f"begin {number}"] - ends[f"end {number}"] <= kills

    paged = pages(hook)
    assert len(paged) == 4, (
        "Mei, then Jun, then two at once; nobody twice, since that would wait for a minute"
    )
    assert paged.total() <= 4 + kills, "a page is repeated only after a kill, and under the same key"


def pages(hook: Receiver) -> Counter[str]:
    """How often each page of the incident has come, by the key that a receiver tells repeats by."""
    return Counter(
        message[1]["webhook-id"] for message in hook.messages if "incident" in str(message[2]).lower()
    )


def in_the_middle_of(line: int, ledger: Path) -> None:
    """Until the step has begun, or nothing moves any more because a person is asked."""
    end = time.monotonic() + 5
    while time.monotonic() < end and f"begin {line}" not in ledger.read_text():
        time.sleep(0.01)


def end_everything(served: Served) -> None:
    """The machine is gone: the server and whatever it had started."""
    assert served.process
    children = children_of(served.process.pid)
    served.kill()
    for pid in children:
        try:
            os.killpg(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue


def children_of(parent: int) -> list[int]:
    """Direct children, each the leader of its own process group."""
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            status = (entry / "stat").read_text()
        except OSError:
            continue
        fields = status.rpartition(")")[2].split()
        if int(fields[1]) == parent and int(fields[2]) == int(entry.name):
            found.append(int(entry.name))
    return found


def is_mended(served: Served, ledger: Path) -> bool:
    """Whether only the alert has to clear any more; a run that asks what became of a step is answered truthfully."""
    lines = ledger.read_text().splitlines()
    runs = served.get("/api/v1/runs")["items"]
    if not runs:
        return False
    (run,) = runs
    waiting = run["waiting_for"] or {}
    if run["state"] == "waiting" and waiting.get("kind") == "unknown":
        number = re.search(r"(\d+)", waiting["title"])
        assert number, waiting
        answer = "done" if f"end {number.group(1)}" in lines else "retry"
        served.post(
            f"/api/v1/runs/{run['id']}/answer",
            {"step": waiting["step"], "answer": answer, "reason": "looked at the file"},
        )
    return waiting.get("why") == "the alert has to clear"


def ended(served: Served) -> dict | None:
    (run,) = served.get("/api/v1/runs")["items"]
    return run if run["state"] in ("succeeded", "failed", "cancelled") else None
