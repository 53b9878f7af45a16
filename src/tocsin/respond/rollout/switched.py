"""Does an action switch something off that has to be on again? Told by its name, and by what takes it back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from tocsin.act.actions import toolbox
from tocsin.act.actions.action import CannotRun
from tocsin.respond.rollout.way import Way

_OFF: Final = frozenset({"off", "disable", "mute"})
"""A verb whose name ends like this, and that something takes back, leaves a protection off."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Switched:
    """`what` was switched off, the `reason` that its arguments name, and how it comes `back`."""

    what: str
    reason: str
    back: Way


def off(
    action: str, arguments: Mapping[str, Any], values: Mapping[str, str], on: str | None
) -> Switched | None:
    """What the action leaves off; None for all others."""
    if action.rpartition("_")[2] not in _OFF:
        return None
    try:
        filled = toolbox.fill(arguments, values)
        verb = toolbox.check(action, filled)
    except CannotRun:
        return None
    undo = verb.undo()
    if undo is None:
        return None
    name, given = undo
    kind = action.partition(".")[0]
    back = Way(action={f"{kind}.{name.rpartition('.')[2]}": dict(given)}, on=on)
    return Switched(what=verb.plan().rstrip("."), reason=str(filled.get("reason", "")), back=back)


def is_same(back: object, action: str, arguments: Mapping[str, Any], values: Mapping[str, str]) -> bool:
    """Is that the action that takes it back, whatever reason it gives?"""
    try:
        filled = toolbox.fill(arguments, values)
    except CannotRun:
        return False
    return back is not None and _bare(back) == _bare({action: filled})


def _bare(action: object) -> object:
    """The name and the arguments without what differs each time."""
    if not isinstance(action, dict):
        return action
    return {name: _told(given) for name, given in cast("dict[str, Any]", action).items()}


def _told(arguments: object) -> object:
    if not isinstance(arguments, Mapping):
        return arguments
    told = cast("Mapping[str, Any]", arguments)
    return {key: each for key, each in told.items() if key != "reason" and each is not None}
