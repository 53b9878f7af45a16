"""Does an action switch something off that has to be on again? Told by its name, and by what takes it back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from tocsin.act.actions import toolbox
from tocsin.act.actions.action import CannotRun
from tocsin.respond.rollout.way import Way

_OFF: Final = frozenset({"off", "disable", "mute", "pause"})
"""A verb whose name ends like this, and that something takes back, leaves something off."""
_EACH_TIME: Final = {"reason", "back_within"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Switched:
    """`what` was switched off, the `reason` and time that its arguments name, and how it comes `back`."""

    what: str
    reason: str
    within: timedelta | None
    back: Way


def off(
    action: str, arguments: Mapping[str, Any], values: Mapping[str, str], on: str | None
) -> Switched | None:
    """What the action leaves off; None for all others."""
    if action.rpartition("_")[2] not in _OFF:
        return None
    try:
        verb = toolbox.check(action, toolbox.fill(arguments, values))
    except CannotRun:
        return None
    undo = verb.undo()
    if undo is None:
        return None
    name, given = undo
    reason, within = str(getattr(verb, "reason", "")), getattr(verb, "back_within", None)
    kind = action.partition(".")[0]
    return Switched(
        what=verb.plan().rstrip(".").removesuffix(f": {reason.rstrip('.')}"),
        reason=reason,
        within=within if isinstance(within, timedelta) else None,
        back=Way(action={f"{kind}.{name.rpartition('.')[2]}": dict(given)}, on=on),
    )


def is_back(way: Way, action: str, arguments: Mapping[str, Any], values: Mapping[str, str]) -> bool:
    """Is that the action that takes it back, whatever reason it gives?"""
    if way.named is None or way.named[0] != action:
        return False
    try:
        return _bare(action, way.named[1]) == _bare(action, toolbox.fill(arguments, values))
    except CannotRun:
        return False


def _bare(action: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments with their defaults, without what differs each time."""
    return toolbox.check(action, arguments).model_dump(exclude=_EACH_TIME)
