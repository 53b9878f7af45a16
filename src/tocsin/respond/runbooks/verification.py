"""Was that a success? What a step gave against what its author expects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tocsin.act.actions.action import Result
from tocsin.ground import timeline
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.conditions import OUTCOME, BadCondition, compile_condition
from tocsin.respond.runbooks.plan import PlannedStep

_SHOWN = 300
_SAW = timeline.reason(N_("expected {condition}, saw {seen}"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    ok: bool
    why: str = ""


def judge(step: PlannedStep, result: Result, variables: dict[str, Any]) -> Verdict:
    """With an expectation, it alone decides; without, the action's own sense of success.

    What was ended by us has no result to judge: it did not do what it should.
    """
    if step.expect is None or result.cut:
        return Verdict(ok=result.well, why=result.why)
    held = holds(step.expect, variables)
    if held.ok:
        return held
    because = held.why if result.well or not result.why else f"{held.why}; {result.why}"
    return Verdict(ok=False, why=because)


def holds(condition: str, variables: dict[str, Any]) -> Verdict:
    """Does the condition hold for these variables? What is wrong with it, or not measured, makes it false."""
    try:
        verdict = compile_condition(condition, OUTCOME).evaluate(variables)
    except BadCondition as error:
        return Verdict(ok=False, why=f"the expectation cannot be read: {error.message}")
    if verdict.true:
        return Verdict(ok=True)
    if verdict.why:
        return Verdict(ok=False, why=f"expected {condition}, {verdict.why}")
    seen = ", ".join(f"{name} {value}" for name, value in verdict.values.items())
    return Verdict(ok=False, why=_SAW(condition=condition, seen=seen[:_SHOWN]))
