"""Who takes a role over, and where do they talk? Asked and answered on the page of the incident."""

from __future__ import annotations

from starlette.responses import Response

from tocsin.faces.web.gate import Pages
from tocsin.faces.web.visit import Visit
from tocsin.ground.accounts import Permission

pages = Pages()


@pages.get("/incidents/{id}/roles/{role}/handover", Permission.RESPOND)
def handover_form(visit: Visit) -> Response:
    """Who is asked, and a note drafted from the timeline."""
    context, role = visit.context, visit.parts["role"]
    with context.store.read() as conn:
        incident = context.incidents.get(conn, visit.parts["id"])
        roles = context.roles.of(conn, incident.id)
        note = context.roles.draft(conn, incident.id, role, visit.speech.language)
    holding = next(each for each in roles if each.role == role)
    return visit.page(
        "handover.html",
        incident=incident,
        holding=holding,
        note=note,
        people=[
            (name, each.name) for name, each in context.catalogue().people.items() if name != holding.person
        ],
    )


@pages.post("/incidents/{id}/roles/{role}/handover", Permission.RESPOND)
def ask(visit: Visit) -> Response:
    form = visit.form
    visit.context.roles.ask(
        visit.parts["id"],
        visit.parts["role"],
        form.get("person", ""),
        form.get("note", ""),
        visit.identity.actor,
    )
    return _back(visit, "handover-asked")


@pages.post("/incidents/{id}/roles/{role}/accept", Permission.RESPOND)
def accept(visit: Visit) -> Response:
    visit.context.roles.accept(visit.parts["id"], visit.parts["role"], visit.identity.actor)
    return _back(visit, "handover-accepted")


@pages.post("/incidents/{id}/roles/{role}/decline", Permission.RESPOND)
def decline(visit: Visit) -> Response:
    reason = visit.form.get("reason", "")
    visit.context.roles.decline(visit.parts["id"], visit.parts["role"], reason, visit.identity.actor)
    return _back(visit, "handover-declined")


@pages.post("/incidents/{id}/room", Permission.RESPOND)
def open_room(visit: Visit) -> Response:
    visit.context.war_rooms.ask(visit.parts["id"], visit.identity.actor)
    return _back(visit, "room-asked")


def _back(visit: Visit, notice: str) -> Response:
    return visit.go(f"/incidents/{visit.parts['id']}#roles", notice=notice)
