"""A real Alertmanager before Tocsin: by webhook, alone and as a pair, and as it speaks to PagerDuty and Opsgenie."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import textwrap
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from served import Served, free_port
from waiting import until

pytestmark = [
    pytest.mark.real,
    pytest.mark.timeout(180),
    pytest.mark.skipif(
        not shutil.which("prometheus-alertmanager"),
        reason="no prometheus-alertmanager here (make setup-real)",
    ),
]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "tocsin.yaml").write_text(
        textwrap.dedent("""
        people: {mei: {name: Mei-Ling Chen, email: mei@example.com}}
        services:
          shop: {title: Shop, soak: 1s, soak_every: 1s}
        """)
    )
    server = Served(folder)
    server.start()
    yield server
    server.stop()


class Alertmanager:
    """One real Alertmanager with one receiver. `peers` are the cluster ports of the others."""

    def __init__(
        self, folder: Path, receiver: str, *, cluster: str = "", peers: tuple[str, ...] = ()
    ) -> None:
        self.port = free_port()
        folder.mkdir()
        (folder / "alertmanager.yml").write_text(
            "route: {receiver: tocsin, group_by: [alertname], group_wait: 1s, group_interval: 1s}\n"
            f"receivers:\n- name: tocsin\n{textwrap.indent(textwrap.dedent(receiver), '  ')}"
        )
        self._log = folder / "alertmanager.log"
        self._arguments = [
            "prometheus-alertmanager",
            f"--config.file={folder / 'alertmanager.yml'}",
            f"--storage.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{self.port}",
            f"--cluster.listen-address={cluster}",
            *(f"--cluster.peer={each}" for each in peers),
            "--cluster.peer-timeout=200ms",
            "--cluster.settle-timeout=200ms",
        ]

    def start(self) -> None:
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(self._arguments, stdout=log, stderr=log)
        until(self._ready, 30, f"the start of Alertmanager {self.log()[-2000:]}")

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(20)

    def log(self) -> str:
        return self._log.read_text()

    def _ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/-/ready", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False

    def say(self, *alerts: dict[str, Any]) -> None:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/v2/alerts",
            data=json.dumps(alerts).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.status == 200


@contextmanager
def running(*each: Alertmanager) -> Iterator[None]:
    with ExitStack() as stack:
        for one in each:
            stack.callback(one.stop)
            one.start()
        yield


def alert(name: str, **labels: str) -> dict[str, Any]:
    return {
        "labels": {"alertname": name, "service": "shop", "severity": "page", **labels},
        "annotations": {"summary": f"{name} of the shop"},
    }


def over(alert: dict[str, Any]) -> dict[str, Any]:
    return alert | {"endsAt": datetime.now(UTC).isoformat()}


def alerts(served: Served, state: str) -> list[Any]:
    return served.get(f"/api/v1/alerts?state={state}")["items"]


def has(served: Served, state: str, count: int) -> Callable[[], bool]:
    return lambda: len(alerts(served, state)) == count


def test_a_group_fires_and_is_over_by_webhook(served: Served, tmp_path: Path):
    receiver = f"webhook_configs: [{{url: '{served.url}/in/{served.key('alertmanager_webhook')}'}}]\n"
    one, two = alert("HighErrorRate", instance="a"), alert("HighErrorRate", instance="b")
    with running(am := Alertmanager(tmp_path / "am", receiver)):
        am.say(one, two)
        until(has(served, "firing", 2), 30, "both alerts")
        incident = until(served.incident, 20, "the incident")
        assert (incident["service"], incident["title"]) == ("shop", "HighErrorRate of the shop")
        assert incident["severity"] == "P1"  # `page` is a word of the standard policy
        am.say(over(one), over(two))
        until(has(served, "resolved", 2), 30, "the end of both")
        until(
            lambda: served.get(f"/api/v1/incidents/{incident['id']}")["state"] == "resolved",
            60,
            "the resolution",
        )


def test_what_the_sender_left_out_is_told_on_what_it_sent(served: Served, tmp_path: Path):
    key = served.key("alertmanager_webhook")
    receiver = f"webhook_configs: [{{url: '{served.url}/in/{key}', max_alerts: 2}}]\n"
    with running(am := Alertmanager(tmp_path / "am", receiver)):
        am.say(*(alert("Many", instance=str(each)) for each in range(5)))
        until(has(served, "firing", 2), 30, "two alerts")
    kept = sqlite3.connect(f"file:{served.folder / 'tocsin.db'}?mode=ro", uri=True)
    flags = {each for (each,) in kept.execute("select flags from alert")}
    kept.close()
    assert flags == {'["3 alerts cut by sender"]'}


def test_of_a_pair_that_both_send_nothing_is_told_twice(served: Served, tmp_path: Path):
    """The two do not know each other: the worst case of a cluster that is split."""
    receiver = f"webhook_configs: [{{url: '{served.url}/in/{served.key('alertmanager_webhook')}'}}]\n"
    pair = [Alertmanager(tmp_path / name, receiver) for name in ("a", "b")]
    one = alert("HighErrorRate") | {"startsAt": datetime.now(UTC).isoformat()}
    with running(*pair):
        for am in pair:
            am.say(one)
        until(has(served, "firing", 1), 30, "the alert")
        until(lambda: all("level=error" not in am.log() for am in pair), 1, "no errors")
        for am in pair:
            am.say(over(one))
        until(has(served, "resolved", 1), 30, "the end")
    assert len(served.get("/api/v1/incidents")["items"]) == 1


def test_a_cluster_of_two_sends_once(served: Served, tmp_path: Path):
    receiver = f"webhook_configs: [{{url: '{served.url}/in/{served.key('alertmanager_webhook')}'}}]\n"
    ports = [f"127.0.0.1:{free_port()}" for _ in range(2)]
    pair = [
        Alertmanager(tmp_path / f"am{at}", receiver, cluster=ports[at], peers=(ports[1 - at],))
        for at in range(2)
    ]
    one = alert("HighErrorRate") | {"startsAt": datetime.now(UTC).isoformat()}
    with running(*pair):
        for am in pair:
            am.say(one)
        until(has(served, "firing", 1), 30, "the alert")
        for am in pair:
            am.say(over(one))
        until(has(served, "resolved", 1), 30, "the end")
    assert len(served.get("/api/v1/incidents")["items"]) == 1


@pytest.mark.parametrize("place", ["the key in the body", "the key in the address"])
def test_it_pages_through_its_pagerduty_receiver(served: Served, tmp_path: Path, place: str):
    key = served.key("pagerduty")
    assert len(key) == 32
    url, routing_key = (
        (f"{served.url}/v2/enqueue", key)
        if place == "the key in the body"
        else (f"{served.url}/in/{key}/v2/enqueue", "R" * 32)
    )
    receiver = f"""\
    pagerduty_configs:
    - url: {url}
      routing_key: {routing_key}
      severity: '{{{{ .CommonLabels.severity }}}}'
      component: api
      details: {{service: shop}}
    """
    one = alert("HighErrorRate")
    with running(am := Alertmanager(tmp_path / "am", receiver)):
        am.say(one)
        until(has(served, "firing", 1), 30, f"the alert {am.log()[-2000:]}")
        (known,) = alerts(served, "firing")
        assert known["labels"]["component"] == "api"
        assert known["labels"]["severity"] == "page"
        assert known["service"] == "shop"
        assert known["annotations"]["client"] == "Alertmanager"
        am.say(over(one))
        until(has(served, "resolved", 1), 30, f"the end {am.log()[-2000:]}")
        assert "level=error" not in am.log()


@pytest.mark.parametrize("place", ["the key in the header", "the key in the address"])
def test_it_pages_through_its_opsgenie_receiver(served: Served, tmp_path: Path, place: str):
    key = served.key("opsgenie")
    url, api_key = (
        (f"{served.url}/", key) if place == "the key in the header" else (f"{served.url}/in/{key}/", "unused")
    )
    receiver = f"""\
    opsgenie_configs:
    - api_url: {url}
      api_key: {api_key}
      priority: P1
      tags: shop,api
      update_alerts: true
      responders: [{{name: ops, type: team}}]
    """
    one, two = alert("HighErrorRate", instance="a"), alert("HighErrorRate", instance="b")
    with running(am := Alertmanager(tmp_path / "am", receiver)):
        am.say(one)
        until(has(served, "firing", 1), 30, f"the alert {am.log()[-2000:]}")
        (known,) = alerts(served, "firing")
        assert (known["name"], known["service"]) == ("HighErrorRate", "shop")
        assert (known["labels"]["priority"], known["labels"]["severity"]) == ("P1", "page")
        assert known["annotations"]["tags"] == '["shop","api"]'
        am.say(two)
        until(
            lambda: "FIRING:2" in alerts(served, "firing")[0]["annotations"]["summary"],
            30,
            "the second of the group",
        )
        am.say(over(one), over(two))
        until(has(served, "resolved", 1), 30, f"the end {am.log()[-2000:]}")
        assert "level=error" not in am.log()


def test_while_tocsin_is_away_alertmanager_keeps_the_alert(served: Served, tmp_path: Path):
    receiver = f"webhook_configs: [{{url: '{served.url}/in/{served.key('alertmanager_webhook')}'}}]\n"
    with running(am := Alertmanager(tmp_path / "am", receiver)):
        served.kill()
        am.say(alert("HighErrorRate"))
        until(lambda: "will retry later" in am.log(), 30, "an attempt that fails")
        served.start()
        until(has(served, "firing", 1), 60, "the alert")
