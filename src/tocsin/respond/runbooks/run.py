"""What can be asked of runs, and done to them? The one set of functions that pages, API, CLI and chat call.

An act of a person is one transaction: their row (a vote, an answer, a wish), and where the run was waiting for it, the
next leg, wanted. So a vote is never lost between the store and the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from tocsin.ground.accounts import Identity
from tocsin.ground.engine import Timer
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.errors import Conflict, Invalid
from tocsin.ground.kernel.ids import new_id
from tocsin.respond.runbooks import events as events  # declares the kinds
from tocsin.respond.runbooks import plan as plans
from tocsin.respond.runbooks import rehearsal, single, store
from tocsin.respond.runbooks.approvals import OPERATOR, Approval, judge
from tocsin.respond.runbooks.attempts import Attempts
from tocsin.respond.runbooks.compare import Comparison, compare
from tocsin.respond.runbooks.course import turn_to
from tocsin.respond.runbooks.document import Document
from tocsin.respond.runbooks.find import Question, found
from tocsin.respond.runbooks.leg import OVER, Legs, close
from tocsin.respond.runbooks.likely import plan_of_run
from tocsin.respond.runbooks.plan import Plan, PlannedStep, plan_of
from tocsin.respond.runbooks.record import Attempt
from tocsin.respond.runbooks.requests import Request, requests_of
from tocsin.respond.runbooks.score import Score, scores
from tocsin.respond.runbooks.seal import seals
from tocsin.respond.runbooks.store import Chunk, Run
from tocsin.respond.runbooks.values import Values, check, resolve
from tocsin.respond.runbooks.votes import Vote, cast
from tocsin.respond.runbooks.votes import of as votes_of
from tocsin.respond.runbooks.workshop import Subject, Workshop

REAL = ("guided", "automatic")
MODES = (*REAL, "plan", *rehearsal.MODES)
ANSWERS = ("done", "failed", "retry", "skip")
_ANSWERED = frozenset({"unknown", "manual", "confirm"})


class Runs:
    """Acts write in a transaction of their own and return the run as it is afterwards."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._attempts = Attempts(workshop)
        self._legs = Legs(workshop, self._attempts)
        workshop.timers.on("approval.expire", self._expire)

    def stop(self) -> None:
        """Lets go of the steps under way, before the engine stops; the next process takes them up."""
        self._attempts.stop()

    def fetch(self) -> None:
        """Takes up the steps that wait for a worker with a label of this process."""
        self._attempts.errands.tick()

    # Questions

    def get(self, conn: Connection, id_: str) -> Run:
        return store.get(conn, id_)

    def of_incident(self, conn: Connection, incident: str) -> list[Run]:
        """The newest first."""
        return store.listed(conn, incident=incident)

    def list(
        self, conn: Connection, *, states: Sequence[str] = (), limit: int = 50, after: str | None = None
    ) -> list[Run]:
        return store.listed(conn, states=states, limit=limit, after=after)

    def search(
        self, conn: Connection, question: Question, *, limit: int = 50, after: str | None = None
    ) -> list[Run]:
        """Those that were asked for, the newest first."""
        return found(conn, question, limit=limit, after=after)

    def compare(self, conn: Connection, one: str, other: str) -> Comparison:
        """Two runs side by side, step by step. Raises NotFound."""
        return compare(conn, one, other)

    def scores(self, conn: Connection, path: str) -> dict[str, Score]:
        """How often each rung and option of a runbook has helped, by its title."""
        return scores(conn, path)

    def plan(self, conn: Connection, id_: str) -> Plan:
        """What the run does, as it was pinned; its causes in the order in which the evidence speaks for them."""
        return plan_of_run(conn, id_)

    def document(self, conn: Connection, id_: str) -> str:
        """The runbook's text, as it was pinned."""
        return store.document_of(conn, id_)

    def attempts(self, conn: Connection, id_: str) -> list[Attempt]:
        """Every attempt, rung, option and round, in the order in which it began."""
        return store.attempts(conn, id_)

    def approvals(
        self, conn: Connection, *, run: str | None = None, states: Sequence[str] = ()
    ) -> list[Approval]:
        return store.approvals(conn, run_id=run, states=states)

    def approval(self, conn: Connection, id_: str) -> Approval:
        return store.get_approval(conn, id_)

    def requests(self, conn: Connection) -> list[Request]:
        """What waits for somebody's yes and can still be answered, the oldest first."""
        now = self._workshop.clock.now()
        asked = requests_of(conn, store.approvals(conn, states=("asked",)), self._workshop.services())
        return [each for each in asked if each.is_open(now)]

    def asked_by(self, conn: Connection, run: str) -> list[Request]:
        """Everything that a run has asked, decided or not, the oldest first."""
        return requests_of(conn, store.approvals(conn, run_id=run), self._workshop.services())

    def request(self, conn: Connection, approval: str) -> Request:
        """One of them, decided or not, with all that somebody has to know of it. Raises NotFound."""
        return requests_of(conn, [store.get_approval(conn, approval)], self._workshop.services())[0]

    def decided(self, conn: Connection, since: datetime, limit: int = 100) -> list[Request]:
        """What was decided since then, or ran out, the newest first."""
        return requests_of(conn, store.decided(conn, since, limit), self._workshop.services())

    def output(
        self,
        conn: Connection,
        run: str,
        step: str | None = None,
        after_seq: int = 0,
        *,
        attempt: int | None = None,
        limit: int = 200,
    ) -> list[Chunk]:
        """What steps printed, in chunks numbered from 1 within an attempt."""
        return store.output(conn, run, step=step, attempt=attempt, after=after_seq, limit=limit)

    def tails(self, conn: Connection, run: str, characters: int = 2_000) -> dict[str, str]:
        """The end of what each step printed, by its key."""
        return store.tails(conn, run, characters)

    # Beginning

    def start(
        self,
        incident: str | None,
        path: str,
        mode: str,
        actor: str,
        inputs: Mapping[str, str] | None = None,
        *,
        from_step: str | None = None,
    ) -> Run:
        """Starts a runbook; the start of a guided run is the press for everything that only reads.

        With `from_step`, the key of a step or part of its plan, everything before that is gone over.
        """
        document = self._workshop.shelf.get(path)

        def job(conn: Connection) -> str:
            id_ = self.begin(conn, incident, document, mode, actor, inputs or {})
            if from_step:
                now = self._workshop.clock.now()
                turn_to(conn, id_, self.plan(conn, id_), from_step, N_("the run began after it"), now)
            return id_

        return self._after(self._workshop.store.write(job))

    def start_action(
        self,
        name: str,
        arguments: Mapping[str, Any],
        target: str | None = None,
        service: str = "",
        incident: str | None = None,
        actor: str = "tocsin",
        mode: str = "guided",
    ) -> Run:
        """Runs one action (`docker.restart`) as a run of a single step, on a target of the service by its name.

        To start it is the press for it; what destroys still needs a vote, and an automatic one what the service allows.
        Raises CannotRun for arguments that the action does not take, and Invalid for a service that is not there.
        """
        known = self._workshop.services().services
        if service and service not in known:
            fix = f"One of {', '.join(known) or 'none yet'}."
            raise Invalid(f"there is no service {service}", field="service", fix=fix)
        id_ = self._workshop.store.write(
            lambda conn: self.begin_action(
                conn,
                name,
                arguments,
                target=target,
                service=service,
                incident=incident,
                actor=actor,
                mode=mode,
            )
        )
        return self._after(id_)

    def begin_action(
        self,
        conn: Connection,
        name: str,
        arguments: Mapping[str, Any],
        *,
        target: str | None,
        service: str,
        incident: str | None,
        actor: str,
        mode: str,
    ) -> str:
        """As `start_action`, within the caller's transaction; gives the id. `wake` the work after the commit."""
        shop = self._workshop
        subject = shop.subject(conn, incident) if incident else Subject(service=service)
        about = service or subject.service
        plan = single.plan_of_action(name, arguments, target, shop.service(about))
        text = single.text_of(plan)
        id_ = self._add(
            conn,
            plan,
            incident=incident,
            service=about,
            path=f"{single.PREFIX}{name}",
            hash_=single.hash_of(text),
            text=text,
            title=name,
            mode=mode,
            actor=actor,
            values=Values(known={}, hostile=frozenset()),
        )
        if mode == "guided" and plan.diagnosis[0].level == "change":
            self._press(conn, store.get(conn, id_), plan.diagnosis[0], {}, actor)
        return id_

    def begin(
        self,
        conn: Connection,
        incident: str | None,
        document: Document,
        mode: str,
        actor: str,
        inputs: Mapping[str, str],
    ) -> str:
        """As `start`, within the caller's transaction; gives the id. `wake` the work after the commit."""
        shop = self._workshop
        plan = plan_of(document)
        if not any(plan.steps()):
            raise Invalid(f"{document.path} has no step that can run", field="path", fix="See its findings.")
        subject = shop.subject(conn, incident) if incident else Subject(service=document.service)
        return self._add(
            conn,
            plan,
            incident=incident,
            service=subject.service,
            path=document.path,
            hash_=document.hash,
            text=shop.shelf.text(document.path),
            title=document.title,
            mode=mode,
            actor=actor,
            values=resolve(plan, document.inputs, inputs, subject.labels, shop.service(subject.service)),
        )

    def _add(
        self,
        conn: Connection,
        plan: Plan,
        *,
        incident: str | None,
        service: str,
        path: str,
        hash_: str,
        text: str,
        title: str,
        mode: str,
        actor: str,
        values: Values,
    ) -> str:
        """The row of a new run, its first leg, and the line of the story; gives the id."""
        shop = self._workshop
        if mode not in MODES:
            raise Invalid(f"there is no mode {mode}", field="mode", fix=f"One of {', '.join(MODES)}.")
        id_ = new_id("run")
        store.add(
            conn,
            id=id_,
            incident=incident,
            service=service,
            path=path,
            hash=hash_,
            document=text,
            plan=plans.to_json(plan),
            title=title,
            mode=mode,
            allowed=shop.service(service).automatic if mode == "automatic" else "read",
            state="wanted",
            wish="",
            inputs=values.known,
            hostile=sorted(values.hostile),
            actor=actor,
            leg=1,
            created_at=shop.clock.now(),
            why="",
        )
        run = store.get(conn, id_)
        shop.tell(conn, run, "run.started", actor, runbook=path, title=title, mode=mode)
        shop.work.want(conn, run.leg_id, "run", {"run": id_, "leg": 1})
        return id_

    # Steering

    def proceed(self, id_: str, actor: str) -> Run:
        """Presses Run for the step that a guided run is at."""

        def job(conn: Connection, run: Run) -> None:
            waiting = run.waiting_for or {}
            if run.state != "waiting" or waiting.get("kind") not in ("guided", "approval"):
                raise Conflict(
                    "the run does not wait for this", fix="`tocsin run show RUN` says what it waits for."
                )
            if waiting["kind"] == "approval":
                if store.get_approval(conn, waiting["approval"]).state == "asked":
                    raise Conflict(
                        "this step needs an approval",
                        fix=f"Somebody with the role {waiting['role']} decides.",
                    )
            else:
                step = self.plan(conn, id_).find(waiting["step"])
                assert step is not None
                self._press(conn, run, step, waiting, actor)
            self._next_leg(conn, run)

        return self._act(id_, job)

    def votes(self, conn: Connection, approval: str) -> list[Vote]:
        """Who has said what to a request, the oldest first."""
        return votes_of(conn, approval)

    def approve(self, approval: str, who: Identity, reason: str = "") -> Run:
        """Says yes to the text as it stands in the request; the last yes of its quorum lets it run. Raises Denied where
        `who` may not, Conflict where they have voted or it is too late.
        """
        return self._vote(approval, who, reason, "given")

    def deny(self, approval: str, who: Identity, reason: str = "") -> Run:
        """Says no: the step does not run, and its attempt at a repair has failed."""
        return self._vote(approval, who, reason, "denied")

    def answer(self, id_: str, step: str, answer: str, actor: str, reason: str = "") -> Run:
        """Says how a step ended that only a person can judge: done, failed, retry or skip."""
        if answer not in ANSWERS:
            raise Invalid(f"{answer} is no answer", field="answer", fix=f"One of {', '.join(ANSWERS)}.")

        def job(conn: Connection, run: Run) -> None:
            waiting = run.waiting_for or {}
            if run.state != "waiting" or waiting.get("step") != step or waiting["kind"] not in _ANSWERED:
                raise Conflict(
                    f"the run does not ask about {step}", fix="`tocsin run show RUN` says what it waits for."
                )
            self._answer(conn, run, waiting, answer, actor, reason)
            self._workshop.tell(
                conn,
                run,
                "run.step.answered",
                actor,
                step=step,
                title=waiting["title"],
                answer=answer,
                why=reason,
            )
            self._next_leg(conn, run)

        return self._act(id_, job)

    def skip(self, id_: str, step: str, reason: str, actor: str) -> Run:
        """Goes over a step that has not begun, or over a whole rung; the timeline keeps the reason."""
        if not reason.strip():
            raise Invalid("say why it is skipped", field="reason", fix="A few words for the timeline.")

        def job(conn: Connection, run: Run) -> None:
            plan = self.plan(conn, id_)
            now = self._workshop.clock.now()
            part = plan.part(step)
            found = plan.find(step)
            if part:
                title = part.title
                what = {"kind": part.kind, "title": title, "level": "read"}
                over = {"state": "skipped", "ok": False, "why": reason, "ended_at": now}
                done = store.put_attempt(conn, id_, step, 1, **what, **over) or store.change_attempt(
                    conn, id_, step, 1, "started", **over
                )
            elif found:
                title = found.title
                over = {"state": "skipped", "ok": True, "why": reason, "ended_at": now}
                number = max((row.attempt for row in store.attempts(conn, id_) if row.key == step), default=1)
                what = {"kind": found.kind, "title": title, "level": found.level}
                done = store.put_attempt(conn, id_, step, number, **what, **over) or store.change_attempt(
                    conn, id_, step, number, "waiting", "unknown", **over
                )
            else:
                raise Invalid(f"the run has no step {step}", field="step", fix="Look at its plan.")
            if not done:
                raise Conflict("it has begun or is over", fix="Cancel the run to end a step under way.")
            self._workshop.tell(conn, run, "run.step.skipped", actor, step=step, title=title, why=reason)
            if run.state == "waiting":
                self._next_leg(conn, run)

        return self._act(id_, job)

    def retry(self, id_: str, step: str, actor: str) -> Run:
        """Runs a step once more that failed or was skipped; its attempt at a repair is judged anew after it."""

        def job(conn: Connection, run: Run) -> None:
            plan = self.plan(conn, id_)
            rows = [row for row in store.attempts(conn, id_) if row.key == step]
            if plan.find(step) is None:
                raise Invalid(f"the run has no step {step}", field="step", fix="Look at its plan.")
            if not rows or not rows[-1].over:
                raise Conflict("it has not ended yet", fix="Only what is over is tried again.")
            self._turn(conn, run, plan, step, actor, "run.step.retried")

        return self._act(id_, job)

    def go_on_from(self, id_: str, step: str, actor: str, reason: str = "") -> Run:
        """Goes on by hand from a step or part: what lies before it is gone over, and each change waits for a press."""

        def job(conn: Connection, run: Run) -> None:
            self._lead(conn, run, actor)
            self._turn(conn, run, self.plan(conn, id_), step, actor, "run.turned", reason)

        return self._act(id_, job)

    def take_over(self, id_: str, actor: str) -> Run:
        """Makes `actor` the one who leads it, press by press; what was asked of others is asked anew."""

        def job(conn: Connection, run: Run) -> None:
            if run.mode == "guided" and run.led_by == actor:
                return
            self._lead(conn, run, actor)
            self._workshop.tell(conn, run, "run.taken", actor)
            if run.state == "waiting":
                self._next_leg(conn, run)

        return self._act(id_, job)

    def _lead(self, conn: Connection, run: Run, actor: str) -> None:
        if run.mode not in REAL:
            raise Conflict(f"nobody leads a run in the mode {run.mode}", fix="Start one that is guided.")
        now = self._workshop.clock.now()
        store.expire_all(conn, run.id, now)
        store.change(conn, run.id, mode="guided", allowed="read", lead=actor)

    def _turn(
        self, conn: Connection, run: Run, plan: Plan, step: str, actor: str, told: str, reason: str = ""
    ) -> None:
        """Turns a run that has nothing under way to a step, and goes on."""
        if run.wish or self._is_under_way(run):
            raise Conflict("a step is under way", fix="Pause the run first; the step may end, or cancel it.")
        why = f"{actor}: {reason}" if reason else actor
        now = self._workshop.clock.now()
        title = turn_to(conn, run.id, plan, step, why, now)
        store.expire_all(conn, run.id, now)
        self._workshop.tell(conn, run, told, actor, step=step, title=title, why=reason)
        self._next_leg(conn, run)

    def provide(self, id_: str, inputs: Mapping[str, str], actor: str) -> Run:
        """Gives values that the run asks for."""

        def job(conn: Connection, run: Run) -> None:
            waiting = run.waiting_for or {}
            if run.state != "waiting" or waiting.get("kind") != "input":
                raise Conflict(
                    "the run does not ask for a value", fix="`tocsin run show RUN` says what it waits for."
                )
            given = check(inputs, waiting["names"], {})
            hostile = [name for name in run.hostile if name not in given]
            store.change(conn, id_, inputs={**run.inputs, **given}, hostile=hostile)
            self._next_leg(conn, run)

        return self._act(id_, job)

    def pause(self, id_: str, actor: str) -> Run:
        """Lets the step under way end, and then nothing more begins."""

        def job(conn: Connection, run: Run) -> None:
            if run.state == "paused" or run.wish == "pause":
                return
            if run.wish:
                raise Conflict("the run is ending", fix="Start a new one once it is over.")
            if self._is_under_way(run):
                store.change(conn, id_, wish="pause")
            else:
                store.change(conn, id_, state="paused", waiting_for=None)
            self._workshop.tell(conn, run, "run.paused", actor)

        return self._act(id_, job)

    def resume(self, id_: str, actor: str) -> Run:
        def job(conn: Connection, run: Run) -> None:
            if run.state == "paused":
                self._next_leg(conn, run)
            elif run.wish == "pause":
                store.change(conn, id_, wish="")
            else:
                raise Conflict("the run is not paused", fix="`tocsin run show RUN` says what it waits for.")
            self._workshop.tell(conn, run, "run.resumed", actor)

        return self._act(id_, job)

    def cancel(self, id_: str, actor: str) -> Run:
        """Ends the run; a command under way is ended with all that it started."""

        def job(conn: Connection, run: Run) -> None:
            if self._is_under_way(run):
                store.change(conn, id_, wish="cancel")
            else:
                close(self._workshop, conn, run, "cancelled", N_("cancelled by a person"), actor=actor)

        self._attempts.cancel(id_)
        try:
            return self._act(id_, job)
        except Conflict:
            self._attempts.forget(id_)
            raise

    def end_with(self, conn: Connection, incident: str) -> None:
        """The incident is over: a run that only waits for somebody has nothing left to repair. One under way ends
        its step and begins nothing more that changes anything.
        """
        for each in store.listed(conn, incident=incident, states=store.OPEN):
            run = store.get(conn, each.id, lock=True)
            if run.state == "running" and run.wish != "cancel":
                store.change(conn, run.id, wish="end")
            elif run.is_open and run.state != "running":
                close(self._workshop, conn, run, "cancelled", OVER)

    # Within

    def _act(self, id_: str, job: Callable[[Connection, Run], None]) -> Run:
        def locked(conn: Connection) -> None:
            run = store.get(conn, id_, lock=True)
            if not run.is_open:
                raise Conflict(f"the run is over: {run.state}", fix="Start a new one.")
            job(conn, run)

        self._workshop.store.write(locked)
        return self._after(id_)

    def _after(self, id_: str) -> Run:
        shop = self._workshop
        with shop.store.read() as conn:
            run = store.get(conn, id_)
        shop.work.wake()
        shop.work.nudge(run.leg_id)
        shop.ring(id_)
        return run

    def _is_under_way(self, run: Run) -> bool:
        """Is a leg doing something right now? One that only waits for a time to come is not."""
        return run.state == "running" and run.waiting_for is None

    def _next_leg(self, conn: Connection, run: Run) -> None:
        number = run.leg + 1
        store.change(conn, run.id, state="wanted", leg=number, waiting_for=None)
        self._workshop.work.want(conn, f"{run.id}-{number}", "run", {"run": run.id, "leg": number})

    def _press(
        self, conn: Connection, run: Run, step: PlannedStep, asked: Mapping[str, Any], actor: str
    ) -> None:
        now = self._workshop.clock.now()
        place = seals(self._workshop.service(run.service), self._workshop.key).get(step.on or "", "")
        store.ask(
            conn,
            id=new_id("apr"),
            run=run.id,
            step=step.key,
            step_id=step.id,
            title=step.title,
            text=step.text,
            text_hash=asked.get("text_hash") or step.text_hash(run.inputs, place),
            level=step.level,
            role=asked.get("role", OPERATOR),
            kind="press",
            requested_by=actor,
            requested_at=now,
            state="given",
            by=actor,
            decided_at=now,
        )

    def _vote(self, approval_id: str, who: Identity, reason: str, state: str) -> Run:
        shop = self._workshop

        def job(conn: Connection) -> str:
            approval = store.get_approval(conn, approval_id, lock=True)
            run = store.get(conn, approval.run, lock=True)
            now = shop.clock.now()
            judge(approval, who, now)
            if approval.level == "destroy" and state == "given" and not reason.strip():
                raise Invalid(
                    "what destroys needs a reason", field="reason", fix="Say why this is right now."
                )
            given = cast(conn, approval_id, who, yes=state == "given", reason=reason, at=now)
            if state == "given" and given < approval.quorum:
                told = {"given": given, "quorum": approval.quorum, "title": approval.title}
                shop.tell(
                    conn, run, "run.approval.vote", who.actor, approval=approval_id, reason=reason, **told
                )
                return run.id
            store.decide(conn, approval_id, state, by=who.actor, at=now, reason=reason)
            shop.timers.cancel(conn, "approval.expire", approval_id)
            if state == "denied":
                self._refuse(conn, approval, N_("refused by a person") + (f": {reason}" if reason else ""))
            shop.tell(
                conn,
                run,
                f"run.approval.{state}",
                who.actor,
                approval=approval_id,
                title=approval.title,
                reason=reason,
            )
            if run.state == "waiting" and (run.waiting_for or {}).get("approval") == approval_id:
                self._next_leg(conn, run)
            return run.id

        return self._after(shop.store.write(job))

    def _refuse(self, conn: Connection, approval: Approval, why: str) -> None:
        """The step will not run: its row says so, and the ladder goes on below it."""
        now = self._workshop.clock.now()
        rows = [row for row in store.attempts(conn, approval.run) if row.key == approval.step]
        if rows and rows[-1].over and rows[-1].ok:
            return  # somebody went over it meanwhile
        number = rows[-1].attempt + (rows[-1].state != "waiting") if rows else 1
        step = self.plan(conn, approval.run).find(approval.step)
        kind = step.kind if step else "bash"
        over = {"state": "skipped", "ok": False, "why": why, "ended_at": now}
        if not store.put_attempt(
            conn,
            approval.run,
            approval.step,
            number,
            kind=kind,
            title=approval.title,
            level=approval.level,
            **over,
        ):
            store.change_attempt(conn, approval.run, approval.step, number, "waiting", **over)

    def _expire(self, due: Timer) -> None:
        """Nobody decided in time: the buttons are dead. An automatic run goes on below; a guided one asks anew."""
        shop = self._workshop

        def job(conn: Connection) -> str | None:
            approval = store.get_approval(conn, due.subject, lock=True)
            run = store.get(conn, approval.run, lock=True)
            if not store.decide(conn, approval.id, "expired", by="tocsin", at=shop.clock.now(), reason=""):
                return None
            shop.tell(conn, run, "run.approval.expired", "tocsin", approval=approval.id, title=approval.title)
            waits = run.state == "waiting" and (run.waiting_for or {}).get("approval") == approval.id
            if waits and run.mode == "automatic":
                self._refuse(conn, approval, N_("nobody decided in time"))
                self._next_leg(conn, run)
            return run.id

        run_id = shop.store.write(job)
        if run_id:
            self._after(run_id)

    def _answer(
        self, conn: Connection, run: Run, waiting: Mapping[str, Any], answer: str, actor: str, reason: str
    ) -> None:
        key, number = waiting["step"], waiting["attempt"]
        step = self.plan(conn, run.id).find(key)
        what = {"kind": "manual", "title": waiting["title"], "level": waiting["level"]}
        if step:
            what["kind"] = step.kind
        said = f"{actor}: {answer}" + (f", {reason}" if reason else "")
        now = self._workshop.clock.now()
        if answer == "retry":
            if waiting["kind"] != "unknown":
                raise Invalid(
                    "only an interrupted step is tried again", field="answer", fix="Say done or failed."
                )
            store.change_attempt(conn, run.id, key, number, "unknown", state="skipped", why=said)
            store.put_attempt(conn, run.id, key, number + 1, state="waiting", **what)
            if step and step.level == "destroy":
                store.use_up(conn, run.id, step.id)
            return
        over: dict[str, Any] = {"why": said, "ended_at": now}
        if answer == "skip":
            over |= {"state": "skipped", "ok": waiting["kind"] != "confirm"}
        else:
            over |= {"state": "finished", "ok": answer == "done"}
        if not store.put_attempt(conn, run.id, key, number, started_at=now, **what, **over):
            store.change_attempt(conn, run.id, key, number, "unknown", "waiting", **over)
