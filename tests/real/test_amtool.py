"""The real amtool, unmodified, with Tocsin in the place of an Alertmanager."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from served import Served
from waiting import until

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not shutil.which("amtool"), reason="no amtool here (make setup-real)"),
]
Run = Callable[..., str]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("amtool") / "config"
    folder.mkdir()
    (folder / "tocsin.yaml").write_text(
        "people: {mei: {name: Mei-Ling Chen, email: mei@example.com}}\n"
        "inhibit: [{source: [alertname=SwitchDown], target: [alertname=HostDown], equal: [rack, way]}]\n"
    )
    server = Served(folder)
    server.start()
    yield server
    server.stop()


def run(*arguments: str, code: int = 0) -> str:
    done = subprocess.run(
        ["amtool", "--no-version-check", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "HOME": "/nonexistent"},
    )
    assert done.returncode == code, (arguments, done.stdout, done.stderr)
    return done.stdout if code == 0 else done.stderr


@pytest.fixture(params=["address", "token"])
def way(request: pytest.FixtureRequest) -> str:
    """How the key is carried; as a label, since an alert belongs to the key that opened it."""
    return f"way={request.param}"


@pytest.fixture
def amtool(way: str, served: Served, tmp_path: Path) -> Run:
    """amtool with a key of its own."""
    key = served.key("alertmanager")
    if way == "way=address":
        here = (f"--alertmanager.url={served.url}/in/{key}",)
    else:
        (tmp_path / "http.yml").write_text(f"authorization: {{credentials: {key}}}\n")
        here = (f"--alertmanager.url={served.url}", f"--http.config.file={tmp_path / 'http.yml'}")

    def amtool(*arguments: str, code: int = 0) -> str:
        return run(*here, *arguments, code=code)

    return amtool


def shown(amtool: Run, *arguments: str) -> list[Any]:
    return json.loads(amtool("alert", "query", "-o", "json", *arguments))


def test_what_amtool_adds_it_finds_again_at_once(amtool: Run, way: str):
    amtool(
        "alert", "add", "DiskFull", way, "host=db-1", "severity=critical", "--annotation=summary=no space left",
        "--generator-url=http://prometheus.example.com/graph",
    )  # fmt: skip
    amtool("alert", "add", "Slow", way, "host=web-1", "severity=warning")
    assert {each["labels"]["alertname"] for each in shown(amtool)} == {"DiskFull", "Slow"}
    (alert,) = shown(amtool, "severity=~crit.*", "host!=web-1")
    assert alert["annotations"] == {"summary": "no space left"}
    assert alert["generatorURL"] == "http://prometheus.example.com/graph"
    assert "no space left" in amtool("alert", "query", "-o", "extended", "DiskFull")
    until(lambda: {each["status"]["state"] for each in shown(amtool)} == {"active"}, 20, "triage")
    assert shown(amtool, "--unprocessed") == []
    assert shown(amtool, "--receiver=tocsin", "DiskFull") == [shown(amtool, "DiskFull")[0]]
    assert shown(amtool, "--receiver=another") == []


def test_an_alert_may_have_an_end(amtool: Run):
    amtool("alert", "add", "Over", "--start=2026-01-01T00:00:00+00:00", "--end=2026-01-01T01:00:00+00:00")
    assert shown(amtool, "Over") == []


def test_a_silence_is_added_seen_changed_imported_and_expired(amtool: Run, way: str, tmp_path: Path):
    amtool("alert", "add", "Noisy", way, "host=a")
    id_ = amtool(
        "silence", "add", "alertname=Noisy", "host=~a|b", "job!=x", "-a", "mei", "-c", "known", "-d", "1h"
    ).strip()
    assert shown(amtool, "Noisy") == []
    (alert,) = shown(amtool, "--silenced", "Noisy")
    assert (alert["status"]["state"], alert["status"]["silencedBy"]) == ("suppressed", [id_])

    (silence,) = json.loads(amtool("silence", "query", "-o", "json", "alertname=Noisy"))
    assert (silence["createdBy"], silence["comment"], silence["status"]) == (
        "mei",
        "known",
        {"state": "active"},
    )
    assert {(each["name"], each["isRegex"], each["isEqual"]) for each in silence["matchers"]} == {
        ("alertname", False, True), ("host", True, True), ("job", False, False),
    }  # fmt: skip
    assert id_ in amtool("silence", "query", "-q", "--within=2h")

    amtool("silence", "update", id_, "-d", "3h", "-c", "still known")
    (changed,) = json.loads(amtool("silence", "query", "-o", "json", "alertname=Noisy"))
    assert (changed["id"], changed["comment"]) == (id_, "still known")
    assert changed["endsAt"] > silence["endsAt"]

    (tmp_path / "silences.json").write_text(json.dumps([changed]))
    assert amtool("silence", "import", str(tmp_path / "silences.json")).strip() == id_
    other = amtool("silence", "import", "--force", str(tmp_path / "silences.json")).strip()
    assert other != id_

    amtool("silence", "expire", id_, other)
    amtool("silence", "expire", id_)
    assert shown(amtool, "--silenced", "Noisy") == []
    assert len(shown(amtool, "Noisy")) == 1
    assert id_ in amtool("silence", "query", "--expired", "-q")
    assert id_ not in amtool("silence", "query", "-q")


def test_a_broad_silence_says_how_to_confirm_it(amtool: Run):
    said = amtool("silence", "add", "alertname=~.*", "-a", "mei", "-c", "quiet please", code=1)
    assert "begin the comment with [confirmed]" in said
    id_ = amtool("silence", "add", "alertname=~.*", "-a", "mei", "-c", "[confirmed] we move house").strip()
    amtool("silence", "expire", id_)


def test_what_another_alert_holds_back_says_by_which(amtool: Run, way: str):
    amtool("alert", "add", "SwitchDown", way, "rack=7")
    (switch,) = shown(amtool, "SwitchDown")
    until(lambda: shown(amtool, "SwitchDown")[0]["status"]["state"] == "active", 20, "triage")
    amtool("alert", "add", "HostDown", way, "rack=7", "host=a")
    amtool("alert", "add", "HostDown", way, "rack=8", "host=b")
    held = until(lambda: shown(amtool, "--inhibited", "HostDown", "rack=7"), 20, "the host that is held back")
    assert (held[0]["status"]["state"], held[0]["status"]["inhibitedBy"]) == (
        "suppressed", [switch["fingerprint"]],
    )  # fmt: skip
    assert [each["labels"]["rack"] for each in shown(amtool, "HostDown")] == ["8"]


def test_an_unknown_silence_is_an_error(amtool: Run):
    assert "404" in amtool("silence", "update", "11111111-2222-3333-4444-555555555555", "-d", "1h", code=1)


def test_configuration_and_cluster_can_be_asked(amtool: Run):
    assert "receiver: tocsin" in amtool("config", "show")
    assert "receiver: tocsin" in amtool("config", "routes", "show")
    assert amtool("config", "routes", "test", "severity=critical").strip() == "tocsin"
    assert "disabled" in amtool("cluster", "show")


def test_without_a_key_amtool_is_refused(served: Served):
    assert "401" in run(f"--alertmanager.url={served.url}", "alert", "query", code=1)
