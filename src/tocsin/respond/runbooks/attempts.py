"""How is one attempt carried out, so that no crash makes it run twice?

1. A folder is made and the attempt's row committed, before anything is started.
2. The action runs; what it prints is kept as it comes.
3. The row becomes `finished`, in the transaction that tells the timeline.

Found `started` later, the attempt is looked for: *done* and *still running* are taken up, *not started* is dispatched
anew under the next number, and the rest is *unknown*: what may be repeated is repeated, `Done when` may know, else
a person is paged and the run waits.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from tocsin.act.actions import process
from tocsin.act.actions.action import Action, Call, Found, Result
from tocsin.act.notify import Delivery
from tocsin.act.targets.section import given
from tocsin.ground.engine import Interrupted
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.conditions import OUTCOME, BadCondition, compile_condition
from tocsin.ground.kernel.errors import TocsinError, Unavailable
from tocsin.ground.kernel.secret import reveal, scrub
from tocsin.respond.runbooks import plan as plans
from tocsin.respond.runbooks import store
from tocsin.respond.runbooks.errands import NOBODY, Errands
from tocsin.respond.runbooks.output import Tail
from tocsin.respond.runbooks.plan import PlannedStep
from tocsin.respond.runbooks.record import Attempt
from tocsin.respond.runbooks.rehearsal import is_played, rehearse
from tocsin.respond.runbooks.store import Run
from tocsin.respond.runbooks.verification import Verdict, holds, judge
from tocsin.respond.runbooks.workshop import Workshop

NOT_BEGUN = N_("had not begun when Tocsin was interrupted; runs under the next number")
INTERRUPTED = N_("was interrupted with Tocsin; it may run again, and does")
_LOOK_S = 10.0
_AGAIN_S = 1.0
_INTERRUPTIONS = 3
_KINDS = {"bash": "shell"}
_log = structlog.get_logger(__name__)


class Attempts:
    """Carries out attempts for the legs of this process."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._lock = threading.Lock()
        self._under_way: dict[tuple[str, str, int], threading.Event] = {}
        self._cancelled: set[str] = set()
        self._stopping = threading.Event()
        self.errands = Errands(workshop, self._fetched)

    def stop(self) -> None:
        """Lets go of what is under way; commands go on and are found again by the next process."""
        self._stopping.set()
        self.errands.stop()

    def cancel(self, run_id: str) -> None:
        """Ends what the run has under way in this process."""
        self._cancelled.add(run_id)

    def forget(self, run_id: str) -> None:
        self._cancelled.discard(run_id)

    def carry_out_all(
        self, run: Run, todo: Sequence[tuple[PlannedStep, int]], *, begun: Set[tuple[str, int]]
    ) -> None:
        """Carries out attempts at the same time; returns when each is over. `begun`: those whose row says `started`."""
        if len(todo) == 1:
            [(step, number)] = todo
            self.carry_out(run, step, number, is_new=(step.key, number) not in begun)
            return
        with ThreadPoolExecutor(max_workers=len(todo), thread_name_prefix=f"step-{run.id}") as pool:
            under_way = [
                pool.submit(self.carry_out, run, step, number, is_new=(step.key, number) not in begun)
                for step, number in todo
            ]
        for each in under_way:
            each.result()

    def carry_out(self, run: Run, step: PlannedStep, number: int, *, is_new: bool = False) -> None:
        """Does what the attempt still needs; returns when its row says how it ended, or that nobody knows."""
        label = self.errands.label_of(step, self._workshop.service(run.service))
        if label and not is_played(run.mode, step):
            self._send(run, step, number, label)
            return
        token = (run.id, step.key, number)
        mine = threading.Event()
        with self._lock:
            other = self._under_way.setdefault(token, mine)
        if other is not mine:
            while not other.wait(0.2):
                self.look_out()
            return
        try:
            again = self._begin_or_find(run, step, number, is_new=is_new)
        finally:
            with self._lock:
                del self._under_way[token]
            mine.set()
        if again and run.wish != "end":
            self.carry_out(run, step, again, is_new=True)

    def _send(self, run: Run, step: PlannedStep, number: int, label: str) -> None:
        """Has a worker with the label carry it out. Where none comes, the attempt has failed; where the one that had
        begun it died, it is looked for from here.
        """
        shop = self._workshop
        if self.errands.send(run, step, number, label, self._stopped(run.id)) != NOBODY:
            return
        if self._has_begun(run, step, number):
            self._find(run, step, number)
            return
        why = f"no worker with the label {label} took it: start one with `tocsin worker --label {label}`"
        what = {"kind": step.kind, "title": step.title, "level": step.level}
        over: dict[str, Any] = {"state": "finished", "ok": False, "why": why, "ended_at": shop.clock.now()}

        def job(conn: Connection) -> None:
            if store.put_attempt(conn, run.id, step.key, number, **what, **over) or store.change_attempt(
                conn, run.id, step.key, number, "waiting", **over
            ):
                told = {"step": step.key, "title": step.title, "ok": False, "why": why}
                shop.tell(conn, run, "run.step.finished", **told)

        shop.store.write(job)
        shop.ring(run.id)

    def _fetched(self, run: Run, key: str, number: int) -> None:
        """An errand of this process: the attempt is carried out as if its leg were walked here."""
        with self._workshop.store.read() as conn:
            step = plans.from_json(store.plan_of(conn, run.id)).find(key)
        assert step is not None
        self.carry_out(run, step, number)

    def _begin_or_find(self, run: Run, step: PlannedStep, number: int, *, is_new: bool) -> int | None:
        """The number of the attempt to go on with, where this one gave way to another."""
        if not is_new and self._has_begun(run, step, number):
            return self._find(run, step, number)
        folder = self._workshop.folder / run.id / f"{step.key}.{number}"
        # Before the row, and never after it: a row whose folder is missing proves that the folder was lost, not that
        # nothing began.
        folder.mkdir(parents=True, exist_ok=True)
        began = self._begin(run, step, number, folder)
        if began is None:
            return None
        if began:
            return self._perform(run, step, number, self._call(run, step, folder), take_up=False)
        return self._find(run, step, number)

    def _has_begun(self, run: Run, step: PlannedStep, number: int) -> bool:
        with self._workshop.store.read() as conn:
            row = store.attempt(conn, run.id, step.key, number)
        return row is not None and row.state == "started"

    def _begin(self, run: Run, step: PlannedStep, number: int, folder: Path) -> bool | None:
        """Commits the row before the start. True: ours to start; False: it was there; None: the run has moved on, or
        somebody wished it to stop before this.
        """
        shop = self._workshop
        begun: dict[str, Any] = {
            "state": "started",
            "why": "",
            "started_at": shop.clock.now(),
            "folder": str(folder),
            "machine": process.machine(),
            "boot": shop.boot,
        }

        def job(conn: Connection) -> bool | None:
            current = store.get(conn, run.id, lock=True)
            led = (current.leg, current.wish, current.mode)
            if current.state != "running" or led != (run.leg, run.wish, run.mode):
                return None
            what = {"kind": step.kind, "title": step.title, "level": step.level}
            is_new = store.put_attempt(
                conn, run.id, step.key, number, **what, **begun
            ) or store.change_attempt(conn, run.id, step.key, number, "waiting", **begun)
            if is_new and not _in_round(step):
                shop.tell(conn, run, "run.step.started", step=step.key, title=step.title)
            return is_new

        found = shop.store.write(job)
        shop.ring(run.id)
        return found

    def _find(self, run: Run, step: PlannedStep, number: int) -> int | None:
        """An attempt that began before this process did, or on a leg that was cut off."""
        shop = self._workshop
        with shop.store.read() as conn:
            row = store.attempt(conn, run.id, step.key, number)
            machine = store.machine_of(conn, run.id, step.key, number)
        if row is None or row.state != "started":
            return None
        elapsed = (shop.clock.now() - row.started_at).total_seconds() if row.started_at else 0.0
        call = replace(
            self._call(run, step, Path(row.folder)),
            same_machine=machine == process.machine(),
            elapsed_s=max(0.0, elapsed),
        )
        action = self._action(step)
        found = action.find(call) if action else Found.UNKNOWN
        if found in (Found.DONE, Found.RUNNING):
            return self._perform(run, step, number, call, take_up=True)
        if found is Found.NOT_STARTED:
            return self._give_way(run, step, number, NOT_BEGUN)
        return self._lost(run, step, number, call)

    def _perform(self, run: Run, step: PlannedStep, number: int, call: Call, *, take_up: bool) -> int | None:
        shop = self._workshop
        with Tail(
            shop.store,
            shop.clock,
            shop.bell,
            run=run.id,
            step=step.key,
            attempt=number,
            folder=call.folder,
            is_new=not take_up,
        ) as tail:
            played = rehearse(run.mode, step, call)
            result = played[0] if played else self._result(run, step, call, take_up=take_up)
        if result.lost:
            return self._lost(run, step, number, call)
        verdict = played[1] if played else judge(step, result, result.variables(call.out, call.err))
        self._finish(run, step, number, result, verdict, tail.rest())
        return None

    def _result(self, run: Run, step: PlannedStep, call: Call, *, take_up: bool) -> Result:
        if step.kind == "checks":
            return self._check(run, call)
        action = self._action(step)
        if action is None:
            name = step.action or step.kind
            return Result(well=False, cut=True, why=f"Tocsin knows no action {name}")
        try:
            ready = replace(call, environment=self._environment(run))
            return action.take_up(ready) if take_up else action.run(ready)
        except TocsinError as error:
            return Result(
                well=False, cut=True, why=f"{error.message}. {error.fix}" if error.fix else error.message
            )

    def _action(self, step: PlannedStep) -> Action | None:
        """What carries the step out: its kind, of an action block what stands before the dot."""
        name = (step.action or "").partition(".")[0] if step.kind == "action" else step.kind
        return self._workshop.actions.get(_KINDS.get(name, name))

    def _check(self, run: Run, call: Call) -> Result:
        looked = self._workshop.check(run.service, self._workshop.service(run.service))
        if looked is None:
            return Result(well=False, why=N_("the service has no checks any more"))
        call.out.write_text(f"{looked.summary}\n")
        return Result(well=looked.ok, why="" if looked.ok else looked.summary)

    def _finish(
        self,
        run: Run,
        step: PlannedStep,
        number: int,
        result: Result,
        verdict: Verdict,
        printed: list[dict[str, Any]],
    ) -> None:
        shop = self._workshop
        why = scrub(verdict.why)

        def job(conn: Connection) -> None:
            store.put_output(conn, printed)
            if not store.change_attempt(
                conn,
                run.id,
                step.key,
                number,
                "started",
                state="finished",
                ok=verdict.ok,
                why=why,
                exit=result.exit,
                status=result.status,
                ms=result.ms,
                ended_at=shop.clock.now(),
            ):
                return
            if verdict.ok:
                self._say(conn, run, step)
            if not _in_round(step):
                shop.tell(
                    conn,
                    run,
                    "run.step.finished",
                    step=step.key,
                    title=step.title,
                    ok=verdict.ok,
                    exit=result.exit,
                    ms=result.ms,
                    why=why or _told(result),
                )

        self._insist(job)
        shop.ring(run.id)

    def _say(self, conn: Connection, run: Run, step: PlannedStep) -> None:
        """A step has ended well. What others make of it never keeps its end from being written."""
        try:
            with conn.begin_nested():
                self._workshop.ended(conn, run, step)
        except OperationalError:
            raise
        except Exception:
            _log.exception("nobody could react to the end of a step", run=run.id, step=step.key)

    def _insist(self, job: Callable[[Connection], None]) -> None:
        """Writes what came of a step however long the store is away: it is known here, and nowhere else."""
        while True:
            try:
                return self._workshop.store.write(job)
            except Unavailable:
                _log.warning("the end of a step waits for the store")
                self.pause(_AGAIN_S)

    def pause(self, seconds: float) -> None:
        """Waits; raises Interrupted where this process stops meanwhile."""
        self._stopping.wait(seconds)
        self.look_out()

    def _give_way(self, run: Run, step: PlannedStep, number: int, why: str) -> int | None:
        """The attempt counts for nothing; the next number takes its place, under the same permission."""
        shop = self._workshop

        def job(conn: Connection) -> bool:
            if not store.change_attempt(
                conn, run.id, step.key, number, "started", state="skipped", why=why, ended_at=shop.clock.now()
            ):
                return False
            store.put_attempt(
                conn,
                run.id,
                step.key,
                number + 1,
                kind=step.kind,
                title=step.title,
                level=step.level,
                state="waiting",
            )
            return True

        return number + 1 if shop.store.write(job) else None

    def _lost(self, run: Run, step: PlannedStep, number: int, call: Call) -> int | None:
        """Begun, and nobody knows how it ended: the only case in which a person may be needed."""
        shop = self._workshop
        with shop.store.read() as conn:
            before = [each for each in store.attempts(conn, run.id) if each.key == step.key]
        if step.repeatable and _interruptions(before) < _INTERRUPTIONS:
            return self._give_way(run, step, number, INTERRUPTED)
        if step.done_when and self._happened(run, step, call):
            result = Result(well=True)
            verdict = Verdict(ok=True, why=f"interrupted, and done: {step.done_when}")
            self._finish(run, step, number, result, verdict, [])
            return None
        pages: list[Delivery] = []

        def job(conn: Connection) -> None:
            pages.clear()
            if not store.change_attempt(
                conn, run.id, step.key, number, "started", state="unknown", ended_at=shop.clock.now()
            ):
                return
            shop.tell(conn, run, "run.step.unknown", step=step.key, title=step.title)
            if run.incident:
                lines = [
                    f"{run.title}: {step.title}",
                    "The step was interrupted and may have run in part. Look, then say done, retry or skip.",
                ]
                pages.extend(shop.page(conn, run.incident, f"Unknown step: {step.title}", lines))

        shop.store.write(job)
        shop.hand(pages)
        shop.ring(run.id)
        return None

    def _happened(self, run: Run, step: PlannedStep, call: Call) -> bool:
        """`Done when`: a condition on what it printed so far, or else a command that only looks."""
        assert step.done_when is not None
        try:
            compile_condition(step.done_when, OUTCOME)
        except BadCondition:
            return self._look(run, step.done_when, call)
        return holds(step.done_when, Result(well=False).variables(call.out, call.err)).ok

    def _look(self, run: Run, command: str, call: Call) -> bool:
        folder = call.folder.parent / f"{call.folder.name}.look.{self._workshop.clock.monotonic():.6f}"
        folder.mkdir(parents=True)
        look = replace(call, text=command, folder=folder, timeout_s=_LOOK_S, elapsed_s=0.0, language="bash")
        try:
            look = replace(look, environment=self._environment(run))
            return self._workshop.actions["shell"].run(look).well
        except TocsinError:
            return False

    def _call(self, run: Run, step: PlannedStep, folder: Path) -> Call:
        service = self._workshop.service(run.service)
        target = service.targets.get(step.on) if step.on else None
        return Call(
            text=step.text,
            action=step.action or "",
            arguments=step.arguments,
            folder=folder,
            timeout_s=step.timeout_s,
            language=step.language,
            level=step.level,
            values={name: run.inputs[name] for name in step.inputs if name in run.inputs},
            hostile=frozenset(run.hostile),
            target=given(target) if target else {},
            streams=step.streams,
            stopped=self._stopped(run.id),
        )

    def _environment(self, run: Run) -> dict[str, str]:
        """What the service declares, secrets read now. Raises Invalid for one that leads nowhere."""
        service = self._workshop.service(run.service)
        return {name: reveal(value) for name, value in service.environment.items()}

    def _stopped(self, run_id: str) -> Callable[[], str]:
        """Asked many times a second; another process's wish to cancel is looked up once a second."""
        shop = self._workshop
        looked_at = shop.clock.monotonic()

        def stopped() -> str:
            nonlocal looked_at
            self.look_out()
            if run_id in self._cancelled:
                return "cancelled"
            if shop.clock.monotonic() - looked_at >= 1.0:
                looked_at = shop.clock.monotonic()
                try:
                    with shop.store.read() as conn:
                        wish = store.get(conn, run_id).wish
                except Unavailable:
                    return ""  # a store that is away for a moment ends no command
                if wish == "cancel":
                    self.cancel(run_id)
                    return "cancelled"
            return ""

        return stopped

    def look_out(self) -> None:
        """Raises Interrupted where this process stops."""
        if self._stopping.is_set():
            raise Interrupted


def _in_round(step: PlannedStep) -> bool:
    """A verification tells its round, not each of its steps."""
    return "." in step.key


def _told(result: Result) -> str:
    """What there is to say of a step that went well."""
    if result.status is not None:
        return f"status {result.status}"
    return "ok" if result.exit is None else f"exit {result.exit}"


def _interruptions(rows: list[Attempt]) -> int:
    return sum(row.state == "skipped" and row.why == INTERRUPTED for row in rows)
