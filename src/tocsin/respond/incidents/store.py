"""How are incidents kept? The record, its alerts, roles and clocks; one open incident for each group of alerts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Index,
    Integer,
    Row,
    Table,
    Text,
    and_,
    bindparam,
    false,
    func,
    or_,
    select,
    update,
)

from tocsin.ground.kernel.errors import NotFound
from tocsin.ground.store import Json, Time, insert, metadata
from tocsin.respond.incidents.incident import OPEN, Incident
from tocsin.sense.alerts import Alert
from tocsin.sense.alerts.store import alert

incident = Table(
    "incident",
    metadata,
    Column("id", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("policy", Text, nullable=False),
    Column("rule", Json, nullable=False),
    Column("group_key", Text, nullable=False),
    Column("started_at", Time, nullable=False),
    Column("detected_at", Time, nullable=False),
    Column("acknowledged_at", Time),
    Column("acknowledged_by", Text),
    Column("mitigated_at", Time),
    Column("soak_until", Time),
    Column("resolved_at", Time),
    Column("closed_at", Time),
    Column("updated_at", Time, nullable=False),
    Column("outcome", Text, nullable=False, server_default=""),
    Index("ix_incident_detected_at", "detected_at", "id"),
    Index("ix_incident_service", "service", "detected_at"),
)
_still_open = incident.c.state.in_(OPEN)
Index("ix_incident_open", incident.c.detected_at, sqlite_where=_still_open, postgresql_where=_still_open)
# Two workers that triage the same group at the same moment: one opens, the other attaches.
Index(
    "uq_incident_open_group",
    incident.c.group_key,
    unique=True,
    sqlite_where=_still_open,
    postgresql_where=_still_open,
)

incident_number = Table(
    "incident_number",
    metadata,
    Column("year", Integer, primary_key=True),
    Column("last", Integer, nullable=False),
)

incident_alert = Table(
    "incident_alert",
    metadata,
    Column("incident", Text, primary_key=True),
    Column("alert", Text, primary_key=True),
    Column("attached_at", Time, nullable=False),
    Index("ix_incident_alert_alert", "alert"),
)

incident_role = Table(
    "incident_role",
    metadata,
    Column("incident", Text, primary_key=True),
    Column("role", Text, primary_key=True),
    Column("person", Text, nullable=False),
    Column("assigned_at", Time, nullable=False),
)

incident_clock = Table(
    "incident_clock",
    metadata,
    Column("incident", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("started_at", Time, nullable=False),
    Column("due_at", Time, nullable=False),
    Column("warn_at", Time, nullable=False),
    Column("state", Text, nullable=False),  # running | met | missed
    Column("met_at", Time),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class IncidentClock:
    """A deadline of one incident: `assess`, `restore`, `report`… A missed clock may still be met, late."""

    incident: str
    name: str
    started_at: datetime
    due_at: datetime
    warn_at: datetime
    state: str
    met_at: datetime | None

    @classmethod
    def from_row(cls, row: Row[Any]) -> IncidentClock:
        return cls(
            incident=row.incident,
            name=row.name,
            started_at=row.started_at,
            due_at=row.due_at,
            warn_at=row.warn_at,
            state=row.state,
            met_at=row.met_at,
        )


def next_number(conn: Connection, year: int) -> str:
    """The next number of that year; a gap appears only where a transaction was rolled back."""
    statement = insert(conn, incident_number).values(year=year, last=1)
    last = conn.execute(
        statement.on_conflict_do_update(
            index_elements=["year"], set_={"last": incident_number.c.last + 1}
        ).returning(incident_number.c.last)
    ).scalar_one()
    return f"INC-{year}-{last:04d}"


def get(conn: Connection, id_: str, *, lock: bool = False) -> Incident:
    """Raises NotFound. With `lock`, nobody else changes it before this transaction ends."""
    query = select(incident).where(incident.c.id == (id_.upper() if id_.isprintable() else ""))
    row = conn.execute(query.with_for_update() if lock else query).first()
    if row is None:
        raise NotFound(f"there is no incident {id_}", fix="`tocsin incident list` shows them.")
    return Incident.from_row(row)


_open_of_group = (
    select(incident).where(incident.c.group_key == bindparam("wanted"), _still_open).with_for_update()
)


def find_open(conn: Connection, group_key: str) -> Incident | None:
    row = conn.execute(_open_of_group, {"wanted": group_key}).first()
    return Incident.from_row(row) if row else None


def of_alert(conn: Connection, alert_id: str) -> Incident | None:
    """The newest incident that the alert belongs to."""
    row = conn.execute(
        select(incident)
        .join(incident_alert, incident_alert.c.incident == incident.c.id)
        .where(incident_alert.c.alert == alert_id)
        .order_by(incident.c.detected_at.desc(), incident.c.id.desc())
        .limit(1)
    ).first()
    return Incident.from_row(row) if row else None


def listed(
    conn: Connection,
    *,
    states: Sequence[str] = (),
    severity: str | None = None,
    service: str | None = None,
    limit: int = 50,
    after: str | None = None,
) -> list[Incident]:
    """Newest first; `after` is the id of the last one seen."""
    query = select(incident)
    if states:
        query = query.where(incident.c.state.in_(states))
    for column, wanted in ((incident.c.severity, severity), (incident.c.service, service)):
        if wanted:
            # What no database can hold is none of ours, rather than an error of the database.
            query = query.where(column == wanted if wanted.isprintable() else false())
    if after:
        last = get(conn, after)
        query = query.where(
            or_(
                incident.c.detected_at < last.detected_at,
                and_(incident.c.detected_at == last.detected_at, incident.c.id < last.id),
            )
        )
    query = query.order_by(incident.c.detected_at.desc(), incident.c.id.desc()).limit(limit)
    return [Incident.from_row(row) for row in conn.execute(query)]


def change(conn: Connection, id_: str, **values: Any) -> None:
    conn.execute(update(incident).where(incident.c.id == id_).values(**values))


def alerts_of(conn: Connection, id_: str) -> list[Alert]:
    rows = conn.execute(
        select(alert)
        .join(incident_alert, incident_alert.c.alert == alert.c.id)
        .where(incident_alert.c.incident == id_)
        .order_by(incident_alert.c.attached_at, alert.c.id)
    )
    return [Alert.from_row(row) for row in rows]


def alert_names_of(conn: Connection, id_: str) -> list[str]:
    """What the alerts of the incident are called, each name once."""
    rows = conn.execute(
        select(alert.c.name)
        .join(incident_alert, incident_alert.c.alert == alert.c.id)
        .where(incident_alert.c.incident == id_)
        .distinct()
        .order_by(alert.c.name)
    )
    return list(rows.scalars())


def firing(conn: Connection, id_: str, *, heard_after: datetime | None = None) -> int:
    """How many alerts of the incident are still firing; with `heard_after`, only those sent again since then."""
    query = (
        select(func.count())
        .select_from(incident_alert.join(alert, alert.c.id == incident_alert.c.alert))
        .where(incident_alert.c.incident == id_, alert.c.state == "firing")
    )
    if heard_after is not None:
        query = query.where(alert.c.last_seen > heard_after)
    return conn.execute(query).scalar_one()


def attach(conn: Connection, id_: str, alert_id: str, at: datetime) -> bool:
    """Whether the alert is new to the incident."""
    done = conn.execute(
        insert(conn, incident_alert)
        .values(incident=id_, alert=alert_id, attached_at=at)
        .on_conflict_do_nothing(index_elements=["incident", "alert"])
        .returning(incident_alert.c.alert)
    )
    return done.first() is not None


def incidents_of_alerts(conn: Connection, alert_ids: Sequence[str]) -> dict[str, str]:
    """Alert id → the newest incident it belongs to, for a list of alerts."""
    rows = conn.execute(
        select(incident_alert.c.alert, incident_alert.c.incident)
        .where(incident_alert.c.alert.in_(alert_ids))
        .order_by(incident_alert.c.attached_at)
    )
    return {row.alert: row.incident for row in rows}


def roles_of(conn: Connection, id_: str) -> dict[str, str]:
    rows = conn.execute(select(incident_role).where(incident_role.c.incident == id_))
    return {row.role: row.person for row in rows}


def clocks_of(conn: Connection, id_: str) -> list[IncidentClock]:
    rows = conn.execute(
        select(incident_clock).where(incident_clock.c.incident == id_).order_by(incident_clock.c.due_at)
    )
    return [IncidentClock.from_row(row) for row in rows]


def clocks_of_all(conn: Connection, ids: Sequence[str]) -> dict[str, Sequence[IncidentClock]]:
    """Incident id → its clocks; one without any is not there."""
    rows = conn.execute(
        select(incident_clock).where(incident_clock.c.incident.in_(ids)).order_by(incident_clock.c.due_at)
    )
    found: dict[str, list[IncidentClock]] = {}
    for row in rows:
        found.setdefault(row.incident, []).append(IncidentClock.from_row(row))
    return dict(found)


def commanders_of(conn: Connection, ids: Sequence[str]) -> dict[str, str]:
    """Incident id → its commander; one without is not there."""
    rows = conn.execute(
        select(incident_role).where(incident_role.c.incident.in_(ids), incident_role.c.role == "commander")
    )
    return {row.incident: row.person for row in rows}
