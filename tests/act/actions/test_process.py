"""A command and the traces it leaves: what a finder says after each way to die (design: engine, part C)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from waiting import until

from tocsin.act.actions import process
from tocsin.act.actions.action import CannotRun, Found

ENVIRONMENT = {"PATH": os.environ["PATH"]}


def never() -> str:
    return ""


def run(folder: Path, text: str, *, timeout_s: float = 20, stop: Callable[[], str] = never) -> process.Ended:
    child = process.launch(folder, text, "bash", ENVIRONMENT)
    return process.follow(folder, timeout_s=timeout_s, stop=stop, child=child, grace_s=0.3)


def alive(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def test_a_command_leaves_its_output_and_its_exit_code(tmp_path: Path):
    ended = run(tmp_path, "echo out; echo err >&2; exit 7")
    assert ended == process.Ended(exit=7)
    assert ((tmp_path / "out").read_text(), (tmp_path / "err").read_text()) == ("out\n", "err\n")
    assert process.find(tmp_path, same_machine=True) is Found.DONE


def test_a_command_that_never_began_will_never_begin_once_somebody_asked(tmp_path: Path):
    assert process.find(tmp_path, same_machine=True) is Found.NOT_STARTED
    child = process.launch(tmp_path, "touch ran", "bash", ENVIRONMENT)
    with pytest.raises(CannotRun):
        process.follow(tmp_path, timeout_s=10, stop=never, child=child)
    assert not (tmp_path / "ran").exists()


def test_a_folder_that_is_gone_proves_nothing(tmp_path: Path):
    assert process.find(tmp_path / "gone", same_machine=True) is Found.UNKNOWN


def test_after_a_restart_of_the_machine_a_missing_fence_proves_nothing(tmp_path: Path):
    assert process.find(tmp_path, same_machine=False) is Found.UNKNOWN
    assert not (tmp_path / "begun").exists()


def test_the_whole_group_ends_at_the_timeout(tmp_path: Path):
    ended = run(tmp_path, "sleep 60 & echo $! > child; wait", timeout_s=0.5)
    assert ended.stop == "timeout"
    child = int((tmp_path / "child").read_text())
    until(lambda: not alive(child))
    assert process.find(tmp_path, same_machine=True) is Found.DONE


def test_a_group_that_does_not_listen_is_killed(tmp_path: Path):
    ended = run(
        tmp_path,
        "trap '' TERM; (trap '' TERM; sleep 60) & echo $! > child; while :; do sleep 0.1; done",
        timeout_s=0.5,
    )
    assert ended.stop == "timeout"
    child = int((tmp_path / "child").read_text())
    until(lambda: not alive(child))


def test_a_person_who_cancels_is_heard_while_the_command_runs(tmp_path: Path):
    ended = run(
        tmp_path, "echo here; sleep 60", stop=lambda: "cancelled" if (tmp_path / "out").exists() else ""
    )
    assert ended.stop == "cancelled"


def test_output_without_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(process, "LARGEST", 100_000)
    assert run(tmp_path, "yes").stop == "output"


def test_a_command_that_the_system_refuses_did_not_run(tmp_path: Path):
    with pytest.raises(CannotRun, match="could not be started"):
        process.launch(tmp_path, "echo " + "x" * 200_000, "bash", ENVIRONMENT)


HOST = """
import os, sys, time
from pathlib import Path
from tocsin.act.actions import process
folder = Path(sys.argv[1])
child = process.launch(folder, sys.argv[2], "bash", {"PATH": os.environ["PATH"]})
print(child.pid, flush=True)
process.follow(folder, timeout_s=60, stop=lambda: "", child=child)
print("over", flush=True)
time.sleep(60)
"""


class Host:
    """A server that runs one command and is then killed without warning."""

    def __init__(self, folder: Path, text: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(HOST), str(folder), text],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout
        self.shim = int(self.process.stdout.readline())

    def kill(self, *, group: bool = False) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout
        self.process.stdout.close()
        if group:
            os.killpg(self.shim, signal.SIGKILL)
            until(lambda: not alive(self.shim))


def test_a_command_outlives_its_server_and_is_adopted(tmp_path: Path):
    host = Host(tmp_path, "echo begun; while [ ! -e go ]; do sleep 0.02; done; echo done; exit 3")
    until((tmp_path / "pid").exists)
    host.kill()
    assert process.find(tmp_path, same_machine=True) is Found.RUNNING
    (tmp_path / "go").touch()
    assert process.follow(tmp_path, timeout_s=10, stop=never) == process.Ended(exit=3)
    assert (tmp_path / "out").read_text() == "begun\ndone\n"


def test_an_adopted_command_is_ended_at_its_timeout_too(tmp_path: Path):
    host = Host(tmp_path, "sleep 60")
    until((tmp_path / "pid").exists)
    host.kill()
    assert process.find(tmp_path, same_machine=True) is Found.RUNNING
    assert process.follow(tmp_path, timeout_s=0.2, stop=never, grace_s=0.3).stop == "timeout"
    assert not alive(host.shim)


def test_a_command_that_ended_while_nobody_looked_is_done_with_its_true_code(tmp_path: Path):
    host = Host(tmp_path, "sleep 0.2; exit 5")
    host.kill()
    until((tmp_path / "exit").exists)
    assert process.find(tmp_path, same_machine=True) is Found.DONE
    assert process.follow(tmp_path, timeout_s=10, stop=never).exit == 5


def test_a_command_that_died_with_the_machine_is_unknown(tmp_path: Path):
    host = Host(tmp_path, "echo half; touch half; sleep 60; touch whole")
    until((tmp_path / "half").exists)
    host.kill(group=True)
    assert process.find(tmp_path, same_machine=True) is Found.UNKNOWN
    assert not (tmp_path / "whole").exists()


def test_a_number_of_a_process_that_was_used_again_is_not_the_command(tmp_path: Path):
    host = Host(tmp_path, "sleep 60")
    until((tmp_path / "pid").exists)
    host.kill(group=True)
    recorded = (tmp_path / "pid").read_text()
    (tmp_path / "pid").write_text(recorded.replace(str(host.shim), str(os.getpid()), 1))
    assert process.find(tmp_path, same_machine=True) is Found.UNKNOWN


@pytest.fixture
def bystander() -> Iterator[subprocess.Popen[bytes]]:
    """Somebody else's service, which leads a group of its own."""
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as service:
        yield service
        service.kill()


