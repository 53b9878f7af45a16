"""A run is led by processes that die at its boundaries and inside its steps: what is done is never done again.

A boundary is each side of each transaction of the run; inside a step is any moment of a command, request, statement,
or of what a person does for it. With the machine lost the commands die too. Files, databases, a Redis and a server that
Tocsin does not know of count what the steps did; somebody who is asked says what they see there.
"""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import bystanders
import doomed_run
import pytest
from sqlalchemy import select
from waiting import until

from tocsin.ground.store import Store
from tocsin.ground.timeline.store import timeline_event
from tocsin.respond.runbooks.store import approval, run_step
from tocsin.respond.runbooks.votes import vote

HALL = Path(__file__).parents[1] / "respond" / "runbooks" / "conftest.py"
SEEDS = range(5) if os.environ.get("TOCSIN_FAULTS") != "full" else range(200)
WRITES = 40
"""Transactions of the whole run, about: a number beyond its last one is a life without a death."""
_QUICK = {"sleepers": 0.03, "queue": 0.14}
"""Seconds that a step takes at most, of those that are over sooner than a command."""


@pytest.fixture
def touched(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[dict[str, Any]]:
    """What the steps touch, as a life is told of it; null where this machine has no such server."""
    (tmp_path / "ledger").touch()
    with closing(sqlite3.connect(tmp_path / "base.db")) as base, base:
        base.execute("CREATE TABLE ledger (step TEXT)")
    with ExitStack() as stack:
        shop = stack.enter_context(bystanders.shop(tmp_path / "posted"))
        cache = stack.enter_context(bystanders.cache(tmp_path))
        sleepers = None
        try:
            server = request.getfixturevalue("postgres")
        except pytest.skip.Exception:
            pass  # without Postgres here the run has no such step; CI has it, and requires it
        else:
            url = server.database()
            stack.callback(server.give_back, url)
            sleepers = url.replace("+psycopg", "")
            stack.enter_context(bystanders.Sleeper(sleepers, tmp_path / "ended"))
        yield {"shop": shop, "cache": cache, "sleepers": sleepers}


def deaths(chance: random.Random, absent: set[str]) -> list[dict[str, Any]]:
    """One to three deaths, each at a point of its own; then a life that goes on to the end."""
    kinds = (doomed_run.COMMANDS, doomed_run.REQUESTS, doomed_run.REPEATABLE, doomed_run.PEOPLE)
    names = [name for kind in kinds for name in kind if name not in absent]
    found: list[dict[str, Any]] = []
    for _ in range(chance.randint(1, 3)):
        wait = 0.0
        if chance.random() < 0.6:
            name = chance.choice(names)
            point, nth = f"{chance.choice(('before', 'inside', 'inside', 'after'))} {name}", 1
            if point.startswith("inside"):
                wait = chance.uniform(0.001, _QUICK.get(name, 0.2))
        else:
            point, nth = chance.choice(("before a write", "after a write")), chance.randint(1, WRITES)
        found.append({"point": point, "nth": nth, "wait": wait, "group": chance.random() < 0.3})
    return [*found, {"point": "", "nth": 0, "wait": 0.0, "group": False}]


@pytest.mark.timeout(240)
@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_dies_nothing_finished_is_done_again_and_nothing_is_stuck(
    seed: int, store: Store, tmp_path: Path, touched: dict[str, Any]
):
    url = store.engine.url.render_as_string(hide_password=False)
    absent = {"queue", "depth"} if touched["cache"] is None else set[str]()
    absent |= {"sleepers", "vote"} if touched["sleepers"] is None else set[str]()
    plan = deaths(random.Random(f"{seed} {store.engine.name}"), absent)
    path = f"{bystanders.docker(tmp_path / 'bin', tmp_path / 'ledger')}:{os.environ['PATH']}"
    lost: set[tuple[str, int]] = set()
    lived = subprocess.Popen(
        [sys.executable, doomed_run.__file__, url, str(tmp_path), str(HALL)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PATH": path},
    )
    with lived:
        assert lived.stdin
        assert lived.stdout
        for life in plan:
            if (tmp_path / "over").exists():
                break
            lived.stdin.write(json.dumps({**life, **touched}) + "\n")
            lived.stdin.flush()
            if json.loads(lived.stdout.readline())["status"] < 0:
                lost |= lost_with(store, is_machine=life["group"])
        lived.stdin.close()

    told = (seed, store.engine.name, plan)
    assert (tmp_path / "over").read_text() == "succeeded", told
    unknown, answered, asked = story(store)
    assert unknown == Counter(step for step, _ in lost), ("exactly what was lost is asked about", told)
    assert Counter(lines(tmp_path / "paged")) >= Counter(
        {f"Unknown step: {step}": count for step, count in unknown.items()}
    ), ("every step that nobody knows of pages a person", told)
    by_hand = answered.pop(("by-hand", "done"))
    assert by_hand == 1, ("a person is asked once, and answered stays answered", told)
    heard = Counter(dict.fromkeys(unknown, 0))
    for (step, _), count in answered.items():
        heard[step] += count
    assert heard == unknown, ("it waits for the answer, and asks once", told)
    again = Counter({step: count for (step, said), count in answered.items() if said == "retry"})
    with store.read() as conn:
        states = Counter(conn.scalars(select(run_step.c.state)))
        votes = Counter(conn.scalars(select(approval.c.step).join(vote, vote.c.approval == approval.c.id)))
    assert set(states) <= {"finished", "skipped"}, told
    if touched["sleepers"]:
        assert votes == asked == {"sleepers": 1 + again["sleepers"]}, ("a vote holds for one time", told)
        assert 1 <= len(lines(tmp_path / "ended")) <= 1 + again["sleepers"], told
    if touched["cache"]:
        assert bystanders.said(touched["cache"], "GET done") == "1", told
        assert bystanders.said(touched["cache"], "GET begun") <= f"{1 + again['queue']}", told
    done = Counter(lines(tmp_path / "ledger"))
    for name in doomed_run.COMMANDS:
        assert done[f"end-{name}"] == 1, (name, done, told)
        assert done[f"begin-{name}"] <= 1 + again[name], (
            "begun anew only where a person said so",
            done,
            told,
        )
    with closing(sqlite3.connect(tmp_path / "base.db")) as base:
        inserted = base.execute("SELECT count(*) FROM ledger").fetchone()[0]
    # A request on its way when its sender died may still arrive after somebody looked.
    assert 1 <= len(lines(tmp_path / "posted")) <= 1 + again["post"], told
    assert 1 <= inserted <= 1 + again["insert"], told
    assert done["end-look"] >= 1, told
    assert done["end-twice"] >= 1, told


def lost_with(store: Store, *, is_machine: bool) -> set[tuple[str, int]]:
    """The attempts under way at a death of which nobody can know how they ended.

    Of a command that is only where it died as well: what lives on is adopted, what ended has said how.
    """
    with store.read() as conn:
        rows = conn.execute(select(run_step).where(run_step.c.state == "started")).all()
    return {
        (row.key, row.attempt)
        for row in rows
        if row.key in doomed_run.REQUESTS
        or (row.key in doomed_run.COMMANDS and is_machine and has_died(Path(row.folder)))
    }


def has_died(folder: Path) -> bool:
    """Did a command begin there, and is it gone without a word?"""
    if not (folder / "begun").exists():
        return False
    pid = until(lambda: (folder / "pid").exists() and (folder / "pid").read_text()).split()[0]
    try:
        until(lambda: not is_alive(pid), 0.5)
    except AssertionError:
        return False  # it began while its machine was being lost, and was spared
    return not (folder / "exit").exists()


def is_alive(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def story(store: Store) -> tuple[Counter[str], Counter[tuple[str, str]], Counter[str]]:
    """Of which steps nobody knew, what people answered, and for which a vote was asked, each with how often."""
    unknown, answered, asked = Counter[str](), Counter[tuple[str, str]](), Counter[str]()
    with store.read() as conn:
        for kind, data in conn.execute(select(timeline_event.c.kind, timeline_event.c.data)):
            match kind:
                case "run.step.unknown":
                    unknown[data["step"]] += 1
                case "run.step.answered":
                    answered[data["step"], data["answer"]] += 1
                case "run.approval.asked":
                    asked[data["step"]] += 1
                case _:
                    pass
    return unknown, answered, asked


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []
