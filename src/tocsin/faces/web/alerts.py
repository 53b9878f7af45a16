"""What is being told to us? The alerts, newest first, filtered by links; the address holds what was chosen."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.responses import Response

from tocsin.faces.web.gate import Pages
from tocsin.faces.web.visit import Visit
from tocsin.ground.accounts import Permission
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.errors import NotFound
from tocsin.sense import alerts as room

pages = Pages()
_PAGE = 50
_STATES = ("firing", "resolved", "all")


@pages.get("/alerts", Permission.READ)
def listing(visit: Visit) -> Response:
    state = visit.query.get("state", "firing")
    state = state if state in _STATES else "firing"
    service = visit.query.get("service", "")
    with visit.context.store.read() as conn:
        found = room.list_alerts(
            conn,
            state="firing" if state == "firing" else "resolved" if state == "resolved" else None,
            service=service or None,
            limit=_PAGE + 1,
            after=visit.query.get("after") or None,
        )
        shown = found[:_PAGE]
        incidents = visit.context.incidents.of_alerts(conn, [each.id for each in shown])
    services = visit.context.catalogue().services.items()
    return visit.page(
        "alerts.html",
        alerts=shown,
        incidents=incidents,
        state=state,
        service=service,
        services=[(name, each.title or name) for name, each in services],
        titles={name: each.title or name for name, each in services},
        states={each: f"?{urlencode({'state': each, 'service': service})}" for each in _STATES},
        older=f"?{urlencode({'state': state, 'service': service, 'after': shown[-1].id})}"
        if len(found) > _PAGE
        else "",
    )


@pages.get("/alerts/{id}", Permission.READ)
def one(visit: Visit) -> Response:
    with visit.context.store.read() as conn:
        alert = room.get(conn, visit.parts["id"])
        if alert is None:
            raise NotFound(
                N_("There is no such alert."), fix=N_("It may have been sent to another installation.")
            )
        incident = visit.context.incidents.of_alerts(conn, [alert.id]).get(alert.id)
    return visit.page("alert.html", alert=alert, incident=incident, service=visit.service(alert.service))
