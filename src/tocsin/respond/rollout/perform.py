"""How does a way become a run? A runbook is started with its inputs; an action is a run of one step.

The row of the run is written in the caller's transaction, so that what asked for it and the run are one fact: a crash
between the two can neither lose it nor start it twice.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from tocsin.act.actions.toolbox import fill
from tocsin.respond.rollout.way import Way
from tocsin.respond.rollout.yard import Yard


def begin(
    yard: Yard,
    conn: Connection,
    way: Way,
    *,
    service: str,
    incident: str | None,
    actor: str,
    values: Mapping[str, str],
) -> str:
    """Wants the run, and gives its id. Raises Invalid or CannotRun for what cannot begin.

    `values` fill ${NAME} in the texts of an action; a runbook gets those that it asks for.
    """
    mode = "automatic" if yard.service(service).automatic == "change" else "guided"
    named = way.named
    if named:
        name, arguments = named
        return yard.runs.begin_action(
            conn,
            name,
            fill(arguments, values),
            target=way.on,
            service=service,
            incident=incident,
            actor=actor,
            mode=mode,
        )
    document = yard.shelf.get(way.runbook or "")
    asked = {each.name for each in document.inputs} | {
        name for step in document.steps() for name in step.inputs
    }
    inputs = {**{name: value for name, value in values.items() if name in asked}, **way.inputs}
    return yard.runs.begin(conn, incident, document, mode, actor, inputs)
