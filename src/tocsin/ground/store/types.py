"""How is a time, a document or an upsert written on both databases?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Connection, Dialect, MetaData, Table, Text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import DateTime, TypeDecorator, TypeEngine

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Time(TypeDecorator[datetime]):
    """A moment: zone-aware UTC in the code, microseconds since 1970 on SQLite, timestamptz on Postgres.

    Integers compare and index exactly; text in SQLite would sort wrongly once fractions differ in length.
    """

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(DateTime(timezone=True))
        return dialect.type_descriptor(BigInteger())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone never reaches the store")
        return value if dialect.name == "postgresql" else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if isinstance(value, datetime):
            return value.astimezone(UTC)
        return _EPOCH + timedelta(microseconds=value)


class Json(TypeDecorator[Any]):
    """Any JSON value: text on SQLite, jsonb on Postgres. None is SQL's NULL."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.JSONB(none_as_null=True))
        return dialect.type_descriptor(Text())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        if value is None:
            return None
        return value if dialect.name == "postgresql" else msgspec.json.encode(value).decode()

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return msgspec.json.decode(value) if isinstance(value, str) and dialect.name == "sqlite" else value


def insert(conn: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An insert that knows `on_conflict_do_nothing` and `on_conflict_do_update` on the database at hand."""
    return postgresql.insert(table) if conn.dialect.name == "postgresql" else sqlite.insert(table)


@cache
def _adding(
    dialect: str, table: Table, unless: tuple[str, ...], renewing: tuple[str, ...]
) -> sqlite.Insert | postgresql.Insert:
    statement = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    if renewing:
        fresh = {name: statement.excluded[name] for name in renewing}
        statement = statement.on_conflict_do_update(index_elements=unless, set_=fresh)
    elif unless:
        statement = statement.on_conflict_do_nothing(index_elements=unless)
    return statement.execution_options(preserve_rowcount=True)


def add(
    conn: Connection,
    table: Table,
    values: Mapping[str, Any],
    *,
    unless: tuple[str, ...] = (),
    renewing: tuple[str, ...] = (),
) -> bool:
    """Writes one row; where one with the same `unless` stands, nothing, or its columns `renewing` anew.

    Returns whether anything was written. The statement is built once: building it again for each row takes several
    times as long as running it.
    """
    return conn.execute(_adding(conn.dialect.name, table, unless, renewing), values).rowcount > 0
