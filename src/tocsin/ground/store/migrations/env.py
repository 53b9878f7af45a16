"""Alembic's entry: runs the migrations on the connection it is given (ground/store/migrate.py)."""

from alembic import context

from tocsin.ground.store.types import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection, target_metadata=metadata, render_as_batch=True, transactional_ddl=True
)
context.run_migrations()
