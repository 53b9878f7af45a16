"""A workshop for runs: a real store, real commands, a real engine; the incident and the people are told by the test."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from dbos import DBOS
from sqlalchemy import Connection, select
from waiting import until

from tocsin.act.actions.action import all_actions
from tocsin.ground.accounts import Identity
from tocsin.ground.catalogue import CatalogueSection, Service
from tocsin.ground.engine import Engine
from tocsin.ground.kernel.bell import Bell
from tocsin.ground.kernel.clock import SystemClock
from tocsin.ground.kernel.outbound import Outbound
from tocsin.ground.store import Store
from tocsin.ground.timeline import Event
from tocsin.ground.timeline.store import timeline_event
from tocsin.respond.runbooks.document import Document, Ladder, Rung, Step
from tocsin.respond.runbooks.record import Attempt
from tocsin.respond.runbooks.run import Runs
from tocsin.respond.runbooks.section import RunSection, RunSettings
from tocsin.respond.runbooks.store import Run
from tocsin.respond.runbooks.workshop import Subject, Workshop

INCIDENT = "INC-2026-0001"
MEI = "person:mei"
JUN = Identity(kind="person", name="jun", person="jun", role="operator")
KAI = Identity(kind="person", name="kai", person="kai", role="approver")


@dataclass
class Looked:
    ok: bool
    summary: str


@dataclass
class World:
    """What the rest of the house would say."""

    service: Service = field(default_factory=lambda: Service(title="Shop", automatic="change"))
    subject: Subject = field(default_factory=lambda: Subject(service="shop", clear="none"))
    checks: list[bool] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)
    mitigated: list[str] = field(default_factory=list)
    documents: dict[str, Document] = field(default_factory=dict)
    settings: RunSettings = field(
        default_factory=lambda: RunSettings(window="3s", settle="0s", poll="0.1s", approval_expires="1h")
    )

    def get(self, path: str) -> Document:
        return self.documents[path]

    def text(self, path: str) -> str:
        return f"# {self.documents[path].title}\n"

    def check(self, name: str, service: Service) -> Looked | None:
        ok = self.checks.pop(0)
        return Looked(ok=ok, summary=f"{int(ok)} of 1 passed")

    def page(self, conn: Connection, incident: str, subject: str, lines: list[str]) -> Sequence[Any]:
        self.pages.append(subject)
        return []


class Hall:
    """A running engine with its runs."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store = store
        self.folder = folder
        self.world = World()
        self.bell = Bell()
        self.clock = SystemClock()
        self.engine = Engine(store, self.clock, self.bell, folder=folder)
        self.workshop = Workshop(
            store=store,
            clock=self.clock,
            bell=self.bell,
            work=self.engine.work,
            timers=self.engine.timers,
            boot=self.engine.boot,
            services=lambda: CatalogueSection(services={"shop": self.world.service}),
            settings=lambda: RunSection(runs=self.world.settings),
            shelf=self.world,
            actions=all_actions(Outbound()),
            subject=lambda conn, incident: self.world.subject,
            mitigate=lambda incident, why, actor: self.world.mitigated.append(why),
            check=self.world.check,
            page=self.world.page,
            hand=lambda pages: None,
            folder=folder / "runs",
        )
        self.runs = Runs(self.workshop)

    def stop(self) -> None:
        """As the house does, and after the legs that are just ending, so that no connection of theirs is left."""
        self.runs.stop()
        until(lambda: not DBOS.list_workflows(status="PENDING", load_input=False, load_output=False))
        self.engine.stop()

    def start(self, mode: str = "automatic", *, actor: str = MEI, **inputs: str) -> str:
        (path,) = self.world.documents
        return self.runs.start(INCIDENT, path, mode, actor, inputs).id

    def run(self, id_: str) -> Run:
        with self.store.read() as conn:
            return self.runs.get(conn, id_)

    def until(self, id_: str, *states: str, seconds: float = 30) -> Run:
        def reached() -> Run | None:
            run = self.run(id_)
            return run if run.state in states else None

        return until(reached, seconds)

    def rows(self, id_: str) -> list[Attempt]:
        with self.store.read() as conn:
            return self.runs.attempts(conn, id_)

    def row(self, id_: str, key: str) -> Attempt:
        return [row for row in self.rows(id_) if row.key == key][-1]

    def printed(self, id_: str, step: str) -> str:
        with self.store.read() as conn:
            return "".join(chunk.text for chunk in self.runs.output(conn, id_, step, limit=10_000))

    def story(self) -> list[Event]:
        with self.store.read() as conn:
            columns = timeline_event.c
            rows = conn.execute(select(timeline_event).order_by(columns.seq))
            return [
                Event(
                    seq=row.seq,
                    incident=row.incident,
                    at=row.at,
                    kind=row.kind,
                    actor=row.actor,
                    data=row.data,
                )
                for row in rows
            ]

    def kinds(self) -> list[str]:
        return [event.kind for event in self.story()]


def step(id_: str, text: str, **more: Any) -> Step:
    return Step(
        **{"id": id_, "title": id_, "kind": "bash", "text": text, "line": 1, "role": "resolution"} | more
    )


def document(
    *rungs: Sequence[Step], diagnosis: Sequence[Step] = (), verification: Sequence[Step] = (), **more: Any
) -> Document:
    ladder = Ladder(
        title="Resolution",
        line=1,
        rungs=tuple(
            Rung(title=f"Attempt {n}", line=n, steps=tuple(each)) for n, each in enumerate(rungs, start=1)
        ),
    )
    return Document(
        **{
            "path": "shop-down.md",
            "hash": hashlib.sha256(repr((rungs, diagnosis, verification)).encode()).hexdigest(),
            "title": "Shop is down",
            "service": "shop",
            "diagnosis": tuple(diagnosis),
            "ladders": (ladder,) if rungs else (),
            "verification": tuple(verification),
        }
        | more
    )


@pytest.fixture
def hall(store: Store, tmp_path: Path) -> Hall:
    """Not yet beating: a test begins it with `hall.engine.start()`, or uses the fixture `running`."""
    return Hall(store, tmp_path)


@pytest.fixture
def running(hall: Hall) -> Iterator[Hall]:
    hall.engine.start()
    yield hall
    hall.stop()


@pytest.fixture
def make_step() -> Callable[..., Step]:
    return step


@pytest.fixture
def make_document() -> Callable[..., Document]:
    return document
