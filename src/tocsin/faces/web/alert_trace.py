"""What does one alert say, what became of it, and why did it page somebody, or nobody?"""

from __future__ import annotations

from starlette.responses import Response

from tocsin.faces.web.gate import Pages
from tocsin.faces.web.visit import Visit
from tocsin.faces.web.words import mark_of_alert
from tocsin.ground.accounts import Permission
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.errors import NotFound
from tocsin.sense.alerts import get

pages = Pages()


@pages.get("/alerts/{id}", Permission.READ)
def one(visit: Visit) -> Response:
    with visit.context.store.read() as conn:
        alert = get(conn, visit.parts["id"])
        if alert is None:
            raise NotFound(
                N_("There is no such alert."), fix=N_("It may have been sent to another installation.")
            )
        incident = visit.context.incidents.of_alerts(conn, [alert.id]).get(alert.id)
        marks = visit.context.incidents.marks(conn, alert.id)
    return visit.page(
        "alert.html",
        alert=alert,
        mark=mark_of_alert(alert.state, alert.labels.get("severity", "")),
        incident=incident,
        marks=marks,
        service=visit.service(alert.service),
    )
