"""An edge dies in the night: Tocsin says so by itself, also when it is killed before it could look."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from edge import Edge, Origin
from receiver import Receiver
from served import Served
from waiting import until

CONFIGURATION = """
people: {{mei: {{name: Mei-Ling Chen, webhook: "{hook}"}}}}
channels: {{hook: {{kind: webhook}}}}
outbound: {{allow: [127.0.0.0/8]}}
services:
  shop:
    title: Shop
    endpoints:
      health: {{url: "http://127.0.0.1:{edge}/health", origin: "127.0.0.1:{origin}"}}
      orders: {{url: "http://127.0.0.1:{edge}/orders", origin: "127.0.0.1:{origin}"}}
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
def pager() -> Iterator[Receiver]:
    running = Receiver()
    yield running
    running.stop()


@pytest.fixture
def served(tmp_path: Path, edge: Edge, origin: Origin, pager: Receiver) -> Iterator[Served]:
    folder = tmp_path / "configuration"
    folder.mkdir()
    written = CONFIGURATION.format(hook=pager.url, edge=edge.port, origin=origin.port)
    (folder / "tocsin.yaml").write_text(written, encoding="utf-8")
    server = Served(folder).start()
    yield server
    server.stop()


def reality(served: Served) -> dict[str, Any] | None:
    incident = served.incident()
    return served.get(f"/api/v1/incidents/{incident['id']}")["reality"] if incident else None


def fire(served: Served) -> None:
    served.command("alert", "send", "ShopDown", "--service", "shop", "-l", "severity=p0")


def test_the_edge_is_gone_and_the_incident_says_so_by_itself(served: Served, edge: Edge, pager: Receiver):
    edge.stop()
    fire(served)
    found = until(lambda: reality(served), what="the answer")
    assert (found["verdict"], found["side"], found["reach"]) == ("confirmed", "infrastructure", "all")
    until(lambda: pager.messages, what="the page")
    incident = until(served.incident)["id"]
    assert "Confirmed: 2 of 2 endpoints fail" in served.command("incident", "show", incident).stdout
    again = json.loads(served.command("incident", "confirm", incident, "--json").stdout)
    assert again["why"] == "Infrastructure: the origin answers, the edge does not"
    served.command("incident", "false-alarm", incident, "the edge was taken away for a test")
    assert served.get(f"/api/v1/incidents/{incident}")["outcome"] == "false_alarm"
    rules = until(lambda: served.get("/api/v1/noise")["items"], what="the count")
    assert [(rule["name"], rule["false"]) for rule in rules] == [("ShopDown", 1)]
    assert "False alarms: 1 of 1" in served.command("alert", "noise").stdout.replace("\n", " ")


def test_killed_before_it_could_look_it_looks_when_it_is_back(served: Served, origin: Origin):
    origin.stop()
    fire(served)
    served.kill()
    served.start()
    found = until(lambda: reality(served), 60, what="the answer")
    assert found["why"] == "Infrastructure: the origin cannot be reached either"
    lines = served.get(f"/api/v1/incidents/{until(served.incident)['id']}/timeline")["items"]
    assert [line["kind"] for line in lines].count("reality.checked") == 1
