"""The migrations make exactly the tables that the code declares, on both databases, and never step back."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

import tocsin.app  # every room declares its tables
from tocsin.ground.kernel.errors import Conflict
from tocsin.ground.store import Store, metadata
from tocsin.ground.store.migrate import migrate

assert tocsin.app


def ours(name: str | None, type_: str, _parents: object) -> bool:
    return not (type_ == "table" and name is not None and name.startswith(("test_", "alembic_")))


@pytest.fixture
def empty(database_url: str):
    opened = Store.open(database_url)
    yield opened
    opened.close()


def test_the_migrations_make_what_the_code_declares(empty: Store):
    migrate(empty)
    migrate(empty)
    with empty.engine.connect() as conn:
        context = MigrationContext.configure(
            conn, opts={"include_name": ours, "compare_type": True, "target_metadata": metadata}
        )
        differences = [
            each
            for each in compare_metadata(context, metadata)
            if not getattr(each[1], "name", "").startswith("test_")
        ]
    assert differences == []


def test_the_timeline_stays_append_only_after_a_migration(empty: Store):
    migrate(empty)
    with empty.engine.begin() as conn:
        conn.execute(
            text(
                "INSERT INTO timeline_event (xid, incident, at, kind, actor, data) "
                "VALUES (0, 'INC-1', :at, 'note.added', 'tocsin', '{}')"
            ),
            {"at": 0 if empty.is_sqlite else "2026-11-21T00:00:00Z"},
        )
    with pytest.raises(Exception, match="append-only"), empty.engine.begin() as conn:
        conn.execute(text("DELETE FROM timeline_event"))


def test_a_database_of_a_newer_version_is_refused(empty: Store):
    migrate(empty)
    with empty.engine.begin() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Conflict, match="does not know"):
        migrate(empty)
