"""What should this reader read next? What the readers most like them liked, without what they already know.

One connection a process, one query at a time, and never longer than its budget: a database that has become slow gives
an error at once instead of a pile of waiting requests.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from pathlib import Path

BUDGET_S = 0.6
PATIENCE_S = 0.25
"""How long a request waits for its turn."""

_LIKED_BY_NEIGHBOURS = """
select liked.title, sum(neighbour.weight * liked.stars) as score
from neighbour
cross join rating as liked on liked.reader = neighbour.peer and liked.stars >= 4
where neighbour.reader = :reader
group by liked.title
order by score desc, liked.title
limit :limit
"""


class DatabaseTrouble(Exception):
    """The database did not answer, or not in time. Ask again later; look at its size and its indexes."""


class Ratings:
    """The ratings as this process reads them."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._turn = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def recommend(self, reader: int, limit: int) -> list[int]:
        """Title numbers, best first. Raises DatabaseTrouble."""
        if not self._turn.acquire(timeout=PATIENCE_S):
            raise DatabaseTrouble(f"no free connection in {PATIENCE_S * 1000:.0f} ms")
        try:
            rows = self._query({"reader": reader, "limit": limit})
        except sqlite3.OperationalError as error:
            if "interrupted" in str(error):
                raise DatabaseTrouble(f"query stopped after {BUDGET_S * 1000:.0f} ms") from error
            raise DatabaseTrouble(str(error)) from error
        except sqlite3.DatabaseError as error:
            raise DatabaseTrouble(str(error)) from error
        finally:
            self._turn.release()
        return [title for title, _ in rows]

    def _query(self, values: dict[str, int]) -> list[tuple[int, float]]:
        if self._connection is None:
            self._connection = _open(self._database)
        until = time.monotonic() + BUDGET_S
        self._connection.set_progress_handler(lambda: time.monotonic() > until, 20_000)
        return self._connection.execute(_LIKED_BY_NEIGHBOURS, values).fetchall()


def _open(database: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"file:{database}?mode=rw", uri=True, timeout=PATIENCE_S, check_same_thread=False
    )
    # A plan must not depend on luck: an index stands in the schema or is not there.
    connection.execute("pragma automatic_index = off")
    return connection
