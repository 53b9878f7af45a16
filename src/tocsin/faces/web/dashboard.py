"""Is anything on fire, who has it, how long is left?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.responses import Response

from tocsin.faces.web.clock_view import ClockView, most_pressing
from tocsin.faces.web.gate import Pages
from tocsin.faces.web.severities import SeverityView, levels_of, severity_view
from tocsin.faces.web.visit import Visit
from tocsin.ground.accounts import Permission
from tocsin.ground.i18n import N_
from tocsin.respond.incidents import ENDED, OPEN, Incident

pages = Pages()
_MOST_OPEN, _MOST_ENDED = 50, 8


@dataclass(frozen=True, kw_only=True, slots=True)
class IncidentRow:
    """One line of the list."""

    incident: Incident
    severity: SeverityView
    service: str
    commander: str | None
    clock: ClockView | None


@pages.get("/", Permission.READ)
def dashboard(visit: Visit) -> Response:
    context = visit.context
    with context.store.read() as conn:
        active = _rows(visit, conn, context.incidents.list(conn, states=OPEN, limit=_MOST_OPEN))
        ended = _rows(visit, conn, context.incidents.list(conn, states=ENDED, limit=_MOST_ENDED))
        overall = context.incidents.overall(conn)
    return visit.page(
        "dashboard.html",
        overall=overall,
        refused=list(context.configuration_problems()) if visit.may(Permission.ADMIN) else [],
        active=sorted(active, key=_rank),
        ended=ended,
        duties=context.oncall.now(),
        services=service_choices(visit),
        levels=levels_of(context.policies(), "default"),
    )


def service_choices(visit: Visit) -> list[tuple[str, str]]:
    """The services one can declare an incident for."""
    services = visit.context.catalogue().services.items()
    return [
        ("", visit.speech.text(N_("Not sure yet"))),
        *((name, each.title or name) for name, each in services),
    ]


def _rows(visit: Visit, conn: Connection, incidents: Sequence[Incident]) -> list[IncidentRow]:
    """A storm has fifty of them, and every open page asks again with each event: one query for all."""
    ids = [each.id for each in incidents]
    commanders = visit.context.incidents.commanders(conn, ids)
    clocks = visit.context.incidents.clocks_of_all(conn, ids)
    return [
        IncidentRow(
            incident=incident,
            severity=severity_view(visit.context.policies(), incident.policy, incident.severity),
            service=visit.service(incident.service),
            commander=commanders.get(incident.id),
            clock=most_pressing(clocks.get(incident.id, ()), visit.speech.now),
        )
        for incident in incidents
    ]


_URGENCY = ("critical", "high", "medium", "low")


def _rank(row: IncidentRow) -> tuple[int, int]:
    """The worst first; of the same level, what nobody has yet."""
    urgency = row.severity.urgency
    return (_URGENCY.index(urgency) if urgency in _URGENCY else 2, OPEN.index(row.incident.state))
