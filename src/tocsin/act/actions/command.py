"""How is a command run? On this machine or on the place that the step's target names, with a result either way.

What a shell step and the verbs that run a program have in common.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time

from tocsin.act.actions import afar, process
from tocsin.act.actions.action import Call, CannotRun, Found, Result
from tocsin.act.targets.place import Place, all_places
from tocsin.ground.i18n import N_

_STOPS = {
    "timeout": N_("did not end in time"),
    "cancelled": N_("was cancelled"),
    "output": N_("printed more than 1 GiB"),
}
_ENDED_BY_US = 124  # as timeout(1) says it
RESERVED = frozenset(
    {"PATH", "HOME", "LANG", "IFS", "ENV", "BASH_ENV", "SHELLOPTS", "BASHOPTS", "PS4", "PROMPT_COMMAND"}
)
"""Names that steer the shell itself; no value of a run may take their place."""


def run(call: Call) -> Result:
    """Runs `call.text`. Raises CannotRun where it could not even begin."""
    started = time.monotonic()
    place = _place(call)
    if place is None:
        child = process.launch(call.folder, call.text, _shell(call.language), environment(call))
    else:
        child = afar.launch(place, call, call.text, declared(call), bash=_wants_bash(call.language))
    return _follow(call, started, child)


def find(call: Call) -> Found:
    """After a crash: how far did it come, here or there?"""
    place = _place(call)
    if place is not None:
        return afar.find(place, call)
    return process.find(call.folder, same_machine=call.same_machine)


def take_up(call: Call) -> Result:
    """Goes on with what `find` calls running or done."""
    return _follow(call, time.monotonic() - call.elapsed_s, None)


def _follow(call: Call, started: float, child: subprocess.Popen[bytes] | None) -> Result:
    place = _place(call)
    if place is not None:
        ended = afar.follow(place, call, child)
    else:
        ended = process.follow(
            call.folder, timeout_s=call.timeout_s - call.elapsed_s, stop=call.stopped, child=child
        )
    ms = round((time.monotonic() - started) * 1000, 1)
    if ended.stop == "timeout" and call.streams:
        return Result(well=True, exit=0, ms=ms, why=N_("was watched until its timeout"))
    if ended.stop:
        return Result(well=False, exit=_ENDED_BY_US, ms=ms, why=_STOPS.get(ended.stop, ended.stop), cut=True)
    if ended.exit is None:
        return Result(well=False, ms=ms, lost=True, why=N_("nobody knows how it ended"))
    return Result(
        well=ended.exit == 0, exit=ended.exit, ms=ms, why="" if ended.exit == 0 else f"exit {ended.exit}"
    )


def environment(call: Call) -> dict[str, str]:
    """All that the command sees here: three variables of ours, and what is declared."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": os.environ.get("HOME", "/"),
        "LANG": os.environ.get("LANG", "C.UTF-8"),
        **declared(call),
    }


def declared(call: Call) -> dict[str, str]:
    """What the service declares, and the values of the run."""
    for name, value in (*call.environment.items(), *call.values.items()):
        if "\0" in value:
            raise CannotRun(f"the value of {name} holds a NUL byte", field=name)
    values = {name: value for name, value in call.values.items() if not _steers_the_shell(name)}
    return values | dict(call.environment)


def _place(call: Call) -> Place | None:
    """Where it runs, if not here: a target of another kind, such as a database, is only there to be read of."""
    return all_places().get(str(call.target.get("kind", "")))


def _steers_the_shell(name: str) -> bool:
    return name in RESERVED or name.startswith(("LD_", "BASH_FUNC_"))


def _shell(language: str) -> str:
    return "bash" if _wants_bash(language) and shutil.which("bash") else "sh"


def _wants_bash(language: str) -> bool:
    return language.lower() != "sh"
