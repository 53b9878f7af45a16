"""Who has it no longer? Given back by a person, expired by the policy, passed on to the next step: it pages again."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from tocsin.act.notify import Delivery
from tocsin.ground import timeline
from tocsin.ground.engine import Timer
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.errors import Conflict
from tocsin.respond.incidents import acknowledgement, clocks, hush, store
from tocsin.respond.incidents.desk import Desk
from tocsin.respond.incidents.incident import Incident
from tocsin.respond.incidents.lifecycle import person_of
from tocsin.respond.incidents.opening import escalate
from tocsin.respond.oncall.events import PRESSED
from tocsin.sense.alerts.held import Look

Outcome = tuple[Incident, tuple[Delivery, ...]]
_TWICE = timedelta(seconds=60)


def unacknowledge(desk: Desk, conn: Connection, id_: str, why: str, actor: str) -> Outcome:
    """I do not have it after all: the escalation begins anew, and so do the clocks that the acknowledgement met.

    Raises Conflict when nobody has it.
    """
    incident = store.get(conn, id_, lock=True)
    if incident.state != "acknowledged":
        raise Conflict(
            f"{incident.id} is {incident.state}: there is no acknowledgement to take back",
            fix="It is being paged." if incident.state == "triggered" else "Open it again if it is back.",
        )
    now = desk.clock.now()
    person = incident.acknowledged_by or person_of(actor)
    timeline.append(conn, incident.id, "incident.unacknowledged", actor, now, by=person, why=why)
    return _page_again(desk, conn, incident, now)


def expire(desk: Desk, due: Timer) -> tuple[Delivery, ...]:
    """The time of an acknowledgement is over, unless it was renewed or the incident has gone on since."""

    def job(conn: Connection) -> tuple[Delivery, ...]:
        incident = store.get(conn, due.subject, lock=True)
        now = desk.clock.now()
        held = acknowledgement.over_since(desk, conn, incident, now)
        if held is None:
            return ()
        timeline.append(
            conn,
            incident.id,
            "acknowledgement.expired",
            "tocsin",
            now,
            by=incident.acknowledged_by,
            seconds=round(held.total_seconds()),
        )
        return _page_again(desk, conn, incident, now)[1]

    return desk.store.write(job)


def pass_on(desk: Desk, conn: Connection, id_: str, actor: str) -> Outcome:
    """I cannot take it: the next step at once; who had acknowledged has it no longer.

    Pressed twice within a minute by one person it counts once. Raises Conflict for what is watched or over.
    """
    incident = store.get(conn, id_, lock=True)
    if incident.state not in ("triggered", "acknowledged"):
        raise Conflict(
            f"{incident.id} is {incident.state}: nobody is to be paged",
            fix="It is being watched." if incident.is_open else "Open it again if it is back.",
        )
    now = desk.clock.now()
    pressed = timeline.of_incident(conn, incident.id, kinds=(PRESSED.name,))
    if any(each.actor == actor and now - each.at < _TWICE for each in pressed):
        return incident, ()
    timeline.append(conn, incident.id, PRESSED.name, actor, now)
    level = desk.level(incident.policy, incident.severity)
    if incident.state == "triggered":
        if level is None or level.escalate:
            pages = desk.escalations.step_now(conn, incident.id)
            if pages is not None:
                return incident, tuple(pages)
        else:
            desk.escalations.stop(conn, incident.id, N_("the next step was asked for"))
    else:
        incident = _take_back(desk, conn, incident, now)
    return incident, escalate(desk, conn, incident, level, from_step=2, climbs=True)


def _page_again(desk: Desk, conn: Connection, incident: Incident, now: datetime) -> Outcome:
    """Nobody has it: the escalation begins anew, unless all its alerts are held back by now."""
    changed = _take_back(desk, conn, incident, now)
    level = desk.level(incident.policy, incident.severity)
    if (level is not None and not level.page) or hush.check(desk, conn, Look(desk.folds, conn), incident.id):
        return changed, ()
    return changed, escalate(desk, conn, changed, level)


def _take_back(desk: Desk, conn: Connection, incident: Incident, now: datetime) -> Incident:
    store.change(conn, incident.id, state="triggered", acknowledged_by=None, updated_at=now)
    acknowledgement.let_go(desk, conn, incident.id)
    changed = store.get(conn, incident.id)
    level = desk.level(incident.policy, incident.severity)
    clocks.restart(conn, desk.timers, changed, level.clocks if level else {}, now)
    return changed
