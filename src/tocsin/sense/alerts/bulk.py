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
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_encode = msgspec.json.Encoder().encode


class BulkInsert:
    """Inserts whole rows into `columns` of `table`; `on_conflict` completes the statement (it may bind nothing)."""

    def __init__(
        self, table: Table, columns: Collection[str], on_conflict: Callable[[Statement], Statement]
    ) -> None:
        self._table = table
        # The order of the table, since that is the order in which SQLite's statement asks for the values.
        self._columns = tuple(each.name for each in table.c if each.name in columns)
        self._on_conflict = on_conflict
        self._compiled: dict[str, str] = {}

    def __call__(self, conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Writes all rows in the caller's transaction."""
        if not rows:
            return
        if conn.dialect.name == "sqlite":
            # Column by column: one call of a converter for each column instead of a loop for each row.
            columns = [
                [each(row[name]) for row in rows] if each else [row[name] for row in rows]
                for name, each in self._plan(conn)
            ]
            conn.exec_driver_sql(self._sql(conn), list(zip(*columns, strict=True)))
            return
        plan = self._plan(conn)
        filled = [{name: each(row[name]) if each else row[name] for name, each in plan} for row in rows]
        conn.exec_driver_sql(self._sql(conn), filled)

    def _sql(self, conn: Connection) -> str:
        name = conn.dialect.name
        if name not in self._compiled:
            statement = self._on_conflict(insert(conn, self._table))
            whole: Any = statement  # typed as an executable, which need not compile; an insert does
            self._compiled[name] = str(whole.compile(dialect=conn.dialect, column_keys=self._columns))
        return self._compiled[name]

    def _plan(self, conn: Connection) -> list[tuple[str, Callable[[Any], Any] | None]]:
        on_sqlite = conn.dialect.name == "sqlite"
        plan: list[tuple[str, Callable[[Any], Any] | None]] = []
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
