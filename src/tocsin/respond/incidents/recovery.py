"""Is it really back? From the last alert that cleared, through the soak, to resolved.

All alerts clear → mitigated: paging stops and the soak begins. Each minute the service's checks run in one round; a
round that fails, or an alert that fires again, opens the incident again. Once the soak's time is over and its last
round has passed, the incident is resolved, acknowledged or not.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from sqlalchemy import Connection

from tocsin.act.notify import Delivery, of_incident
from tocsin.ground import timeline
from tocsin.ground.engine import Timer
from tocsin.ground.i18n import N_, clock
from tocsin.ground.kernel.errors import Conflict
from tocsin.respond.incidents import clocks, lifecycle, store
from tocsin.respond.incidents.desk import Desk
from tocsin.respond.incidents.incident import Incident

_FAILED = timeline.reason(N_("a check failed while it was watched: {text}"))
_HELD = timeline.reason(N_("stayed well for {n} rounds"))
_PASSES = timeline.reason(N_("its checks pass again: {text}"))
_STILL = N_("its alerts still fire")
_WATCHED_AFTERWARDS = timedelta(days=1)
_SHORT = timeline.reason(
    N_(
        "It began at {time} and was over before anybody could be paged. Nothing is asked of you: it is watched."
    )
)


def mitigate(
    desk: Desk, conn: Connection, id_: str, why: str, actor: str
) -> tuple[Incident, tuple[Delivery, ...]]:
    """The service is back as far as anybody can see: stop paging, start watching.

    What was so short that no page has left yet is told once, as a notice: no outage goes by unheard.
    """
    incident = store.get(conn, id_, lock=True)
    if incident.state not in ("triggered", "acknowledged"):
        raise Conflict(
            f"{incident.id} is already {incident.state}",
            fix="It is being watched." if incident.is_open else "Open it again if it is back.",
        )
    now = desk.clock.now()
    service = desk.service(incident.service)
    until = now + service.soak
    store.change(conn, incident.id, state="mitigated", mitigated_at=now, soak_until=until, updated_at=now)
    rounds = max(1, math.ceil(service.soak / service.soak_every)) if service.soak else 0
    timeline.append(conn, incident.id, "incident.mitigated", actor, now, why=why)
    timeline.append(conn, incident.id, "soak.started", "tocsin", now, until=until.isoformat(), rounds=rounds)
    clocks.meet(conn, desk.timers, incident.id, "mitigated", now)
    # What is back needs no assessment any more: its clock would page for nothing while it is watched.
    clocks.meet(conn, desk.timers, incident.id, "acknowledged", now)
    desk.escalations.stop(conn, incident.id, N_("the service is back"))
    desk.timers.set(
        conn,
        "soak",
        incident.id,
        min(until, now + service.soak_every),
        {"n": 1, "of": rounds, "from": now.isoformat()},
    )
    pages = () if actor.startswith("person:") else _tell_at_least_once(desk, conn, incident)
    return store.get(conn, incident.id), pages


def _tell_at_least_once(desk: Desk, conn: Connection, incident: Incident) -> tuple[Delivery, ...]:
    level = desk.level(incident.policy, incident.severity)
    if incident.acknowledged_by or (level is not None and not level.page):
        return ()
    if any(each.state in ("sent", "delivered") for each in of_incident(conn, incident.id)):
        return ()
    zone = desk.services().time_zone
    return tuple(
        desk.escalations.page_now(
            conn,
            incident=incident.id,
            subject=incident.title,
            lines=[_SHORT(time=f"{clock(incident.started_at, zone)} ({zone})")],
            severity=incident.severity,
        )
    )


def soak_round(desk: Desk, due: Timer) -> tuple[Delivery, ...]:
    """One look at the service while it is watched. Checks run outside of any transaction."""
    with desk.store.read() as conn:
        incident = store.get(conn, due.subject)
    watched = incident.state == "mitigated"
    if not watched and not due.data.get("recheck"):
        return ()
    service = desk.service(incident.service)
    result = desk.check(incident.service, service)
    ok = result is None or result.ok
    text = N_("no alert") if result is None else result.summary

    def job(conn: Connection) -> tuple[Delivery, ...]:
        current = store.get(conn, due.subject, lock=True)
        now = desk.clock.now()
        n, of = due.data.get("n", 1), due.data.get("of", 1)
        if due.data.get("recheck"):
            return _recheck(desk, conn, current, ok, text)
        if current.state != "mitigated" or current.mitigated_at != incident.mitigated_at:
            return ()
        if not ok:
            timeline.append(conn, current.id, "soak.failed", "tocsin", now, n=n, text=text)
            why = _FAILED(text=text)
            _, pages = lifecycle.reopen(desk, conn, current.id, why, "tocsin")
            if not store.firing(conn, current.id):
                _look_again(desk, conn, current)
            return pages
        timeline.append(conn, current.id, "soak.round", "tocsin", now, n=n, of=of, ok=True, text=text)
        if current.soak_until is None or now >= current.soak_until:
            lifecycle.resolve(desk, conn, current.id, _HELD(n=n), "tocsin")
        else:
            desk.timers.set(
                conn,
                "soak",
                current.id,
                min(current.soak_until, now + service.soak_every),
                {**due.data, "n": n + 1},
            )
        return ()

    return desk.store.write(job)


def afterwards(desk: Desk, due: Timer) -> tuple[Delivery, ...]:
    """A person has ended it while alerts still fired. What is sent again after the time of a soak opens it again.

    A sender that says things once and never takes them back is not waited for beyond a day.
    """
    resolved_at = datetime.fromisoformat(due.data["resolved_at"])

    def job(conn: Connection) -> tuple[Delivery, ...]:
        incident = store.get(conn, due.subject, lock=True)
        if incident.resolved_at != resolved_at or not store.firing(conn, incident.id):
            return ()
        now = desk.clock.now()
        pause = timedelta(seconds=due.data["pause_s"])
        if store.firing(conn, incident.id, heard_after=resolved_at + pause / 2):
            try:
                return lifecycle.reopen(desk, conn, incident.id, _STILL, "tocsin")[1]
            except Conflict:
                return ()  # another incident has the same thing in hand
        if now < resolved_at + _WATCHED_AFTERWARDS:
            desk.timers.set(conn, due.kind, incident.id, now + pause, due.data)
        return ()

    return desk.store.write(job)


def _look_again(desk: Desk, conn: Connection, incident: Incident) -> None:
    """No alert will tell when this service is back, so its own checks are asked until they pass."""
    every = desk.service(incident.service).soak_every
    desk.timers.set(conn, "soak", incident.id, desk.clock.now() + every, {"recheck": True})


def _recheck(desk: Desk, conn: Connection, incident: Incident, ok: bool, text: str) -> tuple[Delivery, ...]:
    if incident.state not in ("triggered", "acknowledged") or store.firing(conn, incident.id):
        return ()
    if ok:
        return mitigate(desk, conn, incident.id, _PASSES(text=text), "tocsin")[1]
    _look_again(desk, conn, incident)
    return ()
