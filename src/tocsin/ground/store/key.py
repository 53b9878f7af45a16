"""With which key are links signed? One secret a database, made at the first start."""

from __future__ import annotations

import secrets

from sqlalchemy import Column, Connection, Table, Text, select

from tocsin.ground.store.store import Store
from tocsin.ground.store.types import insert, metadata

installation = Table(
    "installation",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)


def signing_key(store: Store) -> bytes:
    """32 random bytes, the same for every process on this database."""

    def job(conn: Connection) -> str:
        conn.execute(
            insert(conn, installation)
            .values(name="signing_key", value=secrets.token_hex(32))
            .on_conflict_do_nothing(index_elements=["name"])
        )
        return conn.execute(
            select(installation.c.value).where(installation.c.name == "signing_key")
        ).scalar_one()

    return bytes.fromhex(store.write(job))
