"""What does a run look like? Its plan as a ladder, what has happened on each rung, and what it asks of a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from tocsin.faces.web.context import Context
from tocsin.faces.web.words import LEVELS, STEP, Mark
from tocsin.ground.i18n import N_
from tocsin.respond.runbooks.plan import Part, Plan, PlannedStep
from tocsin.respond.runbooks.record import Attempt
from tocsin.respond.runbooks.requests import Request
from tocsin.respond.runbooks.score import Score
from tocsin.respond.runbooks.store import Run

_MOST_EVIDENCE = 3
_ACTION = N_("One action")
_DIAGNOSIS = N_("Look closely")
_VERIFICATION = N_("Prove that it works, all checks in one round")


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What a run waits for. `kind`: guided, approval, manual, confirm, unknown, input ask a person; wait does not."""

    kind: str
    step: str
    title: str = ""
    level: str = "read"
    role: str = ""
    approval: str = ""
    names: tuple[str, ...] = ()
    until: datetime | None = None
    why: str = ""

    @property
    def by_person(self) -> bool:
        return self.kind != "wait"

    @classmethod
    def of(cls, waiting_for: Mapping[str, Any] | None) -> Asked | None:
        """From the run's row, where it stands as JSON."""
        if not waiting_for:
            return None
        until = waiting_for.get("until")
        return cls(
            kind=waiting_for["kind"],
            step=waiting_for.get("step", ""),
            title=waiting_for.get("title", ""),
            level=waiting_for.get("level", "read"),
            role=waiting_for.get("role", ""),
            approval=waiting_for.get("approval", ""),
            names=tuple(waiting_for.get("names", ())),
            until=datetime.fromisoformat(until) if until else None,
            why=waiting_for.get("why", ""),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class StepView:
    """A step with its last attempt. `opened` shows command and output without a click.

    `round`: the number of a round of checks, which has no title of its own.
    """

    key: str
    title: str
    kind: str
    level: str
    text: str
    mark: Mark
    why: str = ""
    expect: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    attempts: int = 0
    output: str = ""
    opened: bool = False
    round: int = 0

    @property
    def has_details(self) -> bool:
        return bool(self.text or self.output or self.expect)


@dataclass(frozen=True, kw_only=True, slots=True)
class PartView:
    """The diagnosis, a rung, a degrade option or the verification. `number` is the rung's place, or empty."""

    key: str
    number: str
    title: str
    mark: Mark
    why: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    steps: tuple[StepView, ...] = ()
    opened: bool = False
    level: str = "read"
    score: Score | None = None
    evidence: tuple[str, ...] = ()  # of a cause: what speaks for it, the strongest first
    again: bool = False  # it was judged, and could be tried once more


@dataclass(frozen=True, kw_only=True, slots=True)
class RunView:
    """A run with its ladder and what it waits for: `step` is the one it asks about, `request` the vote it needs."""

    run: Run
    parts: list[PartView]
    asked: Asked | None
    step: PlannedStep | None
    request: Request | None


def run_view(context: Context, conn: Connection, run: Run) -> RunView:
    """A run as a page shows it."""
    runs = context.runs
    asked = Asked.of(run.waiting_for) if run.is_open else None
    plan = runs.plan(conn, run.id)
    scores = runs.scores(conn, run.path) if plan.parts else {}
    outputs = runs.tails(conn, run.id)
    return RunView(
        run=run,
        parts=ladder_view(plan, runs.attempts(conn, run.id), asked, outputs, scores, is_over=not run.is_open),
        asked=asked,
        step=plan.find(asked.step) if asked else None,
        request=runs.request(conn, asked.approval) if asked and asked.approval else None,
    )


def ladder_view(
    plan: Plan,
    attempts: Sequence[Attempt],
    asked: Asked | None,
    outputs: Mapping[str, str],
    scores: Mapping[str, Score],
    *,
    is_over: bool = False,
) -> list[PartView]:
    """The plan from top to bottom. `outputs` is what steps have written, by key; `scores` of parts, by title. Where the
    run is over, what had begun and not ended was broken off.
    """
    rows = _Rows(attempts, asked, outputs, is_over=is_over)
    parts: list[PartView] = []
    if plan.diagnosis:
        title = _ACTION if plan.alone else _DIAGNOSIS
        parts.append(_group(rows, "diagnosis", title, plan.diagnosis))
    rungs = [part for part in plan.parts if part.kind == "rung"]
    for part in plan.parts:
        number = str(rungs.index(part) + 1) if part in rungs else ""
        parts.append(_part(rows, part, number, scores.get(part.title)))
    if plan.verification:
        begun = any(row.key.endswith(f".{step.key}") for row in attempts for step in plan.verification)
        if not begun:
            parts.append(_group(rows, "verification", _VERIFICATION, plan.verification))
    return parts


class _Rows:
    """Attempts by key, the last one of each, and the step that a person is asked about."""

    def __init__(
        self, attempts: Sequence[Attempt], asked: Asked | None, outputs: Mapping[str, str], *, is_over: bool
    ) -> None:
        self.last: dict[str, Attempt] = {}
        self.count: dict[str, int] = {}
        for row in sorted(attempts, key=lambda each: each.attempt):
            self.last[row.key] = row
            self.count[row.key] = self.count.get(row.key, 0) + 1
        self.asked = asked.step if asked and asked.by_person else ""
        self.outputs = outputs
        self._is_over = is_over

    def mark(self, row: Attempt) -> Mark:
        match row.state:
            case "waiting" | "started":
                return STEP["broken off" if self._is_over else "under way"]
            case "unknown":
                return STEP["unknown"]
            case "skipped":
                return STEP["skipped"]
            case "finished":
                return STEP["failed"] if row.ok is False else STEP["done"]

    def rounds(self, part: str) -> list[Attempt]:
        found = [row for row in self.last.values() if row.kind == "round" and row.key.startswith(f"{part}.v")]
        return sorted(found, key=lambda row: (len(row.key), row.key))

    def of_round(self, round_key: str) -> list[Attempt]:
        return [row for row in self.last.values() if row.key.startswith(f"{round_key}.")]


def _part(rows: _Rows, part: Part, number: str, score: Score | None) -> PartView:
    steps = [_step(rows, step) for step in (*part.steps, *part.checks)]
    for round_number, row in enumerate(rows.rounds(part.key), start=1):
        inside = [_checked(rows, each) for each in rows.of_round(row.key)]
        steps.append(
            StepView(
                key=row.key,
                title="",
                round=round_number,
                kind="checks",
                level="read",
                text="",
                mark=rows.mark(row),
                why=row.why,
                started_at=row.started_at,
                ended_at=row.ended_at,
                attempts=1,
            )
        )
        steps += inside
    if rows.asked == f"{part.key}.confirm":
        steps.append(_question(rows.asked))
    row = rows.last.get(part.key)
    mark = rows.mark(row) if row else STEP["todo"]
    if any(step.mark == STEP["asks"] for step in steps):
        mark = STEP["asks"]
    return PartView(
        key=part.key,
        number=number,
        title=part.title,
        mark=mark,
        why=row.why if row else part.condition,
        started_at=row.started_at if row else None,
        ended_at=row.ended_at if row else None,
        steps=tuple(steps),
        opened=mark in (STEP["under way"], STEP["asks"]),
        level=_highest(part.steps),
        score=score,
        evidence=part.evidence[:_MOST_EVIDENCE],
        again=row is not None and row.over,
    )


def _question(key: str) -> StepView:
    return StepView(
        key=key, title=N_("Is the service back?"), kind="manual", level="read", text="", mark=STEP["asks"]
    )


def _group(rows: _Rows, key: str, title: str, steps: Sequence[PlannedStep]) -> PartView:
    views = [_step(rows, step) for step in steps]
    marks = [view.mark for view in views]
    if STEP["asks"] in marks:
        mark = STEP["asks"]
    elif all(each in (STEP["done"], STEP["failed"], STEP["skipped"]) for each in marks):
        # A diagnosis that finds something wrong has done its work.
        mark = STEP["done"]
    elif all(each == STEP["todo"] for each in marks):
        mark = STEP["todo"]
    else:
        mark = STEP["under way"]
    starts = [view.started_at for view in views if view.started_at]
    ends = [view.ended_at for view in views if view.ended_at]
    return PartView(
        key=key,
        number="",
        title=title,
        mark=mark,
        started_at=min(starts, default=None),
        ended_at=max(ends, default=None) if mark == STEP["done"] else None,
        steps=tuple(views),
        opened=mark in (STEP["under way"], STEP["asks"]),
        level=_highest(steps),
    )


def _step(rows: _Rows, step: PlannedStep) -> StepView:
    row = rows.last.get(step.key)
    mark = STEP["asks"] if rows.asked == step.key else rows.mark(row) if row else STEP["todo"]
    return StepView(
        key=step.key,
        title=step.title,
        kind=step.kind,
        level=step.level,
        text=step.text,
        mark=mark,
        why=row.why if row else "",
        expect=step.expect or step.expect_text or "",
        started_at=row.started_at if row else None,
        ended_at=row.ended_at if row else None,
        attempts=rows.count.get(step.key, 0),
        output=rows.outputs.get(step.key, ""),
        opened=mark in (STEP["under way"], STEP["asks"], STEP["unknown"]),
    )


def _checked(rows: _Rows, row: Attempt) -> StepView:
    """A check of a round, of which only the row is at hand."""
    return StepView(
        key=row.key,
        title=row.title,
        kind=row.kind,
        level=row.level,
        text="",
        mark=STEP["asks"] if rows.asked == row.key else rows.mark(row),
        why=row.why,
        started_at=row.started_at,
        ended_at=row.ended_at,
        attempts=1,
        output=rows.outputs.get(row.key, ""),
    )


def _highest(steps: Sequence[PlannedStep]) -> str:
    """The most dangerous level of them: levels stand in the order of danger."""
    return max((step.level for step in steps), key=list(LEVELS).index, default="read")
