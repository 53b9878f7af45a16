"""What can be asked of incidents, and done to them? The one set of functions that pages, API, CLI and chat call."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection, func, select, update

from tocsin.act.notify import Delivery
from tocsin.ground import timeline
from tocsin.ground.engine import Timer
from tocsin.ground.i18n import N_
from tocsin.ground.i18n import clock as at_clock
from tocsin.ground.kernel.errors import Invalid, NotFound
from tocsin.ground.kernel.ids import new_id
from tocsin.respond.incidents import (
    acknowledgement,
    false_alarm,
    given_back,
    lifecycle,
    noise_marks,
    reality,
    recovery,
    store,
)
from tocsin.respond.incidents import events as events  # declares the kinds
from tocsin.respond.incidents.desk import Desk
from tocsin.respond.incidents.incident import OPEN, Incident
from tocsin.respond.incidents.noise_marks import Mark
from tocsin.respond.incidents.opening import open_incident
from tocsin.respond.incidents.reality import Reality
from tocsin.respond.incidents.store import IncidentClock, incident_clock
from tocsin.sense.alerts import Alert
from tocsin.sense.severity import declared

Outcome = tuple[Incident, tuple[Delivery, ...]]


class OnClock(Protocol):
    """Told, in the transaction that notes it, that a clock of one name is nearly over or over: returns pages that it
    wrote as claimed.
    """

    def __call__(
        self, conn: Connection, incident: Incident, running: IncidentClock, *, missed: bool
    ) -> Sequence[Delivery]: ...


_MISSED = timeline.reason(N_("The clock {clock} has run out: {title}"))
_WAS_DUE = timeline.reason(N_("It was due at {time} ({incident})."))


class Incidents:
    """Acts write in a transaction of their own and return the incident as it is afterwards."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._on_clock: dict[str, OnClock] = {}
        desk.timers.on(acknowledgement.TIMER, self._expire, urgent=True)
        desk.timers.on("soak", self._soak)
        desk.timers.on("incident.afterwards", self._afterwards)
        desk.timers.on("clock.warn", self._warn)
        desk.timers.on("clock.miss", self._miss, urgent=True)

    def on_clock(self, name: str, told: OnClock) -> None:
        """Who reminds people of the clock of that name, instead of a page when it was missed."""
        self._on_clock[name] = told

    # Questions

    def get(self, conn: Connection, id_: str) -> Incident:
        return store.get(conn, id_)

    def list(
        self,
        conn: Connection,
        *,
        states: Sequence[str] = (),
        severity: str | None = None,
        service: str | None = None,
        limit: int = 50,
        after: str | None = None,
    ) -> list[Incident]:
        return store.listed(conn, states=states, severity=severity, service=service, limit=limit, after=after)

    def clocks(self, conn: Connection, id_: str) -> Sequence[IncidentClock]:
        return store.clocks_of(conn, id_)

    def clocks_of_all(self, conn: Connection, ids: Sequence[str]) -> dict[str, Sequence[IncidentClock]]:
        """Incident id → its clocks, for a list of incidents, in one query."""
        return store.clocks_of_all(conn, ids)

    def roles(self, conn: Connection, id_: str) -> dict[str, str]:
        return store.roles_of(conn, id_)

    def commanders(self, conn: Connection, ids: Sequence[str]) -> dict[str, str]:
        """Incident id → who commands it, for a list of incidents, in one query."""
        return store.commanders_of(conn, ids)

    def alerts(self, conn: Connection, id_: str) -> Sequence[Alert]:
        return store.alerts_of(conn, id_)

    def of_alerts(self, conn: Connection, alert_ids: Sequence[str]) -> dict[str, str]:
        """Alert id → incident id."""
        return store.incidents_of_alerts(conn, alert_ids)

    def marks(self, conn: Connection, alert: str) -> Sequence[Mark]:
        """What people have called an alert, the newest first."""
        return noise_marks.marks_of(conn, alert)

    def reality(self, conn: Connection, id_: str) -> Reality | None:
        """The newest answer to “is it real?”; None where nobody has asked."""
        return reality.latest(conn, id_)

    def firing(self, conn: Connection, id_: str) -> int:
        """How many alerts of the incident still fire."""
        return store.firing(conn, id_)

    def overall(self, conn: Connection) -> str:
        """`critical` while a policy's first level is open, `degraded` while anything else is, else `operational`."""
        rows = conn.execute(
            select(store.incident.c.policy, store.incident.c.severity, func.count())
            .where(store.incident.c.state.in_(("triggered", "acknowledged")))
            .group_by(store.incident.c.policy, store.incident.c.severity)
        ).all()
        if not rows:
            return "operational"
        worst = any(
            next(iter(self._desk.policies().policy(row.policy).levels), None) == row.severity for row in rows
        )
        return "critical" if worst else "degraded"

    def counts(self, conn: Connection) -> dict[str, int]:
        """Open incidents by severity."""
        rows = conn.execute(
            select(store.incident.c.severity, func.count())
            .where(store.incident.c.state.in_(OPEN))
            .group_by(store.incident.c.severity)
        )
        return {row[0]: row[1] for row in rows}

    # Acts

    def declare(self, title: str, service: str, severity: str, text: str, actor: str) -> Incident:
        """Opens an incident by hand. An empty service is `unassigned`; an empty severity is the highest level."""
        if not title.strip():
            raise Invalid(
                "an incident needs a title", field="title", fix="Say in a few words what is broken."
            )
        if len(title) > 200:
            raise Invalid(
                "a title has at most 200 characters", field="title", fix="Put the rest into the text."
            )
        title, text = lifecycle.written(title, "title"), lifecycle.written(text, "text")
        desk = self._desk
        service = service or "unassigned"
        known = desk.services().services
        if service != "unassigned" and service not in known:
            raise Invalid(
                f"there is no service {service}",
                field="service",
                fix=f"One of {', '.join(known) or 'none yet'}.",
            )
        policy = desk.policies().policy(desk.service(service).policy)
        level = severity or next(iter(policy.levels))
        if level not in policy.levels:
            raise Invalid(
                f"the policy {policy.name} has no level {level}",
                field="severity",
                fix=f"One of {', '.join(policy.levels)}.",
            )

        def job(conn: Connection) -> Outcome:
            opened = open_incident(
                desk,
                conn,
                title=" ".join(title.split()),
                service=service,
                decision=declared(policy.name, policy, level, actor),
                group_key=f"declared:{new_id('grp')}",
                source="person",
                actor=actor,
                started_at=desk.clock.now(),
                text=text,
            )
            return opened.incident, opened.pages

        return self._act(job)

    def acknowledge(self, id_: str, actor: str) -> Incident:
        return self._act(lambda conn: (lifecycle.acknowledge(self._desk, conn, id_, actor), ()))

    def unacknowledge(self, id_: str, why: str, actor: str) -> Incident:
        """Nobody has it after all: it pages again. Raises Conflict when nobody had it."""
        said = lifecycle.written(why, "why")
        return self._act(lambda conn: given_back.unacknowledge(self._desk, conn, id_, said, actor))

    def escalate(self, id_: str, actor: str) -> Incident:
        """I cannot take it: the next step is paged at once. Raises Conflict when it is watched or over."""
        return self._act(lambda conn: given_back.pass_on(self._desk, conn, id_, actor))

    def set_severity(self, id_: str, level: str, reason: str, actor: str) -> Incident:
        said = lifecycle.written(reason, "reason")
        return self._act(lambda conn: lifecycle.set_severity(self._desk, conn, id_, level, said, actor))

    def note(self, id_: str, text: str, actor: str) -> Incident:
        said = lifecycle.written(text, "text")
        return self._act(lambda conn: (lifecycle.note(self._desk, conn, id_, said, actor), ()))

    def assign(self, id_: str, role: str, person: str, actor: str) -> Incident:
        return self._act(lambda conn: (lifecycle.assign(self._desk, conn, id_, role, person, actor), ()))

    def mitigate(self, id_: str, why: str, actor: str) -> Incident:
        said = lifecycle.written(why, "why") or N_("by hand")
        return self._act(lambda conn: recovery.mitigate(self._desk, conn, id_, said, actor))

    def resolve(self, id_: str, why: str, actor: str) -> Incident:
        said = lifecycle.written(why, "why")
        return self._act(lambda conn: (lifecycle.resolve(self._desk, conn, id_, said, actor), ()))

    def reopen(self, id_: str, why: str, actor: str) -> Incident:
        said = lifecycle.written(why, "why") or N_("by hand")
        return self._act(lambda conn: lifecycle.reopen(self._desk, conn, id_, said, actor))

    def close(self, id_: str, why: str, actor: str) -> Incident:
        said = lifecycle.written(why, "why")
        return self._act(lambda conn: (lifecycle.close(self._desk, conn, id_, said, actor), ()))

    def false_alarm(self, id_: str, why: str, actor: str) -> Incident:
        """Ends it without a soak, for there was nothing; see `false_alarm.mark`."""
        said = lifecycle.written(why, "why")
        return self._act(lambda conn: (false_alarm.mark(self._desk, conn, id_, said, actor), ()))

    def mark_alert(self, alert: str, word: str, why: str, actor: str) -> Mark:
        """Calls an alert `noise` or `useful`."""
        said = lifecycle.written(why, "why")
        now = self._desk.clock.now()
        found = self._desk.store.write(lambda conn: noise_marks.mark(conn, alert, word, said, actor, now))
        self._after(())
        return found

    def _act(self, job: Callable[[Connection], Outcome]) -> Incident:
        incident, pages = self._desk.store.write(job)
        self._after(pages)
        return incident

    def _after(self, pages: Sequence[Delivery]) -> None:
        if pages:
            self._desk.deliveries.hand(list(pages))
        self._desk.bell.ring("timeline")

    # Timers

    def _expire(self, due: Timer) -> None:
        with contextlib.suppress(NotFound):
            self._after(given_back.expire(self._desk, due))

    def _soak(self, due: Timer) -> None:
        with contextlib.suppress(NotFound):
            self._after(recovery.soak_round(self._desk, due))

    def _afterwards(self, due: Timer) -> None:
        with contextlib.suppress(NotFound):
            self._after(recovery.afterwards(self._desk, due))

    def _warn(self, due: Timer) -> None:
        self._clock_event(due, "clock.warned", missed=False)

    def _miss(self, due: Timer) -> None:
        self._clock_event(due, "clock.missed", missed=True)

    def _clock_event(self, due: Timer, kind: str, *, missed: bool) -> None:
        id_, _, name = due.subject.rpartition("/")

        def job(conn: Connection) -> tuple[Delivery, ...]:
            incident = store.get(conn, id_, lock=True)
            clock = next((each for each in store.clocks_of(conn, id_) if each.name == name), None)
            if clock is None or clock.met_at or clock.state != "running":
                return ()
            now = self._desk.clock.now()
            if now < (clock.due_at if missed else clock.warn_at):
                return ()  # it was moved while this was on its way; its timer stands anew
            if not missed and (now >= clock.due_at or _was_warned(conn, clock)):
                return ()
            timeline.append(conn, id_, kind, "tocsin", now, clock=name, due_at=clock.due_at.isoformat())
            if missed:
                conn.execute(
                    update(incident_clock)
                    .where(incident_clock.c.incident == id_, incident_clock.c.name == name)
                    .values(state="missed")
                )
            if (told := self._on_clock.get(name)) is not None:
                return tuple(told(conn, incident, clock, missed=missed))
            return self._page_missed(conn, incident, name, clock.due_at) if missed else ()

        self._after(self._desk.store.write(job))

    def _page_missed(
        self, conn: Connection, incident: Incident, name: str, due_at: datetime
    ) -> tuple[Delivery, ...]:
        level = self._desk.level(incident.policy, incident.severity)
        if level is not None and not level.page:
            return ()
        zone = self._desk.services().time_zone
        return tuple(
            self._desk.escalations.page_now(
                conn,
                incident=incident.id,
                subject=_MISSED(clock=name, title=incident.title),
                lines=[_WAS_DUE(time=f"{at_clock(due_at, zone)} ({zone})", incident=incident.id)],
                severity=incident.severity,
            )
        )


def _was_warned(conn: Connection, clock: IncidentClock) -> bool:
    """Whether the story tells of it already: a timer may fire twice."""
    warned = timeline.of_incident(conn, clock.incident, kinds=("clock.warned",))
    due_at = clock.due_at.isoformat()
    return any(each.data.get("clock") == clock.name and each.data.get("due_at") == due_at for each in warned)
