"""How does a person turn a run to another step? What lies before it is gone over, what lies at it is done again.

Only rows are written; the next move follows from them as from any others.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from tocsin.ground.kernel.errors import Conflict, Invalid
from tocsin.respond.runbooks import store
from tocsin.respond.runbooks.plan import Part, Plan, PlannedStep
from tocsin.respond.runbooks.record import Attempt


def turn_to(conn: Connection, run_id: str, plan: Plan, key: str, why: str, now: datetime) -> str:
    """Makes `key` (a step, or a part) the next thing to do, and gives its title.

    What was never done before it is skipped with `why`; the steps from it to the end of its part are done again where
    they were done. Raises Invalid for an unknown key, Conflict where nobody knows how a step before it ended.
    """
    rows = {row.key: row for row in store.attempts(conn, run_id)}  # the last attempt of each
    if key in {step.key for step in plan.diagnosis}:
        _again(conn, run_id, _from(plan.diagnosis, key, rows, conn, run_id, why, now), rows)
        return _title(plan, key)
    part, begins = _part_of(plan, key)
    _skip_steps(conn, run_id, plan.diagnosis, rows, why, now)
    for before in plan.parts[: plan.parts.index(part)]:
        _skip_part(conn, run_id, before, rows, why, now)
    inside = (*part.steps, *part.checks)
    if begins:
        _again(conn, run_id, _from(inside, begins, rows, conn, run_id, why, now), rows)
    else:
        _skip_steps(conn, run_id, inside, rows, why, now)
    _reopen(conn, run_id, part, rows, now)
    return _title(plan, key)


def _part_of(plan: Plan, key: str) -> tuple[Part, str]:
    """The part that holds the key, and the step of it that is meant; a verification is that of the last part tried."""
    for part in plan.parts:
        inside = [step.key for step in (*part.steps, *part.checks)]
        if key == part.key and inside:
            return part, inside[0]
        if key in inside:
            return part, key
    if plan.parts and any(step.key == key for step in plan.verification):
        return plan.parts[-1], ""
    raise Invalid(f"the run has no step {key} to begin at", field="step", fix="Look at its plan.")


def _title(plan: Plan, key: str) -> str:
    found = plan.part(key) or plan.find(key)
    assert found is not None
    return found.title


def _from(
    steps: Iterable[PlannedStep],
    key: str,
    rows: dict[str, Attempt],
    conn: Connection,
    run_id: str,
    why: str,
    now: datetime,
) -> list[PlannedStep]:
    """The steps from `key` on; those before it are gone over."""
    known = list(steps)
    place = next(place for place, step in enumerate(known) if step.key == key)
    _skip_steps(conn, run_id, known[:place], rows, why, now)
    return known[place:]


def _skip_steps(
    conn: Connection,
    run_id: str,
    steps: Iterable[PlannedStep],
    rows: dict[str, Attempt],
    why: str,
    now: datetime,
) -> None:
    over = {"state": "skipped", "ok": True, "why": why, "ended_at": now}
    for step in steps:
        row = rows.get(step.key)
        if row is not None and row.state == "unknown":
            raise Conflict(
                f"nobody knows how “{step.title}” ended",
                fix="Say done, retry or skip of it first.",
            )
        what = {"kind": step.kind, "title": step.title, "level": step.level}
        if row is None:
            store.put_attempt(conn, run_id, step.key, 1, **what, **over)
        else:
            store.change_attempt(conn, run_id, step.key, row.attempt, "waiting", **over)


def _skip_part(
    conn: Connection, run_id: str, part: Part, rows: dict[str, Attempt], why: str, now: datetime
) -> None:
    over = {"state": "skipped", "ok": False, "why": why, "ended_at": now}
    unknown = [step for step in part.steps if (row := rows.get(step.key)) and row.state == "unknown"]
    if unknown:
        _skip_steps(conn, run_id, unknown, rows, why, now)
    kind = "option" if part.kind == "option" else "rung"
    if not store.put_attempt(conn, run_id, part.key, 1, kind=kind, title=part.title, level="read", **over):
        store.change_attempt(conn, run_id, part.key, 1, "started", **over)


def _again(conn: Connection, run_id: str, steps: Iterable[PlannedStep], rows: dict[str, Attempt]) -> None:
    """Each of them that is over gets another attempt; one that destroys has to be approved anew."""
    for step in steps:
        row = rows.get(step.key)
        if row is None or not row.over:
            continue
        what = {"kind": step.kind, "title": step.title, "level": step.level}
        store.put_attempt(conn, run_id, step.key, row.attempt + 1, state="waiting", **what)
        if step.level == "destroy":
            store.use_up(conn, run_id, step.id)


def _reopen(conn: Connection, run_id: str, part: Part, rows: dict[str, Attempt], now: datetime) -> None:
    row = rows.get(part.key)
    if row is None:
        kind = "option" if part.kind == "option" else "rung"
        store.put_attempt(
            conn,
            run_id,
            part.key,
            1,
            kind=kind,
            title=part.title,
            level="read",
            state="started",
            started_at=now,
            detail={"again_at": now.isoformat()},
        )
        return
    store.change_attempt(
        conn,
        run_id,
        part.key,
        1,
        "started",
        "finished",
        "skipped",
        state="started",
        ok=None,
        why="",
        started_at=row.started_at or now,
        ended_at=None,
        detail={**row.detail, "again_at": now.isoformat()},
    )
