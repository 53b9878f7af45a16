"""What to do next? A few sentences, the surest first, each from what was seen; the scope has advice of its own.

The rules are those of people with years of outages behind them: what was changed just before is looked at before
anything else; a restart helps against leaks and exhausted pools and cures no broken release; a known cause that the
evidence names has its cure beside it.
"""

from __future__ import annotations

from collections.abc import Sequence

from tocsin.ground.i18n import N_
from tocsin.ground.timeline import reason

_SUSPECT_MINUTES = 60
_FIX_SHOWN = _LINE_SHOWN = 200
_CHANGED = reason(
    N_(
        "“{title}” was changed {n} minutes before it began. Look at it first; roll back to a version that was stable."
    )
)
_UNDER_WAY = reason(N_("“{title}” is being changed right now: wait for its end, or stop it."))
_FAILED = reason(N_("“{title}” failed {n} minutes before it began: what is half in place may be the reason."))
_NEW = reason(N_("New in {source} since it began: {line}"))
_CURE = reason(N_("The evidence speaks for “{cause}”. What helps: {fix}"))
_SPEAKS = reason(N_("The evidence speaks for “{cause}”; its runbook says what helps."))
_RESTART = N_(
    "Nothing was changed in the hour before. A restart helps against leaks and exhausted pools; "
    "read the new errors first."
)
_NO_LOGS = N_(
    "No log was compared: give the service a target whose logs can be read, or a step in the diagnosis of its runbook."
)


def advise(
    side: str,
    changes: Sequence[tuple[str, int, str]],
    logs: Sequence[tuple[str, Sequence[str]]],
    causes: Sequence[tuple[str, str]],
) -> tuple[str, ...]:
    """`changes` are (title, minutes before it began, state), `logs` (source, lines of what is new, the most frequent
    first), `causes` (name, cure), the likeliest first.
    """
    advice = list(_of_changes(changes))
    if causes:
        name, fix = causes[0]
        advice.append(
            _CURE(cause=name, fix=" ".join(fix.split())[:_FIX_SHOWN]) if fix else _SPEAKS(cause=name)
        )
    advice += [
        _NEW(source=source, line=" ".join(new[0].split())[:_LINE_SHOWN]) for source, new in logs if new
    ]
    if side == "application" and not any(0 <= minutes <= _SUSPECT_MINUTES for _, minutes, _ in changes):
        advice.append(_RESTART)
    if not logs:
        advice.append(_NO_LOGS)
    return tuple(advice)


def _of_changes(changes: Sequence[tuple[str, int, str]]) -> list[str]:
    """Of what is still under way, and of the newest change shortly before."""
    said = [_UNDER_WAY(title=title) for title, _, state in changes if state == "started"][:1]
    before = [
        each for each in changes if 0 <= each[1] <= _SUSPECT_MINUTES and each[2] in ("succeeded", "failed")
    ]
    if before:
        title, minutes, state = min(before, key=lambda each: each[1])
        said.append((_FAILED if state == "failed" else _CHANGED)(title=title, n=minutes))
    return said
