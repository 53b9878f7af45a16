"""What does a run do next? One pure function of the plan, what has happened, and the time.

Diagnosis first, where a failure is evidence and not an end; then rung by rung: its steps, its wait, its own checks, one
round of the verification, and the alert has to clear within the window. What fails leads to the next rung, after the
last one to the degrade options, and with nothing left the run has failed. Nothing is remembered between two calls but
the rows, so a run goes on after the loss of everything else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from tocsin.ground.i18n import N_
from tocsin.respond.runbooks.approvals import Need, need_of
from tocsin.respond.runbooks.plan import CHECKS, Part, Plan, PlannedStep
from tocsin.respond.runbooks.record import Attempt, Record
from tocsin.respond.runbooks.rehearsal import is_drill

RECOVERED = N_("recovered by itself")
PLANNED = N_("planned, nothing was run")
DIAGNOSED = N_("every step of the diagnosis was run; the runbook has no further step")
EXHAUSTED = N_("nothing in the runbook brought the service back")
_RETRY_S = 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Dispatch:
    """Run this attempt; where its row says "started", find out how far it came."""

    step: PlannedStep
    attempt: int
    part: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pause:
    """Nothing to do before `until`."""

    until: datetime
    why: str
    step: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ask:
    """A person has to do something; the run waits for as long as it takes."""

    kind: Literal["guided", "approval", "manual", "confirm", "unknown", "input"]
    step: PlannedStep
    attempt: int = 1
    need: Need | None = None
    names: tuple[str, ...] = ()  # of the inputs without a value


@dataclass(frozen=True, kw_only=True, slots=True)
class Begin:
    """A rung, option or verification round begins."""

    key: str
    kind: Literal["rung", "option", "round"]
    title: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Close:
    """It is over; of a round, `passed` of `of` steps held."""

    key: str
    kind: Literal["rung", "option", "round"]
    title: str
    ok: bool
    why: str = ""
    passed: int = 0
    of: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class AwaitClear:
    """The service is fine by every check; the alert has until `until` to agree."""

    until: datetime
    part: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Finish:
    outcome: Literal["succeeded", "failed", "diagnosed", "planned"]
    why: str


Move = Dispatch | Pause | Ask | Begin | Close | AwaitClear | Finish


def next_move(plan: Plan, record: Record, now: datetime) -> Move:
    """The one thing to do now. Calling it again without new rows gives the same move."""
    if record.mode == "plan":
        return Finish(outcome="planned", why=PLANNED)
    for step in plan.diagnosis:
        move = _advance(step, record, now)
        if move:
            return move
    if plan.alone:
        return _done_alone(plan, record)
    move = _recovered_by_itself(plan, record, now)
    if move:
        return move
    for part in plan.parts:
        row = record.last(part.key)
        if row is None:
            return Begin(key=part.key, kind=_kind(part), title=part.title)
        if not row.over:
            return _climb(plan, part, record, now)
        if row.ok:
            return Finish(outcome="succeeded", why=part.title)
    if not plan.parts:
        return Finish(outcome=N_("diagnosed"), why=DIAGNOSED)
    return Finish(outcome="failed", why=EXHAUSTED)


def beside(plan: Plan, record: Record, now: datetime, move: Dispatch) -> list[Dispatch]:
    """What may run at the same time as this: the next steps of the diagnosis or round that only read and need nobody.

    After a step whose author says to wait nothing is taken along: what comes next shall see what the time has done.
    """
    steps = _group_of(plan, record, move.step)
    found: list[Dispatch] = []
    if move.step not in steps or move.step.level != "read" or move.step.wait_s:
        return found
    for step in steps[steps.index(move.step) + 1 :]:
        needs = _advance(step, record, now)
        if needs is None:
            continue
        if step.level != "read" or not isinstance(needs, Dispatch):
            break
        found.append(needs)
        if step.wait_s:
            break
    return found


def _group_of(plan: Plan, record: Record, step: PlannedStep) -> Sequence[PlannedStep]:
    round_key, dot, _ = step.key.rpartition(".")
    return _round_steps(plan, record, round_key) if dot else plan.diagnosis


def _done_alone(plan: Plan, record: Record) -> Finish:
    failed = [step for step in plan.diagnosis if _failed(step, record)]
    if failed:
        return Finish(outcome="failed", why=_why(failed[0], record))
    return Finish(outcome="succeeded", why=plan.diagnosis[0].title)


def _recovered_by_itself(plan: Plan, record: Record, now: datetime) -> Move | None:
    """Before the first rung: where the alert has cleared and one round passes, there is nothing to repair."""
    if is_drill(record.mode) or any(record.last(part.key) for part in plan.parts):
        return None
    row = record.last("round0")
    if record.clear != "cleared" or not _round_steps(plan, record, "round0"):
        return None
    if row is None or not row.over:
        return _round(plan, record, now, "round0")
    return Finish(outcome="succeeded", why=RECOVERED) if row.ok and _proves(plan, record) else None


def _climb(plan: Plan, part: Part, record: Record, now: datetime) -> Move:
    for step in part.steps:
        move = _advance(step, record, now)
        if move:
            return move
        if _failed(step, record):
            return _close(part, ok=False, why=f"{step.title}: {_why(step, record)}")
    for step in part.checks:
        move = _advance(step, record, now)
        if move:
            return move
    for step in part.checks:
        if _failed(step, record):
            return _close(part, ok=False, why=f"{step.title}: {_why(step, record)}")
    return _verify(plan, part, record, now)


def _verify(plan: Plan, part: Part, record: Record, now: datetime) -> Move:
    """Rounds until one passes or the time to settle is over; then the alert has the last word."""
    if not _round_steps(plan, record, part.key):
        return _wait_for_alert(plan, part, record, now, _last_end(part, record) or now)
    number = 1
    while True:
        key = f"{part.key}.v{number}"
        row = record.last(key)
        if row is None or not row.over:
            return _round(plan, record, now, key)
        if row.ok:
            return _wait_for_alert(plan, part, record, now, row.ended_at or now)
        if record.last(f"{part.key}.v{number + 1}") is None:
            ended = row.ended_at or now
            if _taken_up_since(part, record, ended):
                return _round(plan, record, now, f"{part.key}.v{number + 1}")
            settled = (_last_end(part, record) or ended) + timedelta(seconds=record.settle_s)
            if part.waits or ended >= settled:
                return _close(part, ok=False, why=row.why)
            due = ended + timedelta(seconds=record.poll_s)
            if now < due:
                return Pause(until=due, why=N_("the service may need a moment"), step=key)
        number += 1


def _wait_for_alert(plan: Plan, part: Part, record: Record, now: datetime, since: datetime) -> Move:
    if is_drill(record.mode):
        return _close(part, ok=True)
    if record.clear == "firing":
        # After a stop the word that it is over may still be on its way: the next rung is no answer to our own absence.
        since = max(since, record.watched_since or since)
        until = since + timedelta(seconds=record.window_s)
        if now < until:
            return AwaitClear(until=until, part=part.key)
        return _close(part, ok=False, why=N_("the alert did not clear in time"))
    if record.clear == "cleared" or _proves(plan, record):
        return _close(part, ok=True)
    question = PlannedStep(
        key=f"{part.key}.confirm", id=f"{part.key}.confirm", title=N_("Is the service back?"), kind="manual"
    )
    move = _advance(question, record, now)
    if isinstance(move, Ask):
        return Ask(kind="confirm", step=question, attempt=move.attempt)
    return move or _close(part, ok=not _failed(question, record), why=_why(question, record))


def _round(plan: Plan, record: Record, now: datetime, key: str) -> Move:
    """All steps of the verification, also after one that failed: what the others say is worth knowing."""
    title = N_("Verification")
    if record.last(key) is None:
        return Begin(key=key, kind="round", title=title)
    steps = _round_steps(plan, record, key)
    for step in steps:
        move = _advance(step, record, now)
        if move:
            return move
    failed = [step for step in steps if _failed(step, record)]
    return Close(
        key=key,
        kind="round",
        title=title,
        ok=not failed,
        why="; ".join(f"{step.title}: {_why(step, record)}" for step in failed),
        passed=len(steps) - len(failed),
        of=len(steps),
    )


def _round_steps(plan: Plan, record: Record, key: str) -> list[PlannedStep]:
    """The document's verification; the service's checks where it has none, or none that measures anything."""
    steps = list(plan.verification)
    if record.checks and not any(step.measured for step in steps):
        steps.append(CHECKS)
    return [step.in_round(key) for step in steps]


def _proves(plan: Plan, record: Record) -> bool:
    """Can a round that passed be called a proof? An exit code alone cannot: curl exits 0 on a 500."""
    return record.checks or any(step.measured or step.kind == "manual" for step in plan.verification)


def _advance(step: PlannedStep, record: Record, now: datetime) -> Move | None:
    """What this step still needs; None once it is over, well or not."""
    rows = record.of(step.key)
    if not rows:
        return _gate(step, record, 1)
    last = rows[-1]
    match last.state:
        case "waiting":
            return _gate(step, record, last.attempt)
        case "started":
            return Dispatch(step=step, attempt=last.attempt)
        case "unknown":
            return Ask(kind="unknown", step=step, attempt=last.attempt)
        case "skipped":
            return None
        case "finished":
            ended = last.ended_at or now
            if last.ok:
                due = ended + timedelta(seconds=step.wait_s)
                return (
                    Pause(until=due, why=N_("the runbook says to wait"), step=step.key) if now < due else None
                )
            return _again(step, rows, record, now, ended)


def _again(
    step: PlannedStep, rows: Sequence[Attempt], record: Record, now: datetime, ended: datetime
) -> Move | None:
    """Repeats what may be repeated: `poll … for …` until it holds, `Retry` so many times."""
    begun = rows[0].started_at or ended
    polling = step.poll_for_s > 0 and ended < begun + timedelta(seconds=step.poll_for_s)
    failures = sum(row.state == "finished" and row.ok is False for row in rows)
    if not polling and failures > step.retries:
        return None
    due = ended + timedelta(seconds=step.poll_s or _RETRY_S)
    if now < due:
        return Pause(until=due, why=N_("is tried again"), step=step.key)
    return _gate(step, record, rows[-1].attempt + 1)


def _gate(step: PlannedStep, record: Record, attempt: int) -> Move:
    """Lets the step through, or says whom it needs."""
    missing = record.missing(step)
    if missing:
        return Ask(kind="input", step=step, attempt=attempt, names=missing)
    if step.kind == "manual":
        return Ask(kind="manual", step=step, attempt=attempt)
    need = need_of(step, record.mode, record.allowed)
    if need and not record.granted(step, vote=need.vote):
        return Ask(kind="approval" if need.vote else "guided", step=step, attempt=attempt, need=need)
    return Dispatch(step=step, attempt=attempt)


def _failed(step: PlannedStep, record: Record) -> bool:
    last = record.last(step.key)
    return last is not None and last.ok is False


def _why(step: PlannedStep, record: Record) -> str:
    last = record.last(step.key)
    return last.why if last else ""


def _last_end(part: Part, record: Record) -> datetime | None:
    ends = [
        row.ended_at
        for step in (*part.steps, *part.checks)
        if (row := record.last(step.key)) and row.ended_at
    ]
    return max(ends, default=None)


def _taken_up_since(part: Part, record: Record, ended: datetime) -> bool:
    """Has a person gone back to this part, or a step of it run again, after that round?"""
    row = record.last(part.key)
    again = row.detail.get("again_at") if row else None
    last = _last_end(part, record)
    return (again is not None and datetime.fromisoformat(again) >= ended) or (
        last is not None and last > ended
    )


def _close(part: Part, *, ok: bool, why: str = "") -> Close:
    return Close(key=part.key, kind=_kind(part), title=part.title, ok=ok, why=why)


def _kind(part: Part) -> Literal["rung", "option"]:
    return "option" if part.kind == "option" else "rung"
