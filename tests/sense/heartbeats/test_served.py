"""A real server takes pings and mail, is killed in the middle of it, and knows afterwards what it has answered."""

from __future__ import annotations

import json
import random
import smtplib
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest
from served import Served, free_port
from waiting import until

SEED = 20261121


@pytest.fixture
def served(tmp_path: Any) -> Iterator[Served]:
    server = Served(tmp_path / "tocsin")
    server.command("init", str(server.folder))
    page = server.folder / "tocsin.yaml"
    page.write_text(page.read_text().replace("http://127.0.0.1:9911", server.url))
    try:
        yield server
    finally:
        server.stop()


def post(url: str, body: bytes) -> int:
    """The status, 0 when there was no answer."""
    try:
        with urllib.request.urlopen(
            urllib.request.Request(url, data=body, method="POST"), timeout=10
        ) as answer:
            return answer.status
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code
    except OSError:
        return 0


def test_every_ping_that_was_answered_is_there_after_a_kill(served: Served):
    served.start()
    made = [json.loads(served.command("heartbeat", "add", f"job-{n}", "--json").stdout) for n in range(4)]
    answered: list[tuple[int, str]] = []
    sent: list[tuple[int, str]] = []
    stopping = threading.Event()

    def job(number: int) -> None:
        for count in range(90):  # a heartbeat keeps its last hundred
            if stopping.is_set():
                return
            sent.append((number, str(count)))
            if post(f"{made[number]['ping_url']}/log", str(count).encode()) == 200:
                answered.append((number, str(count)))

    threads = [threading.Thread(target=job, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    wanted = random.Random(SEED).randrange(20, 120)
    until(lambda: len(answered) >= wanted, what=f"{wanted} answers")
    served.kill()
    stopping.set()
    for thread in threads:
        thread.join()
    served.start()
    kept = {
        (number, each["body"])
        for number, beat in enumerate(made)
        for each in served.get(f"/api/v1/heartbeats/{beat['id']}/pings")["items"]
    }
    assert set(answered) - kept == set(), f"lost (seed {SEED})"
    assert kept - set(sent) == set(), f"invented (seed {SEED})"


def test_a_failure_that_was_answered_pages_though_the_server_was_killed_at_once(served: Served):
    served.start()
    made = json.loads(served.command("heartbeat", "add", "backup", "--json").stdout)
    assert post(f"{made['ping_url']}/28", b"no space") == 200
    served.kill()
    served.start()
    incident = until(served.incident, what="the incident")
    assert "backup" in incident["title"]
    assert 'tocsin_heartbeats_in_trouble{trouble="failed"} 1.0' in served.get("/metrics")


def test_a_job_of_the_configuration_keeps_its_address_over_restarts_and_reloads(served: Served):
    page = served.folder / "tocsin.yaml"
    page.write_text(page.read_text() + "\nheartbeats:\n  nightly: {period: 1h}\n")
    served.start()
    before = served.get("/api/v1/heartbeats/nightly")["ping_url"]
    page.write_text(page.read_text().replace("nightly: {period: 1h}", "nightly: {period: 2h}\n  weekly: {}"))
    found = until(lambda: len(served.get("/api/v1/heartbeats")["items"]) == 2, what="the reload")
    assert found
    served.stop()
    served.start()
    after = served.get("/api/v1/heartbeats/nightly")
    assert (after["ping_url"], after["period_seconds"]) == (before, 7_200)


def test_a_mail_opens_an_incident_and_the_next_one_ends_its_alert(served: Served):
    port = free_port()
    page = served.folder / "tocsin.yaml"
    page.write_text(page.read_text() + f"\nemail: {{port: {port}}}\n")
    served.start()
    key = served.command(
        *("key", "create", "email", "--set", "alias=uptime-7f3a", "--config", str(served.folder), "--json")
    )
    secret = json.loads(key.stdout)["key"]

    def send(subject: str, to: str) -> None:
        mail = EmailMessage()
        mail["Subject"], mail["From"], mail["To"] = subject, "robot@example.com", f"{to}@example.com"
        mail.set_content("Reason: connection timeout")
        with smtplib.SMTP("127.0.0.1", port, timeout=20) as session:
            session.send_message(mail)

    until(lambda: "mail is taken" in served.log(), what="the listener")
    send("Monitor is DOWN: shop", "uptime-7f3a")
    assert until(served.incident, what="the incident")["title"]
    send("Monitor is UP: shop", secret)
    (alert,) = served.get("/api/v1/alerts")["items"]
    assert (alert["state"], alert["annotations"]["description"]) == ("resolved", "Reason: connection timeout")
    assert secret not in served.log()
