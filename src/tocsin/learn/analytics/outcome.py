"""What came of it? When an incident ends, what its alerts were worth is written down, once for each rule.

Follows the timeline, so nothing is missed and what was before an upgrade is counted too. An incident that opens again
is forgotten until it ends again.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from sqlalchemy import Connection

from tocsin.ground import timeline
from tocsin.ground.timeline import Event, Followers
from tocsin.learn.analytics import store
from tocsin.learn.analytics.store import RuleInIncident
from tocsin.respond.incidents import FALSE_ALARM, Incidents

SHORT = timedelta(minutes=5)
"""Over before anybody could have done anything: what ended by itself sooner was short."""
FLAPS = 4
"""So many firings of one rule in one incident are flapping, too, where nothing has held them as one."""

_FIRED = ("alert.attached", "alert.fired")
# What only says that somebody is there; everything else that a person does is an act.
_NO_ACT = frozenset(
    {
        "incident.acknowledged",
        "role.assigned",
        "incident.closed",
        "alert.false_alarm",
        "alert.marked",
        "reality.checked",
    }
)
_OVER = ("incident.resolved", "alert.false_alarm")


class Outcomes:
    """Writes down what came of each rule."""

    def __init__(self, incidents: Incidents) -> None:
        self._incidents = incidents

    def follow(self, followers: Followers) -> None:
        followers.follow("outcomes", (*_OVER, "incident.reopened", "alert.marked"), self._react)

    def _react(self, conn: Connection, event: Event) -> None:
        if event.kind == "incident.reopened":
            store.put(conn, event.incident, [])
        elif event.kind == "alert.marked":
            store.mark(conn, event.incident, str(event.data["name"]), str(event.data["answer"]))
        else:
            self._write(conn, event.incident)

    def _write(self, conn: Connection, id_: str) -> None:
        incident = self._incidents.get(conn, id_)
        if incident.is_open:
            return  # it has been opened again since; its next end is told too
        events = _all(conn, id_)
        fired = Counter(str(each.data.get("name")) for each in events if each.kind in _FIRED)
        flapped = {str(each.data.get("name")) for each in events if each.kind == "alert.flapping"}
        kinds = {each.kind for each in events}
        acted = "run.started" in kinds or any(_is_act(each, incident.outcome) for each in events)
        wrong = incident.outcome == FALSE_ALARM
        over = incident.mitigated_at or incident.resolved_at
        short = not (acted or wrong) and over is not None and over - incident.detected_at < SHORT
        said = store.marks_in(conn, id_)
        store.put(
            conn,
            id_,
            [
                RuleInIncident(
                    incident=id_,
                    name=name,
                    service=incident.service,
                    at=incident.detected_at,
                    fired=times,
                    paged="page.sent" in kinds,
                    acknowledged=incident.acknowledged_at is not None,
                    acted=acted,
                    short=short,
                    flapping=name in flapped or times >= FLAPS,
                    false_alarm=wrong,
                    mark=said.get(name, ""),
                )
                for name, times in fired.items()
            ],
        )


def _is_act(event: Event, outcome: str) -> bool:
    """Whether a person did something about it. Ending it as a false alarm is a word, and brings nothing back."""
    if event.kind == "incident.resolved" and outcome == FALSE_ALARM:
        return False
    return event.actor.startswith("person:") and event.kind not in _NO_ACT


def _all(conn: Connection, incident: str) -> list[Event]:
    events: list[Event] = []
    while more := timeline.of_incident(conn, incident, after=events[-1].seq if events else 0):
        events += more
    return events
