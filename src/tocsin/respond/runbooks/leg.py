"""How does a run get on? One leg of its workflow: look at the rows, make the next move, until it ends or has to ask.

A stretch between two waits is one recorded step of the engine, and may be repeated: everything it does is a row under a
natural key. Steps that only read and follow one another run at the same time. A leg whose run has moved on (a newer
leg, a person who paused it) sees so at its next turn and ends.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection, update

from tocsin.act.notify import Delivery
from tocsin.ground.engine import Leg
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.errors import TocsinError, Unavailable
from tocsin.ground.kernel.ids import new_id
from tocsin.respond.runbooks import review_store, store
from tocsin.respond.runbooks.attempts import Attempts
from tocsin.respond.runbooks.ladder import (
    Ask,
    AwaitClear,
    Begin,
    Close,
    Dispatch,
    Finish,
    Move,
    Pause,
    beside,
    next_move,
)
from tocsin.respond.runbooks.likely import plan_of_run
from tocsin.respond.runbooks.plan import Plan
from tocsin.respond.runbooks.record import Attempt, Grant, Record
from tocsin.respond.runbooks.rehearsal import is_drill
from tocsin.respond.runbooks.review_store import Review
from tocsin.respond.runbooks.seal import seals
from tocsin.respond.runbooks.store import Run
from tocsin.respond.runbooks.workshop import Subject, Workshop

_LOOK_S = 2.0
_THERE = timedelta(minutes=15)
"""Who has done a step by hand within this time is taken to be still at it."""
OVER = N_("the incident is over")
_CURED = N_("the service is back")
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Seen:
    """Everything that a turn needs to know, as one look at the store found it."""

    run: Run
    subject: Subject
    attempts: tuple[Attempt, ...]
    grants: frozenset[Grant]


class Legs:
    """Walks runs, one leg at a time."""

    def __init__(self, workshop: Workshop, attempts: Attempts) -> None:
        self._workshop = workshop
        self._attempts = attempts
        self._watched_since = workshop.clock.now()
        self._plans: dict[str, Plan] = {}
        workshop.work.register("run", self.walk, failed=self._failed)

    def walk(self, leg: Leg) -> None:
        run_id, number = leg.args["run"], leg.args["leg"]
        try:
            while True:
                turn = leg.step("turn", self.turn, run_id, number)
                if turn["over"]:
                    return
                if turn["sleep_s"]:
                    leg.sleep(turn["sleep_s"])
        finally:
            self._plans.pop(run_id, None)

    def turn(self, run_id: str, number: int) -> dict[str, Any]:
        """Moves until something took time. A store that is away is waited for: without it a run can neither go on nor
        fail.
        """
        while True:
            try:
                return self._turn(run_id, number)
            except Unavailable:
                _log.warning("a run waits for the store", run=run_id)
                self._attempts.pause(_LOOK_S)

    def _turn(self, run_id: str, number: int) -> dict[str, Any]:
        while True:
            seen = self._look(run_id)
            if not _leads(seen.run, number):
                taken = self._take(run_id, number)
                if taken is None:
                    return {"over": True, "sleep_s": 0}
                seen = replace(seen, run=taken)
            run, plan, record = seen.run, self._plan(run_id), self._record(seen)
            now = self._workshop.clock.now()
            move = next_move(plan, record, now)
            if run.wish == "end" and not concludes(move, record):
                self._give_up(run)
                return {"over": True, "sleep_s": 0}
            match move:
                case Begin() | Close():
                    self._mark(run, move)
                case Dispatch():
                    self._attempts.look_out()  # a process that stops still ends its legs, and begins no step
                    at_once = self._workshop.settings().runs.at_once
                    others = beside(plan, record, now, move)[: at_once - 1]
                    todo = [(each.step, each.attempt) for each in (move, *others)]
                    self._attempts.carry_out_all(run, todo, begun=_begun(record))
                case Pause() | AwaitClear():
                    self._wait(run, move)
                    left = (move.until - now).total_seconds()
                    return {
                        "over": False,
                        "sleep_s": min(left, _LOOK_S) if isinstance(move, AwaitClear) else left,
                    }
                case Ask():
                    self._ask(run, record, move)
                    return {"over": True, "sleep_s": 0}
                case Finish():
                    self._end(run, move)
                    return {"over": True, "sleep_s": 0}

    def _take(self, run_id: str, number: int) -> Run | None:
        """The run, if this leg still leads it; fulfils what a person wished meanwhile."""
        shop = self._workshop

        def job(conn: Connection) -> Run | None:
            current = store.get(conn, run_id, lock=True)
            if current.leg != number or current.state not in ("wanted", "running"):
                return None
            now = shop.clock.now()
            match current.wish:
                case "pause":
                    store.change(conn, run_id, state="paused", wish="", waiting_for=None)
                    return None
                case "cancel":
                    close(shop, conn, current, "cancelled", N_("cancelled by a person"))
                    return None
                case _:
                    started = current.started_at or now
                    store.change(conn, run_id, state="running", waiting_for=None, started_at=started)
                    return store.get(conn, run_id)

        taken = shop.store.write(job)
        if taken is None:
            self._attempts.forget(run_id)
        shop.ring(run_id)
        return taken

    def _look(self, run_id: str) -> _Seen:
        shop = self._workshop
        with shop.store.read() as conn:
            run = store.get(conn, run_id)
            return _Seen(
                run=run,
                subject=shop.subject(conn, run.incident) if run.incident else Subject(service=run.service),
                attempts=tuple(store.attempts(conn, run_id)),
                grants=store.grants(conn, run_id),
            )

    def _plan(self, run_id: str) -> Plan:
        """The run's plan; one whose causes stand in the order of the evidence is asked for at each turn."""
        plan = self._plans.get(run_id)
        if plan is None:
            with self._workshop.store.read() as conn:
                plan = plan_of_run(conn, run_id)
            if not any(part.is_cause for part in plan.parts):
                self._plans[run_id] = plan
        return plan

    def _record(self, seen: _Seen) -> Record:
        shop, run = self._workshop, seen.run
        service = shop.service(run.service)
        settings = shop.settings().runs
        return Record(
            mode=run.mode,
            allowed=run.allowed,
            attempts=seen.attempts,
            grants=seen.grants,
            values=run.inputs,
            places=seals(service, shop.key),
            provided=frozenset(service.environment),
            clear=seen.subject.clear,
            checks=bool(service.checks),
            window_s=settings.window.total_seconds(),
            settle_s=settings.settle.total_seconds(),
            poll_s=settings.poll.total_seconds(),
            watched_since=self._watched_since,
        )

    def _give_up(self, run: Run) -> None:
        """The incident is over, and what would come next is a repair."""
        shop = self._workshop

        def job(conn: Connection) -> None:
            current = store.get(conn, run.id, lock=True)
            if current.leg == run.leg and current.state == "running":
                close(shop, conn, current, "cancelled", OVER)

        shop.store.write(job)
        shop.ring(run.id)

    def _mark(self, run: Run, move: Begin | Close) -> None:
        """A rung, option or round begins or ends: its own row, and a line of the story."""
        shop = self._workshop
        now = shop.clock.now()

        def begin(conn: Connection) -> None:
            what = {"kind": move.kind, "title": move.title, "level": "read"}
            is_new = store.put_attempt(conn, run.id, move.key, 1, state="started", started_at=now, **what)
            if is_new and move.kind != "round":
                shop.tell(conn, run, "run.rung.started", rung=move.key, title=move.title)

        def end(conn: Connection) -> None:
            assert isinstance(move, Close)
            detail = {"passed": move.passed, "of": move.of}
            if not store.change_attempt(
                conn,
                run.id,
                move.key,
                1,
                "started",
                state="finished",
                ok=move.ok,
                why=move.why,
                ended_at=now,
                detail=detail,
            ):
                return
            if move.kind == "round":
                shop.tell(conn, run, "run.verified", ok=move.ok, why=move.why or N_("all hold"), **detail)
            else:
                shop.tell(
                    conn,
                    run,
                    "run.rung.finished",
                    rung=move.key,
                    title=move.title,
                    ok=move.ok,
                    why=move.why or _CURED,
                )

        shop.store.write(begin if isinstance(move, Begin) else end)
        shop.ring(run.id)

    def _wait(self, run: Run, move: Pause | AwaitClear) -> None:
        shop = self._workshop
        what = {"kind": "wait", "until": move.until.isoformat()}
        if isinstance(move, Pause):
            what |= {"why": move.why, "step": move.step}
        else:
            what |= {"why": N_("the alert has to clear"), "step": move.part}
        shop.store.write(
            lambda conn: conn.execute(
                update(store.run)
                .where(store.run.c.id == run.id, store.run.c.state == "running", store.run.c.leg == run.leg)
                .values(waiting_for=what)
            )
        )
        shop.ring(run.id)

    def _ask(self, run: Run, record: Record, move: Ask) -> None:
        shop = self._workshop
        now = shop.clock.now()
        pages: list[Delivery] = []

        def job(conn: Connection) -> None:
            pages.clear()
            current = store.get(conn, run.id, lock=True)
            if current.leg != run.leg or current.state != "running" or current.wish:
                return
            what: dict[str, Any] = {
                "kind": move.kind,
                "step": move.step.key,
                "title": move.step.title,
                "level": move.step.level,
                "attempt": move.attempt,
            }
            if move.names:
                what["names"] = list(move.names)
            if move.need:
                what |= {"role": move.need.role, "text_hash": record.hash_of(move.step)}
            if move.kind == "approval":
                open_ = store.asked(conn, run.id, move.step.key, what["text_hash"], now)
                what["approval"] = open_ or self._request(conn, run, record, move, now)
                subject = "" if open_ else "A run waits for your approval"
            else:
                subject = "A run waits for somebody" if _needs_somebody(record, move, now) else ""
            if subject and run.mode == "automatic" and run.incident:
                line = f"{run.title}: {move.step.title}"
                pages.extend(shop.page(conn, run.incident, subject, [line]))
            store.change(conn, run.id, state="waiting", waiting_for=what)

        shop.store.write(job)
        shop.hand(pages)
        shop.ring(run.id)

    def _request(self, conn: Connection, run: Run, record: Record, move: Ask, now: datetime) -> str:
        assert move.need is not None
        shop = self._workshop
        id_ = new_id("apr")
        expires = now + shop.settings().runs.approval_expires
        store.ask(
            conn,
            id=id_,
            run=run.id,
            step=move.step.key,
            step_id=move.step.id,
            title=move.step.title,
            text=move.step.text,
            text_hash=record.hash_of(move.step),
            level=move.step.level,
            role=move.need.role,
            kind="approval",
            requested_by=run.led_by,
            requested_at=now,
            expires_at=expires,
            quorum=max(shop.settings().runs.quorum_of(move.step.level), move.step.approvals),
            inputs={name: run.inputs[name] for name in move.step.inputs if name in run.inputs},
            place=move.step.on or "",
        )
        shop.timers.set(conn, "approval.expire", id_, expires)
        shop.tell(
            conn,
            run,
            "run.approval.asked",
            approval=id_,
            step=move.step.key,
            title=move.step.title,
            level=move.step.level,
            role=move.need.role,
        )
        return id_

    def _end(self, run: Run, move: Finish) -> None:
        shop = self._workshop
        is_real = run.incident is not None and not is_drill(run.mode)
        if move.outcome == "succeeded" and is_real and not run.is_single:
            self._say_it_is_back(run, move.why)
        pages: list[Delivery] = []

        def job(conn: Connection) -> None:
            pages.clear()
            current = store.get(conn, run.id, lock=True)
            if current.leg != run.leg or current.state != "running":
                return
            state = "failed" if move.outcome == "failed" else "succeeded"
            close(shop, conn, current, state, move.why, outcome=move.outcome)
            if move.outcome == "failed" and run.incident and is_real:
                lines = [run.title, move.why]
                pages.extend(shop.page(conn, run.incident, "A runbook has failed: people are needed", lines))

        shop.store.write(job)
        shop.hand(pages)
        shop.ring(run.id)
        shutil.rmtree(shop.folder / run.id, ignore_errors=True)  # everything printed is kept in the store

    def _say_it_is_back(self, run: Run, why: str) -> None:
        """Alerts that clear say it themselves; an incident without any hears it from the run that cured it."""
        shop = self._workshop
        assert run.incident
        with shop.store.read() as conn:
            subject = shop.subject(conn, run.incident)
        if subject.clear == "none" and subject.is_open:
            try:
                shop.mitigate(run.incident, f"{run.title}: {why}", f"run:{run.id}")
            except TocsinError as error:
                _log.info("the incident did not need to hear it", run=run.id, reason=error.message)

    def _failed(self, _id: str, args: dict[str, Any], error: str) -> None:
        """The leg itself broke, which is a fault of ours: the run must not look alive."""
        shop = self._workshop
        pages: list[Delivery] = []

        def job(conn: Connection) -> None:
            pages.clear()
            run = store.get(conn, args["run"], lock=True)
            if run.leg != args["leg"] or not run.is_open:
                return
            close(shop, conn, run, "failed", f"Tocsin could not go on: {error}")
            if run.incident:
                lines = [run.title, "The run stopped because of an internal error."]
                pages.extend(shop.page(conn, run.incident, "A runbook has failed: people are needed", lines))

        shop.store.write(job)
        shop.hand(pages)
        shop.ring(args["run"])


