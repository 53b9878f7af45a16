"""How long is left? The deadlines of an incident, as timers that warn at four fifths and page when missed.

A clock starts at a moment of the incident and is met by an act: `assess` runs from detection to acknowledgement,
`restore` from detection until the service is back, `report` from the resolution until somebody has read the report and
closes the incident. A policy may name others; those run from detection to resolution.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, update

from tocsin.ground import timeline
from tocsin.ground.engine import Timers
from tocsin.ground.store import insert
from tocsin.respond.incidents.incident import Incident
from tocsin.respond.incidents.store import clocks_of, incident_clock

WARN_SHARE = 0.8
STARTS = {"report": "resolved", "postmortem": "resolved"}
MET_BY = {
    "assess": "acknowledged",
    "respond": "acknowledged",
    "act": "acknowledged",
    "restore": "mitigated",
    "report": "closed",
    "postmortem": "closed",
}


def begin(
    conn: Connection,
    timers: Timers,
    incident: Incident,
    deadlines: Mapping[str, timedelta | None],
    moment: str,
    at: datetime,
) -> None:
    """Starts the clocks that run from `moment` (`detected` or `resolved`) and are not yet running."""
    running = {clock.name for clock in clocks_of(conn, incident.id)}
    for name, deadline in deadlines.items():
        if deadline is None or name in running or STARTS.get(name, "detected") != moment:
            continue
        _set(conn, timers, incident.id, name, at, deadline)
        timeline.append(
            conn, incident.id, "clock.started", "tocsin", at, clock=name, due_at=(at + deadline).isoformat()
        )


def _set(
    conn: Connection, timers: Timers, incident: str, name: str, start: datetime, deadline: timedelta
) -> None:
    due, warn = start + deadline, start + deadline * WARN_SHARE
    values = {"started_at": start, "due_at": due, "warn_at": warn, "state": "running", "met_at": None}
    conn.execute(
        insert(conn, incident_clock)
        .values(incident=incident, name=name, **values)
        .on_conflict_do_update(index_elements=["incident", "name"], set_=values)
    )
    timers.set(conn, "clock.warn", f"{incident}/{name}", warn)
    timers.set(conn, "clock.miss", f"{incident}/{name}", due)


def meet(conn: Connection, timers: Timers, incident: str, act: str, at: datetime) -> None:
    """`act` has happened: the clocks that it meets stop. A clock that was missed is met late, and stays missed."""
    for clock in clocks_of(conn, incident):
        if clock.met_at or MET_BY.get(clock.name, "resolved") != act:
            continue
        state = "missed" if clock.state == "missed" or at > clock.due_at else "met"
        conn.execute(
            update(incident_clock)
            .where(incident_clock.c.incident == incident, incident_clock.c.name == clock.name)
            .values(state=state, met_at=at)
        )
        _silence(conn, timers, incident, clock.name)
        seconds = round((at - clock.started_at).total_seconds())
        timeline.append(conn, incident, "clock.met", "tocsin", at, clock=clock.name, seconds=seconds)


def resume(conn: Connection, timers: Timers, incident: str, act: str, at: datetime) -> None:
    """`act` has turned out not to hold (the service is down again): its clocks run on, from where they began."""
    for clock in clocks_of(conn, incident):
        if not clock.met_at or MET_BY.get(clock.name, "resolved") != act:
            continue
        state = "running" if clock.due_at > at else "missed"
        conn.execute(
            update(incident_clock)
            .where(incident_clock.c.incident == incident, incident_clock.c.name == clock.name)
            .values(state=state, met_at=None)
        )
        if clock.warn_at > at:
            timers.set(conn, "clock.warn", f"{incident}/{clock.name}", clock.warn_at)
        if clock.due_at > at:
            timers.set(conn, "clock.miss", f"{incident}/{clock.name}", clock.due_at)


def recompute(
    conn: Connection,
    timers: Timers,
    incident: Incident,
    deadlines: Mapping[str, timedelta | None],
    at: datetime,
) -> None:
    """The severity has changed: running clocks get the new level's deadlines, counted from their own start."""
    for clock in clocks_of(conn, incident.id):
        if clock.met_at:
            continue
        deadline = deadlines.get(clock.name)
        _silence(conn, timers, incident.id, clock.name)
        if deadline is None:
            conn.execute(
                delete(incident_clock).where(
                    incident_clock.c.incident == incident.id, incident_clock.c.name == clock.name
                )
            )
        else:
            _set(conn, timers, incident.id, clock.name, clock.started_at, deadline)
    begin(conn, timers, incident, deadlines, "detected", incident.detected_at)
    if incident.resolved_at:
        begin(conn, timers, incident, deadlines, "resolved", incident.resolved_at)


def _silence(conn: Connection, timers: Timers, incident: str, name: str) -> None:
    for kind in ("clock.warn", "clock.miss"):
        timers.cancel(conn, kind, f"{incident}/{name}")
