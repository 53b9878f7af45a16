"""Jobs under `tocsin exec`: unchanged for whoever started them, and told to a real Tocsin, or to none."""

from __future__ import annotations

import json
import os
import pty
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from served import TOCSIN, Served, free_port
from waiting import until

from tocsin.cli.reporting import Report, retry


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


@pytest.fixture
def heartbeat(served: Served, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a heartbeat of this test's own."""
    slug = f"job-{abs(hash(request.node.name))}"
    made = served.command("heartbeat", "add", slug, "--period", "1h", "--json")
    yield json.loads(made.stdout)["ping_url"]
    served.command("heartbeat", "rm", slug)


def run(*words: str, env: dict[str, str] | None = None, **more: Any) -> subprocess.CompletedProcess[bytes]:
    clean = {name: text for name, text in os.environ.items() if not name.startswith("TOCSIN_")}
    return subprocess.run(
        [TOCSIN, "exec", *words], capture_output=True, timeout=60, env={**clean, **(env or {})}, **more
    )


def pings(served: Served, address: str) -> list[Any]:
    return served.get(f"/api/v1/heartbeats/{address.rpartition('/')[2]}/pings")["items"]


# What the job and its caller notice: nothing


def test_input_output_and_status_are_the_commands_own():
    script = "read line; echo out $line; echo err >&2; exit 7"
    done = run("--url", f"http://127.0.0.1:{free_port()}/ping/x", "--", "sh", "-c", script, input=b"word\n")
    assert (done.returncode, done.stdout) == (7, b"out word\n")
    said, complaint = done.stderr.split(b"\n", 1)
    assert said == b"err"
    assert b"Tocsin has not heard how this ended" in complaint


def test_options_of_the_command_stay_its_own():
    assert run("--", "echo", "--help", "-n", "--url").stdout == b"--help -n --url\n"
    assert run("echo", "--slug", "x").stdout == b"--slug x\n"


def test_a_job_runs_though_nobody_is_named_who_would_hear_of_it():
    done = run("--", "echo", "ran")
    assert (done.returncode, done.stdout) == (0, b"ran\n")
    assert b"nobody hears of this run" in done.stderr


@pytest.mark.parametrize(("command", "status"), [("no-such-command", 127), ("/etc/hostname", 126)])
def test_a_command_that_cannot_be_started_has_the_status_that_shells_give_it(command: str, status: int):
    done = run("--", command)
    assert done.returncode == status
    assert command.encode() in done.stderr


def test_binary_output_passes_byte_for_byte():
    done = run("--", "head", "-c", "300000", "/dev/urandom", stdin=subprocess.DEVNULL)
    assert len(done.stdout) == 300_000
    data = bytes(range(256)) * 999
    assert run("--", "cat", input=data).stdout == data


def test_a_command_killed_by_a_signal_ends_as_a_shell_says_it():
    assert run("--", "sh", "-c", "kill -9 $$").returncode == 128 + 9


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGINT])
def test_signals_are_passed_on(number: signal.Signals):
    name = number.name.removeprefix("SIG")
    script = f"trap 'echo got {name}; exit 5' {name}; echo ready; while :; do sleep 0.05; done"
    # Tests that run in the background would have SIGINT ignored.
    words = ["env", f"--default-signal={name}", TOCSIN]
    process = subprocess.Popen(
        [*words, "exec", "--", "sh", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    with process:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(number)
        assert process.stdout.read() == f"got {name}\n".encode()
        assert process.wait(20) == 5


def test_a_signal_that_the_caller_ignores_is_ignored_by_the_command_too():
    script = "echo ready; sleep 1; echo alive"
    words = ["nohup", TOCSIN, "exec", "--", "sh", "-c", script]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGHUP)
        assert process.stdout.read() == b"alive\n"


def test_a_file_that_the_caller_has_opened_is_open_for_the_command(tmp_path: Path):
    script = f"exec {TOCSIN} exec -- sh -c 'echo held >&9' 9>{tmp_path}/lock"
    assert subprocess.run(["sh", "-c", script], stderr=subprocess.DEVNULL, timeout=60).returncode == 0
    assert (tmp_path / "lock").read_text() == "held\n"


def test_a_terminal_stays_a_terminal():
    ours, theirs = pty.openpty()
    script = "test -t 1 && test -t 2 && echo yes"
    with subprocess.Popen(
        [TOCSIN, "exec", "--", "sh", "-c", script], stdin=theirs, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        assert process.wait(30) == 0
        assert b"yes" in os.read(ours, 10_000)
    os.close(ours)


def test_output_and_errors_that_go_to_one_file_keep_their_order(tmp_path: Path):
    script = "for n in 1 2 3 4 5 6 7 8 9; do echo out $n; echo err $n >&2; done"
    words = [TOCSIN, "exec", "--url", "http://127.0.0.1:1/", "--", "sh", "-c", script]
    with (tmp_path / "log").open("wb") as log:
        subprocess.run(words, stdout=log, stderr=log, check=True, timeout=60)
    lines = (tmp_path / "log").read_text().splitlines()
    assert lines[:18] == [f"{kind} {n}" for n in range(1, 10) for kind in ("out", "err")]


def test_a_reader_that_goes_away_ends_the_command_as_without_us():
    words = f"{TOCSIN} exec -- sh -c 'while echo y; do :; done; exit 9' 2>/dev/null | head -n 2"
    done = subprocess.run(["sh", "-c", words], capture_output=True, timeout=60)
    assert done.stdout == b"y\ny\n"


# What Tocsin hears


def test_a_run_is_reported_with_its_start_its_end_and_its_output(served: Served, heartbeat: str):
    done = run("--", "sh", "-c", "echo copied 3 files; echo warning >&2", env={"TOCSIN_PING_URL": heartbeat})
    assert (done.returncode, done.stderr) == (0, b"warning\n")
    end, start = pings(served, heartbeat)
    assert (start["kind"], end["kind"], end["exit_status"]) == ("start", "success", 0)
    assert sorted(end["body"].splitlines()) == ["copied 3 files", "warning"]
    assert start["rid"] == end["rid"] != ""
    assert end["duration_seconds"] is not None
    assert end["agent"].startswith("tocsin-exec/")


def test_a_failure_is_an_alert_with_the_end_of_what_the_job_said(served: Served, heartbeat: str):
    script = "head -c 50000 /dev/zero | tr '\\0' x; echo; echo no space left; exit 28"
    done = run("--", "sh", "-c", script, env={"TOCSIN_PING_URL": heartbeat})
    assert (done.returncode, done.stderr) == (28, b"")
    end = pings(served, heartbeat)[0]
    assert (end["kind"], end["exit_status"]) == ("fail", 28)
    assert end["body"].endswith("xxx\nno space left\n")
    assert len(end["body"]) == 10_000
    slug = served.get(f"/api/v1/heartbeats/{heartbeat.rpartition('/')[2]}")["slug"]

    def alert() -> Any:
        items = served.get("/api/v1/alerts?state=firing")["items"]
        return next((each for each in items if each["labels"].get("heartbeat") == slug), None)

    assert until(alert, what="the alert")["annotations"]["exit_status"] == "28"


def test_what_a_job_says_stays_with_it_when_that_is_wished(served: Served, heartbeat: str):
    env = {"TOCSIN_PING_URL": heartbeat}
    assert run("--no-output", "--", "echo", "a password", env=env).stdout == b"a password\n"
    assert [each["body"] for each in pings(served, heartbeat)] == ["", ""]


def test_a_job_that_leaves_a_daemon_behind_is_reported_when_it_ends(served: Served, heartbeat: str):
    script = "exec 3<&0; (read line; echo daemon $line) <&3 & echo job"
    with subprocess.Popen(
        [TOCSIN, "exec", "--", "sh", "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "TOCSIN_PING_URL": heartbeat},
    ) as process:
        assert process.stdin
        assert process.stdout
        assert process.stdout.readline() == b"job\n"
        until(lambda: len(pings(served, heartbeat)) == 2, what="the report")
        process.stdin.write(b"spoke\n")
        process.stdin.close()
        assert process.stdout.read() == b"daemon spoke\n", "nothing of it is lost"


def test_a_job_is_named_and_its_key_stands_in_no_address(served: Served):
    env = {"TOCSIN_URL": served.url, "TOCSIN_KEY": served.key("heartbeat")}
    done = run("--slug", "export", "--", "true", env=env)
    assert done.returncode == 0
    assert b"it answered 404 not found" in done.stderr
    assert run("--slug", "export", "--create", "--", "true", env=env).stderr == b""
    assert served.get("/api/v1/heartbeats/export")["state"] == "up"
    assert env["TOCSIN_KEY"] not in served.log()
    served.command("heartbeat", "rm", "export")


def test_a_failure_may_be_an_alert_without_any_heartbeat(served: Served):
    env = {"TOCSIN_URL": served.url, "TOCSIN_TOKEN": served.key("webhook")}
    options = ("--alert-on-failure", "--name", "rotate", "--")

    def state() -> Any:
        items = served.get("/api/v1/alerts")["items"]
        return next((each for each in items if each["name"] == "rotate failed"), None)

    assert run(*options, "sh", "-c", "echo no key; exit 4", env=env).returncode == 4
    fired = state()
    assert (fired["state"], fired["annotations"]["output"]) == ("firing", "no key\n")
    assert run(*options, "true", env=env).returncode == 0
    assert state()["state"] == "resolved"


# Tocsin is away


def test_a_job_does_not_wait_for_a_tocsin_that_is_away_which_hears_of_it_later(
    served: Served, heartbeat: str
):
    served.stop()
    try:
        with socket.socket() as nobody:  # holds the port, so that no other test takes it
            nobody.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            nobody.bind(("127.0.0.1", served.port))
            done = run("--", "sh", "-c", "echo late; exit 3", env={"TOCSIN_PING_URL": heartbeat})
        assert (done.returncode, done.stdout) == (3, b"late\n")
        assert b"tried again in the background" in done.stderr
    finally:
        served.start()
    report = until(lambda: pings(served, heartbeat), what="the later report")[0]
    assert (report["kind"], report["body"]) == ("fail", "late\n")


def test_what_is_refused_is_not_tried_again(served: Served):
    url = f"{served.url}/ping/00000000-0000-4000-8000-000000000000"
    assert not retry(Report(url=url, headers={}), waits=(0.0, 3_600.0))
