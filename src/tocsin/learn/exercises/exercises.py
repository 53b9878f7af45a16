"""What happens in a drill that breaks something? A fault of the configuration is put in, and what follows is watched.

1. The row is written and its workflow wanted; the page of the incident that comes of it says that it is a drill.
2. The row says `breaking` before the commands run. A crash in between never puts the fault in a second time.
3. The first incident of the service from then on is this drill's; its story is looked at until it is over, or the time
   of the drill is.
4. The marks are written, what brought the service back counts as a review of its runbook, and where the service is not
   back, `undo` runs.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from tocsin.act.actions.action import Action, Call, Result, tail_of
from tocsin.act.guard import Level, judge
from tocsin.ground import timeline
from tocsin.ground.accounts import Identity, Permission, require
from tocsin.ground.catalogue import Service
from tocsin.ground.engine import Interrupted, Leg, Work
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.clock import Clock
from tocsin.ground.kernel.errors import Conflict, NotFound, TocsinError
from tocsin.ground.kernel.ids import new_id
from tocsin.ground.kernel.secret import reveal, scrub
from tocsin.ground.store import Store
from tocsin.learn.exercises import store as rows
from tocsin.learn.exercises.score import Mark, score
from tocsin.learn.exercises.section import Fault
from tocsin.learn.exercises.store import UNDER_WAY, Exercise
from tocsin.respond.incidents import OPEN, Incidents
from tocsin.respond.incidents.incident import ENDED, Incident
from tocsin.respond.runbooks import review
from tocsin.respond.runbooks.library import Library
from tocsin.respond.runbooks.run import Runs

KEPT_CHARACTERS = 4_000
_LOOK_S = 2.0
_COMMANDS_WITHIN_S = 300.0
_INTERRUPTED = N_("Tocsin was interrupted while the fault was put in")
_UNNOTICED = N_("nobody noticed: no incident was opened in time")
_NOT_BACK = N_("the service was not back in time")
_FALSE = N_("the incident was called a false alarm")
_LATE = N_("not in the time that there was for it")
_log = structlog.get_logger(__name__)


class Faults(Protocol):
    """What drills read of the configuration."""

    @property
    def faults(self) -> dict[str, Fault]: ...

    def service(self, name: str) -> Service: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """A fault that can be put in, what its commands do by the guard, and its last drill."""

    name: str
    title: str
    service: str
    inject: str
    undo: str
    level: Level
    detect_s: float
    within_s: float
    last: Exercise | None


class Exercises:
    """Every drill that breaks something."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        current: Callable[[], Faults],
        *,
        work: Work,
        incidents: Incidents,
        runs: Runs,
        library: Library,
        actions: Mapping[str, Action],
        folder: Path,
    ) -> None:
        self._store = store
        self._clock = clock
        self._current = current
        self._work = work
        self._incidents = incidents
        self._runs = runs
        self._library = library
        self._shell = actions["shell"]
        self._folder = folder
        self._stopping = threading.Event()
        work.register("exercise", self._walk, failed=self._broke)

    def stop(self) -> None:
        """Lets go of commands under way, before the engine stops."""
        self._stopping.set()

    # Questions

    def faults(self) -> list[Known]:
        """What can be put in, as configured."""
        last: dict[str, Exercise] = {}
        for each in reversed(self.recent()):
            last[each.fault] = each
        return [
            Known(
                name=name,
                title=fault.title or name,
                service=fault.service,
                inject=fault.inject,
                undo=fault.undo,
                level=judge("bash", fault.inject).level,
                detect_s=fault.detect.total_seconds(),
                within_s=fault.within.total_seconds(),
                last=last.get(name),
            )
            for name, fault in self._current().faults.items()
        ]

    def recent(self, *, limit: int = 200) -> list[Exercise]:
        """The newest first."""
        with self._store.read() as conn:
            return rows.recent(conn, limit)

    def get(self, id_: str) -> Exercise:
        """Raises NotFound."""
        with self._store.read() as conn:
            return rows.get(conn, id_)

    # Acts

    def begin(self, name: str, who: Identity) -> Exercise:
        """Puts the fault in, soon. Raises NotFound for one that is not configured, Denied where its commands destroy
        something and `who` may not approve that, Conflict where the service is not well already or in another drill.
        """
        fault = self._current().faults.get(name)
        if fault is None:
            raise NotFound(
                f"there is no fault {name}", field="fault", fix="Faults stand under faults: in tocsin.yaml."
            )
        require(
            who, Permission.APPROVE if judge("bash", fault.inject).level == "destroy" else Permission.OPERATE
        )
        id_ = new_id("exe")

        def job(conn: Connection) -> None:
            ill = self._incidents.list(conn, service=fault.service, states=OPEN, limit=1)
            if ill:
                raise Conflict(
                    f"{fault.service} has an open incident, {ill[0].id}",
                    field="fault",
                    fix="Break it once it is well.",
                )
            if other := rows.under_way(conn, fault.service):
                raise Conflict(
                    f"{fault.service} is in a drill: {other.fault}",
                    field="fault",
                    fix=f"Wait for its end, or: tocsin drill stop {other.id}",
                )
            rows.add(
                conn,
                id=id_,
                fault=name,
                title=fault.title or name,
                service=fault.service,
                by=who.actor,
                state="wanted",
                wish="",
                created_at=self._clock.now(),
                runbook="",
                printed="",
                why="",
                marks=[],
            )
            self._work.want(conn, id_, "exercise", {"exercise": id_})

        try:
            self._store.write(job)
        except IntegrityError as twice:
            raise Conflict(
                f"{fault.service} is in a drill", field="fault", fix="Wait for its end."
            ) from twice
        self._work.wake()
        return self.get(id_)

    def end(self, id_: str) -> Exercise:
        """Ends a drill early: it is scored no more, and where the service is not back, `undo` runs."""

        def job(conn: Connection) -> None:
            rows.get(conn, id_)
            if not rows.change(conn, id_, *UNDER_WAY, wish="stop"):
                raise Conflict("the drill is over", fix="Begin another one.")

        self._store.write(job)
        self._work.nudge(id_)
        return self.get(id_)

    # The workflow

    def _walk(self, leg: Leg) -> None:
        id_ = leg.args["exercise"]
        leg.step("break", self._break, id_)
        while not leg.step("look", self._look, id_):
            leg.sleep(_LOOK_S)
        leg.step("mend", self._mend, id_)

    def _break(self, id_: str) -> None:
        known = self.get(id_)
        fault = self._current().faults.get(known.fault)
        if known.state == "breaking":
            self._change(id_, "breaking", state="watching", why=_INTERRUPTED)
        if known.state != "wanted" or known.wish:
            return
        if fault is None:
            self._change(id_, "wanted", state="void", why="the configuration has lost this fault")
            return
        if not self._change(id_, "wanted", state="breaking", begun_at=self._clock.now()):
            return
        result, printed = self._run(id_, fault, fault.inject, "break")
        said = {"printed": printed, "why": "" if result.well else result.why}
        if result.well:
            self._change(id_, "breaking", state="watching", **said)
        else:
            self._change(id_, "breaking", state="void", ended_at=self._clock.now(), **said)

    def _look(self, id_: str) -> bool:
        """Whether the drill is over."""
        now = self._clock.now()

        def job(conn: Connection) -> bool:
            known = rows.get(conn, id_)
            if not known.under_way:
                return True
            fault = self._current().faults.get(known.fault)
            begun = known.begun_at or known.created_at
            incident = self._incident(conn, known)
            over = fault is None or now >= begun + fault.within
            if not (known.wish or over or (incident and incident.state in ENDED)):
                return False
            clocks = self._incidents.clocks(conn, incident.id) if incident else ()
            detect_s = fault.detect.total_seconds() if fault else 0.0
            marks = score(begun, detect_s, incident, clocks)
            state, why = _judged(known, incident, marks)
            found = self._cure(conn, known, incident) if state in ("passed", "failed") else {}
            rows.change(
                conn, id_, *UNDER_WAY, state=state, why=why, marks=marks, ended_at=now, wish="", **found
            )
            if incident:
                timeline.append(
                    conn, incident.id, "drill.ended", "tocsin", now, fault=known.title, state=state, drill=id_
                )
            return True

        return self._store.write(job)

    def _incident(self, conn: Connection, known: Exercise) -> Incident | None:
        """The drill's incident; the first of its service since the break becomes it."""
        if known.incident:
            return self._incidents.get(conn, known.incident)
        if known.begun_at is None:
            return None
        since = [
            each
            for each in self._incidents.list(conn, service=known.service, limit=20)
            if each.detected_at >= known.begun_at
        ]
        if not since:
            return None
        first = min(since, key=lambda each: each.detected_at)
        rows.change(conn, known.id, *UNDER_WAY, incident=first.id)
        timeline.append(
            conn,
            first.id,
            "drill.known",
            "tocsin",
            self._clock.now(),
            fault=known.title,
            by=known.by.partition(":")[2] or known.by,
            drill=known.id,
        )
        return first

    def _cure(self, conn: Connection, known: Exercise, incident: Incident | None) -> dict[str, Any]:
        """The run that brought the service back, which is a review of its runbook as well."""
        cured = [
            run
            for run in (self._runs.of_incident(conn, incident.id) if incident else [])
            if run.state == "succeeded"
        ]
        if not cured:
            return {}
        run = cured[-1]
        try:
            document = self._library.get(run.path)
        except NotFound:  # an action by its name, or a file that is gone
            return {"run": run.id}
        if document.hash == run.hash:
            note = f"drill {known.fault}: {run.why}"
            review.record(conn, document, self._clock.now(), by=known.by, note=note)
        return {"run": run.id, "runbook": run.path}

    def _mend(self, id_: str) -> None:
        known = self.get(id_)
        fault = self._current().faults.get(known.fault)
        if fault is None or not fault.undo or known.begun_at is None or _is_back(known):
            return
        result, printed = self._run(id_, fault, fault.undo, "mend")
        if not result.well:
            _log.error("what a drill broke could not be mended", drill=id_, why=result.why)
        self._store.write(
            lambda conn: rows.change(
                conn, id_, known.state, printed=_cut(f"{known.printed}\n{printed}\n{result.why}".strip())
            )
        )

    def _run(self, id_: str, fault: Fault, text: str, name: str) -> tuple[Result, str]:
        """The commands, with the environment of the service; what they printed, its secrets hidden."""
        folder = self._folder / id_ / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        service = self._current().service(fault.service)
        try:
            call = Call(
                text=text,
                folder=folder,
                timeout_s=_COMMANDS_WITHIN_S,
                language="bash",
                level="change",
                environment={key: reveal(value) for key, value in service.environment.items()},
                stopped=self._stopped,
            )
            result = self._shell.run(call)
        except TocsinError as error:
            result = Result(well=False, why=error.message)
        printed = _cut(scrub(f"{tail_of(folder / 'out')}{tail_of(folder / 'err')}".strip()))
        shutil.rmtree(self._folder / id_, ignore_errors=True)
        return result, printed

    def _stopped(self) -> str:
        if self._stopping.is_set():
            raise Interrupted
        return ""

    def _change(self, id_: str, state_now: str, **values: Any) -> bool:
        return self._store.write(lambda conn: rows.change(conn, id_, state_now, **values))

    def _broke(self, id_: str, args: dict[str, Any], error: str) -> None:
        """The workflow itself failed, which is a fault of ours: the drill must not look alive."""
        now = self._clock.now()
        self._store.write(
            lambda conn: rows.change(
                conn,
                args["exercise"],
                *UNDER_WAY,
                state="void",
                why=f"Tocsin could not go on: {error}",
                ended_at=now,
            )
        )


def _judged(known: Exercise, incident: Incident | None, marks: tuple[Mark, ...]) -> tuple[str, str]:
    if known.wish:
        return "stopped", ""
    if incident is None:
        return "failed", _UNNOTICED
    if incident.outcome:
        return "failed", _FALSE
    if incident.state not in ENDED:
        return "failed", _NOT_BACK
    return ("passed", "") if all(mark.ok for mark in marks) else ("failed", _LATE)


def _is_back(known: Exercise) -> bool:
    return any(mark.name == "restore" and mark.took_s is not None for mark in known.marks)


def _cut(text: str) -> str:
    return text[-KEPT_CHARACTERS:].replace("\0", "")
