"""Where does it stand written? One door to the database, the same on SQLite and on Postgres.

Rooms declare their tables on `metadata` and take a `Connection`; they never open one themselves.
"""

from tocsin.ground.store.store import Store, database_of
from tocsin.ground.store.types import Json, Time, add, insert, metadata

__all__ = ["Json", "Store", "Time", "add", "database_of", "insert", "metadata"]
