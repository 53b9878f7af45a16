"""What would this SQL do? Statement by statement, in two dialects."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.act.guard import sql_level

READ = (
    "SELECT count(*) FROM orders WHERE day = :DAY",
    "SHOW max_connections",
    "SHOW PROCESSLIST",
    "EXPLAIN SELECT 1",
    "EXPLAIN (ANALYZE, BUFFERS) SELECT * FROM orders",
    "SET statement_timeout = 5000; SELECT 1",
    "BEGIN; SELECT 1; COMMIT",
    "-- nothing but a comment",
    "SELECT now(), version(), pg_size_pretty(pg_database_size('shop')), inet_client_addr()",
    "SELECT pid, state, query FROM pg_stat_activity WHERE state <> 'idle' ORDER BY query_start LIMIT 20",
    "WITH slow AS (SELECT query FROM pg_stat_statements) SELECT * FROM slow",
    "\\dt\nSELECT 1;",
    "DESCRIBE orders",
    "SELECT 'DROP TABLE orders'",
)
CHANGE = (
    "UPDATE orders SET state = 'new' WHERE id = 1",
    "INSERT INTO log VALUES (1)",
    "CREATE INDEX CONCURRENTLY i ON orders (day)",
    "ALTER TABLE orders ADD COLUMN note text",
    "VACUUM FULL orders",
    "REINDEX INDEX i",
    "SELECT * FROM orders FOR UPDATE",
    "SELECT * INTO copy FROM orders",
    "SELECT refresh_everything()",
    "SELECT pg_cancel_backend(42)",
    "GRANT SELECT ON orders TO reader",
    "SET GLOBAL max_connections = 500",
    "CALL tidy_up()",
)
DESTROY = (
    "DROP TABLE orders",
    "TRUNCATE orders",
    "DELETE FROM orders WHERE day < now() - interval '30 days'",
    "UPDATE orders SET state = 'new'",
    "WITH gone AS (DELETE FROM orders RETURNING *) SELECT count(*) FROM gone",
    "EXPLAIN ANALYZE DELETE FROM orders",
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle'",
    "ALTER TABLE orders DROP COLUMN note",
    "KILL 42",
    "DO $$ BEGIN DELETE FROM orders; END $$",
    "MERGE INTO a USING b ON a.x = b.x WHEN MATCHED THEN DELETE",
    "SELECT dblink_exec('DROP TABLE orders')",
    "SELECT * FROM",
    "restart the database please",
    "\\! rm -rf /",
    "SELECT 1; DROP TABLE orders",
)


@pytest.mark.parametrize("text", READ)
def test_a_look_is_read(text: str) -> None:
    assert sql_level(text).level == "read", sql_level(text).findings


@pytest.mark.parametrize("text", CHANGE)
def test_what_can_be_set_back_is_change(text: str) -> None:
    assert sql_level(text).level == "change", sql_level(text).findings


@pytest.mark.parametrize("text", DESTROY)
def test_what_loses_something_or_is_not_understood_is_destroy(text: str) -> None:
    assert sql_level(text).level == "destroy", sql_level(text).findings


def test_each_statement_has_its_reason() -> None:
    verdict = sql_level("SELECT 1; DELETE FROM orders WHERE id = 3")

    assert [each.level for each in verdict.findings] == ["read", "destroy"]
    assert "SELECT the same rows first" in verdict.telling[0].safer


@given(st.text(max_size=200))
def test_any_text_gets_a_verdict(text: str) -> None:
    assert sql_level(text).level in ("read", "change", "destroy")


def test_brackets_without_end_are_not_understood() -> None:
    assert sql_level("SELECT " + "(" * 5_000).level == "destroy"
    assert not sql_level("SELECT " + "(" * 5_000).parsed


@pytest.mark.parametrize(
    "text",
    [
        r"SELECT '\'; DROP TABLE orders; -- '",  # PostgreSQL ends the quote at the backslash
        r"SELECT '\''; DROP TABLE orders; -- '",  # MySQL ends it one later
        "SELECT 1--1; DROP TABLE orders",  # MySQL subtracts
        "/*!50000 DROP TABLE orders */",  # MySQL runs it
        "SELECT $$a$$; DROP TABLE orders",
        "SELECT format('DROP TABLE %I', name) FROM old \\gexec",
        "PREPARE p AS DELETE FROM orders",
        "COPY (DELETE FROM orders RETURNING *) TO STDOUT",
        "EXPLAIN (ANALYZE, VERBOSE) DELETE FROM orders",
        "UPDATE orders SET state = 'new' WHERE 1 = 1",
        "SELECT pg_catalog.pg_terminate_backend(1)",
        "SELECT delete_old_orders()",
        "RESET /* nothing */ MASTER",
        "t(()=>",  # the parser itself fails over it
    ],
)
def test_nothing_that_destroys_hides_from_the_way_it_is_read(text: str) -> None:
    assert sql_level(text).level == "destroy", sql_level(text).findings


@pytest.mark.parametrize(
    ("text", "postgres", "mysql"),
    [
        ("SELECT 1 /*! INTO OUTFILE '/tmp/x' */", "read", "change"),
        ("SELECT 1 # ; DROP TABLE orders", "destroy", "read"),
        ("SELECT 1 --; DROP TABLE orders", "read", "destroy"),
    ],
)
def test_a_dialect_reads_its_own_way(text: str, postgres: str, mysql: str) -> None:
    assert sql_level(text, "postgres").level == postgres, sql_level(text, "postgres").findings
    assert sql_level(text, "mysql").level == mysql, sql_level(text, "mysql").findings
    assert sql_level(text).level == max(postgres, mysql, key=("read", "change", "destroy").index)


def test_a_value_of_psql_is_a_value() -> None:
    assert sql_level("SELECT * FROM orders WHERE id = :'id' AND kind = :\"kind\"").level == "read"
