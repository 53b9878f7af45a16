"""Which runbooks are there, and what do they say? As read, with what the reader wants to tell the author."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request

from tocsin.faces.api.answers import Page
from tocsin.faces.api.gate import Routes, context_of
from tocsin.ground.accounts import Permission
from tocsin.ground.kernel.errors import NotFound
from tocsin.respond.runbooks import Document, Finding, Input, Step

routes = Routes("runbooks")


@dataclass(frozen=True, kw_only=True, slots=True)
class RunbookAnswer:
    """A runbook. `steps` counts those that can run; `level` is the most that any of them would do."""

    path: str
    hash: str
    title: str
    language: str
    service: str
    severity: str
    owner: str
    start: str
    steps: int
    level: str
    findings: int


@dataclass(frozen=True, kw_only=True, slots=True)
class RunbookInFull:
    """A runbook with its text, and every step in the order in which a run meets it."""

    about: RunbookAnswer
    markdown: str
    steps: list[Step]
    inputs: list[Input]
    findings: list[Finding]


@routes.get("/runbooks", permission=Permission.READ, summary="List the runbooks")
def list_runbooks(request: Request) -> Page[RunbookAnswer]:
    return Page(items=[_answer(each) for each in context_of(request).library.all()], next=None)


@routes.get("/runbooks/{path:path}", permission=Permission.READ, summary="One runbook with its steps")
def get_runbook(request: Request, path: str) -> RunbookInFull:
    if not path.isprintable():
        raise NotFound("there is no such runbook", fix="`tocsin runbook list` shows them.")
    library = context_of(request).library
    document = library.get(path)
    return RunbookInFull(
        about=_answer(document),
        markdown=library.text(document.path),
        steps=list(document.steps()),
        inputs=list(document.inputs),
        findings=list(document.findings),
    )


_LEVELS = ("read", "change", "destroy")


def _answer(document: Document) -> RunbookAnswer:
    runnable = [step for step in document.steps() if step.kind != "reference"]
    return RunbookAnswer(
        path=document.path,
        hash=document.hash,
        title=document.title,
        language=document.language,
        service=document.service,
        severity=document.severity,
        owner=document.owner,
        start=document.start,
        steps=len(runnable),
        level=max((step.level for step in runnable), key=_LEVELS.index, default="read"),
        findings=len(document.findings),
    )
