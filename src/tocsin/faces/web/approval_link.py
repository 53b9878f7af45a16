"""May this step run? Decided behind the signed link of a page, for the one person to whom it went.

A change only: what destroys is read here, and approved after signing in again. The link proves who was paged, and
their account says what they may decide; who has none, or a role too small, reads what waits and decides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from tocsin.act.notify import Delivery
from tocsin.faces.web.visit import Visit
from tocsin.ground.accounts import NOBODY, Identity
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.errors import Denied, NotFound
from tocsin.respond.runbooks.requests import ONLY_ON_THE_PAGE, Request


@dataclass(frozen=True, kw_only=True, slots=True)
class RequestView:
    """A request, and whether the reader may decide it here; else `why` they may not, in plain words."""

    request: Request
    may: bool
    why: str


def requests_for(visit: Visit, conn: Connection, incident: str, person: str | None) -> list[RequestView]:
    """What runs of the incident ask for at the moment."""
    waiting = [each for each in visit.context.runs.requests(conn) if each.incident == incident]
    who = _identity(visit, person) if waiting else NOBODY
    found: list[RequestView] = []
    for each in waiting:
        why = ONLY_ON_THE_PAGE if each.four_eyes else each.hindrance(who, visit.context.clock.now())
        found.append(RequestView(request=each, may=not why, why=why))
    return found


def vote_by_link(visit: Visit, delivery: Delivery) -> str:
    """Takes the vote; gives the notice for it. Raises Denied for what may not be decided here."""
    context, form = visit.context, visit.form
    with context.store.read() as conn:
        approval = context.runs.approval(conn, form.get("approval", ""))
        if context.runs.get(conn, approval.run).incident != delivery.incident:
            raise NotFound(N_("This link does not lead anywhere."), fix=N_("Open the newest message."))
    who = _identity(visit, delivery.person)
    if approval.level == "destroy":
        raise Denied(ONLY_ON_THE_PAGE, fix=N_("Sign in, and approve it on the page of the incident."))
    if form.get("wish") == "deny":
        context.runs.deny(approval.id, who, form.get("reason", ""))
        return "denied"
    context.runs.approve(approval.id, who, form.get("reason", ""))
    with context.store.read() as conn:
        return "approved" if context.runs.approval(conn, approval.id).state != "asked" else "yes-noted"


def _identity(visit: Visit, person: str | None) -> Identity:
    """The account of who was paged."""
    accounts = visit.context.accounts.everyone()
    return next((each.identity for each in accounts if person and each.person == person), NOBODY)
