"""What is slow, who waits for whom, what is unused; and the repairs, on a real server."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any

import psycopg
import pytest
from databases import on_postgres

from tocsin.act.actions.action import CannotRun
from tocsin.ground.kernel.secret import Secret

pytestmark = on_postgres
Act = Callable[..., Any]


@pytest.fixture
def shop(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[psycopg.Connection]:
    """The shop's database with a thousand events, one a day, and an index that nobody uses."""
    monkeypatch.setenv("SHOP_DSN", database_url)
    with psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True) as conn:
        conn.execute("CREATE SCHEMA shop")
        conn.execute('CREATE TABLE shop."odd ""name" (at timestamptz, id int PRIMARY KEY)')
        conn.execute(
            "CREATE TABLE events AS"
            " SELECT n AS id, now() - make_interval(days => n) AS at FROM generate_series(1, 1000) n"
        )
        conn.execute("CREATE INDEX forgotten ON events (id)")
        yield conn


@pytest.fixture
def ask(act: Act, shop: psycopg.Connection) -> Act:
    target = {"kind": "postgres", "dsn": Secret.from_reference("env:SHOP_DSN")}

    def run(verb: str, level: str = "read", **arguments: Any) -> Any:
        return act(f"postgres.{verb}", arguments, target=target, level=level)

    return run


def test_the_questions_of_a_slow_evening(ask: Act, shop: psycopg.Connection, database_url: str):
    indexes, seen = ask("unused_indexes")
    assert indexes.well
    assert [row["index"] for row in seen["rows"]] == ["forgotten"]
    assert seen["rows"][0]["bytes"] > 0

    with ExitStack() as stack:
        sessions = [
            stack.enter_context(closing(psycopg.connect(database_url.replace("+psycopg", ""))))
            for _ in range(2)
        ]
        holder, waiter = sessions
        holder.execute("LOCK TABLE events")
        thread = threading.Thread(target=lambda: waiter.execute("SELECT count(*) FROM events"))
        thread.start()
        deadline = time.monotonic() + 30
        while not (rows := ask("lock_waits")[1].get("rows")) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert [(row["pid"], row["held_by"]) for row in rows] == [
            (waiter.info.backend_pid, holder.info.backend_pid)
        ]
        assert rows[0]["query"] == "SELECT count(*) FROM events"
        assert rows[0]["holder_state"] == "idle in transaction"
        long = ask("long_running", over="1ms")[1]["rows"]
        assert {row["pid"] for row in long} >= {waiter.info.backend_pid}

        mine = {
            row["state"]: row for row in ask("connections")[1]["rows"] if row["database"] == shop.info.dbname
        }
        assert mine["idle in transaction"]["sessions"] == 1
        assert mine["active"]["sessions"] == 1
        assert mine["active"]["permitted"] == 300

        kept, _ = ask("terminate_idle", "change", over="1h")
        assert kept.rows == ()
        ended, seen = ask("terminate_idle", "destroy", over="0s", in_transaction=True)
        assert ended.well
        pids = {row["pid"] for row in seen["rows"] if row["ended"]}
        assert holder.info.backend_pid in pids
        assert waiter.info.backend_pid not in pids
        thread.join(30)


def test_sessions_in_a_transaction_are_left_alone_unless_it_was_approved_as_destroy(ask: Act):
    with pytest.raises(CannotRun, match="destroy with these values"):
        ask("terminate_idle", "change", in_transaction=True)


def test_the_slowest_statements_are_told_by_their_cost(ask: Act, shop: psycopg.Connection):
    if not shop.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'pg_stat_statements'").fetchone():
        pytest.skip("this Postgres comes without pg_stat_statements")
    with pytest.raises(CannotRun, match="not installed") as told:
        ask("slow_queries")
    assert "CREATE EXTENSION" in told.value.fix
    shop.execute("CREATE EXTENSION pg_stat_statements")
    shop.execute("SET pg_stat_statements.track = 'all'")
    shop.execute("SELECT count(*) FROM events a, events b WHERE a.id < b.id")
    for by in ("total", "mean"):
        result, seen = ask("slow_queries", by=by, limit=1)
        assert result.well
        assert "events a, events b" in seen["json"]["query"]
        assert seen["json"]["calls"] == 1
        assert seen["json"]["total_ms"] > 0


def test_old_rows_go_in_batches_and_no_younger_one(ask: Act, shop: psycopg.Connection):
    old = {"table": "events", "column": "at", "days": 900}
    assert ask("count_old", **old)[1]["json"]["rows"] == 101  # the one of the very moment is older by now
    with pytest.raises(CannotRun, match="destroy"):
        ask("delete_old", "change", **old)
    result, seen = ask("delete_old", "destroy", **old, batch=40)
    assert result.well
    assert seen["json"] == {"deleted": 101, "batches": 3}
    assert shop.execute("SELECT count(*) FROM events").fetchone() == (899,)
    assert ask("count_old", **old)[1]["json"]["rows"] == 0
    assert ask("delete_old", "destroy", **old)[1]["json"] == {"deleted": 0, "batches": 0}


def test_a_cancelled_deletion_ends_between_two_batches_and_says_how_far_it_came(
    act: Act, shop: psycopg.Connection, database_url: str
):
    result, seen = act(
        "postgres.delete_old",
        {"table": "events", "column": "at", "days": 1, "batch": 10},
        target={"kind": "postgres", "dsn": database_url},
        level="destroy",
        stopped=lambda: "cancelled",
    )
    assert not result.well
    assert result.why == "cancelled"
    assert seen["json"] == {"deleted": 10, "batches": 1}


def test_a_table_is_cleaned_whatever_its_name(ask: Act, shop: psycopg.Connection):
    result, seen = ask("vacuum_analyze", "change", table="events")
    assert result.well
    assert seen["json"]["table"] == "events"
    assert seen["json"]["analyzed"]
    assert ask("vacuum_analyze", "change", table='shop.odd "name')[0].well
    result, _ = ask("vacuum_analyze", "change", table='events"; DROP TABLE events; --')
    assert not result.well
    assert 'relation "events"; DROP TABLE events; --" does not exist' in result.why
    assert [row["table"] for row in ask("table_sizes", limit=1)[1]["rows"]] == ["events"]


def test_a_verb_that_only_looks_cannot_write_and_a_wrong_place_is_told(act: Act, ask: Act):
    wrong, _ = act(
        "postgres.connections", {}, target={"kind": "postgres", "dsn": "postgresql://x@127.0.0.1:1/y"}
    )
    assert not wrong.well
    assert "127.0.0.1" in wrong.why
    with pytest.raises(CannotRun, match="no target"):
        act("postgres.connections", {})
    with pytest.raises(CannotRun, match="days"):
        ask("count_old", table="events", column="at", days=0)
