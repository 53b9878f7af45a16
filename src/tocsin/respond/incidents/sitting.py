"""What does triage know and change while it judges one batch? Read once, written together.

A batch is one transaction. What many alerts ask (which silences there are, which incident is open for their group) is
asked once, and what many write (to which incident they belong, why they paged) is written as one statement.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from tocsin.act.notify import Delivery
from tocsin.ground import timeline
from tocsin.respond.incidents import fold_store, store
from tocsin.respond.incidents.desk import Desk
from tocsin.respond.incidents.fold import TIMER, Fold
from tocsin.respond.incidents.incident import Incident
from tocsin.sense.alerts import Alert, AlertEvent, flap, get_many, held, trace
from tocsin.sense.alerts.held import Look
from tocsin.sense.alerts.trace import Judgement
from tocsin.sense.measures import store as measures


class Sitting:
    """One batch of judgements."""

    def __init__(self, desk: Desk, conn: Connection, news: Sequence[AlertEvent]) -> None:
        self.desk = desk
        self.conn = conn
        self.now: datetime = desk.clock.now()
        self.look = Look(desk.folds, conn)
        self.pages: list[Delivery] = []
        ids = sorted({each.alert.id for each in news})
        self.flaps = flap.of(conn, ids)
        self.held = held.are_held(conn, ids)
        self._belongs = fold_store.incidents_of(conn, ids)
        self._open: dict[str, Incident | None] = {}
        self._incidents: dict[str, Incident] = {}
        self._folds: dict[str, Fold] = {}
        self._untold: set[str] = set()
        self._attached: list[dict[str, Any]] = []
        self._judged: list[Judgement] = []
        self._hushed: set[str] | None = None
        self._measured: dict[str, Mapping[str, float]] = {}
        self.cleared: dict[str, list[Judgement]] = {}
        """The incidents of which alerts have cleared, with the judgements of these."""

    def judge(self, news: AlertEvent) -> Judgement:
        """Begins the trace of one judgement."""
        judged = Judgement(news.alert.id, news.episode, self.now)
        self._judged.append(judged)
        return judged

    def names_of(self, alert_ids: Sequence[str]) -> dict[str, str]:
        """What these alerts are called."""
        return {id_: each.name for id_, each in get_many(self.conn, alert_ids).items()} if alert_ids else {}

    def measured(self, service: str) -> Mapping[str, float]:
        """What monitors have measured of the service of late."""
        if service not in self._measured:
            self._measured[service] = measures.fresh(self.conn, service, self.now)
        return self._measured[service]

    # Incidents

    def find_open(self, group: str) -> Incident | None:
        """The open incident of the group."""
        if group not in self._open:
            self._open[group] = store.find_open(self.conn, group)
        return self._open[group]

    def of_alert(self, alert_id: str) -> Incident | None:
        """The newest incident that the alert belongs to."""
        ids = self._belongs.get(alert_id)
        return self.incident(ids[-1]) if ids else None

    def incident(self, id_: str) -> Incident:
        """As it stands in this transaction."""
        if id_ not in self._incidents:
            self._incidents[id_] = store.get(self.conn, id_, lock=True)
        return self._incidents[id_]

    def has_changed(self) -> None:
        """An incident was changed past this sitting: what was read is read anew."""
        self._open.clear()
        self._incidents.clear()

    def attach(self, incident: Incident, alert: Alert) -> bool:
        """Whether the alert is new to the incident; if so it belongs to it from now on."""
        mine = self._belongs.setdefault(alert.id, [])
        if incident.id in mine:
            return False
        mine.append(incident.id)
        self._attached.append({"incident": incident.id, "alert": alert.id, "attached_at": self.now})
        return True

    def settle_attached(self) -> None:
        """Writes which alerts belong to which incidents, for who counts them in the store."""
        fold_store.attach(self.conn, self._attached)
        self._attached = []

    def unhush(self, incident: Incident) -> bool:
        """Whether the incident was hushed; it is not any more."""
        if self._hushed is None:
            self._hushed = fold_store.hushed(self.conn)
        if incident.id not in self._hushed:
            return False
        self._hushed.discard(incident.id)
        return fold_store.unhush(self.conn, incident.id)

    # Counting

    def fold(self, incident: Incident) -> Fold:
        """What is counted of the incident; whoever changes it calls `counted`."""
        if incident.id not in self._folds:
            known = fold_store.get(self.conn, incident.id, lock=True)
            self._folds[incident.id] = known or Fold(incident=incident.id, title=incident.title)
            if known and known.untold:
                self._untold.add(incident.id)
        return self._folds[incident.id]

    @property
    def singly(self) -> int:
        """So many alerts of an incident have a line each."""
        return self.desk.folding().storm.told_singly

    def line(self, incident: Incident, kind: str, alert: Alert) -> None:
        """A line on the timeline about one alert."""
        timeline.append(self.conn, incident.id, kind, "tocsin", self.now, alert=alert.id, name=alert.name)

    # The end

    def finish(self) -> None:
        """Writes what the batch has gathered."""
        self.settle_attached()
        every = self.desk.folding().storm.told_every
        for fold in self._folds.values():
            if not fold.untold:
                continue
            if fold.told_at is None or self.now >= fold.told_at + every:
                tell(self.conn, fold, self.now)
            elif fold.incident not in self._untold:
                self.desk.timers.set(self.conn, TIMER, fold.incident, fold.told_at + every)
        fold_store.put(self.conn, list(self._folds.values()))
        trace.write(self.conn, self._judged)


def tell(conn: Connection, fold: Fold, now: datetime) -> None:
    """One line for all that was counted since the last one, and the title that says how many."""
    timeline.append(conn, fold.incident, "alerts.folded", "tocsin", now, **fold.tell(now))
    if fold.titled:
        store.change(conn, fold.incident, title=fold.counted_title, updated_at=now)
