"""Which runbook fits this incident, and does it start by itself? Follows the timeline of all incidents.

Every runbook that fits is offered. The first of them that says `start: automatic` is started, where the service allows
runs to act and no other run of the incident is going; offer, start and the follower's position are one transaction.
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
from tocsin.respond.runbooks.library import Library, Match
from tocsin.respond.runbooks.run import Runs
from tocsin.respond.runbooks.workshop import Workshop

KINDS = ("incident.opened", "incident.declared", "incident.reopened")
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
        followers.follow("runbooks", KINDS, self._on_begun)

    def matches(self, conn: Connection, incident: Incident) -> list[Match]:
        """The runbooks that fit an incident, the surest first."""
        service = self._workshop.service(incident.service)
        alerts = self._incidents.alerts(conn, incident.id)
        told = alerts[0] if alerts else Declared(name=incident.title, starts_at=incident.started_at)
        return self._library.matches(incident.service, service, told, incident.severity)

    def _on_begun(self, conn: Connection, event: Event) -> None:
        incident = self._incidents.get(conn, event.incident)
        if not incident.is_open:
            return
        service = self._workshop.service(incident.service)
        fits = self.matches(conn, incident)
        if event.kind != "incident.reopened":
            for fit in fits[:_OFFERED]:
                timeline.append(
                    conn,
                    incident.id,
                    "run.offered",
                    "tocsin",
                    self._workshop.clock.now(),
                    runbook=fit.document.path,
                    title=fit.document.title,
                    why=fit.why,
                )
        automatic = next((fit for fit in fits if fit.document.start == "automatic"), None)
        if automatic and self._may_start(conn, incident, service):
            self._runs.begin(conn, incident.id, automatic.document, "automatic", "tocsin", {})

    def _may_start(self, conn: Connection, incident: Incident, service: Service) -> bool:
        going = any(run.is_open for run in self._runs.of_incident(conn, incident.id))
        return service.automatic != "none" and not going
