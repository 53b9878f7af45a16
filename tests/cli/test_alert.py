"""Scripts send alerts, to a Tocsin that is there and to one that is not."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from served import TOCSIN, Served

AWAY = 75


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    server = Served(tmp_path_factory.mktemp("served"))
    server.command("init", str(server.folder))
    page = server.folder / "tocsin.yaml"
    page.write_text(page.read_text().replace("http://127.0.0.1:9911", server.url))
    try:
        yield server.start()
    finally:
        server.stop()


def send(url: str, token: str, *words: str, told: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    env = {**os.environ, "TOCSIN_URL": url, "TOCSIN_TOKEN": token}
    return subprocess.run(
        [TOCSIN, "alert", "send", *words], input=told, capture_output=True, env=env, timeout=60
    )


def alert(served: Served, name: str) -> Any:
    return next(each for each in served.get("/api/v1/alerts")["items"] if each["name"] == name)


def test_a_script_sends_alerts_as_json(served: Served):
    told = json.dumps([{"name": "Piped 1", "error_rate": 0.4}, {"name": "Piped 2"}]).encode()
    done = send(served.url, served.token, "--stdin", told=told)
    assert (done.returncode, done.stdout.count(b"fired: alr_")) == (0, 2)
    assert alert(served, "Piped 1")["annotations"] == {"error_rate": "0.4"}


def test_an_intake_key_sends_as_well_as_a_token(served: Served):
    done = send(served.url, served.key("webhook"), "Keyed", "--severity", "high", "--service", "example")
    assert done.returncode == 0
    assert alert(served, "Keyed")["labels"] == {
        "alertname": "Keyed",
        "service": "example",
        "severity": "high",
    }


@pytest.mark.parametrize(
    ("words", "told", "status", "complaint"),
    [
        ((), b"", 2, b"--stdin"),
        (("A", "--stdin"), b"{}", 2, b"everything stands in the JSON"),
        (("A", "--wait", "soon"), b"", 2, b"not a duration"),
        (("--stdin",), b"disk full!", 1, b"the input is not JSON"),
        (("--stdin",), b"7", 1, b"neither an alert nor a list"),
        (("--stdin",), b'{"name": ""}', 1, b"an alert needs a name"),
        (("A", "--value", "nan"), b"", 1, b"not a number"),
    ],
)
def test_what_is_refused_says_so_by_its_status(
    served: Served, words: tuple[str, ...], told: bytes, status: int, complaint: bytes
):
    done = send(served.url, served.token, *words, told=told)
    assert done.returncode == status, done.stderr
    assert complaint in done.stderr


def test_a_stranger_is_refused_and_not_told_to_try_again(served: Served):
    assert send(served.url, "in_nobody", "A", "--wait", "1h").returncode == 1


def test_a_tocsin_that_is_away_is_told_by_a_status_of_its_own():
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        done = send(url, "x", "A")
        assert (done.returncode, b"no Tocsin answers" in done.stderr) == (AWAY, True)
        assert send(url, "x", "A", "--wait", "1s").returncode == AWAY


def test_an_alert_waits_for_a_tocsin_that_comes_back_and_stays_one_alert(served: Served):
    served.stop()
    env = {**os.environ, "TOCSIN_URL": served.url, "TOCSIN_TOKEN": served.token}
    words = [TOCSIN, "alert", "send", "Patient", "--wait", "50s"]
    with socket.socket() as nobody:  # holds the port, so that no other test takes it
        nobody.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        nobody.bind(("127.0.0.1", served.port))
        patient = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env)
        assert patient.stderr
        assert b"trying for" in patient.stderr.readline()
    served.start()
    out, _ = patient.communicate(timeout=60)
    assert (patient.returncode, out.startswith(b"fired: ")) == (0, True)
    assert b"duplicate" in send(served.url, served.token, "Patient").stdout
