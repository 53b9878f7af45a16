"""Which runbook fits this incident, and does it start by itself? Follows the timeline of all incidents.

Every runbook that fits is offered. The first of them that says `start: automatic`, and fits by more than its words,
is started, where the service allows runs to act and no other run of the incident is going; offer, start and the
follower's position are one transaction. An incident that opens again may be repaired again, but not for ever. When it
is over, runs that wait are over too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from tocsin.ground import timeline
from tocsin.ground.catalogue import Service
from tocsin.ground.timeline import Event, Followers
from tocsin.respond.incidents import Incident, Incidents
from tocsin.respond.runbooks.library import Library
from tocsin.respond.runbooks.match import Match
from tocsin.respond.runbooks.review import staleness
from tocsin.respond.runbooks.run import Runs
from tocsin.respond.runbooks.workshop import Workshop
from tocsin.sense.measures import store as measures

BEGUN = ("incident.opened", "incident.declared", "incident.reopened")
OVER = ("incident.resolved", "incident.closed")
MOST = 3
"""So often a runbook starts by itself for one incident: what did not hold three times needs a person."""
_OFFERED = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Declared:
    """What an incident without alerts tells of itself."""

    name: str
    starts_at: datetime
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    annotations: Mapping[str, str] = field(default_factory=dict[str, str])
    value: float | None = None
    source: str = "person"


class Matcher:
    """Offers and starts runbooks for incidents that begin."""

    def __init__(self, workshop: Workshop, runs: Runs, library: Library, incidents: Incidents) -> None:
        self._workshop = workshop
        self._runs = runs
        self._library = library
        self._incidents = incidents

    def follow(self, followers: Followers) -> None:
        followers.follow("runbooks", (*BEGUN, *OVER), self._react)

    def matches(self, conn: Connection, incident: Incident) -> list[Match]:
        """The runbooks that fit an incident, the surest first."""
        service = self._workshop.service(incident.service)
        alerts = self._incidents.alerts(conn, incident.id)
        told = alerts[0] if alerts else Declared(name=incident.title, starts_at=incident.started_at)
        measured = measures.fresh(conn, incident.service, self._workshop.clock.now())
        return self._library.matches(incident.service, service, told, incident.severity, measured)

    def _react(self, conn: Connection, event: Event) -> None:
        if event.kind in OVER:
            self._runs.end_with(conn, event.incident)
        else:
            self._on_begun(conn, event)

    def _on_begun(self, conn: Connection, event: Event) -> None:
        incident = self._incidents.get(conn, event.incident)
        if not incident.is_open:
            return
        service = self._workshop.service(incident.service)
        fits = self.matches(conn, incident)
        if event.kind != "incident.reopened":
            for fit in fits[:_OFFERED]:
                self._offer(conn, incident, fit)
        automatic = next((fit for fit in fits if fit.sure and fit.document.start == "automatic"), None)
        if automatic and self._may_start(conn, incident, service, automatic.document.path):
            self._runs.begin(conn, incident.id, automatic.document, "automatic", "tocsin", {})

    def _offer(self, conn: Connection, incident: Incident, fit: Match) -> None:
        now = self._workshop.clock.now()
        stale = staleness(conn, self._library, fit.document, now)
        timeline.append(
            conn,
            incident.id,
            "run.offered",
            "tocsin",
            now,
            runbook=fit.document.path,
            title=fit.document.title,
            why=fit.why,
            **({"stale": stale} if stale else {}),
        )

    def _may_start(self, conn: Connection, incident: Incident, service: Service, path: str) -> bool:
        runs = self._runs.of_incident(conn, incident.id)
        before = [run for run in runs if run.path == path and run.mode == "automatic"]
        return service.automatic != "none" and len(before) < MOST and not any(run.is_open for run in runs)
