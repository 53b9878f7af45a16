"""Which actions are there, and what do they take? What the command line, the API and the reference say of a verb."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

from tocsin.act.actions.action import CannotRun
from tocsin.act.actions.toolbox import Verb, check, toolboxes, verb_named, verdict_on
from tocsin.act.guard import Level
from tocsin.ground.kernel.settings import AsWritten


@dataclass(frozen=True, kw_only=True, slots=True)
class Described:
    """An action as a runbook names it. `level` is what it usually is; `arguments` is their JSON Schema.

    `idempotent`: doing it twice is as good as once, so it runs again after a crash.
    """

    name: str
    title: str
    level: Level
    about: str
    idempotent: bool
    arguments: dict[str, Any]
    examples: list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Planned:
    """What an action with these arguments would do, how strong that is, and what takes it back (or None)."""

    name: str
    level: Level
    plan: str
    undo: dict[str, dict[str, Any]] | None


def described() -> list[Described]:
    """Every action, by name."""
    return [
        _described(f"{kind}.{verb.named()}", verb)
        for kind, toolbox in toolboxes().items()
        for verb in toolbox.verbs
    ]


def one(name: str) -> Described:
    """The action of this name. Raises CannotRun with the names that there are."""
    kind = name.partition(".")[0]
    toolbox = toolboxes().get(kind)
    if toolbox is None:
        raise CannotRun(f"there is no action {name}", fix=f"There are {', '.join(toolboxes())}.")
    return _described(name, verb_named(toolbox, name))


def planned(name: str, arguments: dict[str, Any]) -> Planned:
    """What it would do. Nothing is run. Raises CannotRun for arguments that it does not take."""
    verb = check(name, arguments)
    taken_back = verb.undo()
    kind = name.partition(".")[0]
    return Planned(
        name=name,
        level=verdict_on(name, arguments).level,
        plan=verb.plan(),
        undo={f"{kind}.{taken_back[0]}": dict(taken_back[1])} if taken_back else None,
    )


def _described(name: str, verb: type[Verb]) -> Described:
    return Described(
        name=name,
        title=verb.title,
        level=verb.level,
        about=inspect.cleandoc(verb.__dict__.get("__doc__") or ""),
        idempotent=verb.idempotent,
        arguments=verb.model_json_schema(schema_generator=AsWritten),
        examples=[dict(each) for each in verb.examples],
    )
