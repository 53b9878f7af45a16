"""What would this SQL do? Statements are parsed (PostgreSQL first, then MySQL), never searched for words.

A SELECT is not always a look: a part may delete (`WITH … DELETE`), lock, or call a function that acts. Functions
that act stand in `_ACTING`; one that nobody knows is *change*. What no dialect can parse is *destroy*.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

import sqlglot
from sqlglot import Expr, exp
from sqlglot.errors import SqlglotError

from tocsin.act.guard.names import names
from tocsin.act.guard.verdict import Level, Reason, Verdict, shorten

# sqlglot logs a warning for each statement that it keeps as a bare command; those are judged below by their word.
logging.getLogger("sqlglot").setLevel(logging.ERROR)

_LONGEST = 100_000
_DIALECTS = ("postgres", "mysql")

_ACTING: dict[str, tuple[Level, str]] = {
    "pg_terminate_backend": ("destroy", "ends other sessions; their open transactions are lost"),
    "pg_cancel_backend": ("change", "cancels what other sessions are running"),
    "pg_reload_conf": ("change", "reloads the configuration"),
    "pg_rotate_logfile": ("change", "starts a new log file"),
    "pg_promote": ("destroy", "makes a replica the primary, for good"),
    "pg_drop_replication_slot": ("destroy", "drops a replication slot; its follower may need a full copy"),
    "pg_replication_slot_advance": ("destroy", "skips changes that a follower has not seen"),
    "pg_stat_reset": ("destroy", "forgets the statistics that planning and diagnosis rely on"),
    "pg_stat_statements_reset": ("destroy", "forgets the recorded queries"),
    "pg_advisory_lock": ("change", "takes a lock that others may wait for"),
    "pg_advisory_unlock_all": ("change", "releases locks"),
    "pg_switch_wal": ("change", "starts a new write-ahead log file"),
    "pg_create_restore_point": ("change", "writes a restore point"),
    "pg_logical_emit_message": ("change", "writes to the write-ahead log"),
    "pg_wal_replay_pause": ("change", "pauses replication"),
    "pg_wal_replay_resume": ("change", "resumes replication"),
    "pg_read_file": ("change", "reads files of the database server"),
    "pg_write_file": ("destroy", "writes files of the database server"),
    "pg_file_unlink": ("destroy", "removes files of the database server"),
    "lo_unlink": ("destroy", "removes a large object"),
    "lo_export": ("change", "writes a file on the database server"),
    "dblink_exec": ("destroy", "runs a statement elsewhere that is not looked into"),
    "dblink": ("destroy", "runs a statement elsewhere that is not looked into"),
    "query_to_xml": ("destroy", "runs a statement given as text"),
    "setval": ("change", "sets a sequence"),
    "nextval": ("change", "moves a sequence on"),
    "set_config": ("change", "sets a parameter"),
    "load_extension": ("destroy", "loads code into the database"),
    "sys_exec": ("destroy", "runs a program on the database server"),
    "load_file": ("change", "reads files of the database server"),
    "get_lock": ("change", "takes a lock that others may wait for"),
}
_LOOKING = names(
    """
    age clock_timestamp col_description concat_ws current_database current_schema current_schemas
    current_setting date_part format format_type greatest has_table_privilege inet_client_addr inet_client_port
    inet_server_addr inet_server_port isfinite json_agg json_array_length json_build_object json_each
    json_object_agg json_typeof jsonb_agg jsonb_array_elements jsonb_array_length jsonb_build_object jsonb_each
    jsonb_object_keys jsonb_path_query jsonb_pretty jsonb_typeof justify_interval last_insert_id least
    make_interval mode now obj_description percentile_cont percentile_disc quote_ident quote_literal
    regexp_matches row_to_json shobj_description sqlite_version statement_timestamp string_agg timeofday to_json
    to_jsonb to_regclass transaction_timestamp txid_current txid_current_snapshot version width_bucket
    sys.dm_exec_requests ps_thread_id format_bytes format_pico_time bin_to_uuid
    """
)
_COMMANDS: dict[str, tuple[Level, str]] = {
    "SHOW": ("read", "only looks"),
    "DESC": ("read", "only looks"),
    "HELP": ("read", "only looks"),
    "RESET": ("read", "sets a parameter of this session back"),
    "LOCK": ("change", "locks a table against others"),
    "VACUUM": ("change", "rewrites or cleans tables"),
    "REINDEX": ("change", "builds indexes again"),
    "REFRESH": ("change", "computes a materialised view again"),
    "CALL": ("change", "runs a procedure that is not looked into"),
    "OPTIMIZE": ("change", "rewrites tables"),
    "DO": ("destroy", "runs a block of code that is not looked into"),
    "EXECUTE": ("destroy", "runs a statement that is not looked into"),
}
_STATEMENTS: tuple[tuple[tuple[type[Expr], ...], Level, str, str], ...] = (
    ((exp.Drop,), "destroy", "drops an object with everything in it", "rename it first, drop it days later"),
    ((exp.TruncateTable,), "destroy", "empties the table", "copy the rows to another table first"),
    ((exp.Delete,), "destroy", "deletes rows", "SELECT the same rows first and keep a copy of them"),
    (
        (exp.Kill,),
        "destroy",
        "ends another session; its open transaction is lost",
        "KILL QUERY leaves the session",
    ),
    ((exp.Merge,), "change", "changes rows", ""),
    ((exp.Insert,), "change", "adds rows", ""),
    ((exp.Create,), "change", "makes a new object", ""),
    ((exp.Grant, exp.Revoke), "change", "changes who may do what", ""),
    ((exp.Analyze,), "change", "computes statistics again", ""),
    ((exp.Comment,), "change", "changes a description", ""),
    ((exp.Copy, exp.LoadData), "change", "copies data in or out", ""),
    ((exp.Lock, exp.Into), "change", "takes locks or writes a new table", "leave out FOR UPDATE or INTO"),
    ((exp.Attach, exp.Detach), "change", "attaches or detaches a database", ""),
)
_HARMLESS = (
    exp.Query,
    exp.Describe,
    exp.Use,
    exp.Transaction,
    exp.Commit,
    exp.Rollback,
    exp.Show,
    exp.Values,
)

_META_LOOKS = (
    "\\d",
    "\\l",
    "\\conninfo",
    "\\x",
    "\\timing",
    "\\echo",
    "\\pset",
    "\\encoding",
    "\\h",
    "\\?",
    "\\q",
)


def sql_level(text: str) -> Verdict:
    """The verdict on a piece of SQL, statement by statement; psql's own commands (`\\dt`) are understood too."""
    reasons: list[Reason] = []
    statements: list[str] = []
    for line in text.splitlines():
        if line.lstrip().startswith("\\"):
            reasons.append(_meta(line.strip()))
            statements.append("")
        else:
            statements.append(line)
    body = "\n".join(statements)
    if len(body) > _LONGEST:
        return Verdict.of([_unread(body, f"it is longer than {_LONGEST} characters")], parsed=False)
    if not body.strip():
        return Verdict.of(reasons)
    parsed = _parse(body)
    if parsed is None:
        return Verdict.of([*reasons, _unread(body, "it cannot be parsed as SQL")], parsed=False)
    for statement in parsed:
        reasons.extend(_judge(statement))
    return Verdict.of(reasons)


