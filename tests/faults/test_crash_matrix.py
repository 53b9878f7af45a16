"""A run is led by processes that die at its boundaries and inside its steps: what is done is never done again.

A boundary is each side of each transaction of the run; inside a step is any moment of a command, request, statement.
With the machine lost the commands die too. Files, a database and a server that Tocsin does not know of count what the
steps did; somebody who is asked says what they see there.
"""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import doomed_run
import pytest

from tocsin.ground.store import Store

HALL = Path(__file__).parents[1] / "respond" / "runbooks" / "conftest.py"
SEEDS = range(5) if os.environ.get("TOCSIN_FAULTS") != "full" else range(200)
WRITES = 24
"""Transactions of the whole run, about: a number beyond its last one is a life without a death."""


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[ThreadingHTTPServer]:
    """A server whose only effect is a line in a file, written in the middle of its answer's time."""

    class Counting(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            time.sleep(0.05)
            with (tmp_path / "posted").open("a") as file:
                file.write("post\n")
            time.sleep(0.05)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None: ...

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            """Whoever asked has died."""

    server = Quiet(("127.0.0.1", 0), Counting)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def deaths(seed: int) -> list[dict[str, Any]]:
    """One to three deaths, each at a point of its own; then a life that goes on to the end."""
    chance = random.Random(seed)
    found: list[dict[str, Any]] = []
    for _ in range(chance.randint(1, 3)):
        inside = chance.random() < 0.5
        if inside:
            kind = chance.choice(doomed_run.KINDS)
            point, most = (
                f"{chance.choice(('before', 'inside', 'after'))} {kind}",
                4 if kind == "shell" else 1,
            )
        else:
            point, most = chance.choice(("before a write", "after a write")), WRITES
        wait = chance.uniform(0.001, 0.2) if point.startswith("inside") else 0.0
        nth = chance.randint(1, most)
        found.append({"point": point, "nth": nth, "wait": wait, "group": chance.random() < 0.3})
    return [*found, {"point": "", "nth": 0, "wait": 0.0, "group": False}]


@pytest.mark.timeout(240)
@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_dies_nothing_finished_is_done_again_and_nothing_is_stuck(
    seed: int, store: Store, tmp_path: Path, counter: ThreadingHTTPServer
):
    url = store.engine.url.render_as_string(hide_password=False)
    (tmp_path / "ledger").touch()
    with sqlite3.connect(tmp_path / "base.db") as base:
        base.execute("CREATE TABLE ledger (step TEXT)")
    base.close()
    shop = f"http://127.0.0.1:{counter.server_address[1]}"
    killed = 0
    lives = subprocess.Popen(
        [sys.executable, doomed_run.__file__, url, str(tmp_path), str(HALL)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with lives:
        assert lives.stdin
        assert lives.stdout
        for life in deaths(seed):
            if (tmp_path / "over").exists():
                break
            lives.stdin.write(json.dumps({**life, "shop": shop}) + "\n")
            lives.stdin.flush()
            killed += json.loads(lives.stdout.readline())["status"] < 0
        lives.stdin.close()

    assert (tmp_path / "over").read_text() == "succeeded", (seed, deaths(seed))
    asked = lines(tmp_path / "asked")
    paged = lines(tmp_path / "paged")
    done = Counter(lines(tmp_path / "ledger"))
    with sqlite3.connect(tmp_path / "base.db") as base:
        inserted = base.execute("SELECT count(*) FROM ledger").fetchone()[0]
    base.close()
    retried = Counter(line.split()[0] for line in asked if line.endswith("retry"))
    print(f"seed {seed}: {killed} deaths, asked {asked}, done {dict(done)}")
    assert len(paged) >= len(set(asked)), "every step that nobody knows of pages a person"
    for name in ("append", "last"):
        assert done[f"end-{name}"] == 1, (seed, name, done)
        assert done[f"begin-{name}"] == 1 + retried[name], (
            seed,
            name,
            "begun anew only where a person said so",
        )
    # A request on its way when its sender died may still arrive after somebody looked.
    assert 1 <= len(lines(tmp_path / "posted")) <= 1 + retried["post"]
    assert 1 <= inserted <= 1 + retried["insert"]
    assert done["end-look"] >= 1
    assert done["end-twice"] >= 1


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []
