"""A deploy breaks the shop: what is advised, the roll back to its proof through a crash, and the rule left off.

Everything is real: the server, its commands, the shop, and the script that puts a version back.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from answering import answering
from served import Served
from waiting import until

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


@pytest.fixture
def place(tmp_path: Path) -> Path:
    place = tmp_path / "version"
    place.write_text("v3\n")
    return place


@pytest.fixture
def tocsin(tmp_path: Path, place: Path) -> Iterator[Served]:
    """Its shop is well with v1; with v3 it answers `/health` with 500 and `/` as always."""

    def answers(_method: str, path: str, _headers: dict[str, str], _body: bytes) -> tuple[int, None]:
        return 500 if path == "/health" and place.read_text().strip() == "v3" else 200, None

    (tmp_path / "runbooks").mkdir()
    (tmp_path / "runbooks" / "back.md").write_text(RUNBOOK)
    with answering(answers) as shop:
        (tmp_path / "tocsin.yaml").write_text(CONFIGURATION.format(folder=tmp_path, url=shop.url))
        served = Served(tmp_path).start()
        yield served
        served.stop()


API = "/api/v1"
LONG_AGO, LATER = ((datetime.now(UTC) - timedelta(hours=hours)).isoformat() for hours in (48, 47.5))


def told(served: Served, *arguments: str) -> Any:
    return json.loads(served.command(*arguments, "--json").stdout)


def deployed(served: Served, version: str, at: str | None = None) -> None:
    what = {"title": f"Deploy {version}", "service": "shop", "version": version}
    served.post(f"{API}/changes", what | ({"at": at} if at else {}))


def judged(served: Served, version: str, *, stable: bool) -> None:
    served.post(f"{API}/services/shop/versions", {"version": version, "stable": stable, "why": "we know"})


def refused(served: Served, **body: str) -> str:
    status, answer = served.ask("POST", f"{API}/rollbacks", {"reason": "x", **body})
    assert status in (404, 409, 422), answer
    return f"{answer['error']['message']} {answer['error']['fix']}"


def ended(served: Served, rollback: str) -> Any:
    def over() -> Any:
        found = served.get(f"{API}/rollbacks/{rollback}")
        return found if found["ended_at"] else None

    return until(over, 60, "the end of the roll back")


def kinds(served: Served, incident: str) -> list[str]:
    return [each["kind"] for each in served.get(f"{API}/incidents/{incident}/timeline?limit=200")["items"]]


def checks(stage: dict[str, Any]) -> dict[str, bool]:
    return {each["check"]: each["ok"] for each in stage["findings"]}


def test_a_bad_deploy_is_rolled_back_through_a_crash_and_what_was_switched_off_is_not_forgotten(
    tocsin: Served, tmp_path: Path, place: Path
):
    deployed(tocsin, "v1", LONG_AGO)
    deployed(tocsin, "v2", LATER)
    deployed(tocsin, "v3")
    versions = told(tocsin, "rollout", "versions", "shop")
    assert {each["version"]: each["standing"] for each in versions} == {
        "v3": "unproven",
        "v2": "stable",
        "v1": "unproven",
    }
    judged(tocsin, "v2", stable=False)
    judged(tocsin, "v1", stable=True)

    new = {"title": "The shop answers 500", "service": "shop", "severity": "P0"}
    incident = tocsin.post(f"{API}/incidents", new)["id"]
    advice = told(tocsin, "rollout", "advise", incident)
    assert (advice["cause"], advice["chosen"]["strategy"], advice["back_to"]) == (
        "deployment",
        "rollback",
        "v1",
    )
    assert advice["cause_why"] == "shortly before it began: Deploy v3"
    assert all(each["against"] for each in advice["others"])
    options = [(each["name"], each["holds"], each["why"]) for each in advice["options"]]
    assert options == [("cached", True, ""), ("static", None, "m.error_rate")]
    said = tocsin.post(f"{API}/incidents/{incident}/cause", {"cause": "memory-leak"})
    assert said["cause"] == "memory-leak"
    assert tocsin.get(f"{API}/incidents/{incident}/repair")["chosen"]["strategy"] == "restart"

    # A version that nobody knows to be good is refused, and so is one that stands.
    assert "not known to be stable" in refused(tocsin, incident=incident, to="v2")
    assert "stands already" in refused(tocsin, incident=incident, to="v3")
    assert "no deploy" in refused(tocsin, incident=incident, to="v9")

    (tmp_path / "hold").touch()
    started = told(tocsin, "rollout", "start", incident, "--reason", "v3 answers 500")
    assert (started["from_version"], started["to_version"]) == ("v3", "v1")
    assert "being rolled back already" in refused(tocsin, incident=incident)
    until(lambda: (tmp_path / "log").exists(), what="the script")
    tocsin.kill()
    tocsin.start()
    (tmp_path / "hold").unlink()

    done = ended(tocsin, started["id"])
    assert done["state"] == "done", done
    stages = done["stages"]
    assert [each["stage"] for each in stages] == ["validate", "prepare", "perform", "verify", "record"]
    assert checks(stages[1]) == {"health": False, "front page": True}
    assert checks(stages[3]) == {"health": True, "front page": True}
    assert place.read_text() == "v1\n"
    assert (tmp_path / "log").read_text() == "from v3 to v1\n", "it ran once, whatever was killed"
    assert "verify: all checks pass" in tocsin.command("rollout", "show", started["id"]).stdout

    current = tocsin.get(f"{API}/services/shop/versions")["items"][0]
    assert (current["version"], current["rolled_back"]) == ("v1", True)
    assert "rolled back already" in refused(tocsin, incident=incident)
    until(
        lambda: tocsin.get(f"{API}/incidents/{incident}")["state"] == "mitigated", what="the service's return"
    )
    assert {"repair.cause", "rollback.started", "rollback.finished"} <= set(kinds(tocsin, incident))

    # A rule was switched off by hand: it nags until it is on again.
    rule = {"what": "WAF rule 17", "reason": "blocks /auth", "incident": incident, "within": "1s"}
    off = tocsin.post(f"{API}/makeshifts", rule)
    until(lambda: "makeshift.nagged" in kinds(tocsin, incident), what="the reminder")
    assert [each["id"] for each in told(tocsin, "rollout", "makeshifts")] == [off["id"]]
    assert tocsin.command("rollout", "back", off["id"], "--by-hand").stdout == "Put back: WAF rule 17\n"
    assert tocsin.get(f"{API}/makeshifts?standing=true")["items"] == []
    assert kinds(tocsin, incident).count("makeshift.ended") == 1


def test_a_roll_back_that_does_not_help_reports_every_check_and_ends_after_three_attempts(
    tocsin: Served, place: Path
):
    (place.parent / "runbooks" / "back.md").write_text(RUNBOOK.replace('echo "$VERSION" > "$PLACE"', "true"))
    deployed(tocsin, "v1", LONG_AGO)
    deployed(tocsin, "v3")
    judged(tocsin, "v1", stable=True)
    started = tocsin.post(f"{API}/rollbacks", {"service": "shop", "reason": "v3 answers 500"})
    failed = ended(tocsin, started["id"])
    assert (failed["state"], failed["attempt"]) == ("failed", 3)
    assert checks(failed["stages"][-2]) == {"health": False, "front page": True}, (
        "one hides none of the others"
    )
    once_more = refused(tocsin, service="shop")
    assert "3 attempts were made" in once_more
    assert "Choose another way" in once_more
