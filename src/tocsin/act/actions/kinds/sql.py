"""Statements for a database that the service names as a target (`on:`), with values as bound parameters.

A step of level *read* gets a connection that cannot write: the guard's reading of the text is not the last word.
Rows are printed as JSON, one a line; the last statement's rows are `rows` of a condition.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

import psycopg
from psycopg.conninfo import make_conninfo

from tocsin.act.actions.action import Action, Call, CannotRun, Result
from tocsin.act.actions.statements import Statement, split
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.secret import Secret, reveal, scrub

ROWS = 1_000
"""So many rows stand in `rows`; all of them are printed."""


class Sql(Action):
    title = N_("SQL statements")

    def run(self, call: Call) -> Result:
        statements = split(call.text, call.values)
        if not statements:
            raise CannotRun("there is no statement")
        dsn = _dsn(call)
        started = time.monotonic()
        rows: tuple[dict[str, Any], ...] | None = None
        why = ""
        try:
            with call.out.open("w") as out:
                query = _sqlite if dsn.startswith("sqlite:") else _postgres
                rows = query(dsn, statements, call, out)
        except (sqlite3.Error, psycopg.Error) as error:
            why = scrub(str(error).strip())
            call.err.write_text(f"{why}\n")
        return Result(well=not why, why=why, rows=rows, ms=round((time.monotonic() - started) * 1000, 1))


def _dsn(call: Call) -> str:
    if not call.target:
        raise CannotRun("this step names no database", fix="Write `On: NAME` with a target of the service.")
    found = call.target.get("dsn") or call.target.get("url") or call.target.get("path")
    if not isinstance(found, str | Secret):
        raise CannotRun("the target has no `dsn`", fix="Give the target a dsn such as env:DATABASE_URL.")
    dsn = reveal(found)
    if "://" not in dsn and call.target.get("kind") == "sqlite":
        return f"sqlite:///{dsn}"
    return dsn


def _sqlite(
    dsn: str, statements: Sequence[Statement], call: Call, out: IO[str]
) -> tuple[dict[str, Any], ...]:
    path = dsn.removeprefix("sqlite:///")
    if not Path(path).is_file():
        raise CannotRun(f"there is no database at {path}")
    mode = "ro" if call.level == "read" else "rw"
    uri = f"file:{quote(str(Path(path).resolve()))}?mode={mode}"
    deadline = time.monotonic() + call.timeout_s
    with closing(sqlite3.connect(uri, uri=True, isolation_level=None, timeout=call.timeout_s)) as conn:
        conn.set_progress_handler(lambda: time.monotonic() > deadline or bool(call.stopped()), 10_000)
        kept: tuple[dict[str, Any], ...] = ()
        for statement in statements:
            cursor = conn.execute(statement.named, statement.values)
            if cursor.description:
                kept = _print(out, [column[0] for column in cursor.description], cursor)
        return kept


def _postgres(
    dsn: str, statements: Sequence[Statement], call: Call, out: IO[str]
) -> tuple[dict[str, Any], ...]:
    read_only = "on" if call.level == "read" else "off"
    options = (
        f"-c statement_timeout={int(call.timeout_s * 1000)} -c default_transaction_read_only={read_only}"
    )
    url = dsn.replace("postgresql+psycopg://", "postgresql://", 1)
    target = make_conninfo(url, options=options, connect_timeout=min(10, max(2, int(call.timeout_s))))
    with psycopg.connect(target, autocommit=True) as conn:
        kept: tuple[dict[str, Any], ...] = ()
        for statement in statements:
            # The text is the runbook's own; what varies stands in `values`.
            cursor = conn.execute(statement.formatted.encode(), statement.values or None)
            if cursor.description:
                kept = _print(out, [column.name for column in cursor.description], cursor)
        return kept


def _print(out: IO[str], names: Sequence[str], found: Iterable[Sequence[Any]]) -> tuple[dict[str, Any], ...]:
    kept: list[dict[str, Any]] = []
    for row in _as_json(names, found):
        out.write(json.dumps(row, ensure_ascii=False) + "\n")
        if len(kept) < ROWS:
            kept.append(row)
    return tuple(kept)


def _as_json(names: Sequence[str], found: Iterable[Sequence[Any]]) -> Iterator[dict[str, Any]]:
    for row in found:
        yield {name: _plain(value) for name, value in zip(names, row, strict=True)}


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list | dict):
        return json.loads(json.dumps(value, default=str))
    return str(value)
