"""Which cause is tried first? The one that speaks loudest in what the diagnosis of this very run has printed.

Nothing of it is stored: the same output gives the same order, so that page, server and the next process agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import Connection

from tocsin.respond.diagnosis.rank import Evidence, rank
from tocsin.respond.runbooks import plan as plans
from tocsin.respond.runbooks import store
from tocsin.respond.runbooks.plan import Part, Plan

_READ = 100_000


def plan_of_run(conn: Connection, run_id: str) -> Plan:
    """The plan of a run as it was pinned, its causes in the order of the evidence."""
    plan = plans.from_json(store.plan_of(conn, run_id))
    if sum(part.is_cause for part in plan.parts) < 2:
        return plan
    return by_evidence(plan, store.tails(conn, run_id, _READ))


def by_evidence(plan: Plan, printed: Mapping[str, str]) -> Plan:
    """Its causes, the likeliest first, each with what speaks for it; `printed`: the end of what each step printed.

    What nothing speaks for keeps its place among its like, and the ladder comes after them as before.
    """
    evidence = [
        Evidence(source=step.title, text=printed[step.key]) for step in plan.diagnosis if step.key in printed
    ]
    causes = [part for part in plan.parts if part.is_cause]
    if not evidence or len(causes) < 2:
        return plan
    ranked: list[Part] = [replace(each.cause, evidence=each.why) for each in rank(causes, evidence)]
    return replace(plan, parts=(*ranked, *(part for part in plan.parts if not part.is_cause)))
