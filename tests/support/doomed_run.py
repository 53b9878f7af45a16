"""Processes that lead a run and die at a named point: one that has imported everything, and forks for each life.

Started as `python doomed_run.py DATABASE_URL FOLDER CONFTEST`. It reads lives from its input, one JSON object a line:
`point` (where to die; "" to live until the run is over), `nth`, `wait` (so long it lives on there), `group` (do the
commands die too, as when a machine is lost?), and what the steps touch: `shop` (address of the server that counts),
`cache` (port of a Redis), `sleepers` (database whose sessions are ended); null where there is none. It answers how it
ended.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import random
import signal
import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from bystanders import said

from tocsin.act.actions import process
from tocsin.act.actions.action import Action, all_actions
from tocsin.ground.accounts import Identity
from tocsin.ground.catalogue import Service
from tocsin.ground.engine import boots, engine
from tocsin.ground.kernel.outbound import Outbound
from tocsin.ground.store import Store
from tocsin.respond.runbooks.workshop import Subject

COMMANDS = ("append", "restart", "last")
"""They leave traces that say how far they came. `restart` is a verb that runs a program, the others are shell."""
REQUESTS = ("post", "insert", "queue", "sleepers")
"""http, sql, redis and a verb that destroys: begun and not known to have ended, nobody can tell."""
REPEATABLE = ("look", "depth", "twice", "health")
"""Shell and a verb that only read, and a shell step that may run again: each as often as it takes."""
PEOPLE = ("vote", "tick", "answer")
"""What a person does: approves what destroys, does a manual step, says what became of an unknown one."""
_LONGEST_S = 90.0
KAI = Identity(kind="person", name="kai", person="kai", role="approver")
T = TypeVar("T")


class Doom:
    """Kills this process the `nth` time that a point is reached."""

    def __init__(self, life: dict[str, Any], folder: Path) -> None:
        self._point: str = life["point"]
        self._left: int = life["nth"]
        self._wait: float = life["wait"]
        self._group: bool = life["group"]
        self._folder = folder
        self._lock = threading.Lock()

    def at(self, point: str) -> None:
        with self._lock:
            if point != self._point:
                return
            self._left -= 1
            if self._left:
                return
        if self._wait:
            threading.Timer(self._wait, self._die).start()
        else:
            self._die()

    def _die(self) -> None:
        if self._group:
            for pid in self._folder.glob("runs/*/*/pid"):
                # A step that is over has given its number back, and a stranger may have it by now.
                leader = process._leader(pid.parent, None)
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    if leader is not None:
                        os.killpg(leader, signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)


class DoomedStore:
    """The run's door to the store: each of its transactions is a boundary, before it and after."""

    def __init__(self, store: Store, doom: Doom) -> None:
        self._store = store
        self._doom = doom

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def write(self, job: Any) -> Any:
        self._doom.at("before a write")
        done = self._store.write(job)
        self._doom.at("after a write")
        return done


def doomed(action: Action, doom: Doom) -> None:
    run = action.run

    def wrapped(call: Any) -> Any:
        step = call.folder.name.rpartition(".")[0].rpartition(".")[2]
        return within(doom, step, lambda: run(call))

    action.run = wrapped  # type: ignore[method-assign]  # this process is made to break


def within(doom: Doom, name: str, what: Callable[[], T]) -> T:
    """Does it, with a point before it, one inside and one after it."""
    doom.at(f"before {name}")
    doom.at(f"inside {name}")
    result = what()
    doom.at(f"after {name}")
    return result


def lead(url: str, folder: Path, hall_module: Any, life: dict[str, Any]) -> None:
    """One life: goes on with the run, or begins it, and does what the run asks of people."""
    doom = Doom(life, folder)
    boots.SILENT, engine._BEAT_S = timedelta(seconds=3), 0.5  # on Postgres the dead are missed sooner
    hall_module.all_actions = lambda _: all_actions(Outbound(("127.0.0.0/8",)))
    hall_module.World.page = partial(paged, folder)
    hall = hall_module.Hall(Store.open(url), folder)
    object.__setattr__(hall.workshop, "store", DoomedStore(hall.store, doom))
    for action in hall.workshop.actions.values():
        doomed(action, doom)
    hall.world.subject = Subject(service="shop", clear="cleared")
    targets = {
        "base": {"kind": "sqlite", "path": str(folder / "base.db")},
        "cache": {"kind": "redis", "url": f"redis://127.0.0.1:{life['cache']}"},
        "sleepers": {"kind": "postgres", "dsn": life["sleepers"] or "none"},
    }
    hall.world.service = Service.model_validate({"title": "Shop", "automatic": "change", "targets": targets})
    hall.world.documents["shop-down.md"] = document(hall_module, folder / "ledger", life)
    hall.engine.start()
    with hall.store.read() as conn:
        known = hall.runs.of_incident(conn, hall_module.INCIDENT)  # begun by a life that died right after
    id_ = known[0].id if known else hall.start()
    end = time.monotonic() + _LONGEST_S
    while time.monotonic() < end:
        run = hall.run(id_)
        if not run.is_open:
            (folder / "over").write_text(run.state)
            hall.stop()
            return
        if run.state == "waiting":
            asked(hall, doom, id_, run.waiting_for, partial(happened, folder, life))
        time.sleep(0.02)


