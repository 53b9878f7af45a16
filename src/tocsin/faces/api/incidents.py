"""What is broken, and who has it? Incidents: read, declare, act."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Query, Request

from tocsin.faces.api.answers import After, Body, Limit, Line, Name, Page, Prose, page
from tocsin.faces.api.gate import Routes, context_of, identity_of
from tocsin.faces.api.runs import RunAnswer, run_answer
from tocsin.ground import timeline
from tocsin.ground.accounts import Permission
from tocsin.learn.reports import Report
from tocsin.respond.incidents import OPEN, Incident, IncidentClock, Reality

routes = Routes("incidents")

State = Literal["triggered", "acknowledged", "mitigated", "resolved", "closed"]


@dataclass(frozen=True, kw_only=True, slots=True)
class IncidentInFull(Incident):
    """An incident with what hangs on it. `reality` is the newest answer to “is it real?”, null before there is one."""

    roles: dict[str, str]
    clocks: list[IncidentClock]
    alerts: list[str]
    firing: int
    reality: Reality | None


@dataclass(frozen=True, kw_only=True, slots=True)
class TimelineLine:
    """One event, and the sentence that tells it."""

    seq: int
    at: datetime
    kind: str
    actor: str
    data: dict[str, Any]
    sentence: str


class Declaration(Body):
    """`service` may be left out (unassigned), and so may `severity` (the highest of the policy)."""

    title: Line
    service: Line = ""
    severity: Line = ""
    text: Prose = ""


class Why(Body):
    """A reason in a sentence."""

    why: Prose = ""


class SeverityChange(Body):
    severity: Line
    reason: Prose


class Note(Body):
    text: Prose


class RoleAssignment(Body):
    role: Line
    person: Line


@routes.get("/incidents", permission=Permission.READ, summary="List incidents, newest first")
def list_incidents(
    request: Request,
    state: Annotated[list[State] | None, Query(description="May be given several times.")] = None,
    open_only: Annotated[bool, Query(alias="open", description="Only those that are not over.")] = False,
    severity: Annotated[Name | None, Query()] = None,
    service: Annotated[Name | None, Query()] = None,
    limit: Limit = 50,
    after: After = None,
) -> Page[Incident]:
    context = context_of(request)
    states = tuple(state or ()) or (OPEN if open_only else ())
    with context.store.read() as conn:
        found = context.incidents.list(
            conn, states=states, severity=severity, service=service, limit=limit + 1, after=after
        )
    return page(found, limit, "id")


@routes.post("/incidents", permission=Permission.RESPOND, summary="Declare an incident by hand")
def declare(request: Request, body: Declaration) -> Incident:
    return context_of(request).incidents.declare(
        body.title, body.service, body.severity, body.text, identity_of(request).actor
    )


@routes.get(
    "/incidents/{number}", permission=Permission.READ, summary="One incident with roles, clocks and alerts"
)
def get_incident(request: Request, number: Name) -> IncidentInFull:
    context = context_of(request)
    with context.store.read() as conn:
        incident = context.incidents.get(conn, number)
        alerts = context.incidents.alerts(conn, incident.id)
        return IncidentInFull(
            **asdict(incident),
            roles=context.incidents.roles(conn, incident.id),
            clocks=list(context.incidents.clocks(conn, incident.id)),
            alerts=[alert.id for alert in alerts],
            firing=sum(alert.state == "firing" for alert in alerts),
            reality=context.incidents.reality(conn, incident.id),
        )


@routes.get("/incidents/{number}/timeline", permission=Permission.READ, summary="What happened, oldest first")
def get_timeline(
    request: Request,
    number: Name,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    after: Annotated[int, Query(ge=0, le=2**63 - 1, description="`next` of the page before.")] = 0,
    language: Annotated[Literal["en", "zh_Hant"], Query(description="Of the sentences.")] = "en",
) -> Page[TimelineLine]:
    context = context_of(request)
    with context.store.read() as conn:
        incident = context.incidents.get(conn, number)
        events = timeline.of_incident(conn, incident.id, after=after, limit=limit + 1)
    lines = [
        TimelineLine(
            seq=event.seq,
            at=event.at,
            kind=event.kind,
            actor=event.actor,
            data=event.data,
            sentence=timeline.sentence(event, language, context.catalogue().time_zone),
        )
        for event in events
    ]
    return page(lines, limit, "seq")


@routes.get("/incidents/{number}/clocks", permission=Permission.READ, summary="Its deadlines")
def get_clocks(request: Request, number: Name) -> Page[IncidentClock]:
    context = context_of(request)
    with context.store.read() as conn:
        incident = context.incidents.get(conn, number)
        return Page(items=list(context.incidents.clocks(conn, incident.id)), next=None)


@routes.get("/incidents/{number}/runs", permission=Permission.READ, summary="Its runs of runbooks")
def get_runs(request: Request, number: Name) -> Page[RunAnswer]:
    context = context_of(request)
    with context.store.read() as conn:
        incident = context.incidents.get(conn, number)
        return Page(items=[run_answer(run) for run in context.runs.of_incident(conn, incident.id)], next=None)


@routes.get(
    "/incidents/{number}/report", permission=Permission.READ, summary="The draft of its report, in Markdown"
)
def get_report(request: Request, number: Name) -> Report:
    """The newest stored draft; before the incident is resolved, one made now (`version` 0)."""
    context = context_of(request)
    with context.store.read() as conn:
        return context.reports.latest(conn, number)


@routes.post(
    "/incidents/{number}/acknowledge", permission=Permission.RESPOND, summary="I have it: paging stops"
)
def acknowledge(request: Request, number: Name) -> Incident:
    return context_of(request).incidents.acknowledge(number, identity_of(request).actor)


@routes.post(
    "/incidents/{number}/unacknowledge",
    permission=Permission.RESPOND,
    summary="Nobody has it after all: it pages again",
)
def unacknowledge(request: Request, number: Name, body: Why) -> Incident:
    """Refused when nobody had it. The escalation begins anew, and so do the clocks that the acknowledgement met."""
    return context_of(request).incidents.unacknowledge(number, body.why, identity_of(request).actor)


@routes.post(
    "/incidents/{number}/escalate",
    permission=Permission.RESPOND,
    summary="I cannot take it: page the next step at once",
)
def escalate(request: Request, number: Name) -> Incident:
    """Who had acknowledged has it no longer. Asked twice within a minute by the same person, it counts once."""
    return context_of(request).incidents.escalate(number, identity_of(request).actor)


@routes.post(
    "/incidents/{number}/severity", permission=Permission.RESPOND, summary="Raise or lower the severity"
)
def set_severity(request: Request, number: Name, body: SeverityChange) -> Incident:
    actor = identity_of(request).actor
    return context_of(request).incidents.set_severity(number, body.severity, body.reason, actor)


@routes.post(
    "/incidents/{number}/note", permission=Permission.RESPOND, summary="Write a note on the timeline"
)
def add_note(request: Request, number: Name, body: Note) -> Incident:
    return context_of(request).incidents.note(number, body.text, identity_of(request).actor)


@routes.post("/incidents/{number}/role", permission=Permission.RESPOND, summary="Give a role to a person")
def assign_role(request: Request, number: Name, body: RoleAssignment) -> Incident:
    return context_of(request).incidents.assign(number, body.role, body.person, identity_of(request).actor)


@routes.post(
    "/incidents/{number}/mitigate",
    permission=Permission.RESPOND,
    summary="The service is back: begin the soak",
)
def mitigate(request: Request, number: Name, body: Why) -> Incident:
    return context_of(request).incidents.mitigate(number, body.why, identity_of(request).actor)


@routes.post("/incidents/{number}/resolve", permission=Permission.RESPOND, summary="It is over")
def resolve(request: Request, number: Name, body: Why) -> Incident:
    return context_of(request).incidents.resolve(number, body.why, identity_of(request).actor)


@routes.post("/incidents/{number}/reopen", permission=Permission.RESPOND, summary="It is back")
def reopen(request: Request, number: Name, body: Why) -> Incident:
    return context_of(request).incidents.reopen(number, body.why, identity_of(request).actor)


@routes.post("/incidents/{number}/close", permission=Permission.RESPOND, summary="Nothing more is to be done")
def close(request: Request, number: Name, body: Why) -> Incident:
    return context_of(request).incidents.close(number, body.why, identity_of(request).actor)


@routes.post(
    "/incidents/{number}/confirm",
    permission=Permission.RESPOND,
    summary="Is it real? Run the service's probes now",
)
def confirm(request: Request, number: Name) -> Reality:
    """Asks each endpoint, past its CDN too, and runs the checks; answers when they have, within some seconds."""
    return context_of(request).scout.check(number, identity_of(request).actor)


@routes.post(
    "/incidents/{number}/false-alarm",
    permission=Permission.RESPOND,
    summary="There was nothing: end it as a false alarm",
)
def false_alarm(request: Request, number: Name, body: Why) -> Incident:
    """It ends without a soak, and its rules are counted. Opening it again takes that back."""
    return context_of(request).incidents.false_alarm(number, body.why, identity_of(request).actor)
