"""Which runbooks wait to be looked over, why, by whom? And the word of somebody who has."""

from __future__ import annotations

from starlette.responses import Response

from tocsin.faces.web.addresses import address_of
from tocsin.faces.web.gate import Pages
from tocsin.faces.web.visit import Visit
from tocsin.ground.accounts import Permission
from tocsin.respond.runbooks import review

pages = Pages()
_MOST = 40
_LONGEST_NOTE = 2_000


@pages.get("/runbooks/reviews", Permission.READ)
def listing(visit: Visit) -> Response:
    context = visit.context
    now = context.clock.now()
    with context.store.read() as conn:
        queue = review.queue(conn, context.library, now)
    whose = visit.query.get("owner", "")
    owners = sorted({due.owner for due in queue if due.owner})
    left = [due for due in queue if not whose or due.owner == whose]
    return visit.page(
        "runbook_reviews.html",
        overdue=[due for due in left if due.overdue],
        coming=[due for due in left if not due.overdue],
        most=_MOST,
        whose=whose,
        owners=owners,
        wanted=visit.query.get("path", ""),
    )


@pages.post("/runbooks/reviews", Permission.RESPOND)
def reviewed(visit: Visit) -> Response:
    """Somebody has read it as it stands."""
    context, form = visit.context, visit.form
    document = context.library.get(form.get("path", ""))
    note = form.get("note", "").strip()[:_LONGEST_NOTE]
    context.store.write(
        lambda conn: review.record(conn, document, context.clock.now(), by=visit.identity.actor, note=note)
    )
    back = form.get("back") == "runbook"
    return visit.go(address_of(document.path) if back else "/runbooks/reviews", notice="reviewed")
