"""A service breaks at night and comes back: from the probe that sees it to the report that tells it.

Mei-Ling is on call. The shop answers 500; the first rung of its runbook does nothing, the second deletes what
breaks it, which a person has to approve.
"""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from letterbox import Mailbox, link_of, text_of
from served import Served
from shop import Shop
from waiting import until

RUNBOOK = """---
title: Shop down
service: shop
severity: P0
owner: backend
reviewed: 2026-11-01
start: automatic
---
# Shop down

## Symptoms

The shop answers 500.

## Diagnosis

```http
GET ${SHOP_URL}/health
```

## Resolution

### Attempt 1: look away

```bash {idempotent=true timeout=10s}
echo "looking away"
```

Wait: 1s

### Attempt 2: mend it

```bash {timeout=10s}
echo "mending with $SECRET_WORD" && rm "$BROKEN"
```

Wait: 1s

## Verification

```http {expect="status == 200 && json.count > 5"}
GET ${SHOP_URL}/users/1
```

```http {expect="status == 200 && json.count > 5"}
GET ${SHOP_URL}/users/2
```
"""


def configuration(shop: Shop, mail: Mailbox, database: str, port: int) -> str:
    return f"""
public_url: http://127.0.0.1:{port}
database: "{database}"
people: {{mei: {{name: Mei-Ling Chen, email: mei@example.com}}}}
teams: {{backend: {{title: Backend, members: [mei]}}}}
channels: {{mail: {{kind: email, host: 127.0.0.1, port: {mail.port}, from: tocsin@example.com}}}}
schedules: {{backend: {{layers: [{{people: [mei], rotation: weekly, start: "2026-01-05T09:00"}}]}}}}
escalations: {{backend: {{steps: [{{page: ["schedule:backend"]}}]}}}}
policies:
  core:
    levels:
      P0: {{when: ["m.availability < 0.5"], clocks: {{assess: 5m, restore: 30m, report: 1h}}, channels: [mail]}}
      P3: {{otherwise: true, page: false}}
services:
  shop:
    title: Shop
    team: backend
    policy: core
    escalation: backend
    runbooks: ["shop.md"]
    automatic: change
    soak: 2s
    soak_every: 1s
    environment: {{SHOP_URL: "{shop.url}", BROKEN: "{shop.broken}", SECRET_WORD: "env:SHOP_SECRET"}}
    checks:
      - {{name: health, kind: http, url: "{shop.url}/health", expect: "status == 200"}}
    monitor: {{every: 1s, rounds: 2}}
"""


class Form(HTMLParser):
    """The first form of a page's content, as a browser would send it."""

    def __init__(self) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}
        self._place = "before"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "main":
            self._place = "content"
        elif tag == "form" and self._place == "content":
            self._place, self.action = "form", values.get("action", "")
        elif tag == "input" and self._place == "form" and values.get("name"):
            self.fields[values["name"]] = values.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self._place == "form":
            self._place = "after"


