"""“I have it”: the page behind the link in a message. It works without an account, in the language of who was paged.

Opening it changes nothing, since scanners open links too; its buttons do. The signed link is the proof, so it
needs no session, and what it allows is to say “I have it” or “I cannot take it”, for this one person; and, if their
role allows, to decide what a run of the incident asks for, as long as it destroys nothing.
"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection
from starlette.responses import Response

from tocsin.act import notify
from tocsin.act.notify import Delivery
from tocsin.faces.web.approval_link import requests_for, vote_by_link
from tocsin.faces.web.gate import Pages
from tocsin.faces.web.next_act import awaits_acknowledgement
from tocsin.faces.web.severities import severity_view
from tocsin.faces.web.visit import Visit
from tocsin.ground.accounts import Permission
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.errors import NotFound

pages = Pages()


@pages.get("/a/{token}", Permission.PUBLIC)
def show(visit: Visit) -> Response:
    return _page(visit, _delivery(visit))


@pages.post("/a/{token}", Permission.PUBLIC, by_link=True)
def acknowledge(visit: Visit) -> Response:
    delivery = _delivery(visit)
    visit.context.drills.arrived(delivery)
    if delivery.incident:
        with visit.context.store.read() as conn:
            incident = visit.context.incidents.get(conn, delivery.incident)
        actor = f"person:{delivery.person}"
        if visit.form.get("wish") in ("approve", "deny"):
            return visit.go(visit.path, notice=vote_by_link(visit, delivery))
        if visit.form.get("wish") == "escalated":
            if incident.state == "triggered":
                visit.context.incidents.escalate(delivery.incident, actor)
            return visit.go(visit.path, notice="escalated")
        if incident.is_open:
            visit.context.incidents.acknowledge(delivery.incident, actor)
    return visit.go(visit.path)


def _delivery(visit: Visit) -> Delivery:
    with visit.context.store.read() as conn:
        delivery = notify.get(conn, visit.context.links.read_acknowledge(visit.parts["token"]))
    if delivery is None or delivery.person is None:
        raise NotFound(
            N_("This link does not lead anywhere."), fix=N_("Open the newest message, or sign in and look.")
        )
    return delivery


def _page(visit: Visit, delivery: Delivery) -> Response:
    if delivery.message:
        visit = replace(visit, speech=replace(visit.speech, language=delivery.message.language))
    drill = visit.context.drills.of(delivery)
    if drill is not None:
        return visit.page("drill.html", person=delivery.person, drill=drill)
    if not delivery.incident:
        return visit.page("acknowledge_test.html", person=delivery.person)
    with visit.context.store.read() as conn:
        return _incident_page(visit, conn, delivery.incident, delivery.person)


def _incident_page(visit: Visit, conn: Connection, incident_id: str, person: str | None) -> Response:
    context = visit.context
    incident = context.incidents.get(conn, incident_id)
    return visit.page(
        "acknowledge.html",
        incident=incident,
        awaited=awaits_acknowledgement(incident),
        person=person,
        severity=severity_view(context.policies(), incident.policy, incident.severity),
        service=visit.service(incident.service),
        commander=context.incidents.roles(conn, incident_id).get("commander"),
        requests=requests_for(visit, conn, incident_id, person),
    )
