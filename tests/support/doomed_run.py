"""Processes that lead a run and die at a named point: one that has imported everything, and forks for each life.

Started as `python doomed_run.py DATABASE_URL FOLDER CONFTEST`. It reads lives from its input, one JSON object a line:
`point` (where to die; "" to live until the run is over), `nth`, `wait` (so long it lives on there), `group` (do the
commands die too, as when a machine is lost?), `shop` (address of the server that counts). It answers how it ended.
"""

from __future__ import annotations

import importlib.util
import json
import os
import random
import signal
import sqlite3
import sys
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any

from tocsin.act.actions.action import Action, all_actions
from tocsin.ground.catalogue import Service
from tocsin.ground.kernel.outbound import Outbound
from tocsin.ground.store import Store
from tocsin.respond.runbooks.workshop import Subject

KINDS = ("shell", "http", "sql")
STEPS = ("look", "append", "twice", "post", "insert", "last")
"""`twice` may run again (idempotent); of the others but `look` each end may stand in the ledger once."""
_LONGEST_S = 90.0


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
                try:
                    os.killpg(int(pid.read_text().split()[0]), signal.SIGKILL)
                except (ValueError, IndexError, ProcessLookupError, PermissionError):
                    continue
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


def doomed(kind: str, action: Action, doom: Doom) -> None:
    run = action.run

    def wrapped(call: Any) -> Any:
        doom.at(f"before {kind}")
        doom.at(f"inside {kind}")
        result = run(call)
        doom.at(f"after {kind}")
        return result

    action.run = wrapped  # type: ignore[method-assign]  # this process is made to break


def lead(url: str, folder: Path, hall_module: Any, life: dict[str, Any]) -> None:
    """One life: goes on with the run, or begins it, and says of an unknown step what the ledger says."""
    ledger, base = folder / "ledger", folder / "base.db"
    doom = Doom(life, folder)
    hall_module.all_actions = lambda _: all_actions(Outbound(("127.0.0.0/8",)))
    hall_module.World.page = partial(paged, folder)
    hall = hall_module.Hall(Store.open(url), folder)
    object.__setattr__(hall.workshop, "store", DoomedStore(hall.store, doom))
    for kind in KINDS:
        doomed(kind, hall.workshop.actions[kind], doom)
    hall.world.subject = Subject(service="shop", clear="cleared")
    hall.world.service = Service.model_validate(
        {"title": "Shop", "automatic": "change", "targets": {"base": {"kind": "sqlite", "path": str(base)}}}
    )
    hall.world.documents["shop-down.md"] = document(hall_module, ledger, life["shop"])
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
        waiting = run.waiting_for or {}
        if run.state == "waiting" and waiting["kind"] == "unknown":
            answer = "done" if happened(waiting["step"], ledger, base, folder) else "retry"
            with (folder / "asked").open("a") as asked:
                asked.write(f"{waiting['step']} {answer}\n")
            hall.runs.answer(id_, waiting["step"], answer, "person:mei", "looked")
        time.sleep(0.02)


def paged(folder: Path, conn: object, incident: str, subject: str, lines: list[str]) -> list[Any]:
    with (folder / "paged").open("a") as file:
        file.write(f"{subject}\n")
    return []


def document(hall_module: Any, ledger: Path, shop: str) -> Any:
    step = hall_module.step

    def bash(name: str, **more: Any) -> Any:
        text = f"echo begin-{name} >> {ledger}; sleep 0.15; echo end-{name} >> {ledger}"
        return step(name, text, **{"level": "change", **more})

    return hall_module.document(
        [
            bash("append"),
            bash("twice", idempotent=True),
            step("post", f"POST {shop}/post\n\n{{}}", kind="http", level="change", expect="status == 200"),
            step("insert", "INSERT INTO ledger VALUES ('insert')", kind="sql", level="change", on="base"),
            bash("last"),
        ],
        diagnosis=[bash("look", level="read")],
        verification=[step("health", f"grep -c end-last {ledger}", expect="value >= 1")],
    )


def happened(step: str, ledger: Path, base: Path, folder: Path) -> bool:
    """What somebody who looks can see."""
    if step == "insert":
        with sqlite3.connect(base) as conn:
            return conn.execute("SELECT count(*) FROM ledger").fetchone()[0] > 0
    if step == "post":
        return (folder / "posted").exists()
    return f"end-{step}" in ledger.read_text()


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
            try:
                lead(url, folder, hall_module, life)
            finally:
                sys.stdout.flush()
                os._exit(0)
        _, status = os.waitpid(child, 0)
        print(json.dumps({"status": os.waitstatus_to_exitcode(status)}), flush=True)


if __name__ == "__main__":
    main()
