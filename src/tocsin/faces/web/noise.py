"""Which rules cost more than they tell? The noise of each, and a person's word on one alert."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from starlette.responses import Response

from tocsin.faces.web.gate import Pages
from tocsin.faces.web.visit import Visit
from tocsin.faces.web.words import NOISE, Mark
from tocsin.ground.accounts import Permission
from tocsin.ground.catalogue import UNASSIGNED
from tocsin.learn.analytics import RuleNoise, noise
from tocsin.sense.alerts.matchers import Matcher
from tocsin.sense.alerts.query import written

pages = Pages()
_PERIODS = (7, 30, 90)
_MOST = 200
_QUIET = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class NoiseRow:
    """A rule as the page shows it; the link leads to its alerts."""

    rule: RuleNoise
    mark: Mark
    service: str
    href: str


@pages.get("/alerts/noise", Permission.READ)
def listing(visit: Visit) -> Response:
    chosen = visit.query.get("days", "")
    days = int(chosen) if chosen in map(str, _PERIODS) else 30
    now = visit.context.clock.now()
    with visit.context.store.read() as conn:
        found = noise(conn, now - timedelta(days=days), now)
    return visit.page(
        "noise.html",
        rows=[_row(visit, each) for each in found[:_MOST]],
        more=max(0, len(found) - _MOST),
        days=days,
        periods=_PERIODS,
    )


def _row(visit: Visit, rule: RuleNoise) -> NoiseRow:
    wanted = [Matcher(name="alertname", operator="=", value=rule.name)]
    if rule.service != UNASSIGNED:
        wanted.append(Matcher(name="service", operator="=", value=rule.service))
    return NoiseRow(
        rule=rule,
        mark=NOISE["loud" if rule.is_loud else "quiet" if rule.score < _QUIET else "bearable"],
        service=visit.service(rule.service),
        href=f"/alerts?{urlencode({'state': 'all', 'q': written(tuple(wanted))})}",
    )


@pages.post("/alerts/{id}/mark", Permission.RESPOND)
def mark(visit: Visit) -> Response:
    alert, form = visit.parts["id"], visit.form
    visit.context.incidents.mark_alert(alert, form.get("mark", ""), form.get("why", ""), visit.identity.actor)
    return visit.go(f"/alerts/{alert}", notice="marked")
