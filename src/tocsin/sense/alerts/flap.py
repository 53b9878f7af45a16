"""Does an alert come and go? How often it changed lately, and the rows of those that are held for it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, select, update

from tocsin.ground.store import insert
from tocsin.sense.alerts.folding_store import alert_flap
from tocsin.sense.alerts.store import alert_event

CALM = "flap.calm"
"""The kind of the timer that asks whether an alert has calmed down."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Flap:
    """An alert that is held because it comes and goes."""

    alert: str
    since: datetime
    changed_at: datetime
    changes: int


def of(conn: Connection, alert_ids: Collection[str]) -> dict[str, Flap]:
    """Those of the alerts that are held, by id."""
    rows = conn.execute(select(alert_flap).where(alert_flap.c.alert.in_(alert_ids)))
    return {
        row.alert: Flap(alert=row.alert, since=row.since, changed_at=row.changed_at, changes=row.changes)
        for row in rows
    }


def changes(conn: Connection, alert_id: str, since: datetime) -> int:
    """How often the alert began or ended since then."""
    return (
        conn.scalar(
            select(func.count())
            .select_from(alert_event)
            .where(
                alert_event.c.alert == alert_id,
                alert_event.c.kind.in_(("fired", "resolved")),
                alert_event.c.at > since,
            )
        )
        or 0
    )


def begin(conn: Connection, alert_id: str, changed: int, now: datetime) -> Flap:
    """From now on it is held."""
    flap = Flap(alert=alert_id, since=now, changed_at=now, changes=changed)
    conn.execute(
        insert(conn, alert_flap)
        .values(alert=alert_id, since=now, changed_at=now, changes=changed)
        .on_conflict_do_nothing(index_elements=["alert"])
    )
    return flap


def touch(conn: Connection, alert_id: str, now: datetime) -> None:
    """It changed once more: its calm begins anew."""
    conn.execute(
        update(alert_flap)
        .where(alert_flap.c.alert == alert_id)
        .values(changed_at=now, changes=alert_flap.c.changes + 1)
    )


def end(conn: Connection, alert_id: str) -> None:
    """It is held no longer."""
    conn.execute(delete(alert_flap).where(alert_flap.c.alert == alert_id))
