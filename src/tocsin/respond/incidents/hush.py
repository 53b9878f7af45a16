"""When does an open incident stop paging because of a silence? When every alert of it that fires is held back.

The timeline says so. As soon as one of them is held back no longer, or another alert joins, paging goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, select

from tocsin.ground import timeline
from tocsin.ground.i18n import N_
from tocsin.respond.incidents import fold_store, store
from tocsin.respond.incidents.desk import Desk
from tocsin.respond.incidents.lifecycle import person_of
from tocsin.sense.alerts import Alert
from tocsin.sense.alerts.held import Held, Look
from tocsin.sense.alerts.store import alert as alert_table

_WHY = N_("all its alerts are silenced, or within a maintenance window")
_AT_ONCE = 50


def candidates(desk: Desk, conn: Connection) -> list[str]:
    """The numbers of the incidents that are being paged and whose alerts all seem to be held back, from memory.

    Only reads, so that nobody waits at the door while many incidents are looked at; `check` decides.
    """
    folds, now = desk.folds, desk.clock.now()
    choice = folds.silences.choice()
    windows = [each.window for each in folds.maintenance.under_way()]
    incident, attached = store.incident, store.incident_alert
    rows = conn.execute(
        select(incident.c.id, alert_table.c.labels, alert_table.c.service)
        .join(attached, attached.c.incident == incident.c.id)
        .join(alert_table, alert_table.c.id == attached.c.alert)
        .where(incident.c.state == "triggered", alert_table.c.state == "firing")
        .order_by(incident.c.id)
        .execution_options(yield_per=_AT_ONCE)
    )
    done = fold_store.hushed(conn)
    quiet: dict[str, bool] = {}
    for id_, labels, service in rows:
        if id_ in done or not quiet.get(id_, True):
            continue
        silenced = any(each.state(now) == "active" for each in choice.of(labels))
        quiet[id_] = silenced or any(each.covers(labels, service) for each in windows)
    return [id_ for id_, every in quiet.items() if every]


def check(desk: Desk, conn: Connection, look: Look, incident_id: str) -> bool:
    """Hushes the incident if all its alerts that fire are held back by silences or windows."""
    reasons: dict[str, Held] = {}
    for alert in _firing(conn, incident_id):
        why = look.at(alert, alert.service)
        if not (why.silences or why.windows):
            return False
        reasons[alert.id] = why
    incident = store.get(conn, incident_id, lock=True)
    if not reasons or incident.state != "triggered":
        return False
    for alert_id, why in reasons.items():
        look.hold(alert_id, why)
    if fold_store.hush(conn, incident.id, look.now):
        desk.escalations.stop(conn, incident.id, _WHY)
        timeline.append(conn, incident.id, "incident.hushed", "tocsin", look.now, why=_told(reasons.values()))
    return True


def _told(reasons: Iterable[Held]) -> str:
    """Which silences and windows it is, a few of them."""
    named: dict[str, None] = {}
    for each in reasons:
        named |= {
            f"{person_of(silence.created_by)}: {silence.comment}"[:200]: None for silence in each.silences
        }
        named |= {window.title[:200]: None for window in each.windows}
    return "; ".join(list(named)[:3])


def _firing(conn: Connection, incident_id: str) -> Iterator[Alert]:
    """Its alerts that fire, in parts: the first that is not held back ends the search."""
    last = ""
    while True:
        rows = conn.execute(
            select(alert_table)
            .join(store.incident_alert, store.incident_alert.c.alert == alert_table.c.id)
            .where(
                store.incident_alert.c.incident == incident_id,
                alert_table.c.state == "firing",
                alert_table.c.id > last,
            )
            .order_by(alert_table.c.id)
            .limit(_AT_ONCE)
        ).all()
        for row in rows:
            yield Alert.from_row(row)
        if len(rows) < _AT_ONCE:
            return
        last = rows[-1].id
