"""Is anything on fire? The overall status in one answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fastapi import Request

import tocsin
from tocsin.faces.api.gate import Routes, context_of, identity_of
from tocsin.ground.accounts import Permission

routes = Routes("status")


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """Who asks, as Tocsin knows them."""

    kind: str
    name: str
    role: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Status:
    """`overall` is `operational`, `degraded` or `critical`; `open_incidents` counts by severity."""

    overall: str
    open_incidents: dict[str, int]
    firing_alerts: int
    version: str
    now: datetime
    you: Caller


@routes.get("/status", permission=Permission.READ, summary="The overall status")
def get_status(request: Request) -> Status:
    context = context_of(request)
    identity = identity_of(request)
    with context.store.read() as conn:
        overall = context.incidents.overall(conn)
        counts = context.incidents.counts(conn)
    return Status(
        overall=overall,
        open_incidents=counts,
        firing_alerts=context.ledger.firing,
        version=tocsin.__version__,
        now=context.clock.now(),
        you=Caller(kind=identity.kind, name=identity.name, role=identity.role),
    )
