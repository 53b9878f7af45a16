"""Did this command elsewhere run, and how did it end? The client is followed like any command here; what it cannot
know, such as what became of the command when the connection broke, is asked of the traces that the command left there.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import subprocess
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Literal

from tocsin.act.actions import process
from tocsin.act.actions.action import Call, CannotRun, Found, tail_of
from tocsin.act.actions.process import Ended
from tocsin.act.targets import script
from tocsin.act.targets.place import Place
from tocsin.ground.kernel.errors import TocsinError
from tocsin.ground.kernel.secret import scrub

_LOOK_S = 30.0
_TURN_S = 1.0
_TRIES = 3
_ERROR_MOST = 300


class Away(TocsinError):
    """The place does not answer; nobody here knows how things stand there."""

    code = "away"
    status = 502


@dataclass(frozen=True, kw_only=True, slots=True)
class Trace:
    """What the traces there say. `since_s`: how long that machine has been up, for `never`; `exit` for `done`."""

    state: Literal["never", "running", "done", "gone"]
    exit: int = 0
    since_s: float = 0.0


def launch(
    place: Place, call: Call, text: str, environment: Mapping[str, str], *, bash: bool
) -> subprocess.Popen[bytes]:
    """Starts the client with the script. Raises CannotRun, and BadTarget for a target that leads nowhere."""
    argv = place.client(call.target, call.folder, first=True)
    with _held(script.run(call.folder, text, environment, bash=bash)) as given:
        return process.launch(call.folder, shlex.join(argv), "sh", _environment(place, call), stdin=given)


def find(place: Place, call: Call) -> Found:
    """After a crash of ours: by the traces of the client here, else by those of the command there."""
    here = process.find(call.folder, same_machine=call.same_machine)
    if here is not Found.UNKNOWN:
        return here
    try:
        trace = look(place, call)
    except TocsinError:
        return Found.UNKNOWN
    match trace.state:
        case "done":
            return Found.DONE
        case "running":
            return Found.RUNNING
        case "never" if trace.since_s > call.elapsed_s:
            return Found.NOT_STARTED
        case _:  # a machine that was started anew meanwhile may have lost the traces
            return Found.UNKNOWN


def follow(place: Place, call: Call, child: subprocess.Popen[bytes] | None) -> Ended:
    """Waits until the command there is over, and ends it there at the timeout or when it is asked to."""
    began = time.monotonic() - call.elapsed_s
    try:
        ended = process.follow(
            call.folder, timeout_s=call.timeout_s - call.elapsed_s, stop=call.stopped, child=child
        )
        if ended.stop:
            return _end(place, call, ended.stop, began)
        # A command may end with the code of the script, too; its trace knows.
        if ended.exit is None or ended.exit in script.CODES or place.doubtful(ended.exit):
            return _settle(place, call, ended, began)
        return ended
    finally:
        place.leave(call.folder)


def look(place: Place, call: Call) -> Trace:
    """How far did it come there? What has not begun by now never will. Raises Away."""
    word, _, rest = _told(place, call, script.look(call.folder)).partition(" ")
    match word:
        case "never" if rest.isdecimal():
            return Trace(state="never", since_s=float(rest))
        case "running" | "gone":
            return Trace(state=word)
        case "done" if rest.isdecimal():
            return Trace(state="done", exit=int(rest))
        case _:
            raise Away("the place does not say how far the command came")


def _settle(place: Place, call: Call, ended: Ended, began: float) -> Ended:
    """The client failed, or the command ended as the client does when it fails: the traces tell which."""
    why = _last_line(tail_of(call.err)) or "the place cannot be reached"
    if place.refused(call.folder):
        raise CannotRun(why)
    while True:
        try:
            trace = look(place, call)
        except Away as away:
            if ended.exit == script.NO_FOLDER:
                raise CannotRun(why) from away
            return Ended()
        match trace.state:
            case "done":
                return Ended(exit=trace.exit)
            case "never" if trace.since_s > time.monotonic() - began:
                raise CannotRun(why)
            case "running":
                stop = call.stopped() or ("timeout" if time.monotonic() - began >= call.timeout_s else "")
                if stop:
                    return _end(place, call, stop, began)
                time.sleep(_TURN_S)
            case _:
                return Ended()


def _end(place: Place, call: Call, stop: str, began: float) -> Ended:
    """Ends the command there; where nobody can say that it is over, nobody does."""
    try:
        if _told(place, call, script.end(call.folder)) == "ended":
            return Ended(stop=stop)
        trace = look(place, call)
    except Away:
        return Ended(stop=stop) if place.refused(call.folder) else Ended()
    never = trace.state == "never" and trace.since_s > time.monotonic() - began
    return Ended(stop=stop) if never or trace.state == "done" else Ended()


def _told(place: Place, call: Call, text: bytes) -> str:
    """The last line of what a script says there, asked again where nobody answers. Raises Away."""
    argv = place.client(call.target, call.folder, first=False)
    environment = _environment(place, call)
    why = ""
    for turn in range(_TRIES):
        if turn:
            time.sleep(_TURN_S)
        try:
            asked = subprocess.run(
                argv,
                input=text,
                capture_output=True,
                cwd=call.folder,
                env=environment,
                timeout=_LOOK_S,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            why = str(error)
            continue
        if asked.returncode == 0 and (lines := asked.stdout.decode("utf-8", "replace").split("\n")[:-1]):
            return lines[-1].strip()
        why = asked.stderr.decode("utf-8", "replace")
    raise Away(f"the place does not answer: {_last_line(why)}")


def _last_line(text: str) -> str:
    return scrub(text.strip().rpartition("\n")[2].strip()[:_ERROR_MOST])


def _environment(place: Place, call: Call) -> dict[str, str]:
    ours = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return ours | place.environment(call.target)


@contextlib.contextmanager
def _held(text: bytes) -> Generator[int]:
    """A descriptor that reads this text, which lies on no disk and outlives us in whoever inherits it."""
    descriptor = os.memfd_create("tocsin")
    try:
        with os.fdopen(os.dup(descriptor), "wb") as file:
            file.write(text)
        os.lseek(descriptor, 0, os.SEEK_SET)
        yield descriptor
    finally:
        os.close(descriptor)
