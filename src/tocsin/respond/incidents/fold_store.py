"""How is kept what was folded? How many alerts an incident has, what of that was told, and whether it is hushed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import Column, Connection, Index, Integer, Table, Text, bindparam, delete, exists, or_, select

from tocsin.ground.store import Json, Time, insert, metadata
from tocsin.respond.incidents.fold import Fold
from tocsin.respond.incidents.store import incident, incident_alert
from tocsin.sense.alerts.bulk import BulkInsert, Statement
from tocsin.sense.alerts.folding_store import alert_flap
from tocsin.sense.alerts.store import alert

incident_fold = Table(
    "incident_fold",
    metadata,
    Column("incident", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("titled", Integer, nullable=False),
    Column("alerts", Integer, nullable=False),
    Column("cleared", Integer, nullable=False),
    Column("rules", Json, nullable=False),
    Column("told_alerts", Integer, nullable=False),
    Column("told_cleared", Integer, nullable=False),
    Column("told_rules", Integer, nullable=False),
    Column("told_at", Time),
    Column("announced", Integer, nullable=False),
)

incident_hush = Table(
    "incident_hush",
    metadata,
    Column("incident", Text, primary_key=True),
    Column("since", Time, nullable=False),
    Index("ix_incident_hush_since", "since"),
)


def _or_renew(statement: Statement) -> Statement:
    new = {each.name: statement.excluded[each.name] for each in incident_fold.c if each.name != "incident"}
    return statement.on_conflict_do_update(index_elements=["incident"], set_=new)


_FIELDS = [each.name for each in incident_fold.c]
_put = BulkInsert(incident_fold, _FIELDS, _or_renew)
attach = BulkInsert(
    incident_alert,
    ["incident", "alert", "attached_at"],
    lambda statement: statement.on_conflict_do_nothing(index_elements=["incident", "alert"]),
)
"""Writes that alerts belong to incidents."""


def get(conn: Connection, incident_id: str, *, lock: bool = False) -> Fold | None:
    """What is counted of the incident."""
    query = select(incident_fold).where(incident_fold.c.incident == incident_id)
    row = conn.execute(query.with_for_update() if lock else query).first()
    if row is None:
        return None
    return Fold(
        incident=row.incident,
        title=row.title,
        titled=bool(row.titled),
        alerts=row.alerts,
        cleared=row.cleared,
        rules=dict.fromkeys(row.rules),
        told_alerts=row.told_alerts,
        told_cleared=row.told_cleared,
        told_rules=row.told_rules,
        told_at=row.told_at,
        announced=row.announced,
    )


def put(conn: Connection, folds: Iterable[Fold]) -> None:
    """Keeps what was counted."""
    _put(
        conn,
        [
            {name: getattr(fold, name) for name in _FIELDS}
            | {"rules": list(fold.rules), "titled": int(fold.titled)}
            for fold in sorted(folds, key=lambda each: each.incident)
        ],
    )


def incidents_of(conn: Connection, alert_ids: Collection[str]) -> dict[str, list[str]]:
    """Alert id → the incidents that it belongs to, the newest last."""
    rows = conn.execute(
        select(incident_alert.c.alert, incident.c.id)
        .join(incident, incident.c.id == incident_alert.c.incident)
        .where(incident_alert.c.alert.in_(alert_ids))
        .order_by(incident.c.detected_at, incident.c.id)
    )
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row.alert, []).append(row.id)
    return found


_mine = incident_alert.c.incident == bindparam("wanted")
_goes_on = select(
    or_(
        exists().where(_mine, alert.c.id == incident_alert.c.alert, alert.c.state == "firing"),
        exists().where(_mine, alert_flap.c.alert == incident_alert.c.alert),
    )
)


def goes_on(conn: Connection, incident_id: str) -> bool:
    """Whether any of its alerts fires, or comes and goes: then it is not over, whatever has cleared."""
    return bool(conn.scalar(_goes_on, {"wanted": incident_id}))


def hush(conn: Connection, incident_id: str, now: datetime) -> bool:
    """Marks that nobody is paged while its alerts are held back; False where that stood already."""
    done = conn.execute(
        insert(conn, incident_hush)
        .values(incident=incident_id, since=now)
        .on_conflict_do_nothing(index_elements=["incident"])
        .returning(incident_hush.c.incident)
    )
    return done.first() is not None


def unhush(conn: Connection, incident_id: str) -> bool:
    """Whether it was hushed; it is not any more."""
    return bool(conn.execute(delete(incident_hush).where(incident_hush.c.incident == incident_id)).rowcount)


def is_hushed(conn: Connection, incident_id: str) -> bool:
    """Whether nobody is paged for this incident while its alerts are held back."""
    query = select(incident_hush.c.incident).where(incident_hush.c.incident == incident_id)
    return conn.scalar(query) is not None


def hushed(conn: Connection) -> set[str]:
    """The incidents that are hushed."""
    return set(conn.scalars(select(incident_hush.c.incident)))
