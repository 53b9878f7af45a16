"""What do statements and functions of a database do? By their first words, by their form, by their name.

Sources: postgresql.org/docs (SQL commands; system administration functions), dev.mysql.com/doc (SQL statements;
locking, information and miscellaneous functions), mariadb.com/kb.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import Expr, exp

from tocsin.act.guard.names import names
from tocsin.act.guard.verdict import Level


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement that is known by its first words; the longest match wins."""

    words: str
    level: Level
    does: str
    safer: str = ""

    @property
    def example(self) -> str:
        return f"{self.words} thing"


def _statements(level: Level, does: str, words: str, safer: str = "") -> Iterator[Statement]:
    return (Statement(line.strip(), level, does, safer) for line in words.strip().splitlines())


STATEMENTS: tuple[Statement, ...] = (
    *_statements(
        "read",
        "only looks",
        """SHOW
        HELP
        CHECK TABLE
        CHECKSUM TABLE
        XA RECOVER
        LIST""",
    ),
    *_statements(
        "read",
        "moves through rows that a query found",
        """FETCH
        MOVE
        CLOSE""",
    ),
    *_statements(
        "read",
        "begins, marks or ends a transaction",
        """BEGIN
        START TRANSACTION
        COMMIT
        END
        ROLLBACK
        ABORT
        SAVEPOINT
        RELEASE""",
    ),
    *_statements(
        "read",
        "sets something for this session only",
        """RESET
        DISCARD
        DEALLOCATE
        LISTEN
        UNLISTEN
        UNLOCK TABLES
        SET""",
    ),
    *_statements(
        "change",
        "settles a transaction that was prepared",
        """COMMIT PREPARED
        XA""",
    ),
    *_statements(
        "destroy",
        "throws a prepared transaction away",
        "ROLLBACK PREPARED",
        "SELECT * FROM pg_prepared_xacts shows whose it is; COMMIT PREPARED keeps its work",
    ),
    *_statements(
        "change",
        "sets something for everybody",
        """SET GLOBAL
        SET PERSIST
        SET PERSIST_ONLY
        SET PASSWORD
        SET DEFAULT ROLE
        ALTER SYSTEM
        RESET PERSIST""",
        "set it for this session only, without GLOBAL",
    ),
    *_statements(
        "change",
        "locks a table against others",
        """LOCK
        FLUSH TABLES WITH READ LOCK""",
    ),
    *_statements(
        "change",
        "reloads or closes what the server keeps open",
        """FLUSH
        CHECKPOINT
        NOTIFY
        CACHE INDEX""",
    ),
    *_statements(
        "change",
        "rewrites or cleans tables",
        """VACUUM
        OPTIMIZE
        REPAIR
        REINDEX
        CLUSTER
        REFRESH
        ANALYZE""",
    ),
    *_statements(
        "change", "rewrites the table and locks it meanwhile", "VACUUM FULL", "VACUUM alone locks nobody out"
    ),
    *_statements(
        "change",
        "starts, stops or turns replication",
        """START REPLICA
        START SLAVE
        START GROUP_REPLICATION
        STOP REPLICA
        STOP SLAVE
        STOP GROUP_REPLICATION
        CHANGE MASTER
        CHANGE REPLICATION""",
    ),
    *_statements(
        "destroy",
        "forgets where replication stands, or its logs",
        """RESET MASTER
        RESET SLAVE
        RESET REPLICA
        RESET BINARY
        PURGE""",
        "SHOW BINARY LOGS and SHOW REPLICA STATUS tell what is still needed",
    ),
    *_statements(
        "change",
        "changes objects or who owns them",
        """RENAME
        REASSIGN
        SECURITY LABEL
        IMPORT FOREIGN SCHEMA
        ALTER
        CREATE
        COMMENT
        ATTACH
        DETACH""",
    ),
    *_statements("change", "puts rows in the place of others", "REPLACE", "SELECT the same rows first"),
    *_statements(
        "change",
        "loads rows from a file",
        """LOAD DATA
        LOAD XML
        IMPORT TABLE""",
    ),
    *_statements("change", "runs a procedure that is not looked into", "CALL"),
    *_statements("change", "keeps a statement for later", "PREPARE"),
    *_statements(
        "destroy",
        "runs a statement or code that is not looked into",
        """EXECUTE
        DO""",
        "write the statements out",
    ),
    *_statements(
        "destroy",
        "loads code into the server",
        """LOAD
        INSTALL""",
        "SHOW PLUGINS, or SELECT * FROM pg_extension, shows what is loaded",
    ),
    *_statements(
        "destroy",
        "stops or restarts the server",
        """SHUTDOWN
        RESTART""",
        "stop it through its service, when nobody works",
    ),
    *_statements(
        "destroy",
        "drops an object with everything in it",
        """DROP
        UNINSTALL""",
        "rename it first, drop it days later",
    ),
    *_statements(
        "destroy",
        "ends another session; its open transaction is lost",
        """KILL
        KILL CONNECTION""",
        "KILL QUERY cancels the statement and leaves the session",
    ),
    *_statements("change", "cancels what another session is running", "KILL QUERY"),
)
"""Statements known by their first words. What the parser understands is judged by its form first."""


