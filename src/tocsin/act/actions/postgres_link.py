"""How does an action speak to a Postgres database? One connection to the target's dsn, bounded by the step's deadline.

A step of level *read* gets a session that cannot write. Each statement ends at the deadline of the step at the latest.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import dict_row
from psycopg.sql import SQL, Composed

from tocsin.act.actions.action import Call, CannotRun
from tocsin.act.actions.toolbox import setting
from tocsin.ground.kernel.outbound import OutboundFailed
from tocsin.ground.kernel.secret import scrub

Row = dict[str, Any]
Query = LiteralString | SQL | Composed
"""A text of ours, with names put in as names: what a stranger wrote is bound as a value."""
_FIX = "Give the target a dsn such as env:DATABASE_URL."


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """A session. `ask` and `do` raise OutboundFailed with what the server said."""

    conn: psycopg.Connection[Row]
    deadline: float

    def ask(self, query: Query, values: dict[str, Any] | None = None) -> list[Row]:
        """The rows of one query. Values are bound, never text."""
        with self._bounded():
            return self.conn.execute(query, values).fetchall()

    def do(self, statement: Query, values: dict[str, Any] | None = None) -> int:
        """How many rows a statement touched; each is a transaction of its own."""
        with self._bounded():
            return self.conn.execute(statement, values).rowcount

    @property
    def left_s(self) -> float:
        return self.deadline - time.monotonic()

    @contextmanager
    def _bounded(self) -> Generator[None]:
        left = int(self.left_s * 1000)
        if left <= 0:
            raise OutboundFailed("did not end in time")
        with _told():
            self.conn.execute(SQL("SET statement_timeout = {}").format(left))
            yield


@contextmanager
def connected(call: Call, *, database: str = "") -> Generator[Link]:
    """A session on the step's target, or on another database of the same server."""
    deadline = time.monotonic() + call.timeout_s
    read_only = "on" if call.level == "read" else "off"
    try:
        target = make_conninfo(
            dsn(call),
            options=f"-c default_transaction_read_only={read_only}",
            connect_timeout=min(10, max(2, int(call.timeout_s))),
            application_name="tocsin",
            **({"dbname": database} if database else {}),
        )
    except psycopg.Error:
        raise CannotRun("the dsn of the target cannot be read", fix=_FIX) from None
    with _told():
        conn = psycopg.Connection[Row].connect(target, autocommit=True, row_factory=dict_row)
    with conn:
        yield Link(conn=conn, deadline=deadline)


def dsn(call: Call) -> str:
    """Where the database of the step is. Raises CannotRun."""
    found = setting(call, "dsn", "") or setting(call, "url", "")
    if not found:
        raise CannotRun("this step names no target with a `dsn`", fix=_FIX)
    return found.replace("postgresql+psycopg://", "postgresql://", 1)


def environment(call: Call) -> dict[str, str]:
    """The same place as the variables that libpq's programs read, so that no password stands among arguments."""
    try:
        told = conninfo_to_dict(dsn(call))
    except psycopg.Error:
        raise CannotRun("the dsn of the target cannot be read", fix=_FIX) from None
    return {variable: str(told[name]) for name, variable in _VARIABLES.items() if told.get(name) is not None}


_VARIABLES = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "connect_timeout": "PGCONNECT_TIMEOUT",
}


@contextmanager
def _told() -> Generator[None]:
    try:
        yield
    except psycopg.Error as error:
        raise OutboundFailed(scrub(str(error).strip())) from error
