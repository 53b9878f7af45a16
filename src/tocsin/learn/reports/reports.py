"""Where are the reports? Drafted by a follower of the timeline, in the transaction that notes the draft."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Integer, Row, Table, Text, UniqueConstraint, func, select

from tocsin.ground import timeline
from tocsin.ground.catalogue import CatalogueSection
from tocsin.ground.kernel.clock import Clock
from tocsin.ground.kernel.ids import new_id
from tocsin.ground.kernel.secret import scrub
from tocsin.ground.kernel.settings import Current
from tocsin.ground.store import Store, Time, insert, metadata
from tocsin.ground.timeline import Followers
from tocsin.learn.reports import events as events  # declares the kinds
from tocsin.learn.reports.draft import Material, draft
from tocsin.respond.incidents import Incidents

report = Table(
    "report",
    metadata,
    Column("id", Text, primary_key=True),
    Column("incident", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("cause", Integer, nullable=False),  # the event that asked for it: one draft for each resolution
    Column("language", Text, nullable=False),
    Column("markdown", Text, nullable=False),
    Column("drafted_at", Time, nullable=False),
    UniqueConstraint("incident", "cause"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """`id` is empty for a draft made on the spot, of an incident that is not yet resolved."""

    id: str
    incident: str
    version: int
    language: str
    markdown: str
    drafted_at: datetime

    @classmethod
    def from_row(cls, row: Row[Any]) -> Report:
        return cls(
            id=row.id,
            incident=row.incident,
            version=row.version,
            language=row.language,
            markdown=row.markdown,
            drafted_at=row.drafted_at,
        )


class Reports:
    def __init__(
        self, store: Store, clock: Clock, current: Current[CatalogueSection], incidents: Incidents
    ) -> None:
        self._store = store
        self._clock = clock
        self._current = current
        self._incidents = incidents

    def follow(self, followers: Followers) -> None:
        """A resolved incident gets its draft; resolved again, another version."""
        followers.follow("reports", ["incident.resolved"], self._on_resolved)

    def latest(self, conn: Connection, incident: str) -> Report:
        """The newest stored draft, else one made now. Raises NotFound for an unknown incident."""
        known = self._incidents.get(conn, incident)
        row = conn.execute(
            select(report).where(report.c.incident == known.id).order_by(report.c.version.desc()).limit(1)
        ).first()
        if row is not None:
            return Report.from_row(row)
        language = self._current().language
        return Report(
            id="",
            incident=known.id,
            version=0,
            language=language,
            markdown=self._draft(conn, known.id, language),
            drafted_at=self._clock.now(),
        )

    def _on_resolved(self, conn: Connection, event: timeline.Event) -> None:
        language = self._current().language
        now = self._clock.now()
        version = conn.execute(
            select(func.coalesce(func.max(report.c.version), 0) + 1).where(
                report.c.incident == event.incident
            )
        ).scalar_one()
        id_ = new_id("rep")
        written = conn.execute(
            insert(conn, report)
            .values(
                id=id_,
                incident=event.incident,
                version=version,
                cause=event.seq,
                language=language,
                markdown=self._draft(conn, event.incident, language),
                drafted_at=now,
            )
            .on_conflict_do_nothing(index_elements=["incident", "cause"])
            .returning(report.c.id)
        )
        if written.first() is not None:
            timeline.append(conn, event.incident, "report.drafted", "tocsin", now, report=id_)

    def _draft(self, conn: Connection, incident: str, language: str) -> str:
        known = self._incidents.get(conn, incident)
        current = self._current()
        material = Material(
            incident=known,
            events=_story(conn, known.id),
            alerts=self._incidents.alerts(conn, known.id),
            roles=self._incidents.roles(conn, known.id),
            people={slug: person.name for slug, person in current.people.items()},
            service_title=current.service(known.service).title,
            language=language,
            time_zone=current.time_zone,
        )
        return scrub(draft(material))


def _story(conn: Connection, incident: str) -> list[timeline.Event]:
    """All of it, however long: the end of the incident is what the report is about."""
    events: list[timeline.Event] = []
    while page := timeline.of_incident(conn, incident, after=events[-1].seq if events else 0):
        events += page
    return events