@dataclass(frozen=True, slots=True)
class Form:
    """A statement, or a part of one, that is known by its form in the parsed tree, wherever it stands."""

    kinds: tuple[type[Expr], ...]
    level: Level
    does: str
    example: str
    safer: str = ""


FORMS: tuple[Form, ...] = (
    Form(
        (exp.Drop,),
        "destroy",
        "drops an object with everything in it",
        "DROP TABLE orders",
        "rename it first, drop it days later",
    ),
    Form(
        (exp.TruncateTable,),
        "destroy",
        "empties the table",
        "TRUNCATE orders",
        "copy the rows to another table first",
    ),
    Form(
        (exp.Delete,),
        "destroy",
        "deletes rows",
        "WITH gone AS (DELETE FROM orders RETURNING id) SELECT count(*) FROM gone",
        "SELECT the same rows first and keep a copy of them",
    ),
    Form(
        (exp.Merge,),
        "change",
        "changes rows",
        "MERGE INTO a USING b ON a.x = b.x WHEN MATCHED THEN DO NOTHING",
    ),
    Form((exp.Insert,), "change", "adds rows", "INSERT INTO log VALUES (1)"),
    Form((exp.Create,), "change", "makes a new object", "CREATE INDEX by_day ON orders (day)"),
    Form((exp.Grant, exp.Revoke), "change", "changes who may do what", "GRANT SELECT ON orders TO reader"),
    Form((exp.Analyze,), "change", "computes statistics again", "ANALYZE orders"),
    Form((exp.Comment,), "change", "changes a description", "COMMENT ON TABLE orders IS 'old'"),
    Form(
        (exp.Lock,),
        "change",
        "takes locks that others may wait for",
        "SELECT * FROM orders FOR UPDATE",
        "leave out FOR UPDATE",
    ),
    Form(
        (exp.Into,),
        "change",
        "writes a new table",
        "SELECT * INTO copy FROM orders",
        "leave out INTO",
    ),
    Form((exp.Alter,), "change", "changes the form of an object", "ALTER TABLE orders ADD COLUMN note text"),
)
"""Statements known by their form. UPDATE, SET and PRAGMA depend on more than their form and stand in the code."""


@dataclass(frozen=True, slots=True)
class Function:
    name: str
    level: Level
    does: str
    safer: str = ""

    @property
    def example(self) -> str:
        return f"SELECT {self.name}('thing')"


def _functions(level: Level, does: str, told: str, safer: str = "") -> Iterator[Function]:
    return (Function(name, level, does, safer) for name in told.split())


