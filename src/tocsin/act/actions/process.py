"""Did this command run, and how did it end? A process whose traces answer that after any crash of ours.

The command runs under a two-line shim, in a session of its own, in a folder of its own:

- `begun` is made with O_EXCL by the shim before anything else; whoever makes it first decides. A finder that gets it
  knows that the command never started, and holds the fence for ever: the shim will refuse to go on.
- `pid` names the shim with the start time of its process and the boot of the machine, so that a number used again is
  not mistaken for it. The child outlives us; a later process follows it until `exit` is there.
- `exit` is the only word on how it ended. `stop` says that we ended it, and why.

A file counts once its newline is there.
"""

from __future__ import annotations

import contextlib
import functools
import os
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tocsin.act.actions.action import CannotRun, Found

# `true`, since a failing redirection of the special `:` would end the shell with another code. The shim outlives
# a TERM to its group to write `exit`; a handled signal is back to its default in the child.
SHIM = """\
trap : TERM INT HUP; set -C; cd "$1" || exit 96; true > begun || exit 97; set +C
read -r s < /proc/$$/stat; read -r b < /proc/sys/kernel/random/boot_id; echo "$s $b" > pid
"$3" -c "$2" > out 2> err; echo $? > exit
"""
LARGEST = 1 << 30
"""A step that prints more than this is ended: a disk is not filled by one command."""
GRACE_S = 5.0
_TURN_S = 0.05
_FENCE_LOST = 97
_outliving: list[subprocess.Popen[bytes]] = []
"""Commands that we let go of before they were gone; Python warns of a handle that is dropped."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """`exit` is None where nobody knows it; `stop` is why we ended it: timeout, cancelled, output."""

    exit: int | None = None
    stop: str = ""


def launch(
    folder: Path, text: str, shell: str, environment: Mapping[str, str], *, stdin: int = subprocess.DEVNULL
) -> subprocess.Popen[bytes]:
    """Starts the command; `stdin` is a descriptor that it reads. Raises CannotRun where the system refuses, before
    anything ran.
    """
    argv = ["/bin/sh", "-c", SHIM, "shim", str(folder), text, _program(shell)]
    try:
        return subprocess.Popen(
            argv,
            cwd=folder,
            env=dict(environment),
            stdin=stdin,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        raise CannotRun(f"the command could not be started: {error}") from error


@functools.cache
def _program(name: str) -> str:
    return shutil.which(name) or name


def find(folder: Path, *, same_machine: bool) -> Found:
    """How far did the command in this folder come? Asking settles it: what is not started now never will be.

    On another machine, or after a restart of it, only `exit` proves anything: the fence may not have reached the disk.
    """
    if _exit(folder) is not None:
        return Found.DONE
    if not same_machine or not folder.is_dir():
        return Found.UNKNOWN
    try:
        os.close(os.open(folder / "begun", os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        pass
    else:
        return Found.NOT_STARTED
    if _shim(folder, patience_s=1.0) is not None:
        return Found.RUNNING
    if _exit(folder) is not None or stopped(folder):
        return Found.DONE
    return Found.UNKNOWN


def follow(
    folder: Path,
    *,
    timeout_s: float,
    stop: Callable[[], str],
    child: subprocess.Popen[bytes] | None = None,
    grace_s: float = GRACE_S,
) -> Ended:
    """Waits until the command is over, and ends its whole group at the timeout or when `stop()` gives a reason."""
    try:
        return _follow(folder, timeout_s=timeout_s, stop=stop, child=child, grace_s=grace_s)
    finally:
        # Its end may be written a moment before it is gone; and whoever stops lets go of it.
        if child is not None and child.poll() is None:
            _outliving[:] = [each for each in _outliving if each.poll() is None]
            _outliving.append(child)


def _follow(
    folder: Path,
    *,
    timeout_s: float,
    stop: Callable[[], str],
    child: subprocess.Popen[bytes] | None,
    grace_s: float,
) -> Ended:
    deadline = time.monotonic() + timeout_s
    kill_at: float | None = None  # once it has been asked to end
    while True:
        gone = _wait(folder, child)
        code = _exit(folder)
        reason = stopped(folder)
        if code is not None:
            if reason:
                _signal(folder, child, signal.SIGKILL)  # those of the group who did not listen
            return Ended(exit=code, stop=reason)
        if gone:
            if reason:
                return Ended(stop=reason)
            if child is not None and child.returncode == _FENCE_LOST:
                raise CannotRun("another process has settled this attempt")
            if not _group_alive(folder, child):
                return Ended()
            time.sleep(_TURN_S)
        if not reason:
            reason = stop() or ("timeout" if time.monotonic() >= deadline else "") or _too_much(folder)
            if not reason:
                continue
            _write_stop(folder, reason)
        if kill_at is None:
            _signal(folder, child, signal.SIGTERM)
            kill_at = time.monotonic() + grace_s
        elif time.monotonic() >= kill_at:
            _signal(folder, child, signal.SIGKILL)


def stopped(folder: Path) -> str:
    """Why we ended the command; nothing where we did not."""
    return _whole(folder / "stop").strip()


def machine() -> str:
    """This machine since it was last started: what tells a pid from the same number in another life."""
    return f"{os.uname().nodename}/{_boot()}"


def _wait(folder: Path, child: subprocess.Popen[bytes] | None) -> bool:
    """Waits a moment; True when the shim is gone."""
    if child is not None:
        return _ended(child)
    if _shim(folder) is None:
        return True
    time.sleep(_TURN_S)
    return False


def _ended(child: subprocess.Popen[bytes]) -> bool:
    """Like `wait` with a timeout, which looks ever more seldom: the kernel wakes us in the moment of the end."""
    if child.poll() is not None:
        return True
    watched = os.pidfd_open(child.pid)  # ours and not yet waited for, so the number is still its own
    try:
        waiting = select.poll()
        waiting.register(watched, select.POLLIN)
        waiting.poll(_TURN_S * 1000)
    finally:
        os.close(watched)
    return child.poll() is not None


def _shim(folder: Path, patience_s: float = 0.0) -> int | None:
    """The pid of the living shim; None when it is gone. `patience_s` for a shim that is just being born."""
    until = time.monotonic() + patience_s
    while not (line := _whole(folder / "pid")):
        if time.monotonic() >= until:
            return None
        time.sleep(0.01)
    pid, started, boot = _parse(line)
    if boot != _boot():
        return None
    state, now_started = _running(pid) or ("X", "")
    return pid if now_started == started and state not in ("Z", "X") else None


def _parse(line: str) -> tuple[int, str, str]:
    words, _, boot = line.strip().rpartition(" ")
    return int(words.split(" ", 1)[0]), _fields(words)[1], boot


def _running(pid: int) -> tuple[str, str] | None:
    """State and start time of the process that has this number now."""
    try:
        return _fields(Path(f"/proc/{pid}/stat").read_text())
    except (FileNotFoundError, ProcessLookupError):
        return None


def _fields(stat: str) -> tuple[str, str]:
    """State and start time of a `/proc/PID/stat` line, whose second field may hold blanks: see proc(5)."""
    fields = stat.rpartition(")")[2].split()
    return fields[0], fields[19]


@functools.cache
def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def _whole(path: Path) -> str:
    try:
        text = path.read_text(errors="replace")
    except FileNotFoundError:
        return ""
    return text if text.endswith("\n") else ""


def _exit(folder: Path) -> int | None:
    text = _whole(folder / "exit").strip()
    return int(text) if text.isdecimal() else None


def _write_stop(folder: Path, reason: str) -> None:
    with (folder / "stop").open("w") as file:
        file.write(f"{reason}\n")
        file.flush()
        os.fsync(file.fileno())


def _leader(folder: Path, child: subprocess.Popen[bytes] | None) -> int | None:
    """The number of the command's group, while it is certain that no stranger has it.

    The system gives a number anew once the group is empty: what is found under it with another start, or after the
    machine was started anew, is none of ours, and a signal would hit somebody else's service.
    """
    if child is not None and child.returncode is None:
        return child.pid
    line = _whole(folder / "pid")
    if not line:
        return None
    pid, started, boot = _parse(line)
    if boot != _boot():
        return None
    found = _running(pid)
    # Where the shim is gone: while one of its group lives, nobody else gets the number.
    return pid if found is None or found[1] == started else None


def _signal(folder: Path, child: subprocess.Popen[bytes] | None, number: signal.Signals) -> None:
    leader = _leader(folder, child)
    if leader is not None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(leader, number)


def _group_alive(folder: Path, child: subprocess.Popen[bytes] | None) -> bool:
    leader = _leader(folder, child)
    if leader is None:
        return False
    try:
        os.killpg(leader, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _too_much(folder: Path) -> str:
    size = 0
    for name in ("out", "err"):
        with contextlib.suppress(FileNotFoundError):
            size += (folder / name).stat().st_size
    return "output" if size > LARGEST else ""
