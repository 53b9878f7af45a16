"""Which acts change an incident? Each is one transaction with its line on the timeline."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from tocsin.act.notify import Delivery
from tocsin.ground import timeline
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.errors import Conflict, Invalid
from tocsin.ground.store import insert
from tocsin.respond.incidents import acknowledgement, clocks, store
from tocsin.respond.incidents.desk import Desk
from tocsin.respond.incidents.incident import FALSE_ALARM, Incident
from tocsin.respond.incidents.opening import escalate
from tocsin.respond.incidents.titles import ROLE_TITLES

ROLES = tuple(ROLE_TITLES)
SHORTEST_PAUSE = timedelta(minutes=1)
_LONGEST = 10_000


def person_of(actor: str) -> str:
    """`person:mei` → `mei`."""
    return actor.partition(":")[2] or actor


def written(text: str, field: str) -> str:
    """What a person wrote, if both databases can keep it. Raises Invalid."""
    if len(text) > _LONGEST:
        raise Invalid(f"this text has more than {_LONGEST} characters", field=field, fix="Shorten it.")
    if any(each == "\0" or "\ud800" <= each <= "\udfff" for each in text):
        raise Invalid(
            "this text holds NUL or half a character", field=field, fix="Take these characters out."
        )
    return text


def acknowledge(desk: Desk, conn: Connection, id_: str, actor: str) -> Incident:
    """Somebody has it: paging stops. Acknowledging again renews it where it would end; whoever was first has it."""
    incident = store.get(conn, id_, lock=True)
    if incident.state in ("resolved", "closed"):
        raise Conflict(f"{incident.id} is already {incident.state}", fix="Open it again if it is back.")
    now = desk.clock.now()
    if incident.acknowledged_by and incident.state != "triggered":
        acknowledgement.renew(desk, conn, incident, actor, now)
        return incident
    person = person_of(actor)
    # An incident that was opened again keeps its first acknowledgement; the new one is on the timeline.
    store.change(
        conn,
        incident.id,
        state="acknowledged" if incident.state == "triggered" else incident.state,
        acknowledged_at=incident.acknowledged_at or now,
        acknowledged_by=person,
        updated_at=now,
    )
    seconds = round((now - incident.detected_at).total_seconds())
    timeline.append(conn, incident.id, "incident.acknowledged", actor, now, by=person, seconds=seconds)
    clocks.meet(conn, desk.timers, incident.id, "acknowledged", now)
    desk.escalations.stop(conn, incident.id, N_("acknowledged"))
    desk.escalations.tell_followers(conn, incident.id, "acknowledged")
    acknowledgement.hold(desk, conn, incident.id, now)
    if actor.startswith("person:") and "commander" not in store.roles_of(conn, incident.id):
        give(conn, incident.id, "commander", person, actor, now)
    return store.get(conn, incident.id)


def set_severity(
    desk: Desk, conn: Connection, id_: str, level: str, reason: str, actor: str
) -> tuple[Incident, tuple[Delivery, ...]]:
    """Raises or lowers the severity; clocks are counted anew, and what was not acknowledged is paged anew."""
    incident = store.get(conn, id_, lock=True)
    spec = desk.level(incident.policy, level)
    if spec is None:
        known = ", ".join(desk.policies().policy(incident.policy).levels)
        raise Invalid(
            f"the policy {incident.policy} has no level {level}", field="severity", fix=f"One of {known}."
        )
    if not reason.strip():
        raise Invalid("a change of severity needs a reason", field="reason", fix="Say in a sentence why.")
    if level == incident.severity:
        return incident, ()
    now = desk.clock.now()
    store.change(conn, incident.id, severity=level, updated_at=now)
    timeline.append(
        conn,
        incident.id,
        "severity.changed",
        actor,
        now,
        old=incident.severity,
        new=level,
        reason=reason.strip(),
    )
    changed = store.get(conn, incident.id)
    clocks.recompute(conn, desk.timers, changed, spec.clocks, now)
    pages: tuple[Delivery, ...] = ()
    if changed.state == "triggered":
        desk.escalations.stop(conn, incident.id, N_("the severity was changed"))
        if spec.page:
            pages = escalate(desk, conn, changed, spec)
    return changed, pages


def note(desk: Desk, conn: Connection, id_: str, text: str, actor: str) -> Incident:
    incident = store.get(conn, id_)
    if not text.strip():
        raise Invalid("an empty note says nothing", field="text", fix="Write what you saw or did.")
    timeline.append(conn, incident.id, "note.added", actor, desk.clock.now(), text=text.strip())
    return incident


def assign(desk: Desk, conn: Connection, id_: str, role: str, person: str, actor: str) -> Incident:
    incident = store.get(conn, id_)
    if role not in ROLES:
        raise Invalid(f"there is no role {role}", field="role", fix=f"One of {', '.join(ROLES)}.")
    people = desk.services().people
    if person not in people and person != person_of(actor):
        raise Invalid(
            f"there is no person {person}" if person.strip() else "a role needs a person",
            field="person",
            fix=f"A name under people: ({', '.join(people) or 'none yet'}).",
        )
    if store.roles_of(conn, incident.id).get(role) != person:
        give(conn, incident.id, role, person, actor, desk.clock.now())
    return incident


def give(conn: Connection, incident: str, role: str, person: str, actor: str, at: datetime) -> None:
    """The role is theirs from now on, and the story says so."""
    values = {"person": person, "assigned_at": at}
    conn.execute(
        insert(conn, store.incident_role)
        .values(incident=incident, role=role, **values)
        .on_conflict_do_update(index_elements=["incident", "role"], set_=values)
    )
    timeline.append(conn, incident, "role.assigned", actor, at, role=role, person=person)


def resolve(desk: Desk, conn: Connection, id_: str, why: str, actor: str, *, outcome: str = "") -> Incident:
    """It is over: nothing of it pages any more, and the clocks of learning start.

    A person may say so while alerts still fire; they get the time of a soak to clear (`recovery.afterwards`). With the
    outcome of a false alarm there is nothing to learn and nothing to wait for.
    """
    incident = store.get(conn, id_, lock=True)
    if not incident.is_open:
        raise Conflict(
            f"{incident.id} is already {incident.state}",
            fix="There is nothing to do; its page says how it ended.",
        )
    now = desk.clock.now()
    store.change(
        conn,
        incident.id,
        state="resolved",
        mitigated_at=incident.mitigated_at or now,
        resolved_at=now,
        soak_until=None,
        updated_at=now,
        outcome=outcome,
    )
    timeline.append(conn, incident.id, "incident.resolved", actor, now, why=why or N_("by hand"))
    clocks.meet(conn, desk.timers, incident.id, "mitigated", now)
    clocks.meet(conn, desk.timers, incident.id, "resolved", now)
    # Nobody needs to acknowledge what is over: a clock that asks for it is met by the end.
    clocks.meet(conn, desk.timers, incident.id, "acknowledged", now)
    desk.escalations.stop(conn, incident.id, N_("resolved"))
    desk.escalations.tell_followers(conn, incident.id, "resolved")
    desk.timers.cancel(conn, "soak", incident.id)
    if outcome == FALSE_ALARM:
        return store.get(conn, incident.id)
    if store.firing(conn, incident.id):
        pause = max(desk.service(incident.service).soak, SHORTEST_PAUSE)
        data = {"resolved_at": now.isoformat(), "pause_s": pause.total_seconds()}
        desk.timers.set(conn, "incident.afterwards", incident.id, now + pause, data)
    resolved = store.get(conn, incident.id)
    level = desk.level(incident.policy, incident.severity)
    if level:
        clocks.begin(conn, desk.timers, resolved, level.clocks, "resolved", now, now)
    return resolved


def reopen(
    desk: Desk, conn: Connection, id_: str, why: str, actor: str, at: datetime | None = None
) -> tuple[Incident, tuple[Delivery, ...]]:
    """It is not over. Whoever had it has it still and is paged once; if nobody had it, the ladder starts anew."""
    incident = store.get(conn, id_, lock=True)
    if incident.state in ("triggered", "acknowledged"):
        raise Conflict(
            f"{incident.id} is open as it is", fix="Work on it; only what has ended is opened again."
        )
    other = store.find_open(conn, _group_of(conn, incident.id))
    if other and other.id != incident.id:
        raise Conflict(f"{other.id} is already open for the same thing", fix=f"Work on {other.id}.")
    now = at or desk.clock.now()
    ended = incident.resolved_at is not None
    has_it = incident.acknowledged_by is not None and not ended
    store.change(
        conn,
        incident.id,
        state="acknowledged" if has_it else "triggered",
        acknowledged_by=incident.acknowledged_by if has_it else None,
        mitigated_at=None,
        soak_until=None,
        resolved_at=None,
        closed_at=None,
        updated_at=now,
        outcome="",
    )
    timeline.append(conn, incident.id, "incident.reopened", actor, now, why=why)
    desk.timers.cancel(conn, "soak", incident.id)
    changed = store.get(conn, incident.id)
    level = desk.level(incident.policy, incident.severity)
    if ended:
        # It was over, perhaps for days: its deadlines count from now, and the report is due after the next end.
        clocks.withdraw(conn, desk.timers, incident.id, "resolved")
    else:
        clocks.resume(conn, desk.timers, incident.id, "mitigated", now)
    if not has_it:
        clocks.restart(conn, desk.timers, changed, level.clocks if level else {}, now)
    if has_it:
        acknowledgement.hold(desk, conn, incident.id, now)
        lines = [why]
        return changed, tuple(
            desk.escalations.page_now(
                conn, incident=incident.id, subject=incident.title, lines=lines, severity=incident.severity
            )
        )
    if level is None or level.page:
        return changed, escalate(desk, conn, changed, level)
    return changed, ()


def close(desk: Desk, conn: Connection, id_: str, why: str, actor: str) -> Incident:
    """The report has been read; the record is complete."""
    incident = store.get(conn, id_, lock=True)
    if incident.state != "resolved":
        raise Conflict(
            f"{incident.id} is {incident.state}; only a resolved incident is closed",
            fix="Resolve it first." if incident.is_open else "Open it again if it is back.",
        )
    now = desk.clock.now()
    store.change(conn, incident.id, state="closed", closed_at=now, updated_at=now)
    timeline.append(conn, incident.id, "incident.closed", actor, now, why=why or N_("report read"))
    clocks.meet(conn, desk.timers, incident.id, "closed", now)
    return store.get(conn, incident.id)


def _group_of(conn: Connection, id_: str) -> str:
    return conn.execute(
        store.incident.select()
        .with_only_columns(store.incident.c.group_key)
        .where(store.incident.c.id == id_)
    ).scalar_one()