def asked(hall: Any, doom: Doom, id_: str, what: dict[str, Any], seen: Callable[[str], bool]) -> None:
    """A person looks at what the run waits for, and says what is to be said."""
    step = what["step"]

    def say(answer: str) -> None:
        time.sleep(0.03)
        hall.runs.answer(id_, step, answer, "person:mei", "looked")

    def vote() -> None:
        time.sleep(0.03)
        hall.runs.approve(what["approval"], KAI, "they block everybody")

    match what["kind"]:
        case "approval":
            within(doom, "vote", vote)
        case "manual":
            within(doom, "tick", lambda: say("done"))
        case _:
            within(doom, "answer", lambda: say("done" if seen(step) else "retry"))


def paged(folder: Path, conn: object, incident: str, subject: str, lines: list[str]) -> list[Any]:
    with (folder / "paged").open("a") as file:
        file.write(f"{subject}\n")
    return []


def document(hall_module: Any, ledger: Path, life: dict[str, Any]) -> Any:
    step = hall_module.step

    def bash(name: str, **more: Any) -> Any:
        text = f"echo begin-{name} >> {ledger}; sleep 0.12; echo end-{name} >> {ledger}"
        return step(name, text, **{"level": "change", **more})

    def verb(name: str, action: str, arguments: dict[str, Any], **more: Any) -> Any:
        text = f"{action}: {json.dumps(arguments)}"
        return step(name, text, kind="action", action=action, arguments=arguments, **more)

    diagnosis = [bash("look", level="read")]
    repair = [
        bash("append"),
        bash("twice", idempotent=True),
        step(
            "post", f"POST {life['shop']}/post\n\n{{}}", kind="http", level="change", expect="status == 200"
        ),
        step("insert", "INSERT INTO ledger VALUES ('insert')", kind="sql", level="change", on="base"),
        verb("restart", "docker.restart", {"container": "shop-api-1"}, level="change"),
        step("by-hand", "Look at the dashboard.", kind="manual"),
    ]
    if life["cache"]:
        diagnosis.append(
            verb("depth", "redis.queues", {"keys": ["jobs"], "between": 0.15}, level="read", on="cache")
        )
        text = "INCR begun\nWAIT 1 120\nINCR done"  # it waits for a replica that there is none of
        repair.append(step("queue", text, kind="redis", level="change", on="cache"))
    if life["sleepers"]:
        arguments = {"over": "0s", "in_transaction": True}
        repair.append(verb("sleepers", "postgres.terminate_idle", arguments, level="destroy", on="sleepers"))
    return hall_module.document(
        [*repair, bash("last")],
        diagnosis=diagnosis,
        verification=[step("health", f"grep -c end-last {ledger}", expect="value >= 1")],
    )


def happened(folder: Path, life: dict[str, Any], step: str) -> bool:
    """What somebody who looks can see."""
    match step:
        case "insert":
            with closing(sqlite3.connect(folder / "base.db")) as conn:
                return conn.execute("SELECT count(*) FROM ledger").fetchone()[0] > 0
        case "post":
            return (folder / "posted").exists()
        case "queue":
            return said(life["cache"], "GET done") != ""
        case "sleepers":
            return (folder / "ended").exists()
        case _:
            return f"end-{step}" in (folder / "ledger").read_text()


def main() -> None:
    url, folder = sys.argv[1], Path(sys.argv[2])
    spec = importlib.util.spec_from_file_location("hall", sys.argv[3])
    assert spec
    assert spec.loader
    hall_module = importlib.util.module_from_spec(spec)
    sys.modules["hall"] = hall_module
    spec.loader.exec_module(hall_module)
    for line in sys.stdin:
        life = json.loads(line)
        child = os.fork()
        if not child:
            random.seed()
            os.dup2(2, 1)  # our output is the answers'
            try:
                lead(url, folder, hall_module, life)
            finally:
                sys.stderr.flush()
                os._exit(0)
        _, status = os.waitpid(child, 0)
        print(json.dumps({"status": os.waitstatus_to_exitcode(status)}), flush=True)


if __name__ == "__main__":
    main()
