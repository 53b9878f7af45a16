"""A release goes bad in the night: one press asks everything at once, and says where to look."""

from __future__ import annotations

import io
import json
import time
import urllib.request
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from edge import Edge, Origin
from served import Served
from waiting import until

CONFIGURATION = """
outbound: {{allow: [127.0.0.0/8]}}
diagnosis: {{timeout: 4s}}
services:
  shop:
    title: Shop
    endpoints:
      health: {{url: "http://127.0.0.1:{edge}/health", origin: "127.0.0.1:{origin}"}}
      orders: {{url: "http://127.0.0.1:{edge}/orders", origin: "127.0.0.1:{origin}"}}
    environment: {{FOLDER: "{folder}", SHOP_TOKEN: "env:SHOP_TOKEN"}}
    runbooks: ["*.md"]
"""
KNOWN, UNKNOWN = "hunter2-hunter2", "swordfish-9-swordfish"
RUNBOOK = """# Shop is slow

## Diagnosis

### Its log

```bash
cat "$FOLDER/shop.log"; echo "token $SHOP_TOKEN"; echo "password=swordfish-9-swordfish"
```

### It takes a while

```bash
date +%s; sleep 3; echo ended
```

### It hangs

```bash
echo so far; sleep 60
```

### Restart it

```bash
systemctl restart shop
```

## Causes

### Cause 1: The model is away

**Symptom**: `MODEL_API_ERROR` in the log

### Cause 2: The pool is full

**Symptom**: `too many clients` in the log
"""


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as running:
        yield running


@pytest.fixture
def edge(origin: Origin) -> Iterator[Edge]:
    with Edge(origin) as running:
        yield running


@pytest.fixture
def served(tmp_path: Path, edge: Edge, origin: Origin) -> Iterator[Served]:
    folder = tmp_path / "configuration"
    (folder / "runbooks").mkdir(parents=True)
    written = CONFIGURATION.format(edge=edge.port, origin=origin.port, folder=folder)
    (folder / "tocsin.yaml").write_text(written, encoding="utf-8")
    (folder / "runbooks" / "slow.md").write_text(RUNBOOK, encoding="utf-8")
    server = Served(folder, env={"SHOP_TOKEN": KNOWN}).start()
    yield server
    server.stop()


def whole_log(began: datetime) -> str:
    """An hour of a log: the model always complains a little; the pool does so since the release."""

    def at(minutes: float, text: str) -> str:
        return f"{began + timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%SZ} {text}"

    before = [at(-each, f"ERROR MODEL_API_ERROR of request {each}") for each in range(59, 0, -1)]
    since = [at(2 + each / 60, f"ERROR too many clients, request {each}") for each in range(1, 40)]
    return "\n".join([*before, *since, at(3, "ERROR MODEL_API_ERROR of request 99")]) + "\n"


def bundle_of(served: Served, diagnosis: str) -> zipfile.ZipFile:
    request = urllib.request.Request(
        f"{served.url}/api/v1/diagnoses/{diagnosis}/archive",
        headers={"Authorization": f"Bearer {served.token}"},
    )
    with urllib.request.urlopen(request, timeout=15) as answer:
        assert answer.headers["Content-Type"] == "application/zip"
        return zipfile.ZipFile(io.BytesIO(answer.read()))


def printing(served: Served, step: str) -> list[Path]:
    return list((served.folder / "diagnoses").glob(f"*/*{step}/*/out"))


def over(served: Served, diagnosis: str) -> dict[str, Any]:
    def ended() -> dict[str, Any] | None:
        found = served.get(f"/api/v1/diagnoses/{diagnosis}")
        return found if found["state"] != "running" else None

    return until(ended, 60, "the end of the diagnosis")


def test_everything_is_asked_at_once_and_read_together_also_across_a_crash(
    served: Served, edge: Edge, origin: Origin, tmp_path: Path
):
    edge.stop()
    began = datetime.now(UTC)
    (served.folder / "shop.log").write_text(whole_log(began), encoding="utf-8")
    deployed = (began - timedelta(minutes=7)).isoformat()
    served.post("/api/v1/changes", {"title": "Shop 2.8", "service": "shop", "at": deployed, "version": "2.8"})
    incident = served.post("/api/v1/incidents", {"title": "Shop is slow", "service": "shop"})["id"]
    started = served.post("/api/v1/diagnoses", {"incident": incident})
    assert served.post("/api/v1/diagnoses", {"incident": incident})["id"] == started["id"]  # pressed twice
    until(
        lambda: any(each.read_text() for each in printing(served, "diagnosis-2")),
        30,
        "the start of a command",
    )

    killed = time.time()
    served.kill()
    served.start()
    found = over(served, started["id"])
    shown = served.get(f"/api/v1/diagnoses/{found['id']}/parts/slow.diagnosis-2")["text"]
    assert shown.endswith("ended")
    assert int(shown.split()[0]) <= killed  # taken up, not begun anew

    parts = {each["title"]: each for each in found["parts"]}
    assert parts["Its log"]["ok"] is True
    assert parts["It takes a while"]["said"] == ""
    assert (parts["It hangs"]["ok"], parts["It hangs"]["said"]) == (False, "did not end in time")
    assert parts["Restart it"]["state"] == "by_hand"

    findings = found["findings"]
    assert (findings["scope"]["side"], findings["scope"]["reach"]) == ("infrastructure", "all")
    assert [(each["title"], each["minutes_before"]) for each in findings["changes"]] == [("Shop 2.8", 7)]
    (log,) = findings["logs"]
    assert [each["turn"] for each in log["new"]] == ["new"]
    assert "too many clients" in log["new"][0]["sample"]
    first, second = findings["causes"]
    assert (first["name"], first["score"] > 2 * second["score"]) == ("The pool is full", True)
    assert "and did not before" in first["why"][0]
    assert findings["advice"][0].startswith("“Shop 2.8” was changed 7 minutes before it began.")

    with bundle_of(served, found["id"]) as bundle:
        names = bundle.namelist()
        texts = {name: bundle.read(name).decode() for name in names}
    assert names[:2] == ["index.html", "diagnosis.json"]
    whole = "\n".join(texts.values())
    assert "Shop 2.8" in texts["index.html"]
    assert "so far" in whole  # what a question showed before its time was over
    assert "token ***" in whole
    assert "password=***" in whole
    assert KNOWN not in whole
    assert UNKNOWN not in whole

    story = served.get(f"/api/v1/incidents/{incident}/timeline")["items"]
    told = [each["sentence"] for each in story if each["kind"].startswith("diagnosis.")]
    assert [each.partition(":")[0] for each in told][1:] == ["Diagnosis", "What to do next"]
    assert "Look at what stands in front" in told[-1], "where it fails comes before what changed"
    until(
        lambda: not list((served.folder / "diagnoses").iterdir()), 30, "the end of what commands have printed"
    )

    file = tmp_path / "bundle.zip"
    said = served.command("diagnose", "--show", found["id"], "--archive", str(file)).stdout
    assert "Known causes, the likeliest first\n  · The pool is full (slow.md)" in said
    assert zipfile.is_zipfile(file)
    assert found["id"] in served.command("diagnose", "--list").stdout
    refused = served.command("diagnose", "shpo", check=False)
    assert (refused.returncode, "did you mean shop?" in refused.stderr) == (1, True)
    assert (
        json.loads(served.command("diagnose", "--list", "--incident", incident, "--json").stdout)[0]["state"]
        == "done"
    )
