"""What does git do that only options and settings tell?"""

from __future__ import annotations

from tocsin.act.guard.programs.call import Call, Judge
from tocsin.act.guard.verdict import Reason
from tocsin.act.guard.words import Word, has_flag, parts

_FORCED = (
    "-f",
    "--force",
    "--force-with-lease",
    "--force-if-includes",
    "--delete",
    "-d",
    "--mirror",
    "--prune",
)
_RUNS = (
    "alias.",
    "core.pager",
    "core.sshcommand",
    "core.editor",
    "core.fsmonitor",
    "core.hookspath",
    "diff.external",
)


def _git(call: Call) -> list[Reason] | None:
    for setting in call.values("-c", "--config-env"):
        if setting.text.lower().startswith(_RUNS) or not setting.fixed:
            return [call.reason("destroy", "a setting on the command line starts a program", "leave -c out")]
    told = parts((Word("git"), *call.arguments))
    if told.words[1:2] != ("push",):
        return None
    if has_flag(told.options, ("-n", "--dry-run")):
        return [call.reason("read", "shows what would be pushed")]
    if has_flag(told.options, _FORCED) or any(each.startswith(("+", ":")) for each in told.words[2:]):
        return [
            call.reason(
                "destroy", "overwrites or removes what others have pushed", "git revert keeps history"
            )
        ]
    return [call.reason("change", "publishes commits")]


JUDGES: dict[str, Judge] = {"git": _git}