@pytest.mark.parametrize("life", ["of the machine before", "of an earlier process"])
@pytest.mark.parametrize("traces", [("stop", "exit"), ("stop",), ()])
def test_nobody_else_is_killed_who_has_got_the_number_of_a_command(
    tmp_path: Path, bystander: subprocess.Popen[bytes], life: str, traces: tuple[str, ...]
):
    host = Host(tmp_path, "sleep 60")
    until((tmp_path / "pid").exists)
    host.kill(group=True)
    (tmp_path / "exit").unlink(missing_ok=True)
    if life == "of the machine before":
        stat = Path(f"/proc/{bystander.pid}/stat").read_text().strip()
        recorded = f"{stat} 00000000-0000-0000-0000-000000000000\n"
    else:
        recorded = (tmp_path / "pid").read_text().replace(str(host.shim), str(bystander.pid), 1)
    (tmp_path / "pid").write_text(recorded)
    for name in traces:
        (tmp_path / name).write_text({"stop": "timeout\n", "exit": "143\n"}[name])
    process.follow(tmp_path, timeout_s=0.1, stop=never, grace_s=0.1)
    time.sleep(0.2)
    assert bystander.poll() is None


def test_a_command_that_was_being_ended_when_its_server_died_is_asked_again_before_it_is_killed(
    tmp_path: Path,
):
    host = Host(tmp_path, "trap 'echo tidied; exit 0' TERM; touch ready; while :; do sleep 0.05; done")
    until((tmp_path / "ready").exists)
    host.kill()
    (tmp_path / "stop").write_text("timeout\n")
    ended = process.follow(tmp_path, timeout_s=20, stop=never, grace_s=10)
    assert ended == process.Ended(exit=0, stop="timeout")
    assert (tmp_path / "out").read_text() == "tidied\n"


@pytest.mark.parametrize("delay_ms", range(0, 30, 3))
def test_killed_at_any_moment_of_the_start_the_command_runs_once_at_most(tmp_path: Path, delay_ms: int):
    count = tmp_path / "count"
    folder = tmp_path / "1"
    folder.mkdir()
    host = Host(folder, f"echo x >> {count}; sleep 0.1; exit 0")
    time.sleep(delay_ms / 1000)
    host.kill(group=True)
    found = process.find(folder, same_machine=True)
    if found is Found.NOT_STARTED:
        time.sleep(0.2)
        assert not count.exists()
    else:
        assert found in (Found.UNKNOWN, Found.DONE)
        # Ended between opening the file and writing to it, the command leaves it empty.
        assert not count.exists() or count.read_text() in ("", "x\n")
