"""Named queries for a Postgres database that the service names as a target: what is slow, who waits for whom, what is
unused, who is connected; and the few things that help: end idle sessions, clean a table, delete old rows in batches.

    targets: {db: {kind: postgres, dsn: "env:DATABASE_URL"}}

Rows are printed as JSON, one a line, and are `rows` of a condition. A verb that only looks gets a session that cannot
write. Names of tables and columns are quoted as names, values are bound.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, ClassVar, Literal

from psycopg.sql import SQL, Identifier
from pydantic import AfterValidator, Field

from tocsin.act.actions.action import Call, CannotRun, Result
from tocsin.act.actions.postgres_link import Link, connected
from tocsin.act.actions.toolbox import Toolbox, Verb, Word, tell
from tocsin.act.guard import Level
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.duration import Duration, format_duration

Limit = Annotated[int, Field(ge=1, le=1_000, description="So many rows at most.")]
_PAUSE_S = 0.05


def _parts(value: str) -> str:
    if not all(value.split(".")) or value.count(".") > 1:
        raise ValueError("write TABLE or SCHEMA.TABLE")
    return value


Table = Annotated[Word, AfterValidator(_parts), Field(description="TABLE or SCHEMA.TABLE.")]


class SlowQueries(Verb):
    """The statements that cost most, from pg_stat_statements."""

    title = N_("Slow queries")
    level = "read"
    examples = ({}, {"limit": 5, "by": "mean"})

    limit: Limit = 20
    by: Literal["total", "mean", "calls"] = Field(default="total", description="Which cost counts.")

    def plan(self) -> str:
        return f"Reads the {self.limit} statements with the highest {self.by} in pg_stat_statements."


class LongRunning(Verb):
    """Statements that have been running for a while."""

    title = N_("Long-running statements")
    level = "read"
    examples = ({}, {"over": "5m"})

    over: Duration = Field(default=timedelta(seconds=30), description="Running for longer than this.")

    def plan(self) -> str:
        return f"Reads which statements have been running for more than {format_duration(self.over)}."


class LockWaits(Verb):
    """Who waits for a lock, since when, and who holds it."""

    title = N_("Waits for locks")
    level = "read"

    def plan(self) -> str:
        return "Reads which sessions wait for a lock, and which hold it."


class UnusedIndexes(Verb):
    """Indexes that no query has used since the statistics were reset; those that keep rows unique are left out."""

    title = N_("Unused indexes")
    level = "read"

    limit: Limit = 50

    def plan(self) -> str:
        return "Reads which indexes have never been used, largest first."


class Connections(Verb):
    """How many sessions there are in each state, against what the server permits."""

    title = N_("Connections by state")
    level = "read"

    def plan(self) -> str:
        return "Counts the sessions by database and state, against max_connections."


class TableSizes(Verb):
    """The largest tables, with their dead rows and when they were last cleaned."""

    title = N_("Largest tables")
    level = "read"

    limit: Limit = 20

    def plan(self) -> str:
        return f"Reads the {self.limit} largest tables, their dead rows and their last vacuum."


class TerminateIdle(Verb):
    """Ends sessions of this database that have done nothing for a while.

    With `in_transaction` those too that sit in an open transaction, whose work is lost: that is *destroy*.
    """

    title = N_("End idle sessions")
    level = "change"
    examples = ({}, {"over": "10m", "in_transaction": True})

    over: Duration = Field(default=timedelta(minutes=5), description="Idle for longer than this.")
    in_transaction: bool = Field(default=False, description="Also those idle in a transaction.")

    def level_of(self) -> Level:
        return "destroy" if self.in_transaction else "change"

    def plan(self) -> str:
        and_those = ", also within a transaction, which is lost" if self.in_transaction else ""
        return (
            f"Ends the sessions of the database idle for more than {format_duration(self.over)}{and_those}."
        )


class VacuumAnalyze(Verb):
    """Cleans a table of dead rows and brings its statistics up to date; readers and writers go on meanwhile."""

    title = N_("Vacuum and analyze")
    level = "change"
    idempotent = True
    examples = ({"table": "orders"}, {"table": "shop.orders"})

    table: Table

    def plan(self) -> str:
        return f"Cleans {self.table} of dead rows and brings its statistics up to date."


class CountOld(Verb):
    """How many rows are older than so many days: the question before `delete_old`."""

    title = N_("Count old rows")
    level = "read"
    examples = ({"table": "events", "column": "created_at", "days": 90},)

    table: Table
    column: Word = Field(description="The column with the time of a row.")
    days: int = Field(ge=1, le=36_500, description="Older than so many days.")

    def plan(self) -> str:
        return f"Counts the rows of {self.table} whose {self.column} is more than {self.days} days ago."


class DeleteOld(Verb):
    """Deletes rows older than so many days, a batch at a time, each a transaction of its own.

    Rows that others have locked are passed over. Cut off in the middle it has deleted whole batches, and going on
    with it again is safe.
    """

    title = N_("Delete old rows in batches")
    level = "destroy"
    idempotent = True
    examples = ({"table": "events", "column": "created_at", "days": 90, "batch": 5000},)

    table: Table
    column: Word = Field(description="The column with the time of a row.")
    days: int = Field(ge=1, le=36_500, description="Older than so many days.")
    batch: int = Field(default=1_000, ge=1, le=100_000, description="Rows of one transaction.")

    def plan(self) -> str:
        return (
            f"Deletes the rows of {self.table} whose {self.column} is more than {self.days} days ago, "
            f"{self.batch} at a time."
        )


class Postgres(Toolbox):
    title = "Postgres"
    verbs: ClassVar = (
        SlowQueries,
        LongRunning,
        LockWaits,
        UnusedIndexes,
        Connections,
        TableSizes,
        TerminateIdle,
        VacuumAnalyze,
        CountOld,
        DeleteOld,
    )

    def act(self, verb: Verb, call: Call) -> Result:
        started = time.monotonic()
        with connected(call) as link:
            result = _act(verb, link, call)
        return Result(
            well=result.well,
            why=result.why,
            rows=result.rows,
            ms=round((time.monotonic() - started) * 1000, 1),
        )


def _act(verb: Verb, link: Link, call: Call) -> Result:
    match verb:
        case SlowQueries():
            return tell(call, _slow(link, verb))
        case LongRunning():
            return tell(call, link.ask(_LONG_RUNNING, {"over": verb.over}))
        case LockWaits():
            return tell(call, link.ask(_LOCK_WAITS))
        case UnusedIndexes():
            return tell(call, link.ask(_UNUSED_INDEXES, {"limit": verb.limit}))
        case Connections():
            return tell(call, link.ask(_CONNECTIONS))
        case TableSizes():
            return tell(call, link.ask(_TABLE_SIZES, {"limit": verb.limit}))
        case TerminateIdle():
            return tell(
                call, link.ask(_TERMINATE_IDLE, {"over": verb.over, "in_transaction": verb.in_transaction})
            )
        case VacuumAnalyze():
            link.do(SQL("VACUUM (ANALYZE) {}").format(_table(verb.table)))
            return tell(call, link.ask(_ONE_TABLE, {"table": _table(verb.table).as_string(None)}))
        case CountOld():
            count = SQL(
                "SELECT count(*) AS rows, min({column}) AS oldest FROM {table} WHERE {column} < {before}"
            )
            return tell(call, link.ask(_about(count, verb), {"days": verb.days}))
        case DeleteOld():
            return _delete_old(link, verb, call)
        case _:
            raise CannotRun(f"Postgres knows no {type(verb).named()}")


def _slow(link: Link, verb: SlowQueries) -> list[dict[str, Any]]:
    if not link.ask("SELECT 1 FROM pg_extension WHERE extname = 'pg_stat_statements'"):
        raise CannotRun(
            "pg_stat_statements is not installed in this database",
            fix="Add it to shared_preload_libraries, restart Postgres, then CREATE EXTENSION pg_stat_statements.",
        )
    columns = {"total": "total_exec_time", "mean": "mean_exec_time", "calls": "calls"}
    query = SQL(
        "SELECT calls, round(total_exec_time::numeric, 1)::float AS total_ms,"
        " round(mean_exec_time::numeric, 1)::float AS mean_ms, rows, query FROM pg_stat_statements"
        " WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())"
        " ORDER BY {column} DESC LIMIT %(limit)s"
    )
    return link.ask(query.format(column=Identifier(columns[verb.by])), {"limit": verb.limit})


def _delete_old(link: Link, verb: DeleteOld, call: Call) -> Result:
    """Batch after batch. The last word is how many are gone, also where it was stopped in the middle."""
    statement = SQL(
        "DELETE FROM {table} WHERE ctid = ANY (ARRAY("
        "SELECT ctid FROM {table} WHERE {column} < {before} LIMIT %(batch)s FOR UPDATE SKIP LOCKED))"
    )
    values: Mapping[str, Any] = {"days": verb.days, "batch": verb.batch}
    deleted = batches = 0
    why = ""
    while True:
        count = link.do(_about(statement, verb), dict(values))
        deleted += count
        batches += bool(count)
        if not count:
            break
        why = call.stopped() or ("did not end in time" if link.left_s <= _PAUSE_S else "")
        if why:
            break
        time.sleep(_PAUSE_S)  # the others want to write, too
    return tell(call, [{"deleted": deleted, "batches": batches}], well=not why, why=why)


def _about(text: SQL, verb: CountOld | DeleteOld) -> Any:
    return text.format(
        table=_table(verb.table),
        column=Identifier(verb.column),
        before=SQL("now() - make_interval(days => %(days)s)"),
    )


def _table(name: str) -> Identifier:
    return Identifier(*name.split("."))


_LONG_RUNNING = """
SELECT pid, usename AS user, application_name AS application, state, wait_event_type AS waits_for,
    round(extract(epoch FROM clock_timestamp() - query_start))::int AS seconds, left(query, 500) AS query
FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'
    AND clock_timestamp() - query_start > %(over)s
ORDER BY query_start
"""
_LOCK_WAITS = """
SELECT waiting.pid, waiting.usename AS user, left(waiting.query, 500) AS query,
    round(extract(epoch FROM clock_timestamp() - waiting.query_start))::int AS seconds,
    holding.pid AS held_by, holding.state AS holder_state, left(holding.query, 500) AS holder_query,
    round(extract(epoch FROM clock_timestamp() - holding.xact_start))::int AS holder_seconds
FROM pg_stat_activity AS waiting
CROSS JOIN LATERAL unnest(pg_blocking_pids(waiting.pid)) AS blocker (pid)
JOIN pg_stat_activity AS holding ON holding.pid = blocker.pid
WHERE waiting.datname = current_database()
ORDER BY waiting.query_start
"""
_UNUSED_INDEXES = """
SELECT used.schemaname AS schema, used.relname AS table, used.indexrelname AS index,
    pg_relation_size(used.indexrelid) AS bytes
FROM pg_stat_user_indexes AS used
JOIN pg_index ON pg_index.indexrelid = used.indexrelid
WHERE used.idx_scan = 0 AND NOT pg_index.indisunique AND NOT pg_index.indisprimary
ORDER BY bytes DESC, index LIMIT %(limit)s
"""
_CONNECTIONS = """
SELECT coalesce(datname, '') AS database, coalesce(state, backend_type) AS state, count(*)::int AS sessions,
    current_setting('max_connections')::int AS permitted,
    coalesce(max(round(extract(epoch FROM clock_timestamp() - state_change))), 0)::int AS longest_s
FROM pg_stat_activity
WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
GROUP BY 1, 2 ORDER BY sessions DESC
"""
_SIZES = """
SELECT schemaname AS schema, relname AS table, pg_total_relation_size(relid) AS bytes, n_live_tup AS rows,
    n_dead_tup AS dead, greatest(last_vacuum, last_autovacuum)::text AS vacuumed,
    greatest(last_analyze, last_autoanalyze)::text AS analyzed
FROM pg_stat_user_tables
"""
_TABLE_SIZES = f"{_SIZES} ORDER BY bytes DESC LIMIT %(limit)s"
_ONE_TABLE = f"{_SIZES} WHERE relid = %(table)s::regclass"
_TERMINATE_IDLE = """
SELECT pid, usename AS user, application_name AS application, state,
    round(extract(epoch FROM clock_timestamp() - state_change))::int AS idle_s, pg_terminate_backend(pid) AS ended
FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
    AND clock_timestamp() - state_change > %(over)s
    AND (state = 'idle' OR %(in_transaction)s AND state IN (
        'idle in transaction', 'idle in transaction (aborted)'))
ORDER BY state_change
"""
