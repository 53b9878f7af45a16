"""Which runbooks are there, what do they say, can they be trusted, and which wait to be looked over?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Query, Request
from pydantic import BaseModel, ConfigDict

from tocsin.faces.api.answers import Line, Page, Prose
from tocsin.faces.api.gate import Routes, context_of, identity_of
from tocsin.ground.accounts import Permission
from tocsin.ground.kernel.errors import NotFound
from tocsin.ground.timeline import told
from tocsin.respond.runbooks import review
from tocsin.respond.runbooks.document import Finding, Input, Step
from tocsin.respond.runbooks.library import Shelved
from tocsin.respond.runbooks.outline import outline
from tocsin.respond.runbooks.preconditions_store import Check, failed
from tocsin.respond.runbooks.review import Due
from tocsin.respond.runbooks.usage import Usage, proofs, proven_hashes, usage, usages

routes = Routes("runbooks")
_LEVELS = ("read", "change", "destroy")
_LANGUAGE = "en"


@dataclass(frozen=True, kw_only=True, slots=True)
class RunbookAnswer:
    """A runbook. `steps` counts those that can run; `level` is the most that any of them would do.

    `used` and `worked` count its runs. `proven`: it worked as it stands now. `broken`: what it needs and is not there.
    """

    path: str
    hash: str
    title: str
    kind: str
    language: str
    category: str
    service: str
    severity: str
    threshold: str
    owner: str
    start: str
    steps: int
    level: str
    findings: int
    used: int
    worked: int
    last_used_at: datetime | None
    median_s: float | None
    proven: bool
    broken: list[str]
    review_due_at: datetime | None
    review_overdue: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class ProofAnswer:
    """A step worked: when, who had started the run, and which run it was."""

    step: str
    at: datetime
    by: str
    run: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RunbookInFull:
    """A runbook with its text, and every step in the order in which a run meets it.

    `read` is all that was read in it, in the shape in which `tocsin runbook import --json` prints it. `proofs` tells of
    each step that was seen to work as it stands. `changed_since_proven`: it has worked, and was edited since.
    """

    about: RunbookAnswer
    markdown: str
    steps: list[Step]
    inputs: list[Input]
    findings: list[Finding]
    read: dict[str, Any]
    proofs: list[ProofAnswer]
    changed_since_proven: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class HitAnswer:
    """A runbook that speaks of the words: the line that has most of them, and the heading above it."""

    path: str
    title: str
    severity: str
    line: int
    heading: str
    snippet: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ReviewAnswer:
    """A review that waits: of which runbook, whose it is, why, and by when."""

    path: str
    title: str
    owner: str
    why: str
    due_at: datetime
    overdue: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class ReviewedAnswer:
    """A review that was made; `hash` is that of the file that was looked over."""

    path: str
    hash: str
    reviewed_at: datetime
    by: str
    note: str


class ReviewBody(BaseModel):
    """I have read this runbook, and it is true as it stands."""

    model_config = ConfigDict(extra="forbid")
    path: Line
    note: Prose = ""


@routes.get("/runbooks", permission=Permission.READ, summary="List the runbooks")
def list_runbooks(request: Request) -> Page[RunbookAnswer]:
    context = context_of(request)
    library = context.library
    with context.store.read() as conn:
        used, broken, proven = usages(conn), failed(conn), proven_hashes(conn)
        dues = {due.path: due for due in review.queue(conn, library, context.clock.now(), used)}
        every = sorted(
            (shelved for category in library.categories() for shelved in category.items),
            key=lambda each: each.document.path,
        )
        items = [
            _answer(
                each,
                used.get(each.document.path, Usage()),
                broken.get(each.document.path, ()),
                dues.get(each.document.path),
                proven=each.document.path in proven
                and not review.edited(conn, library, each.document, proven),
            )
            for each in every
        ]
    return Page(items=items, next=None)


@routes.get("/runbooks/search", permission=Permission.READ, summary="Find runbooks by their words")
def search_runbooks(
    request: Request,
    q: Annotated[str, Query(max_length=200, description="Words, in English or Chinese.")],
    limit: Annotated[int, Query(ge=1, le=200, description="How many at most.")] = 50,
) -> Page[HitAnswer]:
    """The best first. A Chinese word is found from two characters on."""
    hits = context_of(request).library.search(q, limit)
    items = [
        HitAnswer(
            path=hit.document.path,
            title=hit.document.title,
            severity=hit.document.severity,
            line=hit.line,
            heading=hit.heading,
            snippet=hit.snippet,
        )
        for hit in hits
    ]
    return Page(items=items, next=None)


@routes.get("/runbooks/reviews", permission=Permission.READ, summary="Which runbooks wait to be looked over")
def list_reviews(request: Request) -> Page[ReviewAnswer]:
    """Each runbook once, the most urgent first."""
    context = context_of(request)
    with context.store.read() as conn:
        queue = review.queue(conn, context.library, context.clock.now())
    items = [
        ReviewAnswer(
            path=due.path,
            title=due.title,
            owner=due.owner,
            why=told(due.why, _LANGUAGE),
            due_at=due.due_at,
            overdue=due.overdue,
        )
        for due in queue
    ]
    return Page(items=items, next=None)


@routes.post("/runbooks/reviews", permission=Permission.RESPOND, summary="I have looked this runbook over")
def review_runbook(request: Request, body: ReviewBody) -> ReviewedAnswer:
    context = context_of(request)
    document = context.library.get(_printable(body.path))
    made = context.store.write(
        lambda conn: review.record(
            conn, document, context.clock.now(), by=identity_of(request).actor, note=body.note.strip()
        )
    )
    return ReviewedAnswer(
        path=made.path, hash=made.hash, reviewed_at=made.reviewed_at, by=made.by, note=made.note
    )


@routes.get("/runbooks/{path:path}", permission=Permission.READ, summary="One runbook with its steps")
def get_runbook(request: Request, path: str) -> RunbookInFull:
    """Of a file that holds several, one is asked for by `FILE.md%23NAME`."""
    context = context_of(request)
    document = context.library.get(_printable(path))
    with context.store.read() as conn:
        used = usage(conn, document.path)
        proven = proofs(conn, document)
        changed = review.edited(conn, context.library, document, proven_hashes(conn, document.path))
        broken = failed(conn, document.path).get(document.path, ())
        due = review.due_of(conn, context.library, document, context.clock.now())
    shelved = context.library.shelved(document)
    return RunbookInFull(
        about=_answer(shelved, used, broken, due, proven=bool(used.succeeded) and not changed),
        markdown=context.library.part(document.path),
        steps=list(document.steps()),
        inputs=list(document.inputs),
        findings=list(document.findings),
        read=outline(document),
        proofs=[
            ProofAnswer(step=step, at=proof.at, by=proof.by, run=proof.run) for step, proof in proven.items()
        ],
        changed_since_proven=changed,
    )


def _printable(path: str) -> str:
    if not path.isprintable():
        raise NotFound("there is no such runbook", fix="`tocsin runbook list` shows them.")
    return path


def _answer(
    shelved: Shelved, used: Usage, broken: Sequence[Check], due: Due | None, *, proven: bool
) -> RunbookAnswer:
    document = shelved.document
    runnable = [step for step in document.steps() if step.kind != "reference"]
    return RunbookAnswer(
        path=document.path,
        hash=document.hash,
        title=document.title,
        kind=document.kind,
        language=document.language,
        category=shelved.category,
        service=document.service,
        severity=shelved.severity,
        threshold=shelved.threshold,
        owner=document.owner,
        start=document.start,
        steps=len(runnable),
        level=max((step.level for step in runnable), key=_LEVELS.index, default="read"),
        findings=len(document.findings),
        used=used.runs,
        worked=used.succeeded,
        last_used_at=used.last_at,
        median_s=used.median_s,
        proven=proven,
        broken=[told(each.told, _LANGUAGE) for each in broken],
        review_due_at=due.due_at if due else None,
        review_overdue=bool(due and due.overdue),
    )
