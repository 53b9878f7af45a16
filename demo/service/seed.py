"""How is the database made? From two CSV files and their digests, the whole of it, and never from half a seed.

`python -m demo.service.seed` is what `bin/rebuild-database` runs: it checks the seed, builds a new file beside the old
one, and swaps them when it is complete. A damaged seed leaves the old file in place and ends with status 1.
"""

from __future__ import annotations

import csv
import hashlib
import os
import random
import sqlite3
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from demo.service.home import Home

READERS = 2000
TITLES = 400
RATINGS_EACH = 30
NEIGHBOURS_EACH = 25
FILES = ("ratings.csv", "neighbours.csv")

SCHEMA = """
create table rating (reader integer not null, title integer not null, stars integer not null);
create table neighbour (reader integer not null, peer integer not null, weight real not null);
create table seen (title integer primary key, count integer not null);
"""
INDEXES = """
create index rating_reader on rating (reader);
create index neighbour_reader on neighbour (reader);
"""


class SeedDamaged(Exception):
    """The seed is not what it was when it was written. Restore it from the off-site copy."""


def write_seed(folder: Path) -> None:
    """Write the seed: the same bytes on every machine."""
    folder.mkdir(parents=True, exist_ok=True)
    chance = random.Random(2026)
    with (folder / "ratings.csv").open("w", newline="") as file:
        csv.writer(file).writerows(_ratings(chance))
    with (folder / "neighbours.csv").open("w", newline="") as file:
        csv.writer(file).writerows(_neighbours(chance))
    (folder / "SHA256").write_text("".join(f"{_digest(folder / name)}  {name}\n" for name in FILES))


def check_seed(folder: Path) -> None:
    """Raises SeedDamaged when a file differs from its digest."""
    for line in (folder / "SHA256").read_text().splitlines():
        wanted, _, name = line.partition("  ")
        if _digest(folder / name) != wanted:
            raise SeedDamaged(f"{folder / name} does not match its digest")


def build(database: Path, seed: Path) -> int:
    """Build the database from the seed and swap it in; returns how many ratings it holds."""
    check_seed(seed)
    database.parent.mkdir(parents=True, exist_ok=True)
    fresh = database.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    connection = sqlite3.connect(fresh)
    with connection:
        connection.executescript(SCHEMA)
        connection.executemany("insert into rating values (?, ?, ?)", _rows(seed / "ratings.csv"))
        connection.executemany("insert into neighbour values (?, ?, ?)", _rows(seed / "neighbours.csv"))
        connection.executescript(INDEXES)
        (count,) = connection.execute("select count(*) from rating").fetchone()
    connection.close()
    database.with_name(database.name + "-journal").unlink(missing_ok=True)
    os.replace(fresh, database)
    return count


def _ratings(chance: random.Random) -> Iterator[tuple[int, int, int]]:
    for reader in range(READERS):
        for title in sorted(chance.sample(range(TITLES), RATINGS_EACH)):
            yield reader, title, chance.randint(2, 5)


def _neighbours(chance: random.Random) -> Iterator[tuple[int, int, float]]:
    for reader in range(READERS):
        for peer in sorted(chance.sample(range(READERS), NEIGHBOURS_EACH)):
            yield reader, peer, round(chance.random(), 3)


def _rows(file: Path) -> Iterator[list[str]]:
    with file.open(newline="") as lines:
        yield from csv.reader(lines)


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def main() -> int:
    """Rebuild the database of this home."""
    home = Home.of_environment()
    started = time.monotonic()
    try:
        ratings = build(home.database, home.seed)
    except SeedDamaged as damage:
        print(f"rebuild-database: {damage}; the old database was left as it was", file=sys.stderr)
        return 1
    print(
        f"rebuilt {home.database.name} from its seed: {ratings} ratings, {time.monotonic() - started:.1f} s"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
