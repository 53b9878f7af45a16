"""Statements with bound values, on SQLite and on Postgres; a read step cannot write."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tocsin.act.actions.action import CannotRun
from tocsin.act.actions.statements import split

Perform = Callable[..., Any]
HOSTILE = ["x'; DROP TABLE orders; --", "' OR '1'='1", '"; DELETE', "%s %(a)s", ":OTHER", "\\", "漢"]


@pytest.fixture
def target(database_url: str, tmp_path: Path) -> dict[str, Any]:
    """A database with one table, as a service would name it."""
    if database_url.startswith("sqlite"):
        path = tmp_path / "shop.db"
        sqlite3.connect(path).close()
        return {"kind": "sqlite", "dsn": f"sqlite:///{path}"}
    return {"kind": "postgres", "dsn": database_url}


@pytest.fixture
def orders(perform: Perform, target: dict[str, Any]) -> dict[str, Any]:
    text = (
        "CREATE TABLE orders (id int, name text); INSERT INTO orders VALUES (1, 'a;b'), (2, ':c'), (3, NULL);"
    )
    assert perform("sql", text, target=target, level="change")[0].well
    return target


def test_rows_are_printed_and_can_be_spoken_of(perform: Perform, orders: dict[str, Any]):
    _, seen = perform("sql", "-- all\nSELECT id, name FROM orders ORDER BY id; ", target=orders)
    assert seen["rows"] == [{"id": 1, "name": "a;b"}, {"id": 2, "name": ":c"}, {"id": 3, "name": None}]
    assert seen["stdout"].splitlines()[0] == '{"id": 1, "name": "a;b"}'


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_value_is_only_a_value(perform: Perform, orders: dict[str, Any], value: str):
    text = "INSERT INTO orders VALUES (9, :NAME)"
    assert perform("sql", text, target=orders, values={"NAME": value}, level="change")[0].well
    text = "SELECT name FROM orders WHERE name = :NAME AND name LIKE '%'"
    _, seen = perform("sql", text, target=orders, values={"NAME": value})
    assert seen["rows"] == [{"name": value}]
    assert len(perform("sql", "SELECT * FROM orders", target=orders)[1]["rows"]) == 4


@pytest.mark.parametrize("text", ["DELETE FROM orders", "WITH x AS (SELECT 1) UPDATE orders SET id = 0"])
def test_a_read_step_cannot_write(perform: Perform, orders: dict[str, Any], text: str):
    result, _ = perform("sql", text, target=orders)
    assert not result.well
    assert "read" in result.why
    assert len(perform("sql", "SELECT * FROM orders", target=orders)[1]["rows"]) == 3


def test_a_statement_that_is_wrong_says_why(perform: Perform, orders: dict[str, Any]):
    result, seen = perform("sql", "SELECT missing FROM nowhere", target=orders)
    assert not result.well
    assert "nowhere" in result.why
    assert "rows" not in seen  # else size(rows) == 0 would hold


def test_a_step_without_a_database_does_not_run(perform: Perform):
    with pytest.raises(CannotRun, match="names no database"):
        perform("sql", "SELECT 1")


def test_the_scanner_knows_quotes_comments_and_casts():
    text = """SELECT ':A' AS x, ":A", 1::int, $$;:A$$, /* ; :A */ :A -- ; :A\n; ; SELECT 2"""
    first, second = split(text, {"A": "1"})
    assert first.values == {"A": "1"}
    assert first.formatted.count("%(A)s") == 1
    assert "1::int" in first.formatted
    assert (second.named.strip(), second.values) == ("SELECT 2", {})


def test_a_value_that_nobody_gave_stops_the_step():
    with pytest.raises(CannotRun, match="B has no value"):
        split("SELECT :B", {})
