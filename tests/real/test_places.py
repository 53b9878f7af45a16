"""A step elsewhere: over a real ssh server, and inside a container of a real engine. The same holds for both."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from demo.containers.engine import Engine
from sshd import LEAK, PROGRAM, Sshd
from waiting import until

from tocsin.act.actions import afar
from tocsin.act.actions.action import Call, CannotRun, Found, Result
from tocsin.act.actions.kinds.shell import Shell
from tocsin.act.targets.place import all_places
from tocsin.act.targets.target import BadTarget
from tocsin.ground.kernel.outbound import Outbound

pytestmark = pytest.mark.real
HELD = "printf '%s\\n' begun; while [ ! -e \"$GO\" ]; do sleep 0.1; done; echo over; exit 7"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    if PROGRAM is None:
        pytest.skip("no sshd here (make setup-real)")
    with Sshd(tmp_path_factory.mktemp("sshd")) as running:
        yield running


@pytest.fixture(scope="module")
def inside(docker_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A container that does nothing but have a secret in the environment of its own process."""
    shared = tmp_path_factory.mktemp("shared")
    made = docker_engine.docker(
        *("run", "--detach", "--volume", "/usr:/usr:ro", "--volume", f"{shared}:/shared"),
        *("--env", f"{LEAK}=yes", "hostroot:lab", "sleep", "1000"),
    )
    assert made.returncode == 0, made.stderr
    name = made.stdout.strip()
    yield {
        "kind": "container",
        "container": name,
        "host": docker_engine.environment["DOCKER_HOST"],
        "config": docker_engine.environment["DOCKER_CONFIG"],
        "shared": shared,
    }
    docker_engine.docker("rm", "--force", name)


class Elsewhere:
    """One place: `shared` is a folder here, which is `there` for its commands."""

    def __init__(self, target: Mapping[str, Any], folder: Path, shared: Path, there: str) -> None:
        self.target = target
        self.shared = shared
        self.there = there
        self.shell = Shell(Outbound())
        self._folder = folder
        self._count = 0

    def call(self, text: str, **more: Any) -> Call:
        self._count += 1
        folder = self._folder / f"step.{self._count}"
        folder.mkdir()
        return Call(**{"text": text, "folder": folder, "timeout_s": 60.0, "target": self.target} | more)

    def run(self, text: str, **more: Any) -> tuple[Result, str]:
        call = self.call(text, **more)
        result = self.shell.run(call)
        return result, call.out.read_text()

    def is_gone(self, *names: str) -> None:
        """Each of the processes that wrote its number there has ended."""
        for name in names:
            pid = (self.shared / name).read_text().strip()
            look = f'read -r s 2> /dev/null < /proc/{pid}/stat && echo "${{s##*) }}"'
            # In a container nobody may take the dead away.
            until(lambda look=look: self.run(look)[1][:1] in ("", "Z"))


@pytest.fixture(params=["ssh", "container"])
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> Elsewhere:
    if request.param == "ssh":
        server = request.getfixturevalue("server")
        return Elsewhere(server.target(), tmp_path, server.home, str(server.home))
    target = dict(request.getfixturevalue("inside"))
    return Elsewhere(target, tmp_path, target.pop("shared"), "/shared")


def cut(call: Call) -> None:
    """The client program dies, as when the network goes away for good."""
    shim = until(lambda: (call.folder / "pid").exists() and (call.folder / "pid").read_text()).split()[0]
    found = subprocess.run(["pgrep", "-P", shim], capture_output=True, text=True, check=True)
    for pid in found.stdout.split():
        os.kill(int(pid), signal.SIGKILL)


def test_a_command_there_sees_what_is_declared_and_nothing_else(elsewhere: Elsewhere) -> None:
    result, said = elsewhere.run(
        "python3 -c 'import json, os; print(json.dumps(dict(os.environ)))'; echo careful >&2; exit 3",
        values={"NAME": 'it\'s\n$(touch x) `x` "y" \\', "LD_PRELOAD": "/tmp/evil.so"},
        environment={"TOKEN": "from-the-service", "a": "1", "p": "2", "u": "000"},
    )
    seen = json.loads(said)
    assert result.exit == 3
    assert not result.well
    assert seen["NAME"] == 'it\'s\n$(touch x) `x` "y" \\'
    assert {name: seen[name] for name in "apu"} == {"a": "1", "p": "2", "u": "000"}
    assert set(seen) - {"PWD", "OLDPWD", "SHLVL", "_"} == {
        "PATH",
        "HOME",
        "LANG",
        "NAME",
        "TOKEN",
        "a",
        "p",
        "u",
    }


def test_what_it_prints_is_there_while_it_runs_and_kept_whole(elsewhere: Elsewhere) -> None:
    result, said = elsewhere.run("i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done")
    assert result.well
    assert said.splitlines() == [f"line {n}" for n in range(20_000)]


@pytest.mark.parametrize("code", [0, 1, 96, 97, 255])
def test_its_exit_is_the_one_of_the_command(elsewhere: Elsewhere, code: int) -> None:
    result, _ = elsewhere.run(f"exit {code}")
    assert (result.exit, result.well, result.lost) == (code, code == 0, False)


