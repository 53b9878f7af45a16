"""Who hears of the alerts that join an open incident? With `interval` set: whoever has it, together, now and then."""

from __future__ import annotations

from sqlalchemy import Connection

from tocsin.act.notify import Delivery
from tocsin.ground import timeline
from tocsin.ground.engine import Timer
from tocsin.ground.i18n import N_
from tocsin.respond.incidents import fold_store, store
from tocsin.respond.incidents.desk import Desk

TIMER = "incident.joined"
"""The kind of the timer that tells of alerts that have joined."""
_JOINED = timeline.reason(N_("{new} more alerts have joined, {alerts} in all: {names}"))
_NAMES = 5


def tell(desk: Desk, due: Timer) -> tuple[Delivery, ...]:
    """Tells of what has joined since the last time; again is harmless."""

    def job(conn: Connection) -> tuple[Delivery, ...]:
        incident = store.get(conn, due.subject, lock=True)
        fold = fold_store.get(conn, due.subject, lock=True)
        if fold is None or (new := fold.alerts - fold.announced) <= 0:
            return ()
        # Counted as told whoever hears of it: those that join later begin a count of their own.
        fold.announced = fold.alerts
        fold_store.put(conn, [fold])
        if incident.state not in ("triggered", "acknowledged") or fold_store.is_hushed(conn, incident.id):
            return ()
        level = desk.level(incident.policy, incident.severity)
        if level is not None and not level.page:
            return ()
        names = ", ".join(list(fold.rules)[-_NAMES:])
        return tuple(
            desk.escalations.page_now(
                conn,
                incident=incident.id,
                subject=incident.title,
                lines=[_JOINED(new=new, alerts=fold.alerts, names=names)],
                severity=incident.severity,
            )
        )

    return desk.store.write(job)
