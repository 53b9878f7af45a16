"""Asks a database by a statement that reads, and judges its rows.

    - {name: orders, kind: sql, dsn: "env:DATABASE_URL", query: "SELECT count(*) FROM job", expect: "value < 9.0"}

Postgres (`postgresql://…`) or a file of SQLite (`sqlite:///PATH`). The connection cannot write. `expect` is a condition
over `rows` (the first hundred, each a map by column), `value` (the first column of the first row, where it is a number)
and `ms`; without it, an answer is well.
"""

from __future__ import annotations

import decimal
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import psycopg
from psycopg.conninfo import make_conninfo
from pydantic import AfterValidator, Field

from tocsin.act.checks.finding import Finding
from tocsin.act.checks.probe import CheckSettings, Expectation, Probe, judged
from tocsin.act.guard import judge
from tocsin.ground.kernel.errors import Invalid
from tocsin.ground.kernel.outbound import OutboundFailed
from tocsin.ground.kernel.secret import SecretOrText, reveal, scrub

_ROWS = 100
_CONNECT_LEAST_S = 2
_Rows = list[dict[str, Any]]


def _only_reads(text: str) -> str:
    if judge("sql", text).level != "read":
        raise ValueError("a check only reads; write a SELECT")
    return text


class SqlSettings(CheckSettings):
    dsn: SecretOrText = Field(description="postgresql://… or sqlite:///PATH, best as env:DATABASE_URL.")
    query: Annotated[str, AfterValidator(_only_reads)] = Field(
        min_length=1, max_length=16_384, description="One statement that reads."
    )
    expect: Expectation = Field(default="ms >= 0.0", description="Condition over rows, value and ms.")


class Sql(Probe[SqlSettings]):
    title = "SQL query"
    Settings = SqlSettings
    examples = (
        {
            "name": "waiting jobs",
            "kind": "sql",
            "dsn": "env:DATABASE_URL",
            "query": "SELECT count(*) FROM job WHERE state = 'waiting'",
            "expect": "value < 1000.0",
        },
    )

    def look(self) -> Finding:
        settings = self.settings
        dsn = reveal(settings.dsn)
        begun = time.monotonic()
        try:
            rows = self._sqlite(dsn, begun) if dsn.startswith("sqlite:") else self._postgres(dsn)
        except (sqlite3.Error, psycopg.Error) as error:
            raise OutboundFailed(scrub(str(error).strip() or type(error).__name__)) from None
        ms = round((time.monotonic() - begun) * 1000, 1)
        first = next(iter(rows[0].values()), None) if rows else None
        value = float(first) if isinstance(first, int | float) and not isinstance(first, bool) else None
        outcome: dict[str, Any] = {"rows": rows, "ms": ms}
        if value is not None:
            outcome["value"] = value
        text = f"{first} in {ms:.0f} ms" if len(rows) == 1 else f"{len(rows)} rows in {ms:.0f} ms"
        return judged(settings, settings.expect, outcome, text=text[:200], ms=ms, default=value)

    def _sqlite(self, dsn: str, begun: float) -> _Rows:
        path = Path(dsn.removeprefix("sqlite:///"))
        if not path.is_file():
            raise Invalid(f"there is no database at {path}", field="dsn", fix="Write sqlite:///PATH.")
        uri = f"file:{quote(str(path.resolve()))}?mode=ro"
        deadline = begun + self.timeout_s
        with closing(sqlite3.connect(uri, uri=True, timeout=self.timeout_s)) as conn:
            conn.set_progress_handler(lambda: time.monotonic() > deadline, 10_000)
            cursor = conn.execute(self.settings.query)
            return _rows([each[0] for each in cursor.description or ()], cursor.fetchmany(_ROWS))

    def _postgres(self, dsn: str) -> _Rows:
        limit_ms = int(self.timeout_s * 1000)
        target = make_conninfo(
            dsn.replace("postgresql+psycopg://", "postgresql://", 1),
            options=f"-c statement_timeout={limit_ms} -c default_transaction_read_only=on",
            connect_timeout=max(_CONNECT_LEAST_S, int(self.timeout_s)),
        )
        with psycopg.connect(target, autocommit=True) as conn:
            cursor = conn.execute(self.settings.query.encode())
            return _rows([each.name for each in cursor.description or ()], cursor.fetchmany(_ROWS))


def _rows(names: list[str], found: list[Any]) -> _Rows:
    return [{name: _plain(value) for name, value in zip(names, row, strict=True)} for row in found]


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, decimal.Decimal):
        return float(value)
    return str(value)
