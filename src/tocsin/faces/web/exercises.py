"""Would we notice, and would we cope? The faults that can be put in, the drills so far, and the score of each."""

from __future__ import annotations

from starlette.responses import Response

from tocsin.faces.web.addresses import address_of
from tocsin.faces.web.gate import Pages
from tocsin.faces.web.visit import Visit
from tocsin.faces.web.words import Mark
from tocsin.ground.accounts import Permission
from tocsin.ground.i18n import N_

pages = Pages()
_SHOWN = 50
STATES = {
    "wanted": Mark(shape="◐", tone="info", text=N_("about to begin")),
    "breaking": Mark(shape="◐", tone="info", text=N_("being broken")),
    "watching": Mark(shape="◐", tone="warn", text=N_("under way")),
    "passed": Mark(shape="✓", tone="ok", text=N_("passed")),
    "failed": Mark(shape="✕", tone="crit", text=N_("failed")),
    "void": Mark(shape="–", tone="plain", text=N_("could not begin")),
    "stopped": Mark(shape="–", tone="plain", text=N_("stopped")),
}
MARKS = {
    "detect": N_("Noticed"),
    "acknowledge": N_("Taken on"),
    "restore": N_("Put right"),
}


@pages.get("/drills", Permission.READ)
def listing(visit: Visit) -> Response:
    exercises = visit.context.exercises
    drills = exercises.recent(limit=_SHOWN)
    return visit.page(
        "exercises.html",
        faults=exercises.faults(),
        drills=drills,
        busy={each.service for each in drills if each.under_way},
        states=STATES,
        marks_of=MARKS,
    )


@pages.post("/drills", Permission.READ)
def begin(visit: Visit) -> Response:
    made = visit.context.exercises.begin(visit.form.get("fault", ""), visit.identity)
    return visit.go(f"/drills/{made.id}", notice="drill-begun")


@pages.get("/drills/{drill}", Permission.READ)
def show(visit: Visit) -> Response:
    drill = visit.context.exercises.get(visit.parts["drill"])
    return visit.page(
        "exercise.html",
        drill=drill,
        address=address_of(drill.runbook) if drill.runbook else "",
        states=STATES,
        marks_of=MARKS,
    )


@pages.post("/drills/{drill}/stop", Permission.OPERATE)
def stop(visit: Visit) -> Response:
    drill = visit.context.exercises.end(visit.parts["drill"])
    return visit.go(f"/drills/{drill.id}", notice="drill-stopped")