def _parse(text: str) -> list[Expr] | None:
    for dialect in _DIALECTS:
        try:
            found = sqlglot.parse(text, read=dialect)
        except (SqlglotError, RecursionError, ValueError):
            continue
        return [each for each in found if isinstance(each, Expr) and not isinstance(each, exp.Semicolon)]
    return None


def _judge(statement: Expr) -> Iterator[Reason]:
    part = shorten(_as_written(statement))
    if isinstance(statement, exp.Command):
        yield _command(statement, part)
        return
    before = 0
    for kinds, level, why, safer in _STATEMENTS:
        if any(True for _ in statement.find_all(*kinds)):
            before += 1
            yield Reason(part=part, level=level, why=why, safer=safer)
    for update in statement.find_all(exp.Update):
        before += 1
        if update.args.get("where") is None:
            yield Reason(part=part, level="destroy", why="overwrites every row", safer="add a WHERE")
        else:
            yield Reason(part=part, level="change", why="changes rows", safer="SELECT the same rows first")
    if any(str(when.args.get("then")).upper() == "DELETE" for when in statement.find_all(exp.When)):
        yield Reason(part=part, level="destroy", why="deletes rows", safer="SELECT the same rows first")
    for alter in statement.find_all(exp.Alter):
        before += 1
        drops = any(True for _ in alter.find_all(exp.Drop))
        if not drops:
            yield Reason(part=part, level="change", why="changes the form of an object")
    for setting in statement.find_all(exp.Set):
        before += 1
        wide = any(item.args.get("kind") in ("GLOBAL", "PERSIST") for item in setting.find_all(exp.SetItem))
        if wide:
            yield Reason(part=part, level="change", why="sets a parameter for everybody")
        else:
            yield Reason(part=part, level="read", why="sets a parameter of this session only")
    if isinstance(statement, exp.Pragma):
        before += 1
        writes = any(True for _ in statement.find_all(exp.EQ))
        yield Reason(
            part=part, level="change" if writes else "read", why="asks or sets a property of the database"
        )
    for call in statement.find_all(exp.Anonymous):
        acting = _function(call.name.lower())
        if acting is not None:
            before += 1
            yield Reason(part=part, level=acting[0], why=f"{call.name}() {acting[1]}")
    if before == 0:
        if isinstance(statement, _HARMLESS):
            yield Reason(part=part, level="read", why="only looks")
        else:
            yield Reason(part=part, level="change", why="this kind of statement is not known")


