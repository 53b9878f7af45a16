"""What can be done to a run from a page? Starting, steering, and the votes that it waits for."""

from __future__ import annotations

from starlette.responses import Response

from tocsin.faces.web.gate import Pages
from tocsin.faces.web.visit import Visit
from tocsin.ground.accounts import Permission
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.errors import Denied, Invalid, Unauthenticated
from tocsin.respond.runbooks.store import Run

pages = Pages()
_VALUE = "value-"


@pages.post("/runs", Permission.OPERATE)
def start(visit: Visit) -> Response:
    incident = visit.form.get("incident") or None
    if incident is None:
        raise Invalid(
            N_("A run belongs to an incident."), field="incident", fix=N_("Choose one, or declare one first.")
        )
    visit.context.runs.start(
        incident,
        visit.form.get("path", ""),
        visit.form.get("mode", "guided"),
        visit.identity.actor,
        {name: value for name, value in _values(visit).items() if value},
    )
    return visit.go(f"/incidents/{incident}", notice="started")


@pages.post("/runs/{id}/next", Permission.OPERATE)
def proceed(visit: Visit) -> Response:
    return _back(visit, visit.context.runs.proceed(visit.parts["id"], visit.identity.actor), "proceeded")


@pages.post("/runs/{id}/pause", Permission.OPERATE)
def pause(visit: Visit) -> Response:
    return _back(visit, visit.context.runs.pause(visit.parts["id"], visit.identity.actor), "paused")


@pages.post("/runs/{id}/resume", Permission.OPERATE)
def resume(visit: Visit) -> Response:
    return _back(visit, visit.context.runs.resume(visit.parts["id"], visit.identity.actor), "resumed")


@pages.post("/runs/{id}/take", Permission.OPERATE)
def take(visit: Visit) -> Response:
    return _back(visit, visit.context.runs.take_over(visit.parts["id"], visit.identity.actor), "taken")


@pages.post("/runs/{id}/retry", Permission.OPERATE)
def retry(visit: Visit) -> Response:
    step = visit.form.get("step", "")
    return _back(visit, visit.context.runs.retry(visit.parts["id"], step, visit.identity.actor), "again")


@pages.post("/runs/{id}/go", Permission.OPERATE)
def go_on(visit: Visit) -> Response:
    form = visit.form
    run = visit.context.runs.go_on_from(
        visit.parts["id"], form.get("step", ""), visit.identity.actor, form.get("reason", "")
    )
    return _back(visit, run, "turned")


@pages.post("/runs/{id}/cancel", Permission.OPERATE)
def cancel(visit: Visit) -> Response:
    return _back(visit, visit.context.runs.cancel(visit.parts["id"], visit.identity.actor), "cancelled")


@pages.post("/runs/{id}/skip", Permission.OPERATE)
def skip(visit: Visit) -> Response:
    form = visit.form
    run = visit.context.runs.skip(
        visit.parts["id"], form.get("step", ""), form.get("reason", ""), visit.identity.actor
    )
    return _back(visit, run, "skipped")


@pages.post("/runs/{id}/answer", Permission.OPERATE)
def answer(visit: Visit) -> Response:
    form = visit.form
    run = visit.context.runs.answer(
        visit.parts["id"],
        form.get("step", ""),
        form.get("answer", ""),
        visit.identity.actor,
        form.get("reason", ""),
    )
    return _back(visit, run, "answered")


@pages.post("/runs/{id}/values", Permission.OPERATE)
def values(visit: Visit) -> Response:
    run = visit.context.runs.provide(visit.parts["id"], _values(visit), visit.identity.actor)
    return _back(visit, run, "given")


# A vote asks for the right to read here; whether this reader may decide this request is for the run to judge, since it
# depends on what would run: an operator decides a change, only an approver what destroys.


@pages.post("/approvals/{id}/approve", Permission.READ)
def approve(visit: Visit) -> Response:
    """What destroys asks for the password once more: a screen left open is not a person."""
    context = visit.context
    with context.store.read() as conn:
        approval = context.runs.approval(conn, visit.parts["id"])
    if approval.level == "destroy":
        try:
            context.accounts.verify(visit.identity.name, visit.form.get("password", ""), visit.address)
        except Unauthenticated as error:
            raise Denied(
                N_("The password is not right."), field="password", fix=N_("Type it again.")
            ) from error
    run = context.runs.approve(approval.id, visit.identity, visit.form.get("reason", ""))
    with context.store.read() as conn:
        is_enough = context.runs.approval(conn, approval.id).state != "asked"
    return _voted(visit, run, "approved" if is_enough else "yes-noted")


@pages.post("/approvals/{id}/deny", Permission.READ)
def deny(visit: Visit) -> Response:
    run = visit.context.runs.deny(visit.parts["id"], visit.identity, visit.form.get("reason", ""))
    return _voted(visit, run, "denied")


def _values(visit: Visit) -> dict[str, str]:
    """The inputs of a run that the form carries."""
    return {name.removeprefix(_VALUE): value for name, value in visit.form.items() if name.startswith(_VALUE)}


def _voted(visit: Visit, run: Run, notice: str) -> Response:
    """Back to where the vote was asked for: the list of all that waits, or the run."""
    return (
        visit.go("/approvals", notice=notice)
        if visit.form.get("next") == "/approvals"
        else _back(visit, run, notice)
    )


def _back(visit: Visit, run: Run, notice: str) -> Response:
    return visit.go(f"/incidents/{run.incident}" if run.incident else f"/runs/{run.id}", notice=notice)
