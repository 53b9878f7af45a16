"""What does whoever comes next have to know? The note as it stands, a line to add to it, and those of earlier turns."""

from __future__ import annotations

from starlette.responses import Response

from tocsin.faces.web.gate import Pages
from tocsin.faces.web.visit import Visit
from tocsin.ground.accounts import Permission
from tocsin.ground.kernel.errors import Invalid, TocsinError

pages = Pages()
_EARLIER = 5


@pages.get("/oncall/schedules/{id}/handover", Permission.READ)
def show(visit: Visit) -> Response:
    return _page(visit)


@pages.post("/oncall/schedules/{id}/handover", Permission.RESPOND)
def note(visit: Visit) -> Response:
    """Adds a line. The note itself is written at the end of the turn."""
    name, text = visit.parts["id"], visit.form.get("text", "")
    try:
        visit.context.handovers.note(name, text, visit.identity.actor)
    except Invalid as error:
        return _page(visit, text, error, status=422)
    return visit.go(f"/oncall/schedules/{name}/handover", notice="handed-on")


def _page(visit: Visit, text: str = "", problem: TocsinError | None = None, *, status: int = 200) -> Response:
    name, context = visit.parts["id"], visit.context
    earlier = context.handovers.written(name, _EARLIER)
    with context.store.read() as conn:
        draft = context.handovers.draft(conn, name, language=visit.speech.language)
    return visit.page(
        "oncall_handover.html",
        status=status,
        name=name,
        title=context.rota().schedules[name].title or name,
        draft=draft,
        earlier=earlier,
        text=text,
        problems={"text": problem} if problem else {},
    )
