"""How is Tocsin itself? What its auditor found, which processes are alive, and how long pages take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fastapi import Request

from tocsin.faces.api.gate import Routes, context_of
from tocsin.ground.accounts import Permission
from tocsin.ground.engine import Living
from tocsin.learn.watch import Latency
from tocsin.learn.watch.store import Found

routes = Routes("watch")


@dataclass(frozen=True, kw_only=True, slots=True)
class Health:
    """`findings` are what is not well now, `before` what was not of late. `pages` are those of the last 30 days."""

    looked_at: datetime | None
    findings: Sequence[Found]
    before: Sequence[Found]
    processes: Sequence[Living]
    pages: Latency


@routes.get("/watch", permission=Permission.READ, summary="How Tocsin itself is")
def health(request: Request) -> Health:
    context = context_of(request)
    report = context.auditor.report()
    with context.store.read() as conn:
        living = context.boots.living(conn)
    return Health(
        looked_at=report.looked_at,
        findings=report.now,
        before=report.before,
        processes=living,
        pages=context.latencies.summary(),
    )
