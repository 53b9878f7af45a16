"""What runs, what does it wait for, and what has it printed? Runs of runbooks: start, steer, read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Query, Request
from pydantic import Field

from tocsin.faces.api.answers import After, Body, Limit, Line, Name, Page, Prose, page
from tocsin.faces.api.gate import Routes, context_of, identity_of
from tocsin.ground.accounts import Permission
from tocsin.respond.runbooks.record import Attempt
from tocsin.respond.runbooks.store import Approval, Chunk, Run

routes = Routes("runs")

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
    approvals: list[Approval]


class Start(Body):
    """`guided` runs step by step, `automatic` goes on until it needs a person, `plan` runs nothing."""

    path: Line
    incident: Name | None = None
    mode: Literal["guided", "automatic", "plan"] = "guided"
    inputs: dict[Name, Prose] = Field(default_factory=dict, max_length=200)


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
    limit: Limit = 50,
    after: After = None,
) -> Page[RunAnswer]:
    context = context_of(request)
    with context.store.read() as conn:
        found = context.runs.list(conn, states=tuple(state or ()), limit=limit + 1, after=after)
    return page([run_answer(run) for run in found], limit, "id")


@routes.post("/runs", permission=Permission.OPERATE, summary="Start a runbook")
def start(request: Request, body: Start) -> RunAnswer:
    actor = identity_of(request).actor
    return run_answer(context_of(request).runs.start(body.incident, body.path, body.mode, actor, body.inputs))


@routes.get("/runs/{run}", permission=Permission.READ, summary="One run with its steps and approvals")
def get_run(request: Request, run: Name) -> RunInFull:
    context = context_of(request)
    with context.store.read() as conn:
        found = context.runs.get(conn, run)
        attempts = context.runs.attempts(conn, run)
        approvals = list(context.runs.approvals(conn, run=run))
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