def _leads(run: Run, number: int) -> bool:
    """Is it this leg that goes on, with nothing to fulfil first?"""
    return run.leg == number and run.state == "running" and not run.wish and run.waiting_for is None


def _begun(record: Record) -> frozenset[tuple[str, int]]:
    """The attempts that were under way when somebody last looked."""
    return frozenset((row.key, row.attempt) for row in record.attempts if row.state == "started")


def concludes(move: Move, record: Record) -> bool:
    """Does it only find out how things stand, or write that down?"""
    match move:
        case Begin():
            return move.kind == "round"
        case Dispatch():
            last = record.last(move.step.key)
            cut_off = last is not None and last.attempt == move.attempt and last.state == "started"
            return cut_off or ("." in move.step.key and move.step.level == "read")
        case Close() | Finish():
            return True
        case Pause() | AwaitClear() | Ask():
            return False


def close(
    shop: Workshop,
    conn: Connection,
    run: Run,
    state: str,
    why: str,
    *,
    actor: str | None = None,
    outcome: str = "",
) -> None:
    """The run is over; questions that it still asked have no meaning any more. A drill that came to its end is a review
    of its runbook.
    """
    now = shop.clock.now()
    store.change(
        conn, run.id, state=state, wish="", waiting_for=None, ended_at=now, outcome=outcome or state, why=why
    )
    store.expire_all(conn, run.id, now)
    if state == "succeeded" and is_drill(run.mode):
        seen = Review(path=run.path, hash=run.hash, reviewed_at=now, by=run.actor, note=run.mode)
        review_store.add(conn, seen)
    shop.tell(conn, run, "run.finished", actor, outcome=outcome or state, why=why)


def _needs_somebody(record: Record, move: Ask, now: datetime) -> bool:
    """Does nobody know yet that a person has to act? Of an unknown step they are told where it is found."""
    return move.kind in ("manual", "confirm", "input") and not any(
        row.kind == "manual" and row.ended_at and now - row.ended_at < _THERE for row in record.attempts
    )
