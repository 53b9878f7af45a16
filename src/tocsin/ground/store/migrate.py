"""Is the schema the one this version needs? Alembic, forward only, written by hand.

A database that is newer than the program is refused: an old worker must not write into a schema it does not know.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from tocsin.ground.kernel.errors import Conflict
from tocsin.ground.store.store import Store

_FOLDER = Path(__file__).parent / "migrations"
_LOCK = 0x70C50  # pg_advisory_lock: one process migrates, the others wait


def config(conn: Connection | None = None) -> Config:
    made = Config()
    made.set_main_option("script_location", str(_FOLDER))
    made.attributes["connection"] = conn
    return made


def migrate(store: Store) -> None:
    """Brings the database to this version's schema, in one transaction. Raises Conflict when it is newer."""
    with store.engine.begin() as conn:
        if not store.is_sqlite:
            conn.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        scripts = ScriptDirectory.from_config(config())
        current = MigrationContext.configure(conn).get_current_revision()
        if current == scripts.get_current_head():
            return
        if current is not None and current not in {each.revision for each in scripts.walk_revisions()}:
            raise Conflict(
                f"the database has schema {current}, which this version of Tocsin does not know",
                field="database",
                fix="Start the newer version, or restore the backup made before the upgrade.",
            )
        command.upgrade(config(conn), "head")
