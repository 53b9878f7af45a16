"""Was there anything at all? A person says that an alert cried wolf: its incident ends, and its rules are counted.

Nobody is asked for a soak, a report or a postmortem of something that was not there. What still fires does not open the
incident again: only an alert that clears and fires anew does. Opening the incident again takes the word back.
"""

from __future__ import annotations

from sqlalchemy import Connection

from tocsin.ground import timeline
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.errors import Conflict, Invalid
from tocsin.respond.incidents import clocks, lifecycle, store
from tocsin.respond.incidents.desk import Desk
from tocsin.respond.incidents.incident import FALSE_ALARM, Incident

_MOST_RULES = 50
_WHY = timeline.reason(N_("a false alarm: {reason}"))


def mark(desk: Desk, conn: Connection, id_: str, why: str, actor: str) -> Incident:
    """Ends the incident as a false alarm; one that has ended already gets this outcome.

    Raises Invalid without a reason, Conflict when it was said before.
    """
    reason = why.strip()
    if not reason:
        raise Invalid("a false alarm needs a reason", field="why", fix="Say in a sentence what was wrong.")
    incident = store.get(conn, id_, lock=True)
    if incident.outcome == FALSE_ALARM:
        raise Conflict(f"{incident.id} is a false alarm already", fix="Open it again to take that back.")
    now = desk.clock.now()
    rules = store.alert_names_of(conn, incident.id)[:_MOST_RULES]
    timeline.append(conn, incident.id, "alert.false_alarm", actor, now, reason=reason, rules=rules)
    if incident.is_open:
        return lifecycle.resolve(desk, conn, id_, _WHY(reason=reason), actor, outcome=FALSE_ALARM)
    store.change(conn, incident.id, outcome=FALSE_ALARM, updated_at=now)
    clocks.withdraw(conn, desk.timers, incident.id, "resolved")
    desk.timers.cancel(conn, "incident.afterwards", incident.id)
    return store.get(conn, incident.id)
