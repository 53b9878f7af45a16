"""A backup is made, looked at, and proven by restoring it; the database itself stays as it is."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from databases import on_postgres

from tocsin.act.actions.action import CannotRun

pytestmark = on_postgres
Act = Callable[..., Any]


@pytest.fixture
def target(database_url: str, tmp_path: Path) -> dict[str, Any]:
    with psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True) as conn:
        conn.execute("CREATE TABLE orders AS SELECT generate_series(1, 500) AS id")
        conn.execute('CREATE TABLE "odd ""| name" (id int)')
    folder = tmp_path / "back 'ups"
    folder.mkdir()
    return {"kind": "postgres", "dsn": database_url, "backups": str(folder)}


def _databases(url: str) -> set[str]:
    with psycopg.connect(url.replace("+psycopg", "")) as conn:
        return {name for (name,) in conn.execute("SELECT datname FROM pg_database").fetchall()}


def test_a_backup_is_made_looked_at_and_restored_beside_the_database(
    act: Act, target: dict[str, Any], database_url: str
):
    folder = Path(target["backups"])
    nothing, _ = act("backup.check", {}, target=target)
    assert "no backup" in nothing.why

    with pytest.raises(CannotRun, match="read was permitted"):
        act("backup.run", {}, target=target)
    made, _ = act("backup.run", {"name": "nightly"}, target=target, level="change")
    assert made.well, made.why
    [file] = folder.iterdir()
    assert file.name.startswith("nightly-")
    assert file.stat().st_mode & 0o077 == 0
    assert made.rows == ({"file": file.name, "bytes": file.stat().st_size, "age_s": 0},)

    before = _databases(database_url)
    proven, seen = act("backup.restore", {"at_least": {"public.orders": 500}}, target=target, level="change")
    assert proven.well, proven.why
    assert seen["rows"][0]["tables"] == 2
    assert {row["table"]: row["rows"] for row in seen["rows"][1:]} == {
        'public.odd "| name': 0,
        "public.orders": 500,
    }
    few, _ = act("backup.restore", {"at_least": {"public.orders": 501}}, target=target, level="change")
    assert few.why == "public.orders has 500 rows"
    assert _databases(database_url) == before

    assert act("backup.check", {"smallest": 100}, target=target)[0].well
    assert "fewer than" in act("backup.check", {"smallest": 10_000_000}, target=target)[0].why
    os.utime(file, (time.time() - 200_000,) * 2)
    assert "s old" in act("backup.check", {}, target=target)[0].why

    file.write_bytes(file.read_bytes()[:200])
    broken, _ = act("backup.restore", {}, target=target, level="change")
    assert not broken.well
    assert not act("backup.check", {"newer_than": "30d"}, target=target)[0].well
    assert _databases(database_url) == before


def test_a_server_that_is_away_leaves_no_half_a_file(act: Act, target: dict[str, Any]):
    away = target | {"dsn": "postgresql://nobody@127.0.0.1:1/nothing"}
    failed, _ = act("backup.run", {}, target=away, level="change")
    assert not failed.well
    assert "127.0.0.1" in failed.why
    assert list(Path(target["backups"]).iterdir()) == []
