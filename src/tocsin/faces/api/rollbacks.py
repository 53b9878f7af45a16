"""What was rolled back, and how far is it? Start one, follow it, end it."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request
from pydantic import Field

from tocsin.faces.api.answers import After, Body, Limit, Line, Name, Page, Prose, page
from tocsin.faces.api.gate import Routes, context_of, identity_of
from tocsin.ground.accounts import Permission
from tocsin.respond.rollout import Rollback

routes = Routes("repairs")


class NewRollback(Body):
    """`to` is a version that is known to be stable; without it, the newest such before the one that stands.

    Give the incident, or a service where there is none.
    """

    incident: Line | None = None
    service: Line = ""
    to: Line = ""
    reason: Annotated[Prose, Field(min_length=1)]


@routes.get("/rollbacks", permission=Permission.READ, summary="List roll backs, latest first")
def list_rollbacks(
    request: Request,
    service: Annotated[Name | None, Query()] = None,
    incident: Annotated[Name | None, Query()] = None,
    limit: Limit = 50,
    after: After = None,
) -> Page[Rollback]:
    """`stages` are what was done, in order, with every check that was looked at, whether it passed or not."""
    context = context_of(request)
    with context.store.read() as conn:
        found = context.repairs.rollbacks.list(
            conn, service=service, incident=incident, limit=limit + 1, after=after
        )
    return page(found, limit, "id")


@routes.get("/rollbacks/{rollback}", permission=Permission.READ, summary="One roll back")
def get_rollback(request: Request, rollback: Name) -> Rollback:
    context = context_of(request)
    with context.store.read() as conn:
        return context.repairs.rollbacks.get(conn, rollback)


@routes.post("/rollbacks", permission=Permission.OPERATE, summary="Roll a service back")
def start_rollback(request: Request, body: NewRollback) -> Rollback:
    """At most three attempts are made in one incident. It is verified by all checks of the service in one round."""
    return context_of(request).repairs.rollbacks.start(
        body.service,
        to=body.to,
        incident=body.incident,
        reason=body.reason,
        actor=identity_of(request).actor,
    )


@routes.post("/rollbacks/{rollback}/cancel", permission=Permission.OPERATE, summary="End a roll back")
def cancel_rollback(request: Request, rollback: Name) -> Rollback:
    """What was changed by then stays changed."""
    return context_of(request).repairs.rollbacks.cancel(rollback, identity_of(request).actor)
