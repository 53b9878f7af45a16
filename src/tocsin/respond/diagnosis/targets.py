"""What do a service's targets answer? Every verb of their toolboxes that reads and needs no argument but theirs.

A target of the kind `redis` is asked what the toolbox `redis` can read. An argument that a verb needs is taken from the
setting of the same name of the target; a verb whose needs are not met, or that changes something, is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tocsin.act.actions.action import Action, Call
from tocsin.act.actions.toolbox import Toolbox, Verb
from tocsin.act.targets.section import given
from tocsin.ground.catalogue import Service, Target
from tocsin.respond.diagnosis.act import ask
from tocsin.respond.diagnosis.collector import Collected, Collector, Inquiry
from tocsin.respond.diagnosis.keys import key_of

_NOWHERE = Path()


def of_targets(service: Service, actions: Mapping[str, Action]) -> Iterator[Collector]:
    """One collector a reading verb of each target."""
    for name, target in service.targets.items():
        toolbox = actions.get(target.kind)
        if not isinstance(toolbox, Toolbox):
            continue
        settings = target.model_extra or {}
        for verb in toolbox.verbs:
            arguments = _arguments(verb, settings)
            if arguments is not None:
                yield Collector(
                    key=key_of(name, verb.named()),
                    title=verb.title,
                    kind="target",
                    source=name,
                    ask=_asking(toolbox, f"{target.kind}.{verb.named()}", arguments, target),
                )


def _arguments(verb: type[Verb], settings: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the verb has to be given; None where it may not, or cannot, be asked."""
    needed = [name for name, field in verb.model_fields.items() if field.is_required()]
    if verb.level != "read" or any(not isinstance(settings.get(name), str | int) for name in needed):
        return None
    arguments = {name: settings[name] for name in needed}
    try:
        return arguments if verb.model_validate(arguments).level_of() == "read" else None
    except ValidationError:
        return None


def _asking(
    toolbox: Toolbox, action: str, arguments: Mapping[str, Any], target: Target
) -> Callable[[Inquiry], Collected]:
    def asking(inquiry: Inquiry) -> Collected:
        call = Call(
            text="",
            action=action,
            arguments=arguments,
            folder=_NOWHERE,
            timeout_s=inquiry.timeout_s,
            target=given(target),
        )
        return ask(toolbox, call, inquiry)

    return asking
