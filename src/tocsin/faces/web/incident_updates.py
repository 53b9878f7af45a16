"""What are people outside told? The updates of an incident: a draft to correct, how it will look, what was sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.responses import Response

from tocsin.faces.web.gate import Pages
from tocsin.faces.web.visit import Visit
from tocsin.ground.accounts import Permission
from tocsin.ground.i18n import N_, languages
from tocsin.ground.kernel.duration import format_duration, parse_duration
from tocsin.ground.kernel.errors import Conflict, Invalid
from tocsin.ground.kernel.ids import new_id
from tocsin.respond.incidents import Incident
from tocsin.respond.incidents.updates import TEMPLATES

pages = Pages()
_SPANS = (
    timedelta(minutes=15),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=4),
)
_FIELDS = {"to": "to", "subject": "subject", "text": "text", "next_in": "next"}
_NO_NEXT = N_("none is promised")


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """The form as it stands. `next` is a length of time (`30m`), empty for none; `key` names this one update."""

    template: str
    language: str
    subject: str
    text: str
    to: tuple[str, ...]
    next: str
    key: str


@pages.get("/incidents/{id}/updates", Permission.READ)
def updates_page(visit: Visit) -> Response:
    context = visit.context
    with context.store.read() as conn:
        incident = context.incidents.get(conn, visit.parts["id"])
    template = visit.query.get("template", "")
    if template not in TEMPLATES:
        template = "management" if incident.state in ("triggered", "acknowledged") else "all-clear"
    return _shown(visit, incident, _drafted(visit, incident, template))


@pages.post("/incidents/{id}/updates", Permission.RESPOND)
def send(visit: Visit) -> Response:
    context, form = visit.context, visit.form
    with context.store.read() as conn:
        incident = context.incidents.get(conn, visit.parts["id"])
    draft = Draft(
        template=form.get("template", ""),
        language=form.get("language", ""),
        subject=form.get("subject", ""),
        text=form.get("text", "").replace("\r\n", "\n"),
        to=tuple(name for name in context.updates.audiences() if form.get(f"to.{name}")),
        next=form.get("next", ""),
        key=form.get("key", ""),
    )
    if draft.template not in TEMPLATES or draft.language not in languages():
        draft = _drafted(visit, incident, "management")
    if form.get("do") == "try":
        return _shown(visit, incident, draft, tried=True)
    try:
        context.updates.send(
            incident.id,
            template=draft.template,
            language=draft.language,
            subject=draft.subject,
            text=draft.text,
            to=draft.to,
            actor=visit.identity.actor,
            next_in=_span(draft.next),
            key=f"{incident.id}/{draft.key}" if draft.key else "",
        )
    except (Invalid, Conflict) as error:
        problems = {_FIELDS.get(error.field, "template"): error}
        return _shown(visit, incident, draft, problems=problems, status=error.status)
    return visit.go(f"/incidents/{incident.id}/updates#sent", notice="update-sent")


def _drafted(visit: Visit, incident: Incident, template: str) -> Draft:
    """What the timeline says, in the language of those who are told first."""
    updates = visit.context.updates
    audiences = updates.audiences()
    chosen = tuple(name for name, each in audiences.items() if template in (each.template, "all-clear"))
    theirs = next((audiences[name].language for name in chosen if audiences[name].language), None)
    language = visit.query.get("language", "")
    if language not in languages():
        language = theirs or visit.context.catalogue().language
    promised = updates.promised(incident) if incident.is_open and template != "all-clear" else None
    with visit.context.store.read() as conn:
        text = updates.draft(conn, incident.id, template, language)
    return Draft(
        template=template,
        language=language,
        subject=text.subject,
        text=text.text,
        to=chosen,
        next=format_duration(promised) if promised else "",
        key=new_id("form"),
    )


def _shown(
    visit: Visit,
    incident: Incident,
    draft: Draft,
    *,
    tried: bool = False,
    problems: dict[str, Invalid | Conflict] | None = None,
    status: int = 200,
) -> Response:
    context = visit.context
    audiences = context.updates.audiences()
    with context.store.read() as conn:
        sent = context.updates.of(conn, incident.id)
        clocks = context.incidents.clocks(conn, incident.id)
    promised = context.updates.promised(incident)
    spans = sorted({*_SPANS, promised} if promised else _SPANS)
    next_at = _next_at(draft, context.clock.now())
    return visit.page(
        "updates.html",
        status=status,
        incident=incident,
        draft=draft,
        templates=TEMPLATES,
        audiences=audiences,
        sent=sent,
        due=next((each for each in clocks if each.name == "update" and each.met_at is None), None),
        spans=[
            ("", visit.speech.text(_NO_NEXT)),
            *((format_duration(each), visit.speech.span(each.total_seconds())) for each in spans),
        ],
        tried=tried,
        preview=context.updates.worded(draft.text, draft.language, next_at),
        problems=problems or {},
    )


def _next_at(draft: Draft, now: datetime) -> datetime | None:
    try:
        span = _span(draft.next)
    except Invalid:
        return None
    return now + span if span and draft.template != "all-clear" else None


def _span(text: str) -> timedelta | None:
    if not text.strip():
        return None
    try:
        return parse_duration(text)
    except (ValueError, OverflowError) as error:
        raise Invalid(str(error), field="next_in", fix="Write it like 30m or 2h.") from None
