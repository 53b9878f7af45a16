"""What waits for a yes: mine first, then that of others; and what was decided, by whom, and why."""

from __future__ import annotations

from datetime import timedelta

from starlette.responses import Response

from tocsin.faces.web.gate import Pages
from tocsin.faces.web.visit import Visit
from tocsin.faces.web.words import Mark
from tocsin.ground.accounts import Permission
from tocsin.ground.i18n import N_
from tocsin.respond.runbooks.requests import Request

pages = Pages()
_DECIDED_WITHIN = timedelta(days=7)
_MOST = 50
_STATES = {
    "given": Mark(shape="✓", tone="ok", text=N_("approved")),
    "used": Mark(shape="✓", tone="ok", text=N_("approved")),
    "denied": Mark(shape="✕", tone="crit", text=N_("refused")),
    "expired": Mark(shape="◔", tone="plain", text=N_("nobody decided in time")),
}
_NOT_NEEDED = Mark(shape="–", tone="plain", text=N_("not needed any more"))


@pages.get("/approvals", Permission.READ)
def approvals(visit: Visit) -> Response:
    context, now = visit.context, visit.speech.now
    with context.store.read() as conn:
        waiting = context.runs.requests(conn)
        decided = context.runs.decided(conn, now - _DECIDED_WITHIN, _MOST)
    why = {each.approval.id: each.hindrance(visit.identity, now) for each in waiting}
    return visit.page(
        "approvals.html",
        mine=[each for each in waiting if not why[each.approval.id]],
        others=[each for each in waiting if why[each.approval.id]],
        why=why,
        decided=[(each, _mark(each)) for each in decided],
    )


def _mark(request: Request) -> Mark:
    """What became of it; what ended with its run was decided by nobody."""
    approval = request.approval
    return _NOT_NEEDED if approval.state == "expired" and approval.by is None else _STATES[approval.state]