def _function(name: str) -> tuple[Level, str] | None:
    if name in _ACTING:
        return _ACTING[name]
    if name in _LOOKING or name.startswith(("pg_", "json", "array_", "to_", "st_")):
        return None
    return "change", "is not known and may act"


def _command(statement: exp.Command, part: str) -> Reason:
    word = str(statement.this).strip().upper()
    rest = statement.expression
    tail = (rest.name if isinstance(rest, Expr) else str(rest or "")).strip()
    if word == "EXPLAIN":
        return _explain(tail, part)
    if word == "VACUUM" and tail.upper().startswith("FULL"):
        return Reason(
            part=part, level="change", why="rewrites the table and locks it meanwhile", safer="VACUUM alone"
        )
    first = word.split(maxsplit=1)[0] if word else ""
    level, why = _COMMANDS.get(first, ("change", "is not known"))
    return Reason(part=part, level=level, why=f"{first} {why}")


def _explain(tail: str, part: str) -> Reason:
    """EXPLAIN looks; EXPLAIN ANALYZE runs the statement."""
    options, _, inner = tail.partition(")") if tail.startswith("(") else ("", "", tail)
    runs = "ANALYZE" in options.upper()
    words = inner.split()
    while words and words[0].upper() in ("ANALYZE", "VERBOSE"):
        runs = runs or words.pop(0).upper() == "ANALYZE"
        if words and words[0].upper() == "VERBOSE":
            words.pop(0)
    if not runs:
        return Reason(part=part, level="read", why="EXPLAIN shows the plan and runs nothing")
    level = sql_level(" ".join(words)).level
    return Reason(
        part=part, level=level, why="EXPLAIN ANALYZE runs the statement", safer="EXPLAIN without ANALYZE"
    )


def _meta(line: str) -> Reason:
    if line.startswith(_META_LOOKS):
        return Reason(part=shorten(line), level="read", why="a command of psql that only looks")
    return Reason(
        part=shorten(line),
        level="destroy",
        why="a command of psql that runs files or programs, or is not known",
    )


def _unread(text: str, why: str) -> Reason:
    return Reason(part=shorten(text), level="destroy", why=why, safer="split it, or correct it")


def _as_written(statement: Expr) -> str:
    try:
        return statement.sql(dialect="postgres")
    except (SqlglotError, RecursionError, ValueError):
        return type(statement).__name__.upper()
