"""With whom does a run work? Its collaborators, put together once by the composition root."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection

from tocsin.act.actions.action import Action
from tocsin.act.notify import Delivery
from tocsin.ground import timeline
from tocsin.ground.catalogue import CatalogueSection, Service
from tocsin.ground.engine import Timers, Work
from tocsin.ground.kernel.bell import Bell
from tocsin.ground.kernel.clock import Clock
from tocsin.ground.kernel.settings import Current
from tocsin.ground.store import Store
from tocsin.respond.runbooks.document import Document
from tocsin.respond.runbooks.plan import PlannedStep
from tocsin.respond.runbooks.record import Clear
from tocsin.respond.runbooks.section import RunSection
from tocsin.respond.runbooks.store import Run


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """What a run is about, as its incident stands now."""

    service: str
    severity: str = ""
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    clear: Clear = "none"
    is_open: bool = True


class Looked(Protocol):
    """A round of a service's checks."""

    @property
    def ok(self) -> bool: ...
    @property
    def summary(self) -> str: ...


class Shelf(Protocol):
    """Where runbooks stand."""

    def get(self, path: str) -> Document: ...
    def text(self, path: str) -> str: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Workshop:
    """`page` tells the on-call within the caller's transaction, `hand` sends what it gave once that is committed;
    `check` runs a service's checks in one round, None where it has none; `mitigate` says that the service is back;
    `ended` hears of each step that went well, in the transaction that says so; `labels` are those of this process,
    `dead` the boots that are; `key` seals the places of approvals.
    """

    store: Store
    clock: Clock
    bell: Bell
    work: Work
    timers: Timers
    boot: str
    services: Current[CatalogueSection]
    settings: Current[RunSection]
    shelf: Shelf
    actions: Mapping[str, Action]
    subject: Callable[[Connection, str], Subject]
    mitigate: Callable[[str, str, str], None]
    check: Callable[[str, Service], Looked | None]
    page: Callable[[Connection, str, str, list[str]], Sequence[Delivery]]
    hand: Callable[[Sequence[Delivery]], None]
    folder: Path
    ended: Callable[[Connection, Run, PlannedStep], None] = lambda conn, run, step: None
    labels: frozenset[str] = frozenset()
    dead: Callable[[Connection], Collection[str]] = lambda _: ()
    key: bytes = b""

    def service(self, name: str) -> Service:
        return self.services().service(name)

    def tell(
        self, conn: Connection, run: Run, kind: str, actor: str | None = None, /, **data: object
    ) -> None:
        """Adds to the story of the run's incident; a run without one has only its own rows."""
        if run.incident:
            speaker = actor or f"run:{run.id}"
            timeline.append(conn, run.incident, kind, speaker, self.clock.now(), run=run.id, **data)

    def ring(self, run_id: str) -> None:
        """Wakes whoever watches; after a commit."""
        self.bell.ring(f"run:{run_id}")
        self.bell.ring("timeline")
