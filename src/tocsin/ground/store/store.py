"""How is the database opened, read and written?

On SQLite: WAL, `synchronous=FULL` (what was answered is on the disk), one door for every write. On Postgres: a pool,
each write a transaction of its own, repeated when the database says that it lost a race (40001, 40P01).
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

from tocsin.ground.kernel.errors import Invalid, Unavailable
from tocsin.ground.store.door import Door

T = TypeVar("T")
_LOST_RACE = {"40001", "40P01"}
# Gone, locked, read only since a failover, every connection taken: it may be back in a moment.
_AWAY = (OperationalError, InterfaceError, InternalError, NoConnection)
_PRAGMAS = (
    "PRAGMA busy_timeout=5000",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA cache_size=-16000",
    # In pages: a page that many commits change is then copied into the database once, not every few of them.
    "PRAGMA wal_autocheckpoint=4000",
)
_POSTGRES = (
    "-c timezone=UTC",
    "-c statement_timeout=30000",
    # A process that was stopped within a transaction holds its locks, and every follower of the timeline, no longer.
    "-c idle_in_transaction_session_timeout=10000",
)


def database_of(folder: Path, configured: str | None) -> str:
    """The URL of the database: as configured, else `tocsin.db` beside the configuration.

    A relative SQLite path is meant from the configuration's folder, not from wherever the command was typed.
    """
    url = configured or "sqlite:///tocsin.db"
    if url.startswith("sqlite:///"):
        path = Path(url.removeprefix("sqlite:///"))
        return f"sqlite:///{path if path.is_absolute() else folder.resolve() / path}"
    if url.startswith(("postgresql://", "postgres://", "postgresql+psycopg://")):
        return f"postgresql+psycopg://{url.split('://', 1)[1]}"
    raise Invalid(
        "database: only sqlite:///PATH and postgresql://… are known",
        field="database",
        fix="Leave `database:` out for a file beside the configuration.",
    )


class Store:
    """One database, shared by all rooms."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.is_sqlite = engine.dialect.name == "sqlite"
        self._door = Door(engine) if self.is_sqlite else None

    @classmethod
    def open(cls, url: str, *, pool: int = 8) -> Store:
        """Opens (SQLite: creates) the database at `url`; see `database_of`. Raises Unavailable when it cannot."""
        if make_url(url).get_backend_name() == "sqlite":
            engine = create_engine(url, connect_args={"isolation_level": None, "check_same_thread": False})
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
        else:
            engine = create_engine(
                url,
                pool_size=pool,
                max_overflow=8,
                pool_pre_ping=True,
                connect_args={"connect_timeout": 5, "options": " ".join(_POSTGRES)},
            )
        try:
            with engine.connect():
                pass
        except DBAPIError as error:
            raise Unavailable(
                f"the database cannot be opened: {error.orig}", field="database", fix="Look at `database:`."
            ) from error
        return cls(engine)

    @contextmanager
    def read(self) -> Generator[Connection]:
        """A connection on one snapshot. Keep it short; write nothing. Raises Unavailable while it cannot be read."""
        try:
            with self.engine.connect() as conn:
                if self.is_sqlite:
                    conn.info["reading"] = True
                try:
                    yield conn
                finally:
                    conn.rollback()
                    conn.info.pop("reading", None)
        except _AWAY as error:
            raise Unavailable(
                "the database could not be read", fix="Look at its log, disk and connections."
            ) from error

    def write(self, job: Callable[[Connection], T]) -> T:
        """Runs `job` in a transaction and returns its value once that is durable.

        The job may run twice (a lost race on Postgres): nothing but SQL belongs into it.
        """
        if self._door:
            self._not_inside(self._door)
            return self._door.submit(job).result()
        return self._transact(job)

    def intake(self, job: Callable[[Connection], T]) -> T:
        """As `write`, in the lane of the alert ledger."""
        if self._door:
            self._not_inside(self._door)
            return self._door.intake(job)
        return self._transact(job)

    def submit(self, job: Callable[[Connection], T]) -> Future[T]:
        """As `write`, without waiting. On Postgres it is done on return."""
        if self._door:
            return self._door.submit(job)
        future: Future[T] = Future()
        try:
            future.set_result(self._transact(job))
        except Exception as error:
            future.set_exception(error)
        return future

    def _not_inside(self, door: Door) -> None:
        if door.is_mine:
            raise RuntimeError("a job must not write through the door again: pass its connection on")

    def _transact(self, job: Callable[[Connection], T]) -> T:
        for attempt in range(5):
            try:
                with self.engine.begin() as conn:
                    return job(conn)
            except _AWAY as error:
                reason = error.orig if isinstance(error, DBAPIError) else None
                if getattr(reason, "sqlstate", None) in _LOST_RACE and attempt < 4:
                    continue
                raise Unavailable(
                    "the database did not take the write", fix="Look at its log, disk and connections."
                ) from error
        raise AssertionError("unreachable")

    def close(self) -> None:
        if self._door:
            self._door.close()
        self.engine.dispose()


def _prepare_sqlite(connection: DBAPIConnection, _record: Any) -> None:
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin_sqlite(conn: Connection) -> None:
    # A reader that is also marked as one never takes the write lock; the door takes it at once, so that a
    # transaction cannot fail half way for want of it.
    conn.exec_driver_sql("BEGIN" if conn.info.get("reading") else "BEGIN IMMEDIATE")
