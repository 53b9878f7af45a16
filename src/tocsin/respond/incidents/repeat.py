"""Is anybody there? What fires on without anybody acknowledging pages anew, and a first page that waited leaves."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection

from tocsin.act.notify import Delivery
from tocsin.ground import timeline
from tocsin.ground.engine import Timer
from tocsin.respond.incidents import fold_store, store
from tocsin.respond.incidents.desk import Desk
from tocsin.respond.incidents.incident import Incident
from tocsin.respond.incidents.opening import REPEAT, escalate
from tocsin.respond.oncall.store import latest

_LOOK_AGAIN = timedelta(minutes=1)


def repeat(desk: Desk, due: Timer) -> tuple[Delivery, ...]:
    """The time of `repeat` is over. An escalation that still climbs goes on first."""

    def job(conn: Connection) -> tuple[Delivery, ...]:
        incident = store.get(conn, due.subject, lock=True)
        level = desk.level(incident.policy, incident.severity)
        if not _waits(conn, incident) or level is None or not (level.page and level.repeat):
            return ()
        climb = latest(conn, incident.id)
        if climb is not None and climb.state == "open":
            desk.timers.set(conn, REPEAT, incident.id, desk.clock.now() + min(_LOOK_AGAIN, level.repeat))
            return ()
        timeline.append(conn, incident.id, "incident.repeated", "tocsin", desk.clock.now())
        return escalate(desk, conn, incident, level)

    return desk.store.write(job)


def first_page(desk: Desk, due: Timer) -> tuple[Delivery, ...]:
    """The wait for others is over: the first page leaves, unless it is over or was paged for another reason."""

    def job(conn: Connection) -> tuple[Delivery, ...]:
        incident = store.get(conn, due.subject, lock=True)
        if incident.state != "triggered" or latest(conn, incident.id) is not None:
            return ()
        if fold_store.is_hushed(conn, incident.id):
            return ()  # whoever ends the quiet pages
        level = desk.level(incident.policy, incident.severity)
        return escalate(desk, conn, incident, level) if level is None or level.page else ()

    return desk.store.write(job)


def _waits(conn: Connection, incident: Incident) -> bool:
    """Nobody has it, its alerts fire, and nobody asked for quiet."""
    return (
        incident.state == "triggered"
        and fold_store.goes_on(conn, incident.id)
        and not fold_store.is_hushed(conn, incident.id)
    )
