"""Which runs were there, what did each do, and what went otherwise the second time? The pages of runs."""

from __future__ import annotations

from collections.abc import Iterator

from starlette.responses import Response, StreamingResponse

from tocsin.faces.web.context import Context
from tocsin.faces.web.gate import Pages
from tocsin.faces.web.next_act import next_act_of_run
from tocsin.faces.web.run_view import run_view
from tocsin.faces.web.visit import Visit
from tocsin.ground.accounts import Permission
from tocsin.respond.runbooks.find import Question
from tocsin.respond.runbooks.store import ENDED, OPEN

pages = Pages()
_SHOWN = 50
_AT_ONCE = 16
_STATES = {"open": OPEN, "ended": ENDED, "failed": ("failed",), "all": ()}


@pages.get("/runs", Permission.READ)
def listing(visit: Visit) -> Response:
    query = visit.query
    state = query.get("state", "all")
    text = query.get("q", "")
    question = Question(
        text=text,
        path=query.get("path", ""),
        incident=query.get("incident", ""),
        service=query.get("service", ""),
        states=_STATES.get(state, ()),
    )
    after = query.get("after") or None
    with visit.context.store.read() as conn:
        found = visit.context.runs.search(conn, question, limit=_SHOWN + 1, after=after)
    return visit.page(
        "runs.html",
        runs=found[:_SHOWN],
        after=found[_SHOWN - 1].id if len(found) > _SHOWN else "",
        text=text,
        state=state if state in _STATES else "all",
        states=tuple(_STATES),
        question=question,
    )


@pages.get("/runs/compare", Permission.READ)
def compared(visit: Visit) -> Response:
    with visit.context.store.read() as conn:
        found = visit.context.runs.compare(conn, visit.query.get("one", ""), visit.query.get("other", ""))
    return visit.page("run_compare.html", found=found, every=visit.query.get("show") == "all")


@pages.get("/runs/{id}", Permission.READ)
def one(visit: Visit) -> Response:
    context = visit.context
    with context.store.read() as conn:
        view = run_view(context, conn, context.runs.get(conn, visit.parts["id"]))
        before = context.runs.search(conn, Question(path=view.run.path), limit=10)
    return visit.page(
        "run_page.html",
        view=view,
        act=next_act_of_run(view.run.id, view.asked, visit.may_operate, visit.may_approve),
        others=[run for run in before if run.id != view.run.id],
    )


@pages.get("/runs/{id}/output/{key}", Permission.READ)
def output(visit: Visit) -> Response:
    """Everything that the last attempt of a step has printed, as plain text; sent as it is read, however much it is."""
    context = visit.context
    with context.store.read() as conn:
        run = context.runs.get(conn, visit.parts["id"])
        key = visit.parts["key"]
        attempt = max(
            (row.attempt for row in context.runs.attempts(conn, run.id) if row.key == key), default=1
        )
    return StreamingResponse(_pieces(context, run.id, key, attempt), media_type="text/plain; charset=utf-8")


def _pieces(context: Context, run: str, key: str, attempt: int) -> Iterator[str]:
    after = 0
    while True:
        with context.store.read() as conn:
            chunks = context.runs.output(conn, run, key, after, attempt=attempt, limit=_AT_ONCE)
        yield from (chunk.text for chunk in chunks)
        if len(chunks) < _AT_ONCE:
            return
        after = chunks[-1].seq
