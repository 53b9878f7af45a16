"""A deploy breaks the shop: what is advised, the roll back to its proof through a crash, and the rule left off.

Everything is real: the server, its commands, the shop, and the script that puts a version back.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from served import Served, until

RUNBOOK = """---
title: Put a version back
service: shop
owner: backend
reviewed: 2026-11-01
---
# Put a version back

## Resolution

```bash {name=back timeout=60s idempotent}
echo "from $FROM to $VERSION" >> "$LOG"; while [ -e "$HOLD" ]; do sleep 0.05; done
echo "$VERSION" > "$PLACE"
```
"""
CONFIGURATION = """
database: "sqlite:///{folder}/tocsin.db"
people: {{mei: {{name: Mei-Ling Chen}}}}
teams: {{backend: {{members: [mei], lead: mei}}}}
runs: {{settle: 0s, poll: 1s, window: 2s}}
repair: {{stable_after: 1h, verify_within: 2s, verify_every: 1s}}
services:
  shop:
    team: backend
    automatic: change
    soak: 10m
    environment: {{PLACE: "{folder}/version", LOG: "{folder}/log", HOLD: "{folder}/hold"}}
    checks:
      - {{name: health, kind: http, url: "{url}/health"}}
      - {{name: front page, kind: http, url: "{url}/"}}
    repair:
      rollback: {{runbook: back.md}}
    degrade:
      - {{name: static, title: Static list, quality: 40, when: "m.error_rate > 0.2", runbook: back.md}}
      - {{name: cached, title: Cached answers, quality: 60, runbook: back.md}}
