"""What is broken, what is being done, what must I do now? The page of one incident."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection
from starlette.responses import PlainTextResponse, Response

from tocsin.faces.web.clock_view import clock_views
from tocsin.faces.web.diagnosis import newest_of
from tocsin.faces.web.gate import Pages
from tocsin.faces.web.next_act import next_act
from tocsin.faces.web.paged import paged
from tocsin.faces.web.proof import proof_of
from tocsin.faces.web.repair import WORDS as REPAIR_WORDS
from tocsin.faces.web.repair import repair_view
from tocsin.faces.web.run_view import run_view
from tocsin.faces.web.severities import levels_of, severity_view
from tocsin.faces.web.story import story_of
from tocsin.faces.web.visit import Visit
from tocsin.ground import timeline
from tocsin.ground.accounts import Permission
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.errors import NotFound
from tocsin.ground.timeline import Event
from tocsin.respond.incidents import Incident
from tocsin.respond.runbooks.review import staleness
from tocsin.sense.alerts import Alert
from tocsin.sense.changes import ChangeRecord
from tocsin.sense.measures import store as measures

pages = Pages()
_MOST_LINES = 60
_EVENTS_AT_ONCE = 1_000
_MOST_ALERTS = 60
_MOST_OFFERS = 10
_CHANGED_WITHIN = timedelta(days=1)
_GONE = N_("its file is gone")


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """A runbook that fits the incident. `stale` is what speaks against it, "" where nothing does."""

    path: str
    title: str
    stale: str = ""


@pages.get("/incidents/{id}", Permission.READ)
def incident_page(visit: Visit) -> Response:
    context = visit.context
    with context.store.read() as conn:
        incident = context.incidents.get(conn, visit.parts["id"])
        runs = [run_view(visit.context, conn, each) for each in context.runs.of_incident(conn, incident.id)]
        alerts = context.incidents.alerts(conn, incident.id)
        events = _events(conn, incident.id)
        offered = _offered(visit, conn, incident, events, alerts)
        clocks = context.incidents.clocks(conn, incident.id)
        reality = context.incidents.reality(conn, incident.id)
        roles = context.incidents.roles(conn, incident.id)
        holdings = context.roles.of(conn, incident.id)
        told = next(iter(context.updates.of(conn, incident.id)), None)
        war_room = context.war_rooms.of(conn, incident.id)
        diagnosis = newest_of(visit, conn, incident.id)
        changes = _changes(visit, conn, incident)
        sent = paged(conn, incident.id, visit.speech)
        proof = proof_of(conn, incident.service) if incident.is_open else None
        repair = repair_view(visit, conn, incident)
    story, whole = story_of(events), visit.query.get("story") == "all"
    open_runs = [each for each in runs if each.run.is_open]
    asking = next((each for each in open_runs if each.run.state == "waiting"), next(iter(open_runs), None))
    startable = "" if asking or not offered else offered[0].path
    act = next_act(
        incident,
        run=asking.run.id if asking else "",
        asked=asking.asked if asking else None,
        offered=startable,
        may_respond=visit.may_respond,
        may_operate=visit.may_operate,
        may_approve=visit.may_approve,
    )
    level = context.policies().policy(incident.policy).levels.get(incident.severity)
    return visit.page(
        "incident.html",
        incident=incident,
        reality=reality,
        looking=incident.is_open
        and level is not None
        and level.confirm
        and _askable(visit, incident.service),
        severity=severity_view(context.policies(), incident.policy, incident.severity),
        levels=levels_of(context.policies(), incident.policy),
        service=visit.service(incident.service),
        clocks=clock_views(clocks, visit.speech.now),
        roles=roles,
        holdings=holdings,
        told=told,
        war_room=war_room,
        diagnosis=diagnosis,
        meeting=context.war_rooms.meeting(incident.id),
        room_possible=context.war_rooms.possible,
        people=[(name, each.name) for name, each in context.catalogue().people.items()],
        alerts=sorted(alerts, key=lambda each: (each.state != "firing", each.starts_at, each.name))[
            :_MOST_ALERTS
        ],
        more_alerts=max(0, len(alerts) - _MOST_ALERTS),
        changes=changes,
        paged=sent,
        proof=proof,
        repair=repair,
        repair_words=REPAIR_WORDS,
        runs=runs,
        asking=asking,
        offered=offered,
        act=act,
        story=story if whole else story[:_MOST_LINES],
        more_story=not whole and len(story) > _MOST_LINES,
    )


@pages.get("/incidents/{id}/report", Permission.READ)
def report_page(visit: Visit) -> Response:
    with visit.context.store.read() as conn:
        incident = visit.context.incidents.get(conn, visit.parts["id"])
    first, _, rest = (text := visit.context.report(incident.id)).partition("\n")
    # Its title is the title of the page.
    return visit.page("report.html", incident=incident, text=rest if first.startswith("# ") else text)


@pages.get("/incidents/{id}/report.md", Permission.READ)
def report_file(visit: Visit) -> Response:
    with visit.context.store.read() as conn:
        incident = visit.context.incidents.get(conn, visit.parts["id"])
    name = f"attachment; filename={incident.id}.md"
    return PlainTextResponse(
        visit.context.report(incident.id), media_type="text/markdown", headers={"Content-Disposition": name}
    )


def _changes(visit: Visit, conn: Connection, incident: Incident) -> list[ChangeRecord]:
    """What was changed in the day before it began, and until it was over."""
    context = visit.context
    start, end = incident.started_at - _CHANGED_WITHIN, incident.resolved_at or context.clock.now()
    return context.changes.around(conn, start, end, incident.service, context.catalogue().services.keys())


def _events(conn: Connection, incident: str) -> list[Event]:
    """The whole timeline, oldest first."""
    events: list[Event] = []
    while more := timeline.of_incident(
        conn, incident, after=events[-1].seq if events else 0, limit=_EVENTS_AT_ONCE
    ):
        events += more
    return events


def _offered(
    visit: Visit, conn: Connection, incident: Incident, events: Sequence[Event], alerts: Sequence[Alert]
) -> list[Offer]:
    """What was offered when it began; where nothing was, what the library has for the service."""
    if not incident.is_open:
        return []
    told = {
        str(event.data.get("runbook")): str(event.data.get("title"))
        for event in events
        if event.kind == "run.offered"
    }
    if told:
        return [
            Offer(path=path, title=title, stale=_stale(visit, conn, path))
            for path, title in list(told.items())[:_MOST_OFFERS]
        ]
    first = alerts[0] if alerts else None
    fitting = visit.context.library.matching(
        incident.service,
        alert_name=first.name if first else incident.title,
        labels=first.labels if first else {},
        annotations=first.annotations if first else {},
        severity=incident.severity,
        measured=measures.fresh(conn, incident.service, visit.context.clock.now()),
    )
    return [
        Offer(path=document.path, title=document.title, stale=_stale(visit, conn, document.path))
        for document in fitting[:_MOST_OFFERS]
    ]


def _askable(visit: Visit, service: str) -> bool:
    known = visit.context.catalogue().service(service)
    return bool(known.endpoints or known.checks)


def _stale(visit: Visit, conn: Connection, path: str) -> str:
    """What somebody who is offered a runbook has to know of it."""
    context = visit.context
    try:
        document = context.library.get(path)
    except NotFound:
        return _GONE
    return staleness(conn, context.library, document, context.clock.now())
