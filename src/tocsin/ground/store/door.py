"""Who may write to the SQLite file? One thread, in the order of asking, many jobs in one commit.

Waiting on SQLite's own busy timeout gives no errors but starves whoever is unlucky for seconds; behind one door
fifty runs that write cost the intake nothing (docs/decisions/0003). Two lanes, served in turn, keep a storm of alerts
and the rest of the house from waiting for each other: what waits in a lane becomes one transaction and one fsync.
Each job stands in a savepoint of its own, so one that fails takes no neighbour with it; a commit that fails fails all.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from tocsin.ground.kernel.errors import Unavailable

T = TypeVar("T")
Job = Callable[[Connection], Any]
_BATCH = 64
_log = structlog.get_logger(__name__)


class Door:
    """The only writer of one SQLite file within this process."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lanes: dict[str, deque[tuple[Job, Future[Any]]]] = {"intake": deque(), "general": deque()}
        self._wake = threading.Condition()
        self._closed = False
        self._thread: threading.Thread | None = None

    def submit(self, lane: str, job: Callable[[Connection], T]) -> Future[T]:
        """Done when the job's transaction is on disk, or failed with the reason."""
        future: Future[T] = Future()
        with self._wake:
            if self._closed:
                raise Unavailable("the store is closed", fix="Start Tocsin again.")
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name="store-door", daemon=True)
                self._thread.start()
            self._lanes[lane].append((job, future))
            self._wake.notify()
        return future

    @property
    def is_mine(self) -> bool:
        """Are we inside a job? Then waiting for another one would wait for ever."""
        return threading.current_thread() is self._thread

    def close(self) -> None:
        with self._wake:
            self._closed = True
            self._wake.notify()
        if self._thread:
            self._thread.join()

    def _serve(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._closed or any(self._lanes.values()))
                if self._closed and not any(self._lanes.values()):
                    return
                batches = [
                    [lane.popleft() for _ in range(min(len(lane), _BATCH))] for lane in self._lanes.values()
                ]
            for batch in batches:
                if batch:
                    self._commit(batch)

    def _commit(self, batch: list[tuple[Job, Future[Any]]]) -> None:
        outcomes: list[tuple[Future[Any], Any, BaseException | None]] = []
        try:
            with self._engine.connect() as conn:
                try:
                    with conn.begin():
                        for job, future in batch:
                            try:
                                with conn.begin_nested():
                                    outcomes.append((future, job(conn), None))
                            except OperationalError:
                                raise
                            except Exception as error:
                                outcomes.append((future, None, error))
                except Exception:
                    # A cursor that was half read lives as long as its exception and blocks the connection.
                    conn.invalidate()
                    raise
        except Exception as error:
            _log.warning("a commit failed", jobs=len(batch), error=str(error))
            failure = Unavailable("the database did not take the write", fix="Look at disk space and locks.")
            failure.__cause__ = error
            for _, future in batch:
                future.set_exception(failure)
            return
        for future, value, problem in outcomes:
            if problem is not None:
                future.set_exception(problem)
            else:
                future.set_result(value)
