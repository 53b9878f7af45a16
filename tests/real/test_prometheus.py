"""A real Prometheus, pointed at Tocsin as if it were Alertmanager, opens an incident and ends it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from served import Served, free_port, until

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not shutil.which("prometheus"), reason="no prometheus here (make setup-real)"),
]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "tocsin.yaml").write_text(
        "people: {mei: {name: Mei-Ling Chen, email: mei@example.com}}\n"
        'services: {api: {title: API, soak: 1s, soak_every: 1s, match: [{job: "api"}]}}\n'
    )
    server = Served(folder)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def target(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """Something to scrape, which can be stopped and started."""
    (tmp_path / "www").mkdir()
    (tmp_path / "www" / "metrics").write_text("requests_total 1\n")
    state: dict[str, Any] = {"port": free_port(), "process": None}

    def start() -> None:
        state["process"] = subprocess.Popen(
            [sys.executable, "-m", "http.server", str(state["port"]), "--bind", "127.0.0.1"],
            cwd=tmp_path / "www",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def stop() -> None:
        state["process"].terminate()
        state["process"].wait(10)

    state |= {"start": start, "stop": stop}
    start()
    yield state
    stop()


@pytest.fixture
def prometheus(tmp_path: Path, served: Served, target: dict[str, Any]) -> Iterator[subprocess.Popen[bytes]]:
    key = served.key("alertmanager")
    (tmp_path / "rules.yml").write_text(
        textwrap.dedent("""
        groups:
          - name: api
            interval: 1s
            rules:
              - alert: ApiDown
                expr: up{job="api"} == 0
                labels: {severity: critical}
                annotations: {summary: "the API at {{ $labels.instance }} is down"}
        """)
    )
    (tmp_path / "prometheus.yml").write_text(
        textwrap.dedent(f"""
        global: {{scrape_interval: 1s, evaluation_interval: 1s}}
        rule_files: [rules.yml]
        alerting:
          alertmanagers:
            - authorization: {{credentials: "{key}"}}
              static_configs: [{{targets: ["127.0.0.1:{served.port}"]}}]
        scrape_configs:
          - job_name: api
            static_configs: [{{targets: ["127.0.0.1:{target["port"]}"]}}]
        """)
    )
    with (tmp_path / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(
            [
                "prometheus",
                f"--config.file={tmp_path / 'prometheus.yml'}",
                f"--storage.tsdb.path={tmp_path / 'tsdb'}",
                f"--web.listen-address=127.0.0.1:{free_port()}",
                "--rules.alert.resend-delay=1s",
            ],
            stdout=log,
            stderr=log,
        )
    yield process
    process.terminate()
    process.wait(20)


@pytest.mark.timeout(120)
def test_what_prometheus_sees_becomes_an_incident_and_ends_with_it(
    served: Served, target: dict[str, Any], prometheus: subprocess.Popen[bytes]
):
    target["stop"]()
    incident = until(served.incident, 40, "the incident")
    assert incident["service"] == "api"
    assert incident["title"] == f"the API at 127.0.0.1:{target['port']} is down"
    (alert,) = served.get("/api/v1/alerts?state=firing")["items"]
    assert alert["labels"]["job"] == "api"

    target["start"]()
    until(
        lambda: served.get(f"/api/v1/incidents/{incident['id']}")["state"] == "resolved", 60, "the resolution"
    )
