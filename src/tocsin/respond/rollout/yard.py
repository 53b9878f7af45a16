"""With whom does a repair work? Its collaborators, put together once by the composition root."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Connection

from tocsin.act.checks import Round
from tocsin.act.notify import Delivery
from tocsin.ground.catalogue import CatalogueSection, Service
from tocsin.ground.engine import Timers
from tocsin.ground.kernel.bell import Bell
from tocsin.ground.kernel.clock import Clock
from tocsin.ground.kernel.settings import Current
from tocsin.ground.store import Store
from tocsin.respond.incidents import Incidents
from tocsin.respond.oncall import Notices
from tocsin.respond.rollout.section import RepairSection
from tocsin.respond.runbooks.run import Runs
from tocsin.respond.runbooks.workshop import Shelf
from tocsin.sense.changes import Changes
from tocsin.sense.severity import PolicySection


class Page(Protocol):
    """Tells those on call of an incident, but those in `besides`, who know it already."""

    def __call__(
        self,
        conn: Connection,
        incident: str,
        subject: str,
        lines: Sequence[str],
        key: str,
        besides: Collection[str] = (),
    ) -> Sequence[Delivery]: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Yard:
    """`check` runs a service's checks in one round, None where it has none; `page` tells the on-call of an incident
    within the caller's transaction, once for each key, and `hand` sends what it gave once that is committed; `wake`
    begins the runs that were wanted meanwhile.
    """

    store: Store
    clock: Clock
    bell: Bell
    timers: Timers
    services: Current[CatalogueSection]
    policies: Current[PolicySection]
    settings: Current[RepairSection]
    changes: Changes
    incidents: Incidents
    runs: Runs
    shelf: Shelf
    notices: Notices
    check: Callable[[str, Service], Round | None]
    page: Page
    hand: Callable[[Sequence[Delivery]], None]
    wake: Callable[[], None]

    def service(self, name: str) -> Service:
        return self.services().service(name)
