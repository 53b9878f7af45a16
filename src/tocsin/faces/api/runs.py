"""What runs, what does it wait for, and what has it printed? Runs of runbooks: start, steer, read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Query, Request
from pydantic import Field

from tocsin.faces.api.answers import After, Body, Limit, Line, Moment, Name, Page, Prose, page
from tocsin.faces.api.approval_answer import ApprovalAnswer, approval_answer
from tocsin.faces.api.gate import Routes, context_of, identity_of
from tocsin.ground.accounts import Permission
from tocsin.respond.runbooks.compare import Side
from tocsin.respond.runbooks.find import Question
from tocsin.respond.runbooks.record import Attempt
from tocsin.respond.runbooks.score import Score
from tocsin.respond.runbooks.store import Chunk, Run

routes = Routes("runs")

Mode = Literal["guided", "automatic", "plan", "drill:read-through", "drill:checks", "drill:simulated"]
State = Literal["wanted", "running", "waiting", "paused", "succeeded", "failed", "cancelled"]


@dataclass(frozen=True, kw_only=True, slots=True)
class RunAnswer:
    """A run. `waiting_for` says what a person has to do, or until when it waits; null while it is at work."""

    id: str
    incident: str | None
    service: str
    path: str
    hash: str
    title: str
    mode: str
    state: str
    waiting_for: dict[str, Any] | None
    started_by: str
    led_by: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    outcome: str | None
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class StepAnswer:
    """One go at a step, or the life of a rung, an option or a round of checks (`kind`). `ms` is milliseconds."""

    key: str
    attempt: int
    kind: str
    title: str
    level: str
    state: str
    ok: bool | None
    why: str
    exit: int | None
    status: int | None
    ms: float | None
    started_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class RunInFull(RunAnswer):
    """A run with everything it did, in the order in which it began, and the approvals that it asked for."""

    steps: list[StepAnswer]
    approvals: list[ApprovalAnswer]


@dataclass(frozen=True, kw_only=True, slots=True)
class ComparedAnswer:
    """A step of either run; a side is null where that run never came to it. `ms` is milliseconds."""

    key: str
    title: str
    kind: str
    differs: bool
    text_changed: bool
    one: Side | None
    other: Side | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ComparisonAnswer:
    """Two runs, and what became of each step in either; `same_document`: did both run the same text?"""

    one: RunAnswer
    other: RunAnswer
    same_document: bool
    steps: list[ComparedAnswer]


class Start(Body):
    """`guided` runs step by step, `automatic` goes on until it needs a person, `plan` runs nothing; a drill touches
    nothing: it is read through, runs what only reads, or takes the runbook's sample output for answers.
    """

    path: Line
    incident: Name | None = None
    mode: Mode = "guided"
    from_step: Line | None = Field(
        default=None, description="The key of a step or part: what lies before it is gone over."
    )
    inputs: dict[Name, Prose] = Field(default_factory=dict, max_length=200)


class Again(Body):
    step: Line


class GoOn(Body):
    """Where to go on by hand: the key of a step or a part."""

    step: Line
    reason: Prose = ""


class Skip(Body):
    step: Line
    reason: Prose


class StepEnd(Body):
    """How a step ended that only a person can judge."""

    step: Line
    answer: Literal["done", "failed", "retry", "skip"]
    reason: Prose = ""


class Values(Body):
    """Values that the run asks for, by name."""

    inputs: dict[Name, Prose] = Field(min_length=1, max_length=200)


@routes.get("/runs", permission=Permission.READ, summary="List runs, newest first")
def list_runs(
    request: Request,
    state: Annotated[list[State] | None, Query(description="May be given several times.")] = None,
    mode: Annotated[list[Mode] | None, Query(description="May be given several times.")] = None,
    service: Line | None = None,
    path: Annotated[Line | None, Query(description="The runbook, or action:NAME.")] = None,
    incident: Name | None = None,
    by: Annotated[Line | None, Query(description="Who started it or took it over: person:mei.")] = None,
    text: Annotated[Line | None, Query(description="Words of its title, steps and reasons.")] = None,
    printed: Annotated[Line | None, Query(description="A text that a step printed.")] = None,
    since: Annotated[Moment | None, Query(description="Started then or later.")] = None,
    until: Annotated[Moment | None, Query(description="Started before.")] = None,
    limit: Limit = 50,
    after: After = None,
) -> Page[RunAnswer]:
    context = context_of(request)
    question = Question(
        text=text or "",
        printed=printed or "",
        service=service or "",
        path=path or "",
        incident=incident or "",
        modes=tuple(mode or ()),
        states=tuple(state or ()),
        actor=by or "",
        since=since,
        until=until,
    )
    with context.store.read() as conn:
        found = context.runs.search(conn, question, limit=limit + 1, after=after)
    return page([run_answer(run) for run in found], limit, "id")


@routes.get("/runs/scores", permission=Permission.READ, summary="How often each attempt of a runbook helped")
def get_scores(
    request: Request, path: Annotated[Line, Query(description="The runbook.")]
) -> dict[str, Score]:
    """By the title of the rung or option; times are seconds."""
    context = context_of(request)
    with context.store.read() as conn:
        return context.runs.scores(conn, path)


@routes.get("/runs/compare", permission=Permission.READ, summary="Two runs side by side, step by step")
def compare_runs(request: Request, one: Name, other: Name) -> ComparisonAnswer:
    context = context_of(request)
    with context.store.read() as conn:
        found = context.runs.compare(conn, one, other)
    return ComparisonAnswer(
        one=run_answer(found.one),
        other=run_answer(found.other),
        same_document=found.same_document,
        steps=[
            ComparedAnswer(
                key=each.key,
                title=each.title,
                kind=each.kind,
                differs=each.differs,
                text_changed=each.text_changed,
                one=each.one,
                other=each.other,
            )
            for each in found.steps
        ],
    )


@routes.post("/runs", permission=Permission.OPERATE, summary="Start a runbook")
def start(request: Request, body: Start) -> RunAnswer:
    actor = identity_of(request).actor
    run = context_of(request).runs.start(
        body.incident, body.path, body.mode, actor, body.inputs, from_step=body.from_step
    )
    return run_answer(run)


@routes.get("/runs/{run}", permission=Permission.READ, summary="One run with its steps and approvals")
def get_run(request: Request, run: Name) -> RunInFull:
    context = context_of(request)
    with context.store.read() as conn:
        found = context.runs.get(conn, run)
        attempts = context.runs.attempts(conn, run)
        approvals = [approval_answer(each) for each in context.runs.asked_by(conn, run)]
    return RunInFull(**_shared(found), steps=[_step(each) for each in attempts], approvals=approvals)


@routes.get("/runs/{run}/output", permission=Permission.READ, summary="What its steps have printed")
def get_output(
    request: Request,
    run: Name,
    step: Annotated[Line, Query(description="The key of a step.")],
    attempt: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    after: Annotated[int, Query(ge=0, le=2**62, description="`next` of the page before.")] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Page[Chunk]:
    """Chunks of at most 64 kB, numbered from 1 within an attempt; secrets are masked. Ask again to follow."""
    context = context_of(request)
    with context.store.read() as conn:
        context.runs.get(conn, run)
        found = context.runs.output(conn, run, step, after, attempt=attempt, limit=limit + 1)
    return page(found, limit, "seq")


@routes.post("/runs/{run}/next", permission=Permission.OPERATE, summary="Press Run for the next step")
def proceed(request: Request, run: Name) -> RunAnswer:
    return run_answer(context_of(request).runs.proceed(run, identity_of(request).actor))


@routes.post("/runs/{run}/pause", permission=Permission.OPERATE, summary="Begin no further step")
def pause(request: Request, run: Name) -> RunAnswer:
    return run_answer(context_of(request).runs.pause(run, identity_of(request).actor))


@routes.post("/runs/{run}/resume", permission=Permission.OPERATE, summary="Go on")
def resume(request: Request, run: Name) -> RunAnswer:
    return run_answer(context_of(request).runs.resume(run, identity_of(request).actor))


@routes.post("/runs/{run}/cancel", permission=Permission.OPERATE, summary="End it, and the step under way")
def cancel(request: Request, run: Name) -> RunAnswer:
    return run_answer(context_of(request).runs.cancel(run, identity_of(request).actor))


@routes.post("/runs/{run}/retry", permission=Permission.OPERATE, summary="Run a step again that is over")
def retry(request: Request, run: Name, body: Again) -> RunAnswer:
    return run_answer(context_of(request).runs.retry(run, body.step, identity_of(request).actor))


@routes.post("/runs/{run}/take", permission=Permission.OPERATE, summary="Lead it by hand from here on")
def take(request: Request, run: Name) -> RunAnswer:
    return run_answer(context_of(request).runs.take_over(run, identity_of(request).actor))


@routes.post("/runs/{run}/go", permission=Permission.OPERATE, summary="Go on by hand from a step or part")
def go_on(request: Request, run: Name, body: GoOn) -> RunAnswer:
    actor = identity_of(request).actor
    return run_answer(context_of(request).runs.go_on_from(run, body.step, actor, body.reason))


@routes.post("/runs/{run}/skip", permission=Permission.OPERATE, summary="Go over a step or a rung")
def skip(request: Request, run: Name, body: Skip) -> RunAnswer:
    return run_answer(context_of(request).runs.skip(run, body.step, body.reason, identity_of(request).actor))


@routes.post("/runs/{run}/answer", permission=Permission.OPERATE, summary="Say how a step ended")
def answer(request: Request, run: Name, body: StepEnd) -> RunAnswer:
    actor = identity_of(request).actor
    return run_answer(context_of(request).runs.answer(run, body.step, body.answer, actor, body.reason))


@routes.post("/runs/{run}/inputs", permission=Permission.OPERATE, summary="Give values that it asks for")
def provide(request: Request, run: Name, body: Values) -> RunAnswer:
    return run_answer(context_of(request).runs.provide(run, body.inputs, identity_of(request).actor))


def run_answer(run: Run) -> RunAnswer:
    """The run as the API tells it: without the values of its inputs, some of which may be secret."""
    return RunAnswer(**_shared(run))


def _shared(run: Run) -> dict[str, Any]:
    return {
        "id": run.id,
        "incident": run.incident,
        "service": run.service,
        "path": run.path,
        "hash": run.hash,
        "title": run.title,
        "mode": run.mode,
        "state": run.state,
        "waiting_for": run.waiting_for,
        "started_by": run.actor,
        "led_by": run.led_by,
        "created_at": run.created_at,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "outcome": run.outcome,
        "why": run.why,
    }


def _step(attempt: Attempt) -> StepAnswer:
    return StepAnswer(
        key=attempt.key,
        attempt=attempt.attempt,
        kind=attempt.kind,
        title=attempt.title,
        level=attempt.level,
        state=attempt.state,
        ok=attempt.ok,
        why=attempt.why,
        exit=attempt.exit,
        status=attempt.status,
        ms=attempt.ms,
        started_at=attempt.started_at,
        ended_at=attempt.ended_at,
    )
