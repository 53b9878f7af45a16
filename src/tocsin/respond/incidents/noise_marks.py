"""Is this alert worth anything? What people say of it: noise or useful, one word each, the last one counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, Connection, Index, Integer, Table, Text, select

from tocsin.ground import timeline
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.errors import Invalid, NotFound
from tocsin.ground.store import Time, insert, metadata
from tocsin.respond.incidents import store
from tocsin.sense import alerts

MARKS = (N_("noise"), N_("useful"))

alert_mark = Table(
    "alert_mark",
    metadata,
    Column("alert", Text, primary_key=True),
    Column("episode", Integer, primary_key=True),
    Column("by", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("mark", Text, nullable=False),  # noise | useful
    Column("why", Text, nullable=False),
    Column("incident", Text),
    Column("at", Time, nullable=False),
    Index("ix_alert_mark_at", "at"),
    Index("ix_alert_mark_incident", "incident"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """What one person called one firing of an alert. `incident` is the one it belonged to then, if any."""

    alert: str
    episode: int
    by: str
    mark: str
    why: str
    incident: str | None
    at: datetime


def mark(conn: Connection, alert_id: str, word: str, why: str, actor: str, at: datetime) -> Mark:
    """Writes what somebody calls the present firing of an alert. Raises NotFound, Invalid."""
    if word not in MARKS:
        raise Invalid(f"an alert is not called {word}", field="mark", fix=f"One of {', '.join(MARKS)}.")
    alert = alerts.get(conn, alert_id)
    if alert is None:
        raise NotFound(f"there is no alert {alert_id}", fix="`tocsin alert list` shows them.")
    incident = store.of_alert(conn, alert.id)
    said = Mark(
        alert=alert.id,
        episode=alert.episode,
        by=actor,
        mark=word,
        why=why.strip(),
        incident=incident.id if incident else None,
        at=at,
    )
    values = {"mark": said.mark, "why": said.why, "incident": said.incident, "at": at}
    conn.execute(
        insert(conn, alert_mark)
        .values(
            alert=alert.id,
            episode=alert.episode,
            by=actor,
            name=alert.name,
            service=alert.service,
            **values,
        )
        .on_conflict_do_update(index_elements=["alert", "episode", "by"], set_=values)
    )
    if incident:
        timeline.append(
            conn,
            incident.id,
            "alert.marked",
            actor,
            at,
            alert=alert.id,
            name=alert.name,
            answer=word,
            reason=said.why,
        )
    return said


def marks_of(conn: Connection, alert_id: str) -> list[Mark]:
    """What has been said of an alert, the newest first."""
    rows = conn.execute(
        select(alert_mark)
        .where(alert_mark.c.alert == alert_id)
        .order_by(alert_mark.c.at.desc(), alert_mark.c.by)
    )
    return [
        Mark(
            alert=row.alert,
            episode=row.episode,
            by=row.by,
            mark=row.mark,
            why=row.why,
            incident=row.incident,
            at=row.at,
        )
        for row in rows
    ]
