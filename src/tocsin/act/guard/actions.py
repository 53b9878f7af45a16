"""What would this action do? Judged by the words of its name until the action itself declares its level."""

from __future__ import annotations

from typing import Any, cast

from tocsin.act.guard.names import names
from tocsin.act.guard.verbs import READING, destroys, parts_of
from tocsin.act.guard.verdict import Level, Reason, Verdict, shorten
from tocsin.ground.kernel import yaml

_LOOKING = READING | names("look wait")
_LONGEST = 50_000
_SAFER = "look at what it names first, and keep a copy"


def action_level(name: str) -> Verdict:
    """The verdict on an action by name (`docker.restart`): a name that nobody knows is *change*."""
    verb = name.rsplit(".", 1)[-1]
    if destroys(verb):
        level: Level = "destroy"
        why, safer = "removes something for good", _SAFER
    elif parts_of(verb)[:1] and parts_of(verb)[0] in _LOOKING:
        level, why, safer = "read", "only looks", ""
    else:
        level, why, safer = "change", "changes the service", ""
    return Verdict.of([Reason(part=shorten(name), level=level, why=f"{shorten(name)} {why}", safer=safer)])


def action_block_level(text: str) -> Verdict:
    """The verdict on an `action` block, one YAML map of one name; any other text is *destroy*."""
    data: Any = yaml.read(text).data if len(text) <= _LONGEST else None
    if isinstance(data, dict):
        told = list(cast("dict[object, object]", data))
        if len(told) == 1 and isinstance(told[0], str):
            return action_level(told[0])
    if isinstance(data, str) and data.replace(".", "").replace("_", "").isalnum():
        return action_level(data)
    reason = Reason(
        part=shorten(text),
        level="destroy",
        why="this is not an action that can be read",
        safer="write one map: docker.restart: {service: api}",
    )
    return Verdict.of([reason], parsed=False)
