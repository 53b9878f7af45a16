"""Who counts the views? This process: it takes them from the store and adds them up in the database."""

from __future__ import annotations

import logging
import signal
import sqlite3
import threading
from collections import Counter
from pathlib import Path

from demo.service.home import Home
from demo.service.memory import Memory, MemoryTrouble

BEAT_S = 0.5
log = logging.getLogger("worker")


def count(database: Path, views: list[int]) -> None:
    """Add the views to the totals, in one short transaction."""
    connection = sqlite3.connect(f"file:{database}?mode=rw", uri=True, timeout=1)
    try:
        with connection:
            connection.executemany(
                "insert into seen values (?, ?) on conflict (title) do update set count = count + excluded.count",
                Counter(views).items(),
            )
    finally:
        connection.close()


def main() -> None:
    """Count until told to stop; trouble is logged, and the next beat tries again."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    home = Home.of_environment()
    memory = Memory(home.redis_port)
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda number, frame: over.set())
    while not over.wait(BEAT_S):
        try:
            views = memory.take_views()
            if views:
                count(home.database, views)
        except (MemoryTrouble, sqlite3.Error) as trouble:
            log.warning("views were not counted: %s", trouble)


if __name__ == "__main__":
    main()
