"""A shop is broken on purpose: Tocsin notices, its runbook mends it, and the drill says how well that went."""

from __future__ import annotations

import http.server
import json
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from served import Served
from waiting import until

pytestmark = pytest.mark.timeout(180)
CONFIG = """
people: {{mei: {{name: Mei-Ling Chen}}}}
teams: {{backend: {{title: Backend, members: [mei]}}}}
outbound: {{allow: ["127.0.0.0/8"]}}
policies:
  shop:
    levels:
      P0: {{title: Nothing is sold, when: ["m.availability < 0.5"], clocks: {{assess: 5m, restore: 30m}}}}
      P3: {{title: Low, otherwise: true}}
services:
  shop:
    title: The shop
    team: backend
    policy: shop
    automatic: change
    runbooks: ["*.md"]
    environment: {{FLAG: "{flag}", FOLDER: "{folder}"}}
    monitor: {{every: 1s, rounds: 1}}
    soak: 1s
    soak_every: 1s
    checks: [{{name: health, kind: http, url: "{url}/", expect: "status == 200"}}]
  cellar: {{title: The cellar, environment: {{FOLDER: "{folder}"}}}}
faults:
  stuck:
    title: The till is stuck
    service: shop
    inject: touch "$FLAG"; echo stuck
    undo: rm -f "$FLAG"
    within: 2m
  unseen: {{service: cellar, inject: "true", undo: 'touch "$FOLDER/mended"', within: 1s, detect: 1s}}
  clumsy: {{service: cellar, inject: "echo no such wine >&2; exit 3"}}
  slow: {{service: cellar, inject: 'echo once >> "$FOLDER/times"; sleep 60'}}
"""
RUNBOOK = """---
title: The till is stuck
service: shop
start: automatic
---
# The till is stuck

## Resolution

### Attempt 1: Give it a push

```bash
mv "$FLAG" "$FLAG.gone"
```

Idempotent: yes
"""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Served]:
    flag = tmp_path / "flag"

    class Shop(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(500 if flag.exists() else 200)
            self.end_headers()

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Not on the screen of the tests."""

    service = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    threading.Thread(target=service.serve_forever, args=(0.02,), daemon=True).start()
    folder = tmp_path / "tocsin"
    (folder / "runbooks").mkdir(parents=True)
    url = f"http://127.0.0.1:{service.server_port}"
    (folder / "tocsin.yaml").write_text(CONFIG.format(flag=flag, url=url, folder=tmp_path))
    (folder / "runbooks" / "till.md").write_text(RUNBOOK)
    server = Served(folder)
    try:
        yield server.start()
    finally:
        server.stop()
        service.shutdown()
        service.server_close()


def ended(shop: Served, drill: str) -> dict[str, Any]:
    return until(
        lambda: (
            (found := shop.get(f"/api/v1/drills/{drill}"))["state"] not in ("wanted", "breaking", "watching")
            and found
        ),
        90,
        "the end of the drill",
    )


def test_a_drill_is_noticed_mended_scored_and_counts_as_a_review(shop: Served, tmp_path: Path) -> None:
    drill = json.loads(shop.command("drill", "run", "stuck", "--json").stdout)
    status, refused = shop.ask("POST", "/api/v1/drills", {"fault": "stuck"})
    assert status == 409
    assert "shop" in refused["error"]["message"]

    over = ended(shop, drill["id"])
    assert (over["state"], over["why"], over["printed"]) == ("passed", "", "stuck")
    assert [mark["name"] for mark in over["marks"]] == ["detect", "acknowledge", "restore"]
    assert all(mark["ok"] for mark in over["marks"])
    assert [mark["allowed_s"] for mark in over["marks"]] == [300.0, 300.0, 1800.0]
    assert over["runbook"] == "till.md"
    incident = shop.get(f"/api/v1/incidents/{over['incident']}")
    assert incident["state"] == "resolved"
    told = {
        line["kind"]: line["sentence"]
        for line in shop.get(f"/api/v1/incidents/{incident['id']}/timeline")["items"]
    }
    assert "The till is stuck" in told["drill.known"]
    assert "passed" in told["drill.ended"]
    with sqlite3.connect(shop.folder / "tocsin.db") as db:
        reviews = db.execute("select path, note from runbook_review").fetchall()
    db.close()
    assert reviews == [("till.md", "drill stuck: Attempt 1: Give it a push")]

    shown = shop.command("drill", "list").stdout
    assert "The till is stuck" in shown
    assert "✓ passed" in shown
    assert "restore" in shop.command("drill", "show", over["id"]).stdout


def test_a_drill_that_nobody_notices_has_failed_and_is_mended(shop: Served, tmp_path: Path) -> None:
    done = shop.command("drill", "run", "unseen", "--wait", check=False)
    assert done.returncode == 1
    assert "nobody noticed" in done.stdout
    until(lambda: (tmp_path / "mended").exists(), what="the mending")

    clumsy = shop.post("/api/v1/drills", {"fault": "clumsy"})
    over = ended(shop, clumsy["id"])
    assert (over["state"], over["why"], over["printed"]) == ("void", "exit 3", "no such wine")
    assert shop.ask("POST", "/api/v1/drills", {"fault": "unheard-of"})[0] == 404
    assert shop.ask("POST", f"/api/v1/drills/{clumsy['id']}/stop", {})[0] == 409


def test_a_fault_is_put_in_once_whatever_becomes_of_the_server(shop: Served, tmp_path: Path) -> None:
    times = tmp_path / "times"
    drill = shop.post("/api/v1/drills", {"fault": "slow"})
    until(times.exists, what="the fault")
    shop.kill()
    shop.start()
    found = until(
        lambda: (each := shop.get(f"/api/v1/drills/{drill['id']}"))["state"] == "watching" and each,
        60,
        "the drill's second life",
    )
    assert "interrupted" in found["why"]
    shop.post(f"/api/v1/drills/{drill['id']}/stop")
    assert ended(shop, drill["id"])["state"] == "stopped"
    assert times.read_text() == "once\n"


def test_only_who_may_operate_breaks_something(shop: Served) -> None:
    made = shop.command(
        "token", "create", "--role", "responder", "--config", str(shop.folder), "--json"
    ).stdout
    status, answer = shop.ask("POST", "/api/v1/drills", {"fault": "unseen"}, token=json.loads(made)["token"])
    assert status == 403, answer
    assert shop.get("/api/v1/drills")["items"] == []


def test_a_simulated_run_changes_nothing_and_counts_as_a_review(shop: Served, tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    run = shop.post("/api/v1/runs", {"path": "till.md", "mode": "drill:simulated"})
    flag.touch()
    until(lambda: shop.get(f"/api/v1/runs/{run['id']}")["state"] == "succeeded", 60, "the end of the run")
    assert flag.exists()
    with sqlite3.connect(shop.folder / "tocsin.db") as db:
        reviews = db.execute("select path, note from runbook_review").fetchall()
    db.close()
    assert reviews == [("till.md", "drill:simulated")]
