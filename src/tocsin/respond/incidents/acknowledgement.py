"""How long does “I have it” hold? Until it is over, or as long as the policy says; saying it again renews it."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from tocsin.ground import timeline
from tocsin.respond.incidents.desk import Desk
from tocsin.respond.incidents.incident import Incident

TIMER = "incident.acknowledgement"
"""The kind of the timer that ends one."""
_BEGINS = ("incident.acknowledged", "acknowledgement.renewed", "incident.reopened")
_TWICE = timedelta(seconds=60)


def hold(desk: Desk, conn: Connection, incident: str, at: datetime) -> datetime | None:
    """It counts from now on; returns when it ends, None when it does not."""
    length = desk.escalations.acknowledge_for(conn, incident)
    if length is None:
        return None
    desk.timers.set(conn, TIMER, incident, at + length)
    return at + length


def renew(desk: Desk, conn: Connection, incident: Incident, actor: str, at: datetime) -> None:
    """Somebody says once more that it is had. A button that is pressed twice says it once."""
    began = _began(conn, incident.id)
    if incident.state != "acknowledged" or (began is not None and at - began < _TWICE):
        return
    until = hold(desk, conn, incident.id, at)
    if until is not None:
        timeline.append(conn, incident.id, "acknowledgement.renewed", actor, at, until=until.isoformat())


def over_since(desk: Desk, conn: Connection, incident: Incident, at: datetime) -> timedelta | None:
    """How long it held, once it holds no longer; None while it does."""
    length, began = desk.escalations.acknowledge_for(conn, incident.id), _began(conn, incident.id)
    if incident.state != "acknowledged" or length is None or began is None or at < began + length:
        return None
    return at - began


def let_go(desk: Desk, conn: Connection, incident: str) -> None:
    """Nobody has it any more, or it is over: nothing expires."""
    desk.timers.cancel(conn, TIMER, incident)


def _began(conn: Connection, incident: str) -> datetime | None:
    events = timeline.of_incident(conn, incident, kinds=_BEGINS)
    return events[-1].at if events else None
