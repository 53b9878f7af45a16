"""With whom does an incident work? Its collaborators, put together once by the composition root."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tocsin.act.checks import Round
from tocsin.act.notify import Deliveries
from tocsin.ground.catalogue import CatalogueSection, Service
from tocsin.ground.engine import Timers
from tocsin.ground.kernel.bell import Bell
from tocsin.ground.kernel.clock import Clock
from tocsin.ground.kernel.settings import Current
from tocsin.ground.store import Store
from tocsin.respond.oncall import Escalations
from tocsin.sense.alerts.folding_section import FoldingSection
from tocsin.sense.alerts.held import Folds
from tocsin.sense.severity import Level, PolicySection


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """`check` runs a service's checks once, all in one round; None where the service has none."""

    store: Store
    clock: Clock
    bell: Bell
    timers: Timers
    services: Current[CatalogueSection]
    policies: Current[PolicySection]
    folding: Current[FoldingSection]
    folds: Folds
    escalations: Escalations
    deliveries: Deliveries
    check: Callable[[str, Service], Round | None]

    def service(self, name: str) -> Service:
        """The service as configured now; one that has left the configuration is treated as unassigned."""
        return self.services().service(name)

    def level(self, policy: str, name: str) -> Level | None:
        """What the policy asks for at that level; None where either has left the configuration."""
        found = self.policies().policy(policy)
        return found.levels.get(name)