"""


class Shop:
    """Version v1 is well, v3 answers `/health` with 500 and `/` as always."""

    def __init__(self, place: Path) -> None:
        class Answers(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                broken = self.path == "/health" and place.read_text().strip() == "v3"
                self.send_response(500 if broken else 200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    place = tmp_path / "version"
    place.write_text("v3\n")
    return place


@pytest.fixture
def tocsin(tmp_path: Path, place: Path) -> Iterator[Served]:
    shop = Shop(place)
    (tmp_path / "runbooks").mkdir()
    (tmp_path / "runbooks" / "back.md").write_text(RUNBOOK)
    (tmp_path / "tocsin.yaml").write_text(CONFIGURATION.format(folder=tmp_path, url=shop.url))
    served = Served(tmp_path).start()
    yield served
    served.stop()
    shop.close()


def told(served: Served, *arguments: str) -> Any:
    return json.loads(served.command(*arguments, "--json").stdout)


def deployed(served: Served, version: str, at: str | None = None) -> None:
    when = ("--at", at) if at else ()
    served.command("change", "add", f"Deploy {version}", "--service", "shop", "--version", version, *when)


def kinds(served: Served, incident: str) -> list[str]:
    return [each["kind"] for each in told(served, "incident", "timeline", incident)]


def test_a_bad_deploy_is_rolled_back_through_a_crash_and_what_was_switched_off_is_not_forgotten(
    tocsin: Served, tmp_path: Path, place: Path
):
    deployed(tocsin, "v1", "2026-11-20T10:00:00Z")
    deployed(tocsin, "v2", "2026-11-20T10:30:00Z")
    deployed(tocsin, "v3")
    standings = {each["version"]: each["standing"] for each in told(tocsin, "rollout", "versions", "shop")}
    assert standings == {"v3": "unproven", "v2": "stable", "v1": "unproven"}
    tocsin.command("rollout", "refuse", "shop", "v2", "--why", "it loses carts")
    tocsin.command("rollout", "confirm", "shop", "v1", "--why", "ran all summer")

    declared = told(
        tocsin, "incident", "declare", "The shop answers 500", "--service", "shop", "--severity", "P0"
    )
    incident = declared["id"]
    advice = told(tocsin, "rollout", "advise", incident)
    assert (advice["cause"], advice["chosen"]["strategy"], advice["back_to"]) == (
        "deployment",
        "rollback",
        "v1",
    )
    assert advice["cause_why"] == "shortly before it began: Deploy v3"
    assert all(each["against"] for each in advice["others"])
    assert [(each["name"], each["holds"]) for each in advice["options"]] == [
        ("cached", True),
        ("static", None),
    ]
    assert advice["options"][1]["why"] == "m.error_rate"

    # A version that nobody knows to be good is refused, and so is one that stands.
    for version, why in (("v2", "not known to be stable"), ("v3", "stands already"), ("v9", "no deploy")):
        refused = tocsin.command("rollout", "start", incident, "--to", version, "--reason", "x", check=False)
        assert refused.returncode == 1
        assert why in refused.stderr

    (tmp_path / "hold").touch()
    started = told(tocsin, "rollout", "start", incident, "--reason", "v3 answers 500")
    assert (started["from_version"], started["to_version"]) == ("v3", "v1")
    second = tocsin.command("rollout", "start", incident, "--reason", "me too", check=False)
    assert "being rolled back already" in second.stderr
    until(lambda: (tmp_path / "log").exists(), what="the script")
    tocsin.kill()
    tocsin.start()
    (tmp_path / "hold").unlink()

    def over() -> Any:
        found = told(tocsin, "rollout", "show", started["id"])
        return found if found["ended_at"] else None

    ended = until(over, 60, "the end of the roll back")
    assert ended["state"] == "done", ended
    assert [each["stage"] for each in ended["stages"]] == [
        "validate",
        "prepare",
        "perform",
        "verify",
        "record",
    ]
    before, after = ended["stages"][1]["findings"], ended["stages"][3]["findings"]
    assert {each["check"]: each["ok"] for each in before} == {"health": False, "front page": True}
    assert {each["check"]: each["ok"] for each in after} == {"health": True, "front page": True}
    assert place.read_text() == "v1\n"
    assert (tmp_path / "log").read_text() == "from v3 to v1\n", "it ran once, whatever was killed"

    current = told(tocsin, "rollout", "versions", "shop")[0]
    assert (current["version"], current["rolled_back"]) == ("v1", True)
    again = tocsin.command("rollout", "start", incident, "--reason", "once more", check=False)
    assert "rolled back already" in again.stderr
    assert until(lambda: told(tocsin, "incident", "show", incident)["state"] == "mitigated")
    assert {"rollback.started", "rollback.finished"} <= set(kinds(tocsin, incident))

    # A rule was switched off by hand: it nags until it is on again.
    off = told(
        tocsin,
        "rollout",
        "off",
        "WAF rule 17",
        "--reason",
        "blocks /auth",
        "--incident",
        incident,
        "--within",
        "1s",
    )
    until(lambda: "makeshift.nagged" in kinds(tocsin, incident), what="the reminder")
    assert [each["id"] for each in told(tocsin, "rollout", "makeshifts")] == [off["id"]]
    tocsin.command("rollout", "back", off["id"], "--by-hand")
    assert told(tocsin, "rollout", "makeshifts") == []
    assert kinds(tocsin, incident).count("makeshift.ended") == 1


def test_a_roll_back_that_does_not_help_reports_every_check_and_ends_after_three_attempts(
    tocsin: Served, place: Path
):
    (place.parent / "runbooks" / "back.md").write_text(RUNBOOK.replace('echo "$VERSION" > "$PLACE"', "true"))
    deployed(tocsin, "v1", "2026-11-20T10:00:00Z")
    deployed(tocsin, "v3")
    tocsin.command("rollout", "confirm", "shop", "v1")
    started = told(tocsin, "rollout", "start", "shop", "--reason", "v3 answers 500")

    def over() -> Any:
        found = told(tocsin, "rollout", "show", started["id"])
        return found if found["ended_at"] else None

    ended = until(over, 60, "the end of the roll back")
    assert (ended["state"], ended["attempt"]) == ("failed", 3)
    findings = {each["check"]: each["ok"] for each in ended["stages"][-2]["findings"]}
    assert findings == {"health": False, "front page": True}, "one that fails hides none of the others"
    refused = tocsin.command("rollout", "start", "shop", "--reason", "once more", check=False)
    assert "3 attempts were made" in refused.stderr
    assert "Choose another way" in refused.stderr
