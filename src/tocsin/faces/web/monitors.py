"""Which numbers are watched, and how are they? All monitors, those out of bounds first; one with its last day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from starlette.responses import Response

from tocsin.faces.web.gate import Pages
from tocsin.faces.web.proof import Proof, proof_of
from tocsin.faces.web.sparkline import Dot, Sparkline, sparkline
from tocsin.faces.web.visit import Visit
from tocsin.faces.web.words import MONITOR, Mark
from tocsin.ground.accounts import Permission
from tocsin.ground.i18n import N_
from tocsin.sense.measures import Point
from tocsin.sense.monitor import MetricMonitor, Standing
from tocsin.sense.monitor.words import RULES, limit_of, number

pages = Pages()
_SHOWN_IN_LIST = timedelta(hours=3)
_DAY = timedelta(days=1)
_ORDER = ("breached", "blind", "waiting", "new", "well")
_ROWS = 60
READS = {
    "value": N_("as it is measured"),
    "counter": N_("the growth of a counter within {time}"),
    "events": N_("the sum within {time}"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class MonitorView:
    """A monitor as its row and its page show it. `value` and `normal` are written with their unit, "" for none."""

    slug: str
    monitor: MetricMonitor
    standing: Standing | None
    state: str
    mark: Mark
    value: str
    normal: str
    rule: str
    line: Sparkline | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ChecksView:
    """A service whose checks run on a beat."""

    service: str
    proof: Proof | None


@pages.get("/monitors", Permission.READ)
def every(visit: Visit) -> Response:
    context = visit.context
    standings = context.monitors.standings()
    views = [
        _view(visit, slug, monitor, standings.get(slug), _points(visit, monitor, _SHOWN_IN_LIST))
        for slug, monitor in context.monitors.all().items()
    ]
    with context.store.read() as conn:
        checked = [
            ChecksView(service=name, proof=proof_of(conn, name))
            for name, service in context.catalogue().services.items()
            if service.checks
        ]
    return visit.page(
        "monitors.html",
        views=sorted(views, key=lambda each: _ORDER.index(each.state)),
        checked=checked,
    )


@pages.get("/monitors/{name}", Permission.READ)
def one(visit: Visit) -> Response:
    slug = visit.parts["name"]
    monitor = visit.context.monitors.monitor(slug)
    points = _points(visit, monitor, _DAY)
    view = _view(visit, slug, monitor, visit.context.monitors.standings().get(slug), points)
    shown = [(each, number(each.value, monitor.unit)) for each in points[: -_ROWS - 1 : -1]]
    return visit.page("monitor.html", view=view, points=shown, reads=READS[monitor.reads])


def _points(visit: Visit, monitor: MetricMonitor, within: timedelta) -> list[Point]:
    since = visit.context.clock.now() - within
    return visit.context.measures.points(monitor.service, monitor.measure, since)


def _view(
    visit: Visit, slug: str, monitor: MetricMonitor, standing: Standing | None, points: Sequence[Point]
) -> MonitorView:
    state = standing.state if standing else "new"
    value = standing.value if standing else None
    normal = standing.normal if standing else None
    dots = [Dot(at=each.at, value=each.value, bad=not each.usual) for each in points]
    return MonitorView(
        slug=slug,
        monitor=monitor,
        standing=standing,
        state=state,
        mark=MONITOR[state],
        value="" if value is None else number(value, monitor.unit),
        normal="" if normal is None else number(normal, monitor.unit),
        rule=visit.speech.text(RULES[monitor.bound], limit=limit_of(monitor)),
        line=sparkline(dots, _limit_on_the_line(monitor, normal)),
    )


def _limit_on_the_line(monitor: MetricMonitor, normal: float | None) -> float | None:
    """The bound as a value that the line can have."""
    match monitor.bound:
        case "reaches" | "sinks_to":
            return monitor.limit
        case "falls_by" if normal is not None:
            return normal - abs(normal) * monitor.limit
        case "rises_by" if normal is not None:
            return normal + abs(normal) * monitor.limit
        case "times" if normal is not None:
            return normal * monitor.limit
        case _:
            return None
