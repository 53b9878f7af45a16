"""Who may write to the SQLite file? One job at a time, in two lanes that cannot starve each other.

Waiting on SQLite's own busy timeout gives no errors but starves whoever is unlucky for seconds; behind one door
fifty runs that write cost the intake nothing (docs/decisions/0003). The general lane is served by a thread of the
door, and what waits there becomes one transaction and one fsync: each job stands in a savepoint of its own, so one that
fails takes no neighbour with it; a commit that fails fails all. The lane of the intake is the alert ledger's own
thread, which gathers its requests itself: its job is a transaction, written where it stands.

While alerts pour in, the general lane gets a tenth of the time, and most of what the intake leaves unused: enough
for the house to go on, and for the alerts to be triaged one after another, while senders hear their answers.
"""

from __future__ import annotations

import math
import threading
import time
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
POURING = "pouring"
"""In `conn.info`, whether alerts come in one upon the other: who writes much then writes little at a time."""
_BATCH = 64
_POURING_S = 0.1
"""Alerts pour in when the last commit of the intake is no longer ago than this."""
_AT_ONCE_S = 0.02
"""So much of the general lane runs at once even then: no page waits for a storm that has just begun."""
_LEAST = 0.1
"""The part of the time that the general lane has the door at least, while alerts pour in."""
_OF_THE_REST = 0.7
"""The part of what the intake leaves unused that it has besides: the rest keeps the way free for the next answer."""
_LOOKING_BACK_S = 0.5
_log = structlog.get_logger(__name__)


class Door:
    """The only writer of one SQLite file within this process."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._wake = threading.Condition()
        self._general: deque[tuple[Job, Future[Any]]] = deque()
        self._busy = False
        self._intake_waits = 0
        self._intake_ended = 0.0
        self._intake_spent = 0.0
        self._spent = 0.0
        self._spent_at = 0.0
        self._intake_conn: Connection | None = None
        self._closed = False
        self._thread: threading.Thread | None = None
        self._inside = threading.local()

    def submit(self, job: Callable[[Connection], T]) -> Future[T]:
        """Takes the general lane: done when the job's transaction is on disk, or failed with the reason."""
        future: Future[T] = Future()
        with self._wake:
            if self._closed:
                raise _closed()
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name="store-door", daemon=True)
                self._thread.start()
            self._general.append((job, future))
            self._wake.notify_all()
        return future

    def intake(self, job: Callable[[Connection], T]) -> T:
        """Takes the lane of the intake: runs the job here as a transaction, returns its value when that is on disk."""
        with self._wake:
            self._intake_waits += 1
            try:
                self._wake.wait_for(lambda: self._closed or not (self._busy or self._general_is_due()))
            finally:
                self._intake_waits -= 1
            if self._closed:
                raise _closed()
            self._busy = True
        self._inside.job = True
        began = time.monotonic()
        try:
            return self._alone(job)
        finally:
            self._inside.job = False
            with self._wake:
                self._busy = False
                self._count_intake(began, time.monotonic())
                self._wake.notify_all()

    @property
    def is_mine(self) -> bool:
        """Are we inside a job? Then waiting for another one would wait for ever."""
        return getattr(self._inside, "job", False)

    @property
    def _pouring(self) -> bool:
        return self._intake_waits > 0 or time.monotonic() - self._intake_ended < _POURING_S

    def close(self) -> None:
        with self._wake:
            self._closed = True
            self._wake.notify_all()
        if self._thread:
            self._thread.join()
        with self._wake:
            self._wake.wait_for(lambda: not self._busy)
            if self._intake_conn is not None:
                self._intake_conn.close()
                self._intake_conn = None

    def _general_is_due(self) -> bool:
        return bool(self._general) and self._must_wait() <= 0

    def _count_intake(self, began: float, ended: float) -> None:
        """What the intake has spent lately, less and less of what is long ago."""
        faded = math.exp((self._intake_ended - ended) / _LOOKING_BACK_S)
        self._intake_spent = self._intake_spent * faded + (ended - began)
        self._intake_ended = ended

    @property
    def _share(self) -> float:
        """The part of the time that is the general lane's now."""
        busy = min(1.0, self._intake_spent / _LOOKING_BACK_S)
        return max(_LEAST, _OF_THE_REST * (1 - busy))

    def _must_wait(self) -> float:
        """Seconds until the general lane has its turn. What it has spent is forgiven in time."""
        now, share = time.monotonic(), self._share
        self._spent = max(0.0, self._spent - (now - self._spent_at) * share)
        self._spent_at = now
        if self._closed or not self._pouring:
            return 0.0
        return (self._spent - _AT_ONCE_S) / share

    def _serve(self) -> None:
        self._inside.job = True
        while True:
            with self._wake:
                while self._busy or not self._general_is_due():
                    if self._closed and not self._general:
                        return
                    # Its turn may have come since it was asked: then the wait is none, never one without end.
                    mine = self._general and not self._busy
                    self._wake.wait(max(0.0, min(self._must_wait(), _POURING_S)) if mine else None)
                batch = [self._general.popleft() for _ in range(min(len(self._general), _BATCH))]
                self._busy = True
            began = time.monotonic()
            try:
                answers = self._commit(batch)
            finally:
                with self._wake:
                    self._busy = False
                    self._must_wait()
                    self._spent += time.monotonic() - began
                    self._wake.notify_all()
            for answer in answers:
                answer()

    def _alone(self, job: Callable[[Connection], T]) -> T:
        """One job, one transaction, on a connection that is kept."""
        try:
            conn = self._intake_conn or self._engine.connect()
        except OperationalError as error:
            raise _failed(error, 1) from error
        self._intake_conn = None
        try:
            with conn.begin():
                value = job(conn)
        except Exception as error:
            # A cursor that was half read lives as long as its exception and blocks the connection.
            conn.invalidate()
            conn.close()
            if isinstance(error, OperationalError):
                raise _failed(error, 1) from error
            raise
        self._intake_conn = conn
        return value

    def _commit(self, batch: list[tuple[Job, Future[Any]]]) -> list[Callable[[], None]]:
        """Writes the jobs; returns what tells each of their callers."""
        outcomes: list[tuple[Future[Any], Any, BaseException | None]] = []
        try:
            with self._engine.connect() as conn:
                conn.info[POURING] = self._pouring
                try:
                    with conn.begin() as transaction:
                        for job, future in batch:
                            # One job alone needs no point to return to: it is the whole transaction.
                            inner = conn.begin_nested() if len(batch) > 1 else transaction
                            try:
                                value = job(conn)
                                if inner is not transaction:
                                    inner.commit()
                                outcomes.append((future, value, None))
                            except OperationalError:
                                raise
                            except Exception as error:
                                inner.rollback()
                                outcomes.append((future, None, error))
                except Exception:
                    conn.invalidate()  # as above
                    raise
        except Exception as error:
            failure = _failed(error, len(batch))
            return [_teller(future, None, failure) for _, future in batch]
        return [_teller(*outcome) for outcome in outcomes]


def _teller(future: Future[Any], value: Any, problem: BaseException | None) -> Callable[[], None]:
    if problem is not None:
        return lambda: future.set_exception(problem)
    return lambda: future.set_result(value)


def _failed(error: Exception, jobs: int) -> Unavailable:
    _log.warning("a commit failed", jobs=jobs, error=str(error))
    failure = Unavailable("the database did not take the write", fix="Look at disk space and locks.")
    failure.__cause__ = error
    return failure


def _closed() -> Unavailable:
    return Unavailable("the store is closed", fix="Start Tocsin again.")
