"""How are thousands of rows written at the driver's own speed? One statement, compiled once for each database.

SQLAlchemy's own executemany spends more time on each row's parameters than the database does on the row. Here
the statement is still SQLAlchemy's, but rows are turned into what the driver takes in one plain pass.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

from tocsin.ground.store import Json, Time, insert

Statement = sqlite.Insert | postgresql.Insert
_Plan = list[tuple[str, Callable[[Any], Any] | None]]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_encode = msgspec.json.Encoder().encode


_ROWS_AT_ONCE = (256, 64, 16, 4, 1)
"""On SQLite, so many rows go into one statement: few enough sizes that each is compiled once."""


class BulkInsert:
    """Inserts whole rows into `columns` of `table`; `on_conflict` completes the statement (it may bind nothing)."""

    def __init__(
        self, table: Table, columns: Collection[str], on_conflict: Callable[[Statement], Statement]
    ) -> None:
        self._table = table
        # The order of the table, since that is the order in which SQLite's statement asks for the values.
        self._columns = tuple(each.name for each in table.c if each.name in columns)
        self._on_conflict = on_conflict
        self._compiled: dict[tuple[str, int], str] = {}

    def __call__(self, conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Writes all rows in the caller's transaction."""
        plan = self._plan(conn)
        if conn.dialect.name == "sqlite":
            self._in_few_steps(conn, plan, rows)
        elif rows:
            filled = [{name: each(row[name]) if each else row[name] for name, each in plan} for row in rows]
            conn.exec_driver_sql(self._sql(conn, 1), filled)

    def _in_few_steps(self, conn: Connection, plan: _Plan, rows: Sequence[Mapping[str, Any]]) -> None:
        """Many rows a statement. A step lets go of the interpreter and has to get it back, among busy threads: a step
        for each row would cost more than the row."""
        start = 0
        for size in _ROWS_AT_ONCE:
            while len(rows) - start >= size:
                values = [
                    each(row[name]) if each else row[name]
                    for row in rows[start : start + size]
                    for name, each in plan
                ]
                conn.exec_driver_sql(self._sql(conn, size), tuple(values))
                start += size

    def _sql(self, conn: Connection, size: int) -> str:
        """The statement for `size` rows."""
        known = (conn.dialect.name, size)
        if known not in self._compiled:
            statement = self._on_conflict(insert(conn, self._table))
            whole: Any = statement  # typed as an executable, which need not compile; an insert does
            one = str(whole.compile(dialect=conn.dialect, column_keys=self._columns))
            head, values, rest = one.partition(f"({', '.join('?' for _ in self._columns)})")
            self._compiled[known] = head + ", ".join([values] * size) + rest if size > 1 else one
        return self._compiled[known]

    def _plan(self, conn: Connection) -> _Plan:
        on_sqlite = conn.dialect.name == "sqlite"
        plan: _Plan = []
        for name in self._columns:
            kind = self._table.c[name].type
            if isinstance(kind, Json):
                plan.append((name, _document))
            elif isinstance(kind, Time) and on_sqlite:
                plan.append((name, _microseconds))
            else:
                plan.append((name, None))
        return plan


def _document(value: Any) -> str | None:
    return None if value is None else _encode(value).decode()


def _microseconds(value: datetime | None) -> int | None:
    return None if value is None else (value - _EPOCH) // _MICROSECOND
