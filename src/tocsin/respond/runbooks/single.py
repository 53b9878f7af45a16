"""What is a run of one action? The plan of a single verb, asked for by name and not by a runbook.

It is approved, carried out, interrupted and told like any other step; only a proof of recovery is not part of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from tocsin.act.actions import toolbox
from tocsin.ground.catalogue import Service
from tocsin.ground.kernel.errors import Invalid
from tocsin.respond.runbooks.plan import Plan, PlannedStep

PREFIX = "action:"
"""What the path of such a run begins with, where others have that of their runbook."""
_TIMEOUT_S = 600.0


def plan_of_action(name: str, arguments: Mapping[str, Any], target: str | None, service: Service) -> Plan:
    """One step that runs `name` with its arguments on a target of the service.

    Raises CannotRun for an action, and Invalid for a target, that is not there.
    """
    if target is not None and target not in service.targets:
        known = ", ".join(service.targets) or "none"
        raise Invalid(f"the service has no target {target}", field="target", fix=f"It has {known}.")
    verb = toolbox.check(name, arguments)
    step = PlannedStep(
        key="action",
        id="action",
        title=name,
        kind="action",
        text=json.dumps({name: dict(arguments)}, ensure_ascii=False),
        level=toolbox.verdict_on(name, arguments).level,
        timeout_s=_TIMEOUT_S,
        idempotent=type(verb).idempotent,
        on=target,
        action=name,
        arguments=dict(arguments),
    )
    return Plan(alone=True, diagnosis=(step,))


def text_of(plan: Plan) -> str:
    """The action as a runbook would have it: what the run keeps as its document."""
    return f"```action\n{plan.diagnosis[0].text}\n```\n"


def hash_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
