"""Who carries out a step that belongs to a worker of a certain label? Legs send errands, workers fetch them.

A leg may be walked by any process; a step whose target names a `worker` is carried out only by one that has the label.
The errand says no more than which attempt is meant: the worker reads the run itself, with its own secrets, and writes
the attempt's row and output as if it walked the leg. So nothing secret lies in an errand, and after a crash the worker
finds the attempt as any other: on the same machine it is adopted, elsewhere nobody knows how far it came.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import structlog
from sqlalchemy import Connection

from tocsin.ground.catalogue import Service
from tocsin.ground.engine import Interrupted
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.errors import Unavailable
from tocsin.ground.timeline import reason
from tocsin.respond.runbooks import errands_store as rows
from tocsin.respond.runbooks import store
from tocsin.respond.runbooks.errands_store import Errand
from tocsin.respond.runbooks.plan import PlannedStep
from tocsin.respond.runbooks.store import Run
from tocsin.respond.runbooks.workshop import Workshop

TAKEN, NOBODY, WITHDRAWN = "taken", "nobody", "withdrawn"
WAITS = reason(N_("waits for a worker with the label {label}"))
_AT_ONCE = 16
_TURN_S = 0.2
_SOON_S = 2.0
_log = structlog.get_logger(__name__)


class ErrandFailed(Exception):
    """The worker itself broke over it, which is a fault of ours."""


class Errands:
    """Both sides of it, in one process. `carry_out(run, step key, attempt)` is what a worker does with one."""

    def __init__(self, workshop: Workshop, carry_out: Callable[[Run, str, int], None]) -> None:
        self._workshop = workshop
        self._carry_out = carry_out
        self._pool = ThreadPoolExecutor(max_workers=_AT_ONCE, thread_name_prefix="errand")
        self._mine: set[tuple[str, str, int]] = set()
        self._lock = threading.Lock()

    def stop(self) -> None:
        """Takes no more; those under way are let go as the steps of any leg are."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def label_of(self, step: PlannedStep, service: Service) -> str:
        """Of which label has to be who carries this step out; empty where anybody may, or this process has it."""
        target = service.targets.get(step.on) if step.on else None
        label = target.worker if target else None
        return label if label and label not in self._workshop.labels else ""

    # The side of the leg

    def send(self, run: Run, step: PlannedStep, number: int, label: str, stopped: Callable[[], str]) -> str:
        """Waits until a worker has done it. TAKEN: the attempt's row says how it ended; NOBODY: no worker came, or the
        one that had it died and no other came; WITHDRAWN: a person wished something else before anybody took it.

        `stopped` may raise Interrupted. Raises ErrandFailed.
        """
        shop = self._workshop
        key = (run.id, step.key, number)
        shop.store.write(lambda conn: rows.want(conn, key, label, shop.clock.now()))
        shop.bell.ring("errands")
        waited_since = shop.clock.monotonic()
        is_told = False
        pause = threading.Event()
        while True:
            stopped_why = stopped()
            try:
                found, is_dead, wish = self._look(key)
            except Unavailable:
                pause.wait(1.0)
                continue
            match found.state:
                case "done":
                    return TAKEN
                case "failed":
                    raise ErrandFailed(found.error)
                case "withdrawn":
                    return WITHDRAWN
                case "claimed" if not is_dead:
                    waited_since = shop.clock.monotonic()
                case "wanted" if stopped_why or wish:
                    if self._take_back(found):
                        return WITHDRAWN
                case _:
                    waited = shop.clock.monotonic() - waited_since
                    if waited >= shop.settings().runs.worker_patience.total_seconds() and self._take_back(
                        found
                    ):
                        return NOBODY
                    if waited >= _SOON_S and not is_told:
                        self._tell(run, step, number, label)
                        is_told = True
            pause.wait(_TURN_S)

    def _tell(self, run: Run, step: PlannedStep, number: int, label: str) -> None:
        """Says at the step whom it waits for; a worker that is about to begin it comes first."""
        shop = self._workshop
        waits: dict[str, Any] = {"state": "waiting", "why": WAITS(label=label)}

        def job(conn: Connection) -> None:
            what = {"kind": step.kind, "title": step.title, "level": step.level}
            if not store.put_attempt(conn, run.id, step.key, number, **what, **waits):
                store.change_attempt(conn, run.id, step.key, number, "waiting", **waits)

        shop.store.write(job)
        shop.ring(run.id)

    def _look(self, key: tuple[str, str, int]) -> tuple[Errand, bool, str]:
        with self._workshop.store.read() as conn:
            found = rows.get(conn, key)
            assert found is not None
            dead = found.state == "claimed" and found.boot in self._workshop.dead(conn)
            return found, dead, store.get(conn, key[0]).wish

    def _take_back(self, found: Errand) -> bool:
        return self._workshop.store.write(lambda conn: rows.move(conn, found, "withdrawn"))

    # The side of the worker

    def tick(self) -> None:
        """Fetches what waits for one of our labels, and begins it."""
        shop = self._workshop
        if not shop.labels:
            return
        with shop.store.read() as conn:
            waiting = rows.open_to(conn, shop.labels, list(shop.dead(conn)))
        for each in waiting:
            with self._lock:
                if each.key in self._mine or len(self._mine) >= _AT_ONCE:
                    continue
                self._mine.add(each.key)
            if shop.store.write(lambda conn, each=each: rows.move(conn, each, "claimed", boot=shop.boot)):
                self._pool.submit(self._do, each)
            else:
                self._forget(each)

    def _do(self, taken: Errand) -> None:
        shop = self._workshop
        error = ""
        try:
            with shop.store.read() as conn:
                run = store.get(conn, taken.run)
            if run.wish not in ("", "end"):
                return self._say(taken, "withdrawn", "")
            self._carry_out(run, taken.step, taken.attempt)
        except Interrupted:
            return self._forget(taken)  # claimed by a boot that ends: whoever has the label takes it up
        except Exception as problem:
            _log.exception("an errand failed", run=taken.run, step=taken.step)
            error = f"{type(problem).__name__}: {problem}"
        return self._say(taken, "failed" if error else "done", error)

    def _say(self, taken: Errand, state: str, error: str) -> None:
        shop = self._workshop

        def job() -> None:
            shop.store.write(
                lambda conn: rows.move(
                    conn,
                    Errand(
                        run=taken.run,
                        step=taken.step,
                        attempt=taken.attempt,
                        label=taken.label,
                        state="claimed",
                        boot=shop.boot,
                        wanted_at=taken.wanted_at,
                        error="",
                    ),
                    state,
                    error=error,
                )
            )

        while True:
            try:
                job()
                break
            except Unavailable:
                threading.Event().wait(1.0)
        self._forget(taken)

    def _forget(self, errand: Errand) -> None:
        with self._lock:
            self._mine.discard(errand.key)
