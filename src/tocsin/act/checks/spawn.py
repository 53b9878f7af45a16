"""What does a command of a check print? A process of its own, bounded in time and output, ended with its children."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO

from tocsin.act.guard import judge
from tocsin.ground.kernel.outbound import OutboundFailed

_READ = 1 << 20
_WRITTEN_MOST = 64 << 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Printed:
    """How a command ended, and the first MiB of what it printed."""

    exit: int
    stdout: str
    stderr: str


def looks(text: str) -> str:
    """The command, unless the guard takes it to destroy something: then ValueError, for whoever configures it."""
    verdict = judge("bash", text)
    if verdict.level == "destroy":
        reason = verdict.telling[0].why if verdict.telling else "it cannot be understood"
        raise ValueError(f"a check only looks, and this may destroy something: {reason}")
    return text


def output(text: str, environment: Mapping[str, str], timeout_s: float) -> Printed:
    """Runs it with bash, which sees PATH, HOME, LANG and `environment`. Raises OutboundFailed where it does not end."""
    deadline = time.monotonic() + timeout_s
    ours = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        try:
            process = subprocess.Popen(
                ["bash", "-c", text],
                env={**ours, **environment},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise OutboundFailed(f"the command could not be started: {error}") from None
        status = _wait(process, deadline)
        if status is None:
            raise OutboundFailed(f"did not end within {timeout_s:g} s")
        return Printed(exit=status, stdout=_text(out), stderr=_text(err))


def _wait(process: subprocess.Popen[bytes], deadline: float) -> int | None:
    """The exit status; None where it had to be ended."""
    try:
        with contextlib.suppress(ProcessLookupError):
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (_WRITTEN_MOST, _WRITTEN_MOST))
        return process.wait(timeout=max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        return None
    finally:
        # What it left behind in the background holds up nobody.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read(_READ).decode("utf-8", "replace")
