"""A real Prometheus, pointed at Tocsin as if it were Alertmanager, opens an incident and ends it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from served import Served, free_port
from waiting import until

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


class Prometheus:
    """A real Prometheus with one rule, which sends what fires to Tocsin as to its Alertmanager."""

    def __init__(self, folder: Path, served: Served, key: str, target: int) -> None:
        folder.mkdir()
        (folder / "rules.yml").write_text(
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
        (folder / "prometheus.yml").write_text(
            textwrap.dedent(f"""
            global: {{scrape_interval: 1s, evaluation_interval: 1s}}
            rule_files: [rules.yml]
            alerting:
              alertmanagers:
                - authorization: {{credentials: "{key}"}}
                  static_configs: [{{targets: ["127.0.0.1:{served.port}"]}}]
            scrape_configs:
              - job_name: api
                static_configs: [{{targets: ["127.0.0.1:{target}"]}}]
            """)
        )
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self._folder / "prometheus.log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    "prometheus",
                    f"--config.file={self._folder / 'prometheus.yml'}",
                    f"--storage.tsdb.path={self._folder / 'tsdb'}",
                    f"--web.listen-address=127.0.0.1:{free_port()}",
                    "--rules.alert.resend-delay=1s",
                ],
                stdout=log,
                stderr=log,
            )

    def kill(self) -> None:
        """It is gone at once and says nothing of it to anybody."""
        if self._process:
            self._process.kill()
            self._process.wait(20)
            self._process = None


@pytest.fixture
def prometheus(
    tmp_path: Path, served: Served, target: dict[str, Any]
) -> Iterator[Callable[[str], Prometheus]]:
    """Starts a Prometheus of that name, with a key of its own."""
    every: list[Prometheus] = []

    def start(name: str) -> Prometheus:
        every.append(Prometheus(tmp_path / name, served, served.key("alertmanager"), target["port"]))
        every[-1].start()
        return every[-1]

    yield start
    for each in every:
        each.kill()


@pytest.mark.timeout(120)
def test_what_prometheus_sees_becomes_an_incident_and_ends_with_it(
    served: Served, target: dict[str, Any], prometheus: Callable[[str], Prometheus]
):
    prometheus("one")
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


@pytest.mark.timeout(180)
def test_an_alert_of_two_servers_outlives_the_one_that_dies(
    served: Served, target: dict[str, Any], prometheus: Callable[[str], Prometheus]
):
    """Both send it: it is one alert. The one that opened it dies; the other keeps it alive, and ends it."""
    first = prometheus("first")
    target["stop"]()
    opened = until(lambda: served.get("/api/v1/alerts?state=firing")["items"], 40, "the alert")[0]
    prometheus("second")
    until(lambda: _sent(served, opened["id"]) >= 20, 60, "both servers' word")
    first.kill()
    # What a Prometheus says holds for four of its intervals, here 4 s: ten words more and the first one's are over.
    said = _sent(served, opened["id"])
    until(lambda: _sent(served, opened["id"]) >= said + 10, 60, "the second server's word alone")
    (alert,) = served.get("/api/v1/alerts?state=firing")["items"]
    assert (alert["id"], alert["starts_at"]) == (opened["id"], opened["starts_at"])
    assert len(served.get("/api/v1/incidents")["items"]) == 1

    target["start"]()
    until(lambda: served.get("/api/v1/alerts?state=resolved")["items"], 60, "the end")


def _sent(served: Served, alert: str) -> int:
    """How often the alert was said, as the store has it."""
    return int(served.get(f"/api/v1/alerts/{alert}")["count"])
