"""How long is left? The deadlines of an incident, as timers that warn at four fifths and page when missed.

A clock starts at a moment of the incident and is met by an act: `assess` runs from detection to acknowledgement,
`restore` from detection until the service is back, `report` from the resolution until somebody has read the report and
closes the incident. A policy may name others; those run from detection to resolution. A clock whose act has already
happened does not begin: nothing could meet it any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, update

from tocsin.ground import timeline
from tocsin.ground.engine import Timers
from tocsin.ground.store import add
from tocsin.respond.incidents.incident import Incident
from tocsin.respond.incidents.store import IncidentClock, clocks_of, incident_clock

WARN_SHARE = 0.8
UPDATE = "update"
"""The clock of what people outside are told: it begins anew with each update."""
STARTS = {"report": "resolved", "postmortem": "resolved"}
MET_BY = {
    "assess": "acknowledged",
    "respond": "acknowledged",
    "act": "acknowledged",
    "restore": "mitigated",
    "report": "closed",
    "postmortem": "closed",
}
_HAPPENED = {
    "triggered": frozenset[str](),
    "acknowledged": frozenset({"acknowledged"}),
    "mitigated": frozenset({"acknowledged", "mitigated"}),
    "resolved": frozenset({"acknowledged", "mitigated", "resolved"}),
    "closed": frozenset({"acknowledged", "mitigated", "resolved", "closed"}),
}


def begin(
    conn: Connection,
    timers: Timers,
    incident: Incident,
    deadlines: Mapping[str, timedelta | None],
    moment: str,
    start: datetime,
    at: datetime,
) -> None:
    """Begins, from `start` on, the clocks that run from `moment` (`detected` or `resolved`) and are not there yet."""
    known = {clock.name for clock in clocks_of(conn, incident.id)}
    for name, deadline in deadlines.items():
        if deadline is None or name in known or STARTS.get(name, "detected") != moment:
            continue
        if _met_by(name) in _HAPPENED[incident.state]:
            continue
        _set(conn, timers, incident.id, name, start, deadline)
        _tell(conn, incident.id, "clock.started", at, name, start + deadline)


def restart(
    conn: Connection,
    timers: Timers,
    incident: Incident,
    deadlines: Mapping[str, timedelta | None],
    at: datetime,
) -> None:
    """Nobody has it, again: what runs from detection and has not happened yet is counted anew from now."""
    for clock in clocks_of(conn, incident.id):
        if STARTS.get(clock.name, "detected") == "detected" and clock.met_at:
            _drop(conn, timers, clock)
    begin(conn, timers, incident, deadlines, "detected", at, at)


def withdraw(conn: Connection, timers: Timers, incident: str, moment: str) -> None:
    """`moment` has turned out not to hold: what ran from it is gone, and begins anew when it comes again."""
    for clock in clocks_of(conn, incident):
        if STARTS.get(clock.name, "detected") == moment:
            _drop(conn, timers, clock)


def _met_by(name: str) -> str:
    return MET_BY.get(name, "resolved")


def _drop(conn: Connection, timers: Timers, clock: IncidentClock) -> None:
    _silence(conn, timers, clock.incident, clock.name)
    conn.execute(
        delete(incident_clock).where(
            incident_clock.c.incident == clock.incident, incident_clock.c.name == clock.name
        )
    )


def _tell(conn: Connection, incident: str, kind: str, at: datetime, name: str, due_at: datetime) -> None:
    timeline.append(conn, incident, kind, "tocsin", at, clock=name, due_at=due_at.isoformat())


def _set(
    conn: Connection, timers: Timers, incident: str, name: str, start: datetime, deadline: timedelta
) -> None:
    due, warn = start + deadline, start + deadline * WARN_SHARE
    values = {"started_at": start, "due_at": due, "warn_at": warn, "state": "running", "met_at": None}
    row = {"incident": incident, "name": name, **values}
    add(conn, incident_clock, row, unless=("incident", "name"), renewing=tuple(values))
    timers.set(conn, "clock.warn", f"{incident}/{name}", warn)
    timers.set(conn, "clock.miss", f"{incident}/{name}", due)


def meet(conn: Connection, timers: Timers, incident: str, act: str, at: datetime) -> None:
    """`act` has happened: the clocks that it meets stop. A clock that was missed is met late, and stays missed."""
    for clock in clocks_of(conn, incident):
        if clock.met_at or _met_by(clock.name) != act:
            continue
        state = "missed" if clock.state == "missed" or at > clock.due_at else "met"
        if state != clock.state and state == "missed":
            # The act came before the timer did: the story tells both.
            _tell(conn, incident, "clock.missed", at, clock.name, clock.due_at)
        conn.execute(
            update(incident_clock)
            .where(incident_clock.c.incident == incident, incident_clock.c.name == clock.name)
            .values(state=state, met_at=at)
        )
        _silence(conn, timers, incident, clock.name)
        seconds = round((at - clock.started_at).total_seconds())
        timeline.append(conn, incident, "clock.met", "tocsin", at, clock=clock.name, seconds=seconds)


def resume(conn: Connection, timers: Timers, incident: str, act: str, at: datetime) -> None:
    """`act` has turned out not to hold (the service is down again): its clocks run on, from where they began.

    One that has run out in the meantime pages now; one that had been missed before has said so already.
    """
    for clock in clocks_of(conn, incident):
        if not clock.met_at or _met_by(clock.name) != act:
            continue
        state = "missed" if clock.state == "missed" else "running"
        conn.execute(
            update(incident_clock)
            .where(incident_clock.c.incident == incident, incident_clock.c.name == clock.name)
            .values(state=state, met_at=None)
        )
        if state == "missed":
            continue
        if clock.warn_at > at:
            timers.set(conn, "clock.warn", f"{incident}/{clock.name}", clock.warn_at)
        timers.set(conn, "clock.miss", f"{incident}/{clock.name}", max(clock.due_at, at))


def recompute(
    conn: Connection,
    timers: Timers,
    incident: Incident,
    deadlines: Mapping[str, timedelta | None],
    at: datetime,
) -> None:
    """The severity has changed: running clocks get the new level's deadlines, counted from their own start.

    A clock that was missed, and by the new deadline still is, has paged and does not page again.
    """
    for clock in clocks_of(conn, incident.id):
        if clock.met_at:
            continue
        deadline = deadlines.get(clock.name)
        if deadline is None and clock.name == UPDATE:
            continue  # promised to people outside, whatever the severity has become
        if deadline is None:
            _drop(conn, timers, clock)
            timeline.append(conn, incident.id, "clock.dropped", "tocsin", at, clock=clock.name)
            continue
        due_at = clock.started_at + deadline
        if due_at == clock.due_at:
            continue
        _tell(conn, incident.id, "clock.moved", at, clock.name, due_at)
        if clock.state == "missed" and due_at <= at:
            conn.execute(
                update(incident_clock)
                .where(incident_clock.c.incident == incident.id, incident_clock.c.name == clock.name)
                .values(due_at=due_at, warn_at=clock.started_at + deadline * WARN_SHARE)
            )
        else:
            _set(conn, timers, incident.id, clock.name, clock.started_at, deadline)
    begin(conn, timers, incident, deadlines, "detected", incident.detected_at, at)
    if incident.resolved_at:
        begin(conn, timers, incident, deadlines, "resolved", incident.resolved_at, at)


def promise(conn: Connection, timers: Timers, incident: str, due_at: datetime | None, at: datetime) -> None:
    """People outside have just been told: the next update is due then, or no more."""
    if due_at is not None:
        _set(conn, timers, incident, UPDATE, at, due_at - at)
        return
    for clock in clocks_of(conn, incident):
        if clock.name == UPDATE:
            _drop(conn, timers, clock)


def _silence(conn: Connection, timers: Timers, incident: str, name: str) -> None:
    for kind in ("clock.warn", "clock.miss"):
        timers.cancel(conn, kind, f"{incident}/{name}")
