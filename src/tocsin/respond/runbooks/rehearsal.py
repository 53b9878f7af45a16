"""What does a step do in a drill, where nothing may touch production? Three strengths, chosen by the run's mode.

`drill:read-through` shows each step and waits for a press, `drill:checks` runs what only reads, `drill:simulated` takes
the document's sample output for the answer.
"""

from __future__ import annotations

from tocsin.act.actions.action import Call, Result
from tocsin.ground.i18n import N_
from tocsin.respond.runbooks.plan import PlannedStep
from tocsin.respond.runbooks.verification import Verdict, judge

MODES = ("drill:read-through", "drill:checks", "drill:simulated")
READ_THROUGH, CHECKS_ONLY, SIMULATED = MODES
_SHOWN = N_("read through, not run")
_LEFT_OUT = N_("not run: in this drill only what reads is run")
_NO_SAMPLE = N_("taken as done: the runbook has no sample of its output")


def is_drill(mode: str) -> bool:
    return mode in MODES


def is_played(mode: str, step: PlannedStep) -> bool:
    """Does the step only seem to run in this mode?"""
    return is_drill(mode) and not (mode == CHECKS_ONLY and step.level == "read")


def rehearse(mode: str, step: PlannedStep, call: Call) -> tuple[Result, Verdict] | None:
    """How the step ends without being run; None where it really runs. What it would print goes to `call.out`."""
    if not is_played(mode, step):
        return None
    result = Result(well=True)
    if mode != SIMULATED:
        return result, Verdict(ok=True, why=_SHOWN if mode == READ_THROUGH else _LEFT_OUT)
    if not step.sample_output:
        return result, Verdict(ok=True, why=_NO_SAMPLE)
    call.out.write_text(f"{step.sample_output}\n", encoding="utf-8")
    result = Result(well=True, exit=0)
    return result, judge(step, result, result.variables(call.out, call.err))
