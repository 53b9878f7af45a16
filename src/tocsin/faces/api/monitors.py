"""Which numbers are watched, and how are they? Monitors, their values, and what was measured last of each service."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Query, Request

from tocsin.faces.api.answers import Name, Page
from tocsin.faces.api.gate import Routes, context_of
from tocsin.ground.accounts import Permission
from tocsin.sense.measures import Measured, Point
from tocsin.sense.monitor import MetricMonitor, Standing

routes = Routes("monitors")


@dataclass(frozen=True, kw_only=True, slots=True)
class MonitorAnswer:
    """A monitor as it stands: `new`, `well`, `waiting`, `breached` or `blind`; `problem` says why it is blind.

    `bound` is the rule (reaches, sinks_to, falls_by, rises_by, times, or nothing) and `limit` its figure. `alert`:
    its alert is open, since the breach is of `opens_from` or worse.
    """

    name: str
    title: str
    service: str
    measure: str
    unit: str
    bound: str
    limit: float | None
    every_seconds: float
    opens_from: str
    pushed: bool
    state: str
    value: float | None
    normal: float | None
    level: str
    alert: bool
    since: datetime | None
    looked_at: datetime | None
    problem: str


@routes.get("/monitors", permission=Permission.READ, summary="The numbers that are watched, by name")
def list_monitors(request: Request) -> Page[MonitorAnswer]:
    monitors = context_of(request).monitors
    standings = monitors.standings()
    items = [_answer(name, each, standings.get(name)) for name, each in sorted(monitors.all().items())]
    return Page(items=items, next=None)


@routes.get("/monitors/{monitor}", permission=Permission.READ, summary="One of them")
def get_monitor(request: Request, monitor: Name) -> MonitorAnswer:
    monitors = context_of(request).monitors
    return _answer(monitor, monitors.monitor(monitor), monitors.standings().get(monitor))


@routes.get("/monitors/{monitor}/points", permission=Permission.READ, summary="Its values, oldest first")
def list_points(
    request: Request, monitor: Name, hours: Annotated[float, Query(gt=0, le=24)] = 3
) -> Page[Point]:
    context = context_of(request)
    known = context.monitors.monitor(monitor)
    since = context.clock.now() - timedelta(hours=hours)
    return Page(items=context.measures.points(known.service, known.measure, since), next=None)


@routes.get(
    "/measures/{service}", permission=Permission.READ, summary="What was measured last of a service, by name"
)
def list_measures(request: Request, service: Name) -> Page[Measured]:
    """Policies use a value as `m.NAME` until `fresh_until`."""
    return Page(items=context_of(request).measures.latest(service), next=None)


def _answer(name: str, monitor: MetricMonitor, standing: Standing | None) -> MonitorAnswer:
    return MonitorAnswer(
        name=name,
        title=monitor.name,
        service=monitor.service,
        measure=monitor.measure,
        unit=monitor.unit,
        bound=monitor.bound,
        limit=monitor.limit if monitor.bound else None,
        every_seconds=monitor.every.total_seconds(),
        opens_from=monitor.opens_from,
        pushed=monitor.probe is None,
        state=standing.state if standing else "new",
        value=standing.value if standing else None,
        normal=standing.normal if standing else None,
        level=standing.level if standing else "",
        alert=standing.told if standing else False,
        since=standing.since if standing else None,
        looked_at=standing.looked_at if standing else None,
        problem=standing.problem if standing else "",
    )