def press_the_button(link: str) -> str:
    """Opens the page behind the link of a message and presses its one button."""
    with urllib.request.urlopen(link, timeout=10) as page:
        form = Form()
        form.feed(page.read().decode())
    target = urllib.parse.urljoin(link, form.action)
    data = urllib.parse.urlencode(form.fields).encode()
    request = urllib.request.Request(
        target, data=data, method="POST", headers={"Origin": link.split("/a/", 1)[0]}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read().decode()


@pytest.fixture
def mail() -> Iterator[Mailbox]:
    box = Mailbox()
    yield box
    box.stop()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    opened = Shop(tmp_path)
    yield opened
    opened.stop()


@pytest.fixture
def served(tmp_path: Path, shop: Shop, mail: Mailbox, database_url: str) -> Iterator[Served]:
    folder = tmp_path / "config"
    (folder / "runbooks").mkdir(parents=True)
    server = Served(folder, env={"SHOP_SECRET": "hush-hush-4711"})
    (folder / "tocsin.yaml").write_text(configuration(shop, mail, database_url, server.port))
    (folder / "runbooks" / "shop.md").write_text(RUNBOOK)
    server.start()
    yield server
    server.stop()


def kinds(served: Served, incident: str) -> list[str]:
    return [item["kind"] for item in served.get(f"/api/v1/incidents/{incident}/timeline")["items"]]


@pytest.mark.timeout(120)
def test_the_shop_breaks_and_comes_back(served: Served, shop: Shop, mail: Mailbox):
    shop.broken.touch()

    incident: dict[str, Any] = until(served.incident, 20, "an incident")
    assert incident["id"].startswith("INC-")
    assert (incident["severity"], incident["service"]) == ("P0", "shop")

    until(lambda: mail.mails, 10, "a page by mail")
    page = mail.mails[0]
    assert page["To"] == "mei@example.com"
    assert "P0" in page["Subject"]
    assert incident["id"] in text_of(page)
    press_the_button(link_of(page))

    def state() -> dict[str, Any]:
        return served.get(f"/api/v1/incidents/{incident['id']}")

    assert state()["acknowledged_at"] is not None

    def question() -> dict[str, Any] | None:
        runs = served.get(f"/api/v1/runs?incident={incident['id']}")["items"]
        return next((each["waiting_for"] for each in runs if each["state"] == "waiting"), None)

    asked = until(lambda: (question() or {}).get("approval"), 20, "the question before the deletion")
    assert shop.broken.exists()
    approver = served.command(
        *("token", "create", "--role", "approver", "--name", "jun", "--scope", "approve"),
        *("--config", str(served.folder), "--json"),
    )
    status, answer = served.ask(
        "POST",
        f"/api/v1/approvals/{asked}/approve",
        {"reason": "the file is a left-over"},
        token=json.loads(approver.stdout)["token"],
    )
    assert status == 200, answer
    resolved = until(lambda: state()["state"] == "resolved" and state(), 60, "the resolution")
    assert resolved["detected_at"] <= resolved["acknowledged_at"]
    assert resolved["mitigated_at"] <= resolved["resolved_at"]
    assert not shop.broken.exists()

    until(lambda: "report.drafted" in kinds(served, incident["id"]), 10, "the report")
    story = kinds(served, incident["id"])
    for kind in (
        "incident.opened",
        "severity.decided",
        "page.sent",
        "incident.acknowledged",
        "run.started",
        "run.rung.finished",
        "run.approval.given",
        "run.verified",
        "run.finished",
        "incident.mitigated",
        "soak.round",
        "incident.resolved",
    ):
        assert kind in story, (kind, story)

    (run,) = served.get(f"/api/v1/runs?incident={incident['id']}")["items"]
    assert run["state"] == "succeeded"
    output = "".join(
        str(served.get(f"/api/v1/runs/{run['id']}/output?step=resolution-{number}")) for number in (1, 2)
    )
    assert "looking away" in output
    assert "mending with ***" in output

    _, report = served.ask("GET", f"/api/v1/incidents/{incident['id']}/report")
    markdown = report["markdown"] if isinstance(report, dict) else report
    assert markdown.startswith(f"# {incident['id']}")
    assert "mend it" in markdown
    assert "hush-hush-4711" not in markdown + output + served.log()

    printed = served.command("report", incident["id"]).stdout
    assert incident["id"] in printed
    listed = served.command("incident", "list", "--all", "--json").stdout
    assert incident["id"] in listed


@pytest.mark.timeout(90)
def test_an_alert_of_a_sender_opens_and_ends_an_incident(served: Served):
    key = served.key("alertmanager")
    firing = [
        {
            "labels": {"alertname": "DiskFull", "severity": "critical", "host": "db1"},
            "annotations": {"summary": "disk full"},
        }
    ]
    status, _ = served.ask("POST", "/api/v2/alerts", firing, token=key)
    assert status == 200
    incident = until(served.incident, 10, "an incident")
    assert incident["title"] == "disk full"
    assert incident["service"] == "unassigned"
    (alert,) = served.get("/api/v1/alerts?state=firing")["items"]
    assert alert["incident"] == incident["id"]
    ended = [{**firing[0], "endsAt": "2026-01-01T00:00:00Z"}]
    assert served.ask("POST", "/api/v2/alerts", ended, token=key)[0] == 200
    until(
        lambda: served.get(f"/api/v1/incidents/{incident['id']}")["state"] in ("mitigated", "resolved"),
        10,
        "the end of it",
    )


def test_nobody_without_a_key_or_token_gets_in(served: Served):
    for method, path in (
        ("POST", "/api/v2/alerts"),
        ("POST", "/in/in_wrong/x"),
        ("GET", "/api/v1/incidents"),
        ("POST", "/api/v1/incidents"),
        ("GET", "/api/v1/runs"),
    ):
        status, _ = served.ask(method, path, [] if method == "POST" else None, token="nobody")
        assert status == 401, (method, path, status)
