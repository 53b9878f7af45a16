"""What can be done to an incident from its page? One POST each, and back to the page."""

from __future__ import annotations

from starlette.responses import Response

from tocsin.faces.web.gate import Pages
from tocsin.faces.web.visit import Visit
from tocsin.ground.accounts import Permission

pages = Pages()


@pages.post("/incidents", Permission.RESPOND)
def declare(visit: Visit) -> Response:
    form = visit.form
    incident = visit.context.incidents.declare(
        form.get("title", ""),
        form.get("service", ""),
        form.get("severity", ""),
        form.get("text", ""),
        visit.identity.actor,
    )
    return visit.go(f"/incidents/{incident.id}", notice="declared")


@pages.post("/incidents/{id}/acknowledge", Permission.RESPOND)
def acknowledge(visit: Visit) -> Response:
    visit.context.incidents.acknowledge(_id(visit), visit.identity.actor)
    return _back(visit, "acknowledged")


@pages.post("/incidents/{id}/unacknowledge", Permission.RESPOND)
def unacknowledge(visit: Visit) -> Response:
    visit.context.incidents.unacknowledge(_id(visit), visit.form.get("why", ""), visit.identity.actor)
    return _back(visit, "unacknowledged")


@pages.post("/incidents/{id}/escalate", Permission.RESPOND)
def escalate(visit: Visit) -> Response:
    visit.context.incidents.escalate(_id(visit), visit.identity.actor)
    return _back(visit, "escalated")


@pages.post("/incidents/{id}/severity", Permission.RESPOND)
def severity(visit: Visit) -> Response:
    visit.context.incidents.set_severity(
        _id(visit), visit.form.get("severity", ""), visit.form.get("reason", ""), visit.identity.actor
    )
    return _back(visit, "severity")


@pages.post("/incidents/{id}/note", Permission.RESPOND)
def note(visit: Visit) -> Response:
    visit.context.incidents.note(_id(visit), visit.form.get("text", ""), visit.identity.actor)
    return _back(visit, "noted")


@pages.post("/incidents/{id}/role", Permission.RESPOND)
def role(visit: Visit) -> Response:
    visit.context.incidents.assign(
        _id(visit), visit.form.get("role", ""), visit.form.get("person", ""), visit.identity.actor
    )
    return _back(visit, "assigned")


@pages.post("/incidents/{id}/mitigate", Permission.RESPOND)
def mitigate(visit: Visit) -> Response:
    visit.context.incidents.mitigate(_id(visit), visit.form.get("why", ""), visit.identity.actor)
    return _back(visit, "mitigated")


@pages.post("/incidents/{id}/resolve", Permission.RESPOND)
def resolve(visit: Visit) -> Response:
    visit.context.incidents.resolve(_id(visit), visit.form.get("why", ""), visit.identity.actor)
    return _back(visit, "resolved")


@pages.post("/incidents/{id}/reopen", Permission.RESPOND)
def reopen(visit: Visit) -> Response:
    visit.context.incidents.reopen(_id(visit), visit.form.get("why", ""), visit.identity.actor)
    return _back(visit, "reopened")


@pages.post("/incidents/{id}/close", Permission.RESPOND)
def close(visit: Visit) -> Response:
    visit.context.incidents.close(_id(visit), visit.form.get("why", ""), visit.identity.actor)
    return _back(visit, "closed")


@pages.post("/incidents/{id}/confirm", Permission.RESPOND)
def confirm(visit: Visit) -> Response:
    visit.context.scout.ask(_id(visit), visit.identity.actor)
    return _back(visit, "looking")


@pages.post("/incidents/{id}/false-alarm", Permission.RESPOND)
def false_alarm(visit: Visit) -> Response:
    visit.context.incidents.false_alarm(_id(visit), visit.form.get("why", ""), visit.identity.actor)
    return _back(visit, "false-alarm")


def _id(visit: Visit) -> str:
    return visit.parts["id"]


def _back(visit: Visit, notice: str) -> Response:
    return visit.go(f"/incidents/{_id(visit)}", notice=notice)
