"""What can be done, what would it do, and do it: actions by themselves, each run as a run of one step."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import Request
from pydantic import Field

from tocsin.act.actions import described
from tocsin.act.actions.described import Described, Planned
from tocsin.faces.api.answers import Body, Line, Name, Page
from tocsin.faces.api.gate import Routes, context_of, identity_of
from tocsin.faces.api.runs import RunAnswer, run_answer
from tocsin.ground.accounts import Permission

routes = Routes("actions")


class Asked(Body):
    """The arguments of an action, as its schema says."""

    arguments: dict[Name, Any] = Field(default_factory=dict, max_length=100)


class Wanted(Asked):
    """`target` is one of the service's `targets:`. What destroys waits for an approval in every mode."""

    service: Line = ""
    target: Line | None = None
    incident: Name | None = None
    mode: Literal["guided", "automatic", "plan"] = "guided"


@routes.get("/actions", permission=Permission.READ, summary="Every action with its level and its arguments")
def listing(request: Request) -> Page[Described]:
    return Page(items=described.described(), next=None)


@routes.get("/actions/{action}", permission=Permission.READ, summary="One action")
def one(request: Request, action: Line) -> Described:
    return described.one(action)


@routes.post("/actions/{action}/plan", permission=Permission.READ, summary="Say what it would do")
def plan(request: Request, action: Line, body: Asked) -> Planned:
    return described.planned(action, body.arguments)


@routes.post("/actions/{action}/runs", permission=Permission.OPERATE, summary="Run one action")
def run(request: Request, action: Line, body: Wanted) -> RunAnswer:
    started = context_of(request).runs.start_action(
        action,
        body.arguments,
        body.target,
        body.service,
        body.incident,
        identity_of(request).actor,
        body.mode,
    )
    return run_answer(started)
