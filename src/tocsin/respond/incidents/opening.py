"""How does an incident begin? Record, timeline, clocks and every page of the ladder, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from tocsin.act.notify import Delivery
from tocsin.ground import timeline
from tocsin.ground.store import add
from tocsin.respond.incidents import clocks, store
from tocsin.respond.incidents.desk import Desk
from tocsin.respond.incidents.incident import Incident
from tocsin.sense.severity import Decision, Level

FIRST_PAGE = "incident.page"
"""The kind of the timer for a first page that waits for others to join."""
REPEAT = "incident.repeat"
"""The kind of the timer that pages again when nobody has acknowledged."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """A new incident and the pages that may leave as soon as the transaction is on disk."""

    incident: Incident
    pages: tuple[Delivery, ...] = ()


def open_incident(
    desk: Desk,
    conn: Connection,
    *,
    title: str,
    service: str,
    decision: Decision,
    group_key: str,
    source: str,
    actor: str,
    started_at: datetime,
    text: str = "",
    wait: timedelta = timedelta(),
) -> Opened:
    """Opens an incident within the caller's transaction. `source` is `person` when somebody declared it.

    With `wait` its first page leaves so much later, together with what joins until then.
    """
    now = desk.clock.now()
    # People say the number: its year is theirs, not that of Greenwich.
    id_ = store.next_number(conn, now.astimezone(ZoneInfo(desk.services().time_zone)).year)
    rule: dict[str, Any] = {
        "level": decision.level,
        "policy": decision.policy,
        "rule": decision.rule,
        "values": decision.values,
        "unmeasured": list(decision.unmeasured),
    }
    add(
        conn,
        store.incident,
        {
            "id": id_,
            "title": title,
            "service": service,
            "severity": decision.level,
            "state": "triggered",
            "source": source,
            "policy": decision.policy,
            "rule": rule,
            "group_key": group_key,
            "started_at": min(started_at, now),
            "detected_at": now,
            "updated_at": now,
        },
    )
    kind = "incident.declared" if source == "person" else "incident.opened"
    timeline.append(
        conn, id_, kind, actor, now, title=title, severity=decision.level, service=service, source=source
    )
    timeline.append(conn, id_, "severity.decided", "tocsin", now, **rule)
    if text:
        timeline.append(conn, id_, "note.added", actor, now, text=text)
    incident = store.get(conn, id_)
    clocks.begin(conn, desk.timers, incident, decision.spec.clocks, "detected", now, now)
    if not decision.spec.page:
        return Opened(incident=incident)
    if wait:
        desk.timers.set(conn, FIRST_PAGE, id_, now + wait)
        return Opened(incident=incident)
    return Opened(incident=incident, pages=escalate(desk, conn, incident, decision.spec))


def escalate(
    desk: Desk,
    conn: Connection,
    incident: Incident,
    level: Level | None,
    *,
    from_step: int = 1,
    climbs: bool | None = None,
) -> tuple[Delivery, ...]:
    """Writes every page of the service's escalation policy; the first are already claimed by this process.

    `climbs` says otherwise than the level whether later steps follow.
    """
    if level is not None and level.repeat:
        desk.timers.set(conn, REPEAT, incident.id, desk.clock.now() + level.repeat)
    return tuple(
        desk.escalations.open(
            conn,
            incident=incident.id,
            title=incident.title,
            service=incident.service,
            severity=incident.severity,
            policy=desk.service(incident.service).escalation,
            at=desk.clock.now(),
            channels=list(level.channels) if level else [],
            climbs=(level.escalate if level else True) if climbs is None else climbs,
            # Nobody knows how bad a level is that has left its policy.
            urgency=level.urgency if level else "critical",
            mentions=level.mentions if level else (),
            from_step=from_step,
        )
    )
