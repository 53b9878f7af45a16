"""What is wrong with this service? The pages of diagnoses: start one, watch the answers come, take them away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.responses import PlainTextResponse, Response

from tocsin.faces.web.gate import Pages
from tocsin.faces.web.visit import Visit
from tocsin.faces.web.words import Mark
from tocsin.ground.accounts import Permission
from tocsin.ground.i18n import N_
from tocsin.respond.diagnosis import Diagnosis, Findings, Part, archive

pages = Pages()
_SHOWN = 50
_STATES = {
    "running": Mark(shape="◐", tone="info", text=N_("being asked")),
    "done": Mark(shape="✓", tone="ok", text=N_("done")),
    "failed": Mark(shape="✕", tone="crit", text=N_("broke off")),
}
_PARTS = {
    "waiting": Mark(shape="○", tone="plain", text=N_("not asked yet")),
    "asked": Mark(shape="◐", tone="info", text=N_("being asked")),
    "late": Mark(shape="✕", tone="warn", text=N_("late")),
    "by_hand": Mark(shape="–", tone="plain", text=N_("for a person")),
}
_ANSWERED = {
    True: Mark(shape="✓", tone="ok", text=N_("well")),
    False: Mark(shape="◆", tone="warn", text=N_("look here")),
    None: Mark(shape="●", tone="plain", text=N_("answered")),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class DiagnosisView:
    """A diagnosis as a page shows it: how far it is, and what it found. Of 12 questions 9 may be over."""

    diagnosis: Diagnosis
    mark: Mark
    parts: Sequence[tuple[Part, Mark]]
    findings: Findings

    @property
    def asked(self) -> int:
        return sum(each.state != "by_hand" for each, _ in self.parts)

    @property
    def over(self) -> int:
        return sum(each.state in ("answered", "late") for each, _ in self.parts)

    @property
    def share(self) -> int:
        """How much of it is over, in percent."""
        return round(100 * self.over / self.asked) if self.asked else 0


def newest_of(visit: Visit, conn: Connection, incident: str) -> DiagnosisView | None:
    """The newest diagnosis of an incident; None where nobody has asked for one."""
    found = visit.context.diagnoses.listed(conn, incident=incident, limit=1)
    return _view(visit, conn, found[0]) if found else None


@pages.get("/diagnoses", Permission.READ)
def show_all(visit: Visit) -> Response:
    context = visit.context
    with context.store.read() as conn:
        found = context.diagnoses.listed(conn, limit=_SHOWN)
    services = [(name, visit.service(name)) for name in context.catalogue().services]
    listed = [(each, _STATES[each.state]) for each in found]
    return visit.page("diagnoses.html", found=listed, services=services)


@pages.post("/diagnoses", Permission.RESPOND)
def start(visit: Visit) -> Response:
    found = visit.context.diagnoses.start(visit.identity.actor, service=visit.form.get("service", ""))
    return visit.go(f"/diagnoses/{found.id}", notice="diagnosing")


@pages.post("/incidents/{id}/diagnose", Permission.RESPOND)
def start_for_incident(visit: Visit) -> Response:
    incident = visit.parts["id"]
    visit.context.diagnoses.start(visit.identity.actor, incident=incident)
    return visit.go(f"/incidents/{incident}", notice="diagnosing")


@pages.get("/diagnoses/{id}", Permission.READ)
def show(visit: Visit) -> Response:
    with visit.context.store.read() as conn:
        view = _view(visit, conn, visit.context.diagnoses.get(conn, visit.parts["id"]))
    return visit.page("diagnosis.html", view=view, service=visit.service(view.diagnosis.service))


@pages.get("/diagnoses/{id}/archive", Permission.READ)
def download(visit: Visit) -> Response:
    context = visit.context
    with context.store.read() as conn:
        found = context.diagnoses.get(conn, visit.parts["id"])
        parts = context.diagnoses.parts(conn, found.id, texts=True)
    bundle = archive(found, parts, visit.speech.language, visit.speech.zone)
    name = f"attachment; filename={found.id}.zip"
    return Response(bundle, media_type="application/zip", headers={"Content-Disposition": name})


@pages.get("/diagnoses/{id}/parts/{key}", Permission.READ)
def show_part(visit: Visit) -> Response:
    """Everything that one question has shown, as plain text."""
    with visit.context.store.read() as conn:
        part = visit.context.diagnoses.part(conn, visit.parts["id"], visit.parts["key"])
    return PlainTextResponse(part.text)


def _view(visit: Visit, conn: Connection, diagnosis: Diagnosis) -> DiagnosisView:
    parts = visit.context.diagnoses.parts(conn, diagnosis.id)
    return DiagnosisView(
        diagnosis=diagnosis,
        mark=_STATES[diagnosis.state],
        parts=[(each, _PARTS.get(each.state) or _ANSWERED[each.ok]) for each in parts],
        findings=Findings.from_json(diagnosis.findings),
    )
