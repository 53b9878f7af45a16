"""What must be done now? Of everything that could be pressed, the one act that comes next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tocsin.faces.web.run_view import Asked
from tocsin.ground.i18n import N_
from tocsin.respond.incidents import Incident

Act = Literal[
    "acknowledge", "approve", "proceed", "answer", "confirm", "give", "start", "mitigate", "close", "none"
]


@dataclass(frozen=True, kw_only=True, slots=True)
class NextAct:
    """`act` chooses the form; `label` is what the button says, `title` the step or runbook that it is about."""

    act: Act
    label: str = ""
    title: str = ""
    run: str = ""


_NOTHING = NextAct(act="none")


def next_act(
    incident: Incident,
    *,
    run: str,
    asked: Asked | None,
    offered: str,
    may_respond: bool,
    may_operate: bool,
    may_approve: bool,
) -> NextAct:
    """The next act for this reader: somebody has it first, then what the run waits for, then a runbook, then the end.

    `offered` is the path of a runbook that could be started; empty when there is none or one is already under way.
    """
    if awaits_acknowledgement(incident) and may_respond:
        return NextAct(act="acknowledge", label=N_("Acknowledge"))
    if incident.is_open and asked:
        act = _asked(asked, run, may_operate, may_approve)
        if act.act != "none":
            return act
    if incident.state in ("triggered", "acknowledged"):
        if offered and may_operate:
            return NextAct(act="start", label=N_("Start the runbook"), title=offered)
        if may_respond and not run:
            return NextAct(act="mitigate", label=N_("Service is back"))
    if incident.state == "resolved" and may_respond:
        return NextAct(act="close", label=N_("Close with the report"))
    return _NOTHING


def next_act_of_run(run: str, asked: Asked | None, may_operate: bool, may_approve: bool) -> NextAct:
    """What the run waits for, where this reader may give it."""
    return _asked(asked, run, may_operate, may_approve) if asked else _NOTHING


def awaits_acknowledgement(incident: Incident) -> bool:
    """Nobody has said “I have it” yet; what came back by itself can still be taken."""
    return incident.state == "triggered" or (
        incident.state == "mitigated" and incident.acknowledged_by is None
    )


def _asked(asked: Asked, run: str, may_operate: bool, may_approve: bool) -> NextAct:
    title = asked.title
    match asked.kind:
        case "approval":
            needs_approver = asked.level == "destroy" or asked.role in ("approver", "admin")
            if may_approve if needs_approver else may_operate:
                return NextAct(act="approve", label=N_("Approve: {title}"), title=title, run=run)
        case "guided" if may_operate:
            return NextAct(act="proceed", label=N_("Run: {title}"), title=title, run=run)
        case "manual" if may_operate:
            return NextAct(act="answer", label=N_("Done: {title}"), title=title, run=run)
        case "confirm" if may_operate:
            return NextAct(act="confirm", label=N_("Is the service back?"), run=run)
        case "unknown" if may_operate:
            return NextAct(act="answer", label=N_("Say how it ended: {title}"), title=title, run=run)
        case "input" if may_operate:
            return NextAct(act="give", label=N_("Give the missing values"), run=run)
        case _:
            pass
    return _NOTHING
