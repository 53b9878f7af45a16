"""How is the service broken? Four ways, each a real fault that only the right command cures.

| fault         | what is done to the service                                   | what cures it                     |
|---------------|---------------------------------------------------------------|-----------------------------------|
| api-killed    | SIGKILL to every API process                                  | restart the API                   |
| redis-memory  | a backup job copies the sessions until the store is full      | restart the store, then the API   |
| slow-database | a migration drops an index and copies the ratings forty times | rebuild the database              |
| everything    | the disk returns garbage: for the database and for its seed   | nothing but serving a static list |
"""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from valkey import Valkey

from demo.stack import Stack

Broken = TypeVar("Broken")

SESSION_BYTES = 4096
SHARE_BEFORE_COPY = 0.7
COPIES = 40


@dataclass(frozen=True, kw_only=True, slots=True)
class Damage:
    """What was done, in a sentence, and when it began (seconds since the epoch)."""

    at: float
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault(Generic[Broken]):
    """One way to break a stack of the kind `Broken`."""

    name: str
    cured_by: str
    break_it: Callable[[Broken], Damage]


def kill_api(stack: Stack) -> Damage:
    """SIGKILL: no goodbye, no clean-up, and nobody starts it again."""
    pids = stack.pids("api")
    at = time.time()
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    return Damage(at=at, text=f"SIGKILL to both API processes (pids {', '.join(map(str, pids))})")


def fill_redis(stack: Stack) -> Damage:
    """One copy too many: the store checks its limit before a command, so the copy takes it well beyond."""
    job: Any  # the client's annotations are those of the synchronous and the asynchronous one at once
    at = time.time()
    with Valkey(host="127.0.0.1", port=stack.home.redis_port) as job:
        while job.info("memory")["used_memory"] < job.info("memory")["maxmemory"] * SHARE_BEFORE_COPY:
            job.rpush("sessions", *(os.urandom(SESSION_BYTES) for _ in range(100)))
        count = job.llen("sessions")
        job.copy("sessions", "sessions:backup")
        memory = job.info("memory")
    used, limit = memory["used_memory"] / 2**20, memory["maxmemory"] / 2**20
    text = f"a job copied {count} sessions without an expiry: the store holds {used:.0f} MB of {limit:.0f}"
    return Damage(at=at, text=text)


def slow_database(stack: Stack) -> Damage:
    """The query that took a millisecond now reads the whole bloated table once for each neighbour."""
    at = time.time()
    connection = sqlite3.connect(stack.home.database, timeout=20)
    with connection:
        connection.execute("drop index rating_reader")
        connection.execute(
            "insert into rating select reader, title, stars from rating, "
            "(with recursive copy(n) as (select 1 union all select n + 1 from copy where n < ?) select n from copy)",
            (COPIES - 1,),
        )
        (rows,) = connection.execute("select count(*) from rating").fetchone()
    connection.close()
    text = f"a migration dropped the index rating_reader and left {rows:,} ratings where 60,000 were"
    return Damage(at=at, text=text)


def ruin_disk(stack: Stack) -> Damage:
    """Garbage over the first half of each file."""
    home, at = stack.home, time.time()
    for file in (home.database, *sorted(home.seed.glob("*.csv"))):
        with file.open("r+b") as stream:
            stream.write(b"\xde\xad\xbe\xef" * (file.stat().st_size // 8))
    return Damage(
        at=at, text="the disk returns garbage: for the database, and for the seed it is rebuilt from"
    )


FAULTS = {
    fault.name: fault
    for fault in (
        Fault(name="api-killed", cured_by="attempt 1", break_it=kill_api),
        Fault(name="redis-memory", cured_by="attempt 2", break_it=fill_redis),
        Fault(name="slow-database", cured_by="attempt 3", break_it=slow_database),
        Fault(name="everything", cured_by="degrading", break_it=ruin_disk),
    )
}