_ACTING: tuple[Function, ...] = (
    *_functions(
        "destroy",
        "ends other sessions; their open transactions are lost",
        "pg_terminate_backend",
        "pg_cancel_backend() cancels the query and leaves the session",
    ),
    *_functions("change", "cancels what other sessions are running", "pg_cancel_backend"),
    *_functions("change", "reloads the configuration", "pg_reload_conf"),
    *_functions("change", "starts a new file of the log", "pg_rotate_logfile pg_switch_wal pg_switch_xlog"),
    *_functions(
        "destroy",
        "makes a replica the primary, for good",
        "pg_promote",
        "look at its lag first: pg_last_xact_replay_timestamp()",
    ),
    *_functions(
        "destroy",
        "drops a replication slot or its origin; its follower may need a full copy",
        "pg_drop_replication_slot pg_replication_origin_drop",
        "look into pg_replication_slots whether anybody still uses it",
    ),
    *_functions(
        "change",
        "makes a replication slot, which keeps log files until somebody reads them",
        """pg_create_physical_replication_slot pg_create_logical_replication_slot
        pg_copy_physical_replication_slot pg_copy_logical_replication_slot pg_replication_origin_create""",
    ),
    *_functions(
        "destroy",
        "takes or skips changes that a follower has not seen",
        """pg_replication_slot_advance pg_logical_slot_get_changes pg_logical_slot_get_binary_changes
        pg_replication_origin_advance""",
        "pg_logical_slot_peek_changes() only looks",
    ),
    *_functions(
        "destroy",
        "forgets the statistics that planning and diagnosis rely on",
        """pg_stat_reset pg_stat_statements_reset pg_stat_reset_shared pg_stat_reset_slru
        pg_stat_reset_replication_slot pg_stat_reset_subscription_stats pg_stat_reset_single_table_counters
        pg_stat_reset_single_function_counters pg_clear_relation_stats pg_clear_attribute_stats""",
        "keep a copy of the statistics in a table first",
    ),
    *_functions(
        "change",
        "takes a lock that others may wait for, or gives it back",
        """pg_advisory_lock pg_advisory_lock_shared pg_advisory_xact_lock pg_advisory_xact_lock_shared
        pg_try_advisory_lock pg_try_advisory_lock_shared pg_try_advisory_xact_lock pg_advisory_unlock
        pg_advisory_unlock_shared pg_advisory_unlock_all get_lock release_lock release_all_locks""",
    ),
    *_functions(
        "change",
        "writes into the log of the database",
        "pg_create_restore_point pg_logical_emit_message pg_log_standby_snapshot pg_log_backend_memory_contexts",
    ),
    *_functions(
        "change",
        "begins or ends a backup",
        "pg_start_backup pg_stop_backup pg_backup_start pg_backup_stop",
    ),
    *_functions("change", "pauses or resumes replication", "pg_wal_replay_pause pg_wal_replay_resume"),
    *_functions(
        "change",
        "fills or empties caches",
        "pg_prewarm pg_buffercache_evict pg_buffercache_evict_all pg_buffercache_evict_relation",
    ),
    *_functions(
        "change",
        "sets statistics or collations of the catalogue",
        """pg_set_relation_stats pg_set_attribute_stats pg_restore_relation_stats pg_restore_attribute_stats
        pg_import_system_collations""",
    ),
    *_functions("change", "sends a message to those who listen", "pg_notify"),
    *_functions(
        "destroy",
        "writes, moves or removes files of the database server",
        "pg_write_file pg_file_write pg_file_unlink pg_file_rename pg_file_sync",
        "pg_read_file() only reads",
    ),
    *_functions("destroy", "removes a large object", "lo_unlink", "lo_export() writes it into a file first"),
    *_functions(
        "change", "writes a file on the database server, or a large object", "lo_export lo_import lo_put"
    ),
    *_functions(
        "destroy",
        "marks rows as dead or alive against the record",
        "heap_force_kill heap_force_freeze",
        "restore from a backup",
    ),
    *_functions(
        "destroy",
        "runs a statement or a program that is not looked into",
        """dblink dblink_exec dblink_send_query query_to_xml query_to_xml_and_xmlschema cursor_to_xml sys_exec
        sys_eval xp_cmdshell run_command_on_workers run_command_on_shards""",
        "run the statement where it belongs, written out",
    ),
    *_functions("change", "sets or moves on a sequence", "setval nextval"),
    *_functions("change", "sets a parameter", "set_config"),
    *_functions(
        "destroy", "loads code into the database", "load_extension", "load it where the server starts"
    ),
    *_functions(
        "change",
        "runs a job, now or later, that is not looked into",
        "schedule schedule_in_database run_job alter_job add_job",
    ),
    *_functions(
        "destroy",
        "removes a job from the timetable",
        "unschedule delete_job",
        "SELECT * FROM cron.job keeps a copy; alter_job() pauses it",
    ),
    *_functions(
        "destroy",
        "drops a part of the table with its rows",
        "drop_chunks remove_retention_policy master_drop_sequences drop_partition",
        "copy the rows to another table first",
    ),
)
FUNCTIONS: dict[str, Function] = {each.name: each for each in _ACTING}
"""Functions that act. Any other is judged by its name: one that says delete destroys, one nobody knows may act."""

LOOKING = names(
    """
    age clock_timestamp col_description concat_ws convert_from convert_to crypt current_database current_schema
    current_schemas current_setting currval lastval database date_add date_bin date_diff date_format date_part
    date_trunc daterange dense_rank encode decode enum_range family first_value format format_bytes
    format_pico_time format_type found_rows from_unixtime gen_random_uuid generate_series generate_subscripts
    get_byte greatest hashtext host index_size isempty isfinite isnumeric justify_days justify_hours
    justify_interval last_insert_id last_value lag lead least load_file make_interval make_timestamp masklen md5 mode
    network now ntile num_nonnulls num_nulls numnode obj_description octet_length percent_rank percentile_cont
    percentile_disc ps_thread_id quote_ident quote_literal quote_nullable rank row_count row_number row_to_json
    schema server_version setseed similarity shobj_description sleep sqlite_version statement_timestamp
    statement_digest string_agg string_to_array timeofday transaction_timestamp txid_current
    txid_current_snapshot txid_status unnest unixepoch user uuid version width_bucket word_similarity
    benchmark connection_id current_user session_user system_user bin_to_uuid uuid_to_bin is_free_lock is_used_lock
    inet_ntoa inet_aton truncate uuid_generate_v4 any_value approx_count_distinct countif hostname uptime
    currentdatabase
    """
)
"""Functions that only compute or look, beside those that the parser knows itself."""

LOOKING_BEGINS = names(
    """
    array_ bit_ date_ has_ inet_ is_ json_ jsonb_ pg_ range_ regexp_ regr_ st_ str_ string_ time_ to_ ts_ txid_
    uuid_ xml
    """
)
"""How the names of further ones begin; those of PostgreSQL itself (`pg_`) must not say that they act."""
