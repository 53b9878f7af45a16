"""A step prints a hundred megabytes: they are kept whole and can be read to the end, and the server hardly grows."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench.peers import memory_of
from served import Served
from waiting import until

LINES = 1_000_000 if os.environ.get("TOCSIN_FAULTS") == "full" else 200_000
LINE = 100
GROWTH_MIB = 48
READING_MIB = 128  # the store's connections keep 16 MB each of what they have read last
CONFIGURATION = """
services:
  shop: {title: Shop, runbooks: ["long.md"], automatic: change}
"""
RUNBOOK = f"""---
title: Long
service: shop
owner: shop
---
# Long

## Symptoms

It is long.

## Resolution

```bash {{name=print timeout=300s level=change}}
yes {"x" * (LINE - 1)} | head -n "$LINES"
```

## Verification

```bash {{expect="exit == 0"}}
true
```
"""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    folder = tmp_path / "config"
    (folder / "runbooks").mkdir(parents=True)
    (folder / "tocsin.yaml").write_text(CONFIGURATION)
    (folder / "runbooks" / "long.md").write_text(RUNBOOK.replace("$LINES", str(LINES)))
    server = Served(folder)
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.mark.timeout(600)
def test_a_hundred_megabytes_are_kept_whole_and_cost_no_memory(served: Served):
    assert served.process
    served.get("/api/v1/runs")  # so that what is only needed once is there
    Path(f"/proc/{served.process.pid}/clear_refs").write_text("5")  # the peak begins anew
    before = memory_of(served.process.pid, "VmRSS")
    asked = {"path": "long.md", "mode": "automatic"}
    run = served.post("/api/v1/runs", asked)["id"]
    until(
        lambda: served.get(f"/api/v1/runs/{run}")["state"] in ("succeeded", "failed"),
        300,
        "the end of the run",
    )
    assert served.get(f"/api/v1/runs/{run}")["state"] == "succeeded"
    printing = memory_of(served.process.pid, "VmHWM") - before
    seen, after = 0, 0
    while after is not None:
        page = served.get(f"/api/v1/runs/{run}/output?step=print&after={after}")
        assert all(set(each["text"]) <= {"x", "\n"} for each in page["items"])
        seen += sum(len(each["text"]) for each in page["items"])
        after = page["next"]
    reading = memory_of(served.process.pid, "VmHWM") - before
    print(
        f"{seen / 1e6:.0f} MB printed: {printing:.0f} MiB more while it printed, {reading:.0f} after it was read"
    )
    assert seen == LINES * LINE
    assert printing < GROWTH_MIB
    assert reading < READING_MIB
