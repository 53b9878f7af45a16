"""What will happen, how dangerous is it, when was it last proven? The library and one runbook of it."""

from __future__ import annotations

from starlette.responses import Response

from tocsin.faces.web.gate import Pages
from tocsin.faces.web.run_view import ladder_view
from tocsin.faces.web.visit import Visit
from tocsin.ground.accounts import Permission
from tocsin.respond.incidents import OPEN
from tocsin.respond.runbooks import Document
from tocsin.respond.runbooks.plan import plan_of

pages = Pages()
_MOST_INCIDENTS = 20


@pages.get("/runbooks", Permission.READ)
def listing(visit: Visit) -> Response:
    catalogue = visit.context.catalogue()
    wanted = visit.query.get("q", "").strip()[:100]
    documents = visit.context.library.all()
    if wanted:
        documents = [
            each for each in documents if wanted.casefold() in f"{each.title} {each.path}".casefold()
        ]
    return visit.page(
        "runbooks.html",
        documents=sorted(documents, key=lambda each: (each.service, each.title)),
        wanted=wanted,
        titles={name: each.title or name for name, each in catalogue.services.items()},
    )


@pages.get("/runbooks/{path:path}", Permission.READ)
def one(visit: Visit) -> Response:
    context = visit.context
    document = context.library.get(visit.parts["path"])
    with context.store.read() as conn:
        incidents = context.incidents.list(conn, states=OPEN, limit=_MOST_INCIDENTS)
    plan = plan_of(document)
    service = context.catalogue().services.get(document.service)
    return visit.page(
        "runbook.html",
        document=document,
        ladder=ladder_view(plan, (), None, {}),
        text=_body(document, context.library.text(document.path)),
        service=(service.title or document.service) if service else document.service,
        incidents=[(each.id, f"{each.id} {each.title}") for each in incidents],
        inputs=[each for each in document.inputs if each.default is None and not each.secret],
        chosen=visit.query.get("incident", ""),
    )


def _body(document: Document, text: str) -> str:
    """The text without its front matter and its title, which stand at the top of the page."""
    if text.startswith("---"):
        _, end, rest = text.removeprefix("---").partition("\n---")
        text = rest.partition("\n")[2] if end else text
    first, _, rest = text.lstrip().partition("\n")
    return rest if first.removeprefix("# ").strip() == document.title else text