def test_at_the_timeout_it_ends_there_with_all_that_it_started(elsewhere: Elsewhere) -> None:
    numbers = f"cd {elsewhere.there}; echo $$ > first; (echo $BASHPID > second; exec sleep 900) & "
    numbers += "(trap '' TERM; echo $BASHPID > third; while :; do sleep 1; done)"
    result, _ = elsewhere.run(numbers, timeout_s=3.0)
    assert result.cut
    assert not result.lost
    assert result.why == "did not end in time"
    elsewhere.is_gone("first", "second", "third")


def test_a_person_who_cancels_ends_it_there(elsewhere: Elsewhere) -> None:
    asked = threading.Event()
    call = elsewhere.call(
        f"echo $$ > {elsewhere.there}/mine; echo begun; sleep 900",
        stopped=lambda: "cancelled" if asked.is_set() else "",
    )
    threading.Thread(
        target=lambda: (until(lambda: call.out.exists() and call.out.read_text() == "begun\n"), asked.set())
    ).start()
    result = elsewhere.shell.run(call)
    assert result.why == "was cancelled"
    elsewhere.is_gone("mine")


def test_when_the_connection_breaks_the_command_is_waited_for_and_its_end_is_known(
    elsewhere: Elsewhere,
) -> None:
    go = elsewhere.shared / "go-on"
    call = elsewhere.call(
        f"trap '' PIPE; {HELD}".replace("echo over", "echo over 2> /dev/null"),
        values={"GO": f"{elsewhere.there}/go-on"},
    )

    def meanwhile() -> None:
        until(lambda: call.out.exists() and call.out.read_text() == "begun\n")
        cut(call)
        go.touch()

    thread = threading.Thread(target=meanwhile)
    thread.start()
    result = elsewhere.shell.run(call)
    thread.join()
    go.unlink()
    assert (result.exit, result.lost) == (7, False)


def test_after_a_crash_of_ours_it_is_found_and_taken_up(elsewhere: Elsewhere) -> None:
    """The client outlives Tocsin; and where it was killed as well, the traces there answer."""
    go = elsewhere.shared / "go-after"
    call = elsewhere.call(f"trap '' PIPE; {HELD}", values={"GO": f"{elsewhere.there}/go-after"})
    place = all_places()[str(elsewhere.target["kind"])]
    child = afar.launch(place, call, call.text, dict(call.values), bash=True)
    until(lambda: call.out.exists() and call.out.read_text() == "begun\n")
    assert elsewhere.shell.find(call) is Found.RUNNING
    cut(call)
    child.wait(30)
    elsewhere_now = replace(call, same_machine=False, elapsed_s=1.0)
    (call.folder / "exit").unlink()  # the machine with Tocsin was lost, and its disk lags behind
    assert elsewhere.shell.find(elsewhere_now) is Found.RUNNING
    go.touch()
    result = elsewhere.shell.take_up(elsewhere_now)
    assert (result.exit, result.lost) == (7, False)
    assert elsewhere.shell.find(elsewhere_now) is Found.DONE


def test_what_had_not_begun_there_never_will(elsewhere: Elsewhere) -> None:
    call = elsewhere.call(f"touch {elsewhere.there}/never-made", same_machine=False, elapsed_s=1.0)
    assert elsewhere.shell.find(call) is Found.NOT_STARTED
    assert elsewhere.shell.find(call) is Found.NOT_STARTED, "asking twice changes nothing"
    with pytest.raises(CannotRun):
        elsewhere.shell.run(replace(call, same_machine=True))
    assert not (elsewhere.shared / "never-made").exists()


def test_after_a_restart_of_the_machine_there_nobody_knows(elsewhere: Elsewhere) -> None:
    call = elsewhere.call("echo", same_machine=False, elapsed_s=10.0**9)
    assert elsewhere.shell.find(call) is Found.UNKNOWN, "the traces may have been lost with the machine"


def test_a_server_that_is_not_the_one_we_know_gets_nothing(server: Sshd, tmp_path: Path) -> None:
    other = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHH"
    for target, why in (
        (server.target(host_key=other), "Host key verification failed"),
        (server.target(port=1), "Connection refused"),
        (server.target(user="stranger"), "Permission denied"),
    ):
        place = Elsewhere(target, tmp_path / str(target["port"]) / str(target["user"]) / why, server.home, "")
        place._folder.mkdir(parents=True)
        with pytest.raises(CannotRun, match=why):
            place.run("echo")
    assert not list(tmp_path.rglob("identity")), "the private key does not stay on the disk"


def test_a_container_that_is_not_there_gets_nothing(inside: Mapping[str, Any], tmp_path: Path) -> None:
    target = {name: value for name, value in inside.items() if name != "shared"} | {"container": "nobody"}
    with pytest.raises(CannotRun, match="No such container"):
        Elsewhere(target, tmp_path, tmp_path, "").run("echo")


@pytest.mark.parametrize(
    "target",
    [
        {"kind": "ssh"},
        {"kind": "ssh", "host": "-oProxyCommand=touch x"},
        {"kind": "ssh", "host": "web", "user": "-l"},
        {"kind": "ssh", "host": "web", "jump": "-x"},
        {"kind": "ssh", "host": "web", "paswword": "x"},
        {"kind": "container", "container": "--privileged"},
        {"kind": "container"},
    ],
)
def test_a_target_that_leads_nowhere_says_what_is_wrong(target: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(BadTarget):
        Elsewhere(target, tmp_path, tmp_path, "").run("echo")
