"""How is a version put back, and is it known afterwards that this helped? Validate, prepare, perform, verify, record.

A roll back is a row and a timer: each stage is one transaction that moves the row on, so that after a crash it goes on
at the stage where it was. What changes the service is a run, wanted in the same transaction and never started twice.
Only versions that are known to be stable are gone back to, and at most three attempts are made in one incident.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection

from tocsin.act.checks import Round
from tocsin.act.notify import Delivery
from tocsin.ground import timeline
from tocsin.ground.engine import Timer
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.errors import Conflict, Invalid, TocsinError
from tocsin.ground.kernel.ids import new_id
from tocsin.respond.rollout import events, perform, store
from tocsin.respond.rollout.placed import Placed
from tocsin.respond.rollout.section import repair_of
from tocsin.respond.rollout.store import Rollback
from tocsin.respond.rollout.way import Way
from tocsin.respond.rollout.yard import Yard
from tocsin.sense.changes import Change

TIMER = "rollback.stage"
_LOOK, _SELDOM = timedelta(seconds=1), timedelta(seconds=10)
_WITHOUT_INCIDENT = timedelta(days=1)
_STABLE = {
    "confirmed": timeline.reason(N_("{version} may be gone back to: it is confirmed to be stable")),
    "stable": timeline.reason(N_("{version} may be gone back to: it ran well")),
}
_BEFORE = timeline.reason(N_("before: {text}"))
_NO_CHECKS = N_("the service has no checks: somebody has to look")
_NO_WAY = N_("the configuration does not say any more how it is rolled back")
_CANCELLED = N_("its run was cancelled")
_BY_HAND = N_("cancelled by a person")
_TRIED_AGAIN = timeline.reason(N_("attempt {n} did not work: {why}"))
_ALL_PASS = timeline.reason(N_("all checks pass: {text}"))
_FAILING = timeline.reason(N_("checks fail: {text}"))
_HELPED = timeline.reason(N_("{version} was put back: {why}"))
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Tocsin:
    """Who tells of the change that a roll back is."""

    key: str = field(default="tocsin")
    source: str = field(default="tocsin")


class Rollbacks:
    """Acts write in a transaction of their own and return the roll back as it is afterwards."""

    def __init__(self, yard: Yard, placed: Placed) -> None:
        self._yard = yard
        self._placed = placed
        yard.timers.on(TIMER, self._due)

    # Questions

    def get(self, conn: Connection, id_: str) -> Rollback:
        return store.get_rollback(conn, id_)

    def list(
        self,
        conn: Connection,
        *,
        service: str | None = None,
        incident: str | None = None,
        limit: int = 50,
        after: str | None = None,
    ) -> list[Rollback]:
        """The newest first."""
        return store.rollbacks(conn, service=service, incident=incident, limit=limit, after=after)

    # Acts

    def start(
        self, service: str, *, to: str = "", incident: str | None = None, reason: str, actor: str
    ) -> Rollback:
        """Rolls a service back to `to`, else to the newest version before that is known to be stable.

        Raises Invalid for a version that may not be gone back to, Conflict where one is under way or three attempts
        were made.
        """
        if not reason.strip():
            raise Invalid("say why it is rolled back", field="reason", fix="A few words for the timeline.")
        yard = self._yard

        def job(conn: Connection) -> Rollback:
            about = yard.incidents.get(conn, incident).service if incident else service
            if service not in ("", about):
                raise Invalid(f"{incident} is about {about}", field="service", fix="Leave the service out.")
            self._way(about)
            now = yard.clock.now()
            self._room(conn, about, incident, now)
            found = self._placed.pick(conn, about, to)
            valid = _STABLE[found.target.standing](version=found.target.version)
            fresh = Rollback(
                id=new_id("rbk"),
                service=about,
                incident=incident,
                from_version=found.current,
                to_version=found.target.version,
                state="preparing",
                attempt=1,
                actor=actor,
                reason=reason.strip(),
                run=None,
                stages=[_stage("validate", 1, True, valid, now)],
                started_at=now,
                stage_at=now,
                ended_at=None,
                why="",
            )
            if not store.add_rollback(conn, fresh):
                raise Conflict(
                    f"{about} is being rolled back already", fix="`tocsin rollout list` shows how far it is."
                )
            self._tell(
                conn,
                fresh,
                events.STARTED.name,
                actor,
                from_version=fresh.from_version,
                to_version=fresh.to_version,
                reason=fresh.reason,
            )
            yard.timers.set(conn, TIMER, fresh.id, now)
            return fresh

        started = yard.store.write(job)
        yard.bell.ring("timeline")
        return started

    def cancel(self, id_: str, actor: str) -> Rollback:
        """Ends it; a run under way is cancelled. What was changed by then stays changed."""
        with self._yard.store.read() as conn:
            known = store.get_rollback(conn, id_)
        if not known.is_open:
            raise Conflict(f"the roll back is over: {known.state}", fix="Start a new one.")
        if known.run:
            try:
                self._yard.runs.cancel(known.run, actor)
            except Conflict:
                _log.info("its run had ended", rollback=id_)
        self._finish(id_, known.state, "cancelled", _BY_HAND, actor=actor)
        with self._yard.store.read() as conn:
            return store.get_rollback(conn, id_)

    # Stages

    def _due(self, due: Timer) -> None:
        with self._yard.store.read() as conn:
            known = store.get_rollback(conn, due.subject)
        if not known.is_open:
            return
        if known.run:
            self._follow(known, known.run)
        elif known.state == "preparing":
            self._prepare(known)
        elif known.state == "performing":
            self._perform(known)
        else:
            self._verify(known)

    def _prepare(self, known: Rollback) -> None:
        """Looks at the service as it is, and does what has to come before."""
        looked = self._look(known)
        text = _BEFORE(text=looked.summary) if looked else _NO_CHECKS

        def job(conn: Connection, current: Rollback, now: datetime) -> None:
            stages = [*current.stages, _stage("prepare", 1, True, text, now, looked)]
            before = repair_of(self._yard.service(current.service)).prepare
            if before is None:
                self._move(conn, current, state="performing", stages=stages)
            else:
                self._move(conn, current, stages=stages, run=self._begin(conn, current, before))

        self._step(known, job)

    def _perform(self, known: Rollback) -> None:
        def job(conn: Connection, current: Rollback, now: datetime) -> None:
            self._move(conn, current, run=self._begin(conn, current, self._way(current.service)))

        self._step(known, job)

    def _follow(self, known: Rollback, run_id: str) -> None:
        """Waits for the run of the stage, and moves on once it is over."""
        with self._yard.store.read() as conn:
            run = self._yard.runs.get(conn, run_id)
        if run.is_open:
            waited = self._yard.clock.now() - known.stage_at
            pause = max(_LOOK, min(waited / 10, _SELDOM))
            self._yard.store.write(lambda conn: self._again(conn, known.id, pause))
            return
        stage = "prepare" if known.state == "preparing" else "perform"
        well = run.state == "succeeded"
        limit = self._yard.settings().repair.attempts

        def job(conn: Connection, current: Rollback, now: datetime) -> None:
            text = run.why or run.title
            stages = [*current.stages, _stage(stage, current.attempt, well, text, now, run=run_id)]
            if well:
                state = "performing" if stage == "prepare" else "verifying"
                self._move(conn, current, state=state, stages=stages, run=None)
            else:
                told = _TRIED_AGAIN(n=current.attempt, why=text)
                self._tell(conn, current, events.STAGE.name, stage=stage, text=told)
                self._move(conn, current, attempt=current.attempt + 1, stages=stages, run=None)

        if well or (stage == "perform" and run.state == "failed" and known.attempt < limit):
            self._step(known, job)
            return
        why = _CANCELLED if run.state == "cancelled" else run.why
        looked = self._look(known)  # what did it leave? Each check is told, whichever of them failed
        last = _stage(stage, known.attempt, False, why, self._yard.clock.now(), looked, run=run_id)
        self._finish(known.id, known.state, "failed", why, last=last)

    def _verify(self, known: Rollback) -> None:
        """All checks in one round, until they pass or the time is up; each one is reported, whichever fails."""
        looked = self._look(known)
        now = self._yard.clock.now()
        settings = self._yard.settings().repair
        if looked is None:
            last = _stage("verify", known.attempt, True, _NO_CHECKS, now)
            self._finish(known.id, known.state, "unproven", _NO_CHECKS, last=last)
        elif looked.ok:
            text = _ALL_PASS(text=looked.summary)
            last = _stage("verify", known.attempt, True, text, now, looked)
            self._finish(known.id, known.state, "done", text, last=last)
        elif now < known.stage_at + settings.verify_within:
            self._yard.store.write(lambda conn: self._again(conn, known.id, settings.verify_every))
        else:
            text = _FAILING(text=looked.summary)
            last = _stage("verify", known.attempt, False, text, now, looked)
            self._finish(known.id, known.state, "failed", text, last=last, placed=True)

    def _step(self, known: Rollback, job: Any) -> None:
        """One stage, unless somebody else has moved it on. What cannot begin ends it."""

        def locked(conn: Connection) -> None:
            current = store.get_rollback(conn, known.id, lock=True)
            if (current.state, current.attempt, current.run) == (known.state, known.attempt, known.run):
                job(conn, current, self._yard.clock.now())

        try:
            self._yard.store.write(locked)
        except TocsinError as error:
            if error.status >= 500:
                raise
            why = f"{error.message}. {error.fix}" if error.fix else error.message
            last = _stage(known.state, known.attempt, False, why, self._yard.clock.now())
            self._finish(known.id, known.state, "failed", why, last=last)
            return
        self._yard.wake()
        self._yard.bell.ring("timeline")

    def _finish(
        self,
        id_: str,
        state: str,
        outcome: str,
        why: str,
        *,
        last: dict[str, Any] | None = None,
        actor: str | None = None,
        placed: bool = False,
    ) -> None:
        """Records how it ended, and what stands now; on-call hears of one that failed.

        `placed`: the version stands, although that did not help.
        """
        yard = self._yard
        pages: list[Delivery] = []

        def job(conn: Connection) -> Rollback | None:
            pages.clear()
            current = store.get_rollback(conn, id_, lock=True)
            if current.state != state:
                return None
            now = yard.clock.now()
            back = outcome in ("done", "unproven")
            told = _HELPED(version=current.to_version, why=why) if back else why
            stages = [
                *current.stages,
                *([last] if last else []),
                _stage("record", current.attempt, back, outcome, now),
            ]
            store.change_rollback(
                conn, id_, state=outcome, stages=stages, ended_at=now, why=told, stage_at=now
            )
            self._tell(
                conn,
                current,
                events.FINISHED.name,
                actor,
                to_version=current.to_version,
                outcome=outcome,
                why=told,
            )
            if back or placed:
                yard.changes.record(conn, [self._change(current, now)], _Tocsin())
            if outcome == "failed" and current.incident:
                lines = [f"{current.service}: {current.from_version} → {current.to_version}", told]
                pages.extend(
                    yard.page(conn, current.incident, "A roll back has failed: people are needed", lines, id_)
                )
            return current

        ended = yard.store.write(job)
        yard.hand(pages)
        yard.bell.ring("timeline")
        if ended and outcome == "done" and ended.incident:
            self._say_it_is_back(ended.incident, why, id_)

    def _say_it_is_back(self, incident: str, why: str, id_: str) -> None:
        """Alerts that clear say it themselves; an incident without any hears it from what cured it."""
        incidents = self._yard.incidents
        with self._yard.store.read() as conn:
            known = incidents.get(conn, incident)
            quiet = not incidents.alerts(conn, incident)
        if quiet and known.is_open:
            try:
                incidents.mitigate(incident, why, f"rollback:{id_}")
            except TocsinError as error:
                _log.info("the incident did not need to hear it", rollback=id_, reason=error.message)

    # Parts

    def _way(self, service: str) -> Way:
        way = repair_of(self._yard.service(service)).rollback
        if way is None:
            raise Invalid(
                f"Tocsin does not know how {service} is rolled back",
                field="service",
                fix="Give it `repair: {rollback: {action: …}}` in the configuration, or do it by hand.",
            )
        return way

    def _room(self, conn: Connection, service: str, incident: str | None, now: datetime) -> None:
        """Raises Conflict where all attempts were made: then another way is better than the same once more."""
        limit = self._yard.settings().repair.attempts
        known = store.rollbacks(conn, service=service, incident=incident, limit=2 * limit + 2)
        if incident is None:
            known = [
                each for each in known if not each.incident and each.started_at > now - _WITHOUT_INCIDENT
            ]
        made = sum(each.attempt for each in known if each.state in ("failed", "unproven", "done"))
        if made >= limit:
            raise Conflict(
                f"{made} attempts were made to roll {service} back, and {limit} are allowed",
                fix="Choose another way: `tocsin rollout advise` says which.",
            )

    def _begin(self, conn: Connection, current: Rollback, way: Way) -> str:
        return perform.begin(
            self._yard,
            conn,
            way,
            service=current.service,
            incident=current.incident,
            actor=current.actor,
            values={"VERSION": current.to_version, "FROM": current.from_version, "REASON": current.reason},
        )

    def _look(self, known: Rollback) -> Round | None:
        return self._yard.check(known.service, self._yard.service(known.service))

    def _move(self, conn: Connection, current: Rollback, **values: Any) -> None:
        store.change_rollback(conn, current.id, stage_at=self._yard.clock.now(), **values)
        self._again(conn, current.id, timedelta(0))

    def _again(self, conn: Connection, id_: str, after: timedelta) -> None:
        self._yard.timers.set(conn, TIMER, id_, self._yard.clock.now() + after)

    def _tell(
        self, conn: Connection, about: Rollback, kind: str, actor: str | None = None, /, **data: object
    ) -> None:
        if about.incident:
            speaker, now = actor or f"rollback:{about.id}", self._yard.clock.now()
            timeline.append(conn, about.incident, kind, speaker, now, rollback=about.id, **data)

    def _change(self, about: Rollback, now: datetime) -> Change:
        return Change(
            dedup_key=about.id,
            kind="rollback",
            title=f"Roll back from {about.from_version} to {about.to_version}",
            state="succeeded",
            at=now,
            service=about.service,
            version=about.to_version,
            by=about.actor.partition(":")[2] or about.actor,
        )


def _stage(
    name: str,
    attempt: int,
    ok: bool,
    text: str,
    at: datetime,
    looked: Round | None = None,
    *,
    run: str | None = None,
) -> dict[str, Any]:
    told: dict[str, Any] = {"stage": name, "attempt": attempt, "ok": ok, "text": text, "at": at.isoformat()}
    if looked is not None:
        told["findings"] = _findings(looked)
    return told | ({"run": run} if run else {})


def _findings(looked: Round) -> Sequence[dict[str, Any]]:
    """Every check of the round, whether it passed or not."""
    return [
        {"check": each.check, "ok": each.ok, "text": each.text, "ms": round(each.ms, 1)}
        for each in looked.findings
    ]
