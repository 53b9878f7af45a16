"""Which signal is sent? One that cannot be caught leaves no time to save."""

from __future__ import annotations

from tocsin.act.guard.programs.call import Call, Judge
from tocsin.act.guard.verdict import Reason

_KILLS = frozenset({"9", "KILL", "SIGKILL"})
_HARD = "ends it at once; what it was doing is lost"
_HARD_SAFER = "kill without -9 lets it finish; or restart its service"


def _signal(call: Call) -> list[Reason] | None:
    """`kill`, `pkill`, `killall` and their like."""
    named = {each.text.upper() for each in call.values("-s", "--signal", "-n")}
    given = {each[1:].upper() for each in call.texts if each.startswith("-")}
    if not _KILLS.isdisjoint(named | given):
        return [call.reason("destroy", _HARD, _HARD_SAFER)]
    return None


def _container(call: Call) -> list[Reason] | None:
    """`docker kill` sends KILL unless another signal is named."""
    named = {each.text.upper() for each in call.values("-s", "--signal")}
    if named and _KILLS.isdisjoint(named):
        return None
    return [call.reason("destroy", _HARD, "docker stop lets it finish")]


def _fuser(call: Call) -> list[Reason]:
    if any(each.startswith("-") and not each.startswith("--") and "k" in each for each in call.texts):
        return _signal(call) or [call.reason("destroy", _HARD, "fuser without -k names the processes")]
    return [call.reason("read", "names the processes that use it")]


JUDGES: dict[str, Judge] = {
    **dict.fromkeys(("kill", "pkill", "killall", "skill", "systemctl kill"), _signal),
    **dict.fromkeys(("docker kill", "docker container kill", "docker compose kill"), _container),
    "fuser": _fuser,
}
