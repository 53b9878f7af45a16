"""How has a runbook served so far? Runs, successes, the usual time, and when each step was last seen to work.

All of it follows from the rows of the runs. A step is proven by a run that finished it well; edited since, it is
unproven again, since what ran is compared with what the document says now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, case, func, select

from tocsin.respond.runbooks import plan as plans
from tocsin.respond.runbooks import store
from tocsin.respond.runbooks.document import Document
from tocsin.respond.runbooks.library import part_of
from tocsin.respond.runbooks.plan import Plan, plan_of
from tocsin.respond.runbooks.reader import read
from tocsin.respond.runbooks.store import run, run_step

_TIMES = 50  # of the latest successes, for the median
_RUNS = 200  # that are asked for a proof
_PLANS = 50
_REAL = ("guided", "automatic")
_PARTS = ("rung", "option", "round")


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """How often a runbook ran, how often that ended well, when it last began, and the median of the good ones."""

    runs: int = 0
    succeeded: int = 0
    last_at: datetime | None = None
    median_s: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Proof:
    """A step worked: when it ended, who had started the run (`person:mei`, `tocsin`), and which run it was."""

    at: datetime
    by: str
    run: str


def usage(conn: Connection, path: str) -> Usage:
    """How the runbook at a path has served. Runs that only planned do not count."""
    return _usages(conn, run.c.path == path).get(path, Usage())


def usages(conn: Connection) -> dict[str, Usage]:
    """The same for every runbook that ever ran, by path."""
    return _usages(conn)


def proofs(conn: Connection, document: Document) -> dict[str, Proof]:
    """By the id of the step; a step that nobody has seen to work as it stands is not there."""
    said = {step.id: step.text_hash({}) for step in plan_of(document).steps()}
    found: dict[str, Proof] = {}
    known: dict[str, Plan] = {}
    for row in conn.execute(_finished_well(document.path)):
        if len(found) == len(said):
            break
        if row.run not in known:
            if len(known) == _PLANS:
                break
            known[row.run] = plans.from_json(store.plan_of(conn, row.run))
        step = known[row.run].find(row.key)
        if step is not None and step.id not in found and said.get(step.id) == step.text_hash({}):
            found[step.id] = Proof(at=row.ended_at, by=row.actor, run=row.run)
    return found


def changed_since(conn: Connection, document: Document) -> str | None:
    """The text as it was when the runbook last succeeded; None where it never did, or where nothing changed.

    Of one of several runbooks in a file, its part; another part of the file may be all that changed.
    """
    row = conn.execute(
        select(run.c.hash, run.c.document)
        .where(run.c.path == document.path, run.c.state == "succeeded", run.c.mode.in_(_REAL))
        .order_by(run.c.ended_at.desc())
        .limit(1)
    ).first()
    if row is None or row.hash == document.hash:
        return None
    path, _, part = document.path.partition("#")
    if part:
        file = read(path, row.document.encode())
        before = next((each for each in file.within() if each.path == document.path), None)
        return part_of(row.document, file, before) if before else row.document
    return row.document


def proven_hashes(conn: Connection, path: str | None = None) -> dict[str, str]:
    """By path, the hash of the file when the runbook last succeeded; of all, or of one."""
    where = [] if path is None else [run.c.path == path]
    ranked = (
        select(
            run.c.path,
            run.c.hash,
            func.row_number().over(partition_by=run.c.path, order_by=run.c.ended_at.desc()).label("rank"),
        )
        .where(run.c.state == "succeeded", run.c.mode.in_(_REAL), *where)
        .subquery()
    )
    return {row.path: row.hash for row in conn.execute(select(ranked).where(ranked.c.rank == 1))}


def _usages(conn: Connection, *where: ColumnElement[bool]) -> dict[str, Usage]:
    succeeded = func.sum(case((run.c.state == "succeeded", 1), else_=0))
    rows = conn.execute(
        select(
            run.c.path,
            func.count().label("runs"),
            succeeded.label("succeeded"),
            func.max(run.c.created_at).label("last_at"),
        )
        .where(run.c.mode.in_(_REAL), *where)
        .group_by(run.c.path)
    )
    times = _times(conn, where)
    return {
        row.path: Usage(
            runs=row.runs,
            succeeded=int(row.succeeded),
            last_at=row.last_at,
            median_s=median(times[row.path]) if row.path in times else None,
        )
        for row in rows
    }


def _times(conn: Connection, where: Sequence[ColumnElement[bool]]) -> dict[str, list[float]]:
    """How long the latest successes took, in seconds, by path."""
    ranked = (
        select(
            run.c.path,
            run.c.started_at,
            run.c.ended_at,
            func.row_number().over(partition_by=run.c.path, order_by=run.c.ended_at.desc()).label("rank"),
        )
        .where(run.c.mode.in_(_REAL), run.c.state == "succeeded", run.c.started_at.is_not(None), *where)
        .subquery()
    )
    found: dict[str, list[float]] = {}
    for row in conn.execute(select(ranked).where(ranked.c.rank <= _TIMES)):
        found.setdefault(row.path, []).append((row.ended_at - row.started_at).total_seconds())
    return found


def _finished_well(path: str) -> Select[Any, Any, Any, Any]:
    """The latest good end of each step of each version of a runbook, the newest first."""
    recent = (
        select(run.c.id, run.c.hash, run.c.actor)
        .where(run.c.path == path, run.c.mode.in_(_REAL))
        .order_by(run.c.created_at.desc())
        .limit(_RUNS)
        .subquery()
    )
    ranked = (
        select(
            run_step.c.key,
            run_step.c.run,
            run_step.c.ended_at,
            recent.c.actor,
            func.row_number()
            .over(partition_by=(recent.c.hash, run_step.c.key), order_by=run_step.c.ended_at.desc())
            .label("rank"),
        )
        .join(recent, recent.c.id == run_step.c.run)
        .where(
            run_step.c.state == "finished",
            run_step.c.ok.is_(True),
            run_step.c.kind.not_in(_PARTS),
            run_step.c.ended_at.is_not(None),
        )
        .subquery()
    )
    columns = ranked.c
    return (
        select(columns.key, columns.run, columns.ended_at, columns.actor)
        .where(columns.rank == 1)
        .order_by(columns.ended_at.desc(), columns.key)
    )
