"""What does a new alert mean? From the alert's row to an incident that pages, once, whatever crashes in between.

Each change of an alert is a row that waits for triage. Rows are taken, judged and marked done in one transaction with
everything that follows from them, so a crash leaves them waiting and nothing half done; on Postgres each worker takes
rows that no other has locked. A row that cannot be judged still opens an incident, which says so.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError, OperationalError

from tocsin.act.notify import Delivery
from tocsin.ground import timeline
from tocsin.ground.catalogue import UNASSIGNED, service_of
from tocsin.ground.i18n import N_
from tocsin.respond.incidents import lifecycle, recovery, store
from tocsin.respond.incidents.desk import Desk
from tocsin.respond.incidents.opening import open_incident
from tocsin.sense.alerts import AlertEvent, claim, done
from tocsin.sense.severity import decide, facts_of, undecided

BATCH = 64
_FIRES = timeline.reason(N_("alert {name} fires while it was watched"))
_IDLE_S = 0.25
_log = structlog.get_logger(__name__)


@dataclass(kw_only=True)
class Triage:
    """The thread that turns alerts into incidents."""

    desk: Desk
    _woken: threading.Event = field(default_factory=threading.Event)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self.desk.bell.on("alerts", self._woken.set)
        self._thread = threading.Thread(target=self._serve, name="triage", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._woken.set()
        if self._thread:
            self._thread.join(timeout=4)

    def _serve(self) -> None:
        while not self._stopping.is_set():
            try:
                if self.step():
                    continue
            except Exception:
                _log.exception("triage could not write; the alerts wait")
            self._woken.wait(_IDLE_S)
            self._woken.clear()

    def step(self) -> int:
        """Judges up to 64 waiting rows; returns how many."""
        desk = self.desk

        def job(conn: Connection) -> tuple[int, list[Delivery]]:
            news = claim(conn, "triage", BATCH)
            pages: list[Delivery] = []
            for each in news:
                pages += self._judge(conn, each)
            done(conn, [each.seq for each in news])
            return len(news), pages

        count, pages = desk.store.write(job)
        if pages:
            desk.deliveries.hand(pages)
        if count:
            desk.bell.ring("timeline")
        return count

    def _judge(self, conn: Connection, news: AlertEvent) -> tuple[Delivery, ...]:
        judge = {"fired": fired, "acknowledged": acknowledged, "resolved": cleared}[news.kind]
        try:
            try:
                with conn.begin_nested():
                    return judge(self.desk, conn, news)
            except IntegrityError:
                # Another worker opened an incident for the same group at the same moment: now it can be seen.
                with conn.begin_nested():
                    return judge(self.desk, conn, news)
        except OperationalError:
            raise  # the database, not the alert: the whole batch is taken again
        except Exception as problem:
            _log.exception("an alert could not be judged", alert=news.alert.id)
            with conn.begin_nested():
                return _fallback(self.desk, conn, news, f"{type(problem).__name__}: {problem}")


def fired(desk: Desk, conn: Connection, news: AlertEvent) -> tuple[Delivery, ...]:
    """An alert began to fire: it joins the open incident of its group, or opens one."""
    alert, now = news.alert, desk.clock.now()
    name, service = service_of(desk.services(), alert.labels)
    group = f"alert:{alert.name}" if name == UNASSIGNED else f"service:{name}"
    policy = desk.policies().policy(service.policy)
    decision = decide(policy.name, policy, facts_of(alert, name, service))
    incident = store.find_open(conn, group)
    if incident is None:
        if not decision.spec.incident:
            return ()
        opened = open_incident(
            desk,
            conn,
            title=title_of(alert.annotations, alert.name),
            service=name,
            decision=decision,
            group_key=group,
            source=alert.source,
            actor=f"key:{alert.key}" if alert.key else "tocsin",
            started_at=alert.starts_at,
        )
        store.attach(conn, opened.incident.id, alert.id, now)
        timeline.append(
            conn, opened.incident.id, "alert.attached", "tocsin", now, alert=alert.id, name=alert.name
        )
        return opened.pages
    known = not store.attach(conn, incident.id, alert.id, now)
    kind = "alert.fired" if known else "alert.attached"
    timeline.append(conn, incident.id, kind, "tocsin", now, alert=alert.id, name=alert.name)
    pages: tuple[Delivery, ...] = ()
    if incident.state == "mitigated":
        _, pages = lifecycle.reopen(desk, conn, incident.id, _FIRES(name=alert.name), "tocsin")
    if incident.policy == decision.policy and _is_higher(
        desk, decision.policy, decision.level, incident.severity
    ):
        _, more = lifecycle.set_severity(
            desk, conn, incident.id, decision.level, f"alert {alert.name}: {decision.rule}", "tocsin"
        )
        pages += more
    return pages


def acknowledged(desk: Desk, conn: Connection, news: AlertEvent) -> tuple[Delivery, ...]:
    """The sender said that somebody has it: paging stops, as if a person had acknowledged."""
    incident = store.of_alert(conn, news.alert.id)
    if incident is not None and incident.is_open:
        lifecycle.acknowledge(desk, conn, incident.id, f"key:{news.alert.key}")
    return ()


def cleared(desk: Desk, conn: Connection, news: AlertEvent) -> tuple[Delivery, ...]:
    """An alert ended: when it was the last one of its incident, the service is watched."""
    incident = store.of_alert(conn, news.alert.id)
    if incident is None or not incident.is_open:
        return ()
    timeline.append(
        conn,
        incident.id,
        "alert.resolved",
        "tocsin",
        desk.clock.now(),
        alert=news.alert.id,
        name=news.alert.name,
    )
    if incident.state != "mitigated" and not store.firing(conn, incident.id):
        _, pages = recovery.mitigate(desk, conn, incident.id, N_("all its alerts have cleared"), "tocsin")
        return pages
    return ()


def _fallback(desk: Desk, conn: Connection, news: AlertEvent, problem: str) -> tuple[Delivery, ...]:
    """Judging failed, so nobody knows how bad it is: page as for the worst that the default policy has."""
    group = f"alert-id:{news.alert.id}"
    if news.kind != "fired" or store.find_open(conn, group):
        return ()
    opened = open_incident(
        desk,
        conn,
        title=news.alert.name,
        service=UNASSIGNED,
        decision=undecided(f"triage failed: {problem}"),
        group_key=group,
        source=news.alert.source,
        actor="tocsin",
        started_at=desk.clock.now(),
    )
    store.attach(conn, opened.incident.id, news.alert.id, desk.clock.now())
    return opened.pages


def title_of(annotations: dict[str, str], name: str) -> str:
    """What a person reads first: the sender's own summary, else the alert's name (INC-1)."""
    return " ".join((annotations.get("summary") or name).split())[:200] or "unnamed alert"


def _is_higher(desk: Desk, policy: str, one: str, other: str) -> bool:
    """Whether level `one` stands above `other` in the policy's order."""
    order = list(desk.policies().policy(policy).levels)
    return one in order and other in order and order.index(one) < order.index(other)
