"""What will happen, how dangerous is it, when was it last proven? One runbook: its text, and what was read in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby, islice
from pathlib import PurePosixPath

from starlette.responses import Response

from tocsin.faces.web.addresses import address_of
from tocsin.faces.web.gate import Pages
from tocsin.faces.web.run_view import ladder_view
from tocsin.faces.web.runbook_changes import Changes, changes
from tocsin.faces.web.runbook_text import RUNNABLE, Addresses, text_of
from tocsin.faces.web.visit import Visit
from tocsin.faces.web.words import FINDING, LEVELS
from tocsin.ground.accounts import Permission
from tocsin.respond.incidents import OPEN
from tocsin.respond.runbooks.document import CheckItem, Checklist, Document
from tocsin.respond.runbooks.library import Library
from tocsin.respond.runbooks.places import SUFFIXES
from tocsin.respond.runbooks.plan import Plan, plan_of
from tocsin.respond.runbooks.preconditions_store import failed
from tocsin.respond.runbooks.review import due_of
from tocsin.respond.runbooks.usage import changed_since, proofs, usage

pages = Pages()
_MOST_INCIDENTS = 20
_MOST_DOCUMENTS = 40
_MOST_BOXES = 300


@pages.get("/runbooks/{path:path}", Permission.READ)
def one(visit: Visit) -> Response:
    context = visit.context
    document, file = _find(context.library, visit.parts["path"])
    whole = context.library.text(document.path)
    with context.store.read() as conn:
        incidents = context.incidents.list(conn, states=OPEN, limit=_MOST_INCIDENTS)
        used = usage(conn, document.path)
        scored = context.runs.scores(conn, document.path)
        proven = {
            each.path: proofs(conn, each)
            for each in islice(document.within() if file is None else [document], _MOST_DOCUMENTS)
            if each.kind in RUNNABLE
        }
        before = changed_since(conn, document)
        due = due_of(conn, context.library, document, context.clock.now())
        broken = failed(conn, document.path).get(document.path, [])
    plan = plan_of(document) if document.kind in RUNNABLE else Plan()
    service = context.catalogue().services.get(document.service)
    severities = [finding.level for finding in document.findings]
    levels = [step.level for step in plan.steps()]
    addresses = Addresses(file or document, context.library)
    here = visit.query.get("line", "")
    return visit.page(
        "runbook.html",
        document=document,
        file=file,
        here=address_of(document.path),
        link_of=addresses,
        parts_of_run=ladder_view(plan, (), None, {}, scored),
        runs=len(levels),
        counted={name: levels.count(name) for name in LEVELS if name in levels},
        found={name: severities.count(name) for name in FINDING if name in severities},
        level=max(levels, key=list(LEVELS).index, default=""),
        text=text_of(
            document, whole, addresses, int(here) if here.isdecimal() and len(here) < 8 else 0, file
        ),
        proofs=proven,
        used=used,
        changed=_changed(context.library, document, before),
        due=due,
        broken=broken,
        service=(service.title or document.service) if service else document.service,
        incidents=[(each.id, f"{each.id} {each.title}") for each in incidents],
        inputs=[each for each in document.inputs if each.default is None and not each.secret],
        chosen=visit.query.get("incident", ""),
        checklists=list(_few(document.checklists)),
        clocks=", ".join(dict.fromkeys(visit.speech.span(each.after_s) for each in document.clocks)),
        dead=addresses.dead(document),
        runbooks_inside=[each for each in document.documents if each.kind != "template"],
        templates=[each for each in document.documents if each.kind == "template"],
        shelves=[
            (name, list(entries)) for name, entries in groupby(document.index, lambda each: each.category)
        ],
        missing=_missing(context.library, document),
    )


def _missing(library: Library, document: Document) -> set[int]:
    """The lines of an index that lead to nothing."""
    if not document.index:
        return set()
    return {each.entry.line for each in library.missing() if each.index.path == document.path}


def _changed(library: Library, document: Document, before: str | None) -> Changes | None:
    if before is None:
        return None
    first = document.line if "#" in document.path else 1
    found = changes(before, library.part(document.path), first)
    return found if found.lines else None


def _find(library: Library, address: str) -> tuple[Document, Document | None]:
    """The runbook of an address, and the file that it stands in where it is not all of it. Raises NotFound.

    One inside a file has a path below that of the file: `FILE/NAME`, or `FILE#NAME` as it is called elsewhere.
    """
    file, hash_, name = address.partition("#")
    if not hash_ and PurePosixPath(address).parent.suffix.lower() in SUFFIXES:
        file, _, name = address.rpartition("/")
    if not name:
        return library.get(address), None
    whole = library.get(file)
    return library.get(f"{whole.path}#{name}"), whole


def _few(checklists: Sequence[Checklist]) -> Iterator[Checklist]:
    """As many of their boxes as somebody looks through on a page."""
    left = _MOST_BOXES
    for each in checklists:
        if left <= 0:
            return
        items, left = _fewer(each.items, left)
        yield replace(each, items=items)


def _fewer(items: Sequence[CheckItem], left: int) -> tuple[tuple[CheckItem, ...], int]:
    kept: list[CheckItem] = []
    for item in items:
        if left <= 0:
            break
        inside, left = _fewer(item.items, left - 1)
        kept.append(replace(item, items=inside))
    return tuple(kept), left
