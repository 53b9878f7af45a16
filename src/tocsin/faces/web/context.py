"""With whom do the pages work? The rooms below, put together once by the composition root."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry

from tocsin.ground.accounts import Accounts
from tocsin.ground.catalogue import CatalogueSection
from tocsin.ground.kernel.bell import Bell
from tocsin.ground.kernel.clock import Clock
from tocsin.ground.kernel.links import Links
from tocsin.ground.kernel.settings import Current
from tocsin.ground.store import Store

if TYPE_CHECKING:
    from tocsin.act.notify import Deliveries
    from tocsin.ground.engine import Boots
    from tocsin.learn.exercises import Exercises
    from tocsin.learn.watch import Auditor, Latencies
    from tocsin.respond.diagnosis import Diagnoses
    from tocsin.respond.incidents import Incidents, Scout
    from tocsin.respond.incidents.roles import Roles
    from tocsin.respond.incidents.updates import Updates
    from tocsin.respond.incidents.war_room import WarRooms
    from tocsin.respond.oncall import Escalations, Handovers, Oncall, Overrides, Rota, Swaps
    from tocsin.respond.oncall.drill import Drills
    from tocsin.respond.oncall.trial import Trials
    from tocsin.respond.rollout import Repairs
    from tocsin.respond.runbooks.library import Library
    from tocsin.respond.runbooks.run import Runs
    from tocsin.sense.alerts.held import Folds
    from tocsin.sense.changes import Changes
    from tocsin.sense.heartbeats import Heartbeats
    from tocsin.sense.intake import Answer, Mailbook
    from tocsin.sense.measures import Measures
    from tocsin.sense.monitor import Monitors
    from tocsin.sense.severity import PolicySection


@dataclass(frozen=True, kw_only=True, slots=True)
class Context:
    """`waiting_for` names what is not ready yet (nothing: ready); `report` is an incident's report in Markdown.

    `configuration_problems` are the mistakes for which a changed configuration was refused; the old one serves on.
    """

    store: Store
    clock: Clock
    bell: Bell
    links: Links
    catalogue: Current[CatalogueSection]
    policies: Current[PolicySection]
    changes: Changes
    accounts: Accounts
    incidents: Incidents
    roles: Roles
    updates: Updates
    war_rooms: WarRooms
    folds: Folds
    scout: Scout
    runs: Runs
    diagnoses: Diagnoses
    library: Library
    rota: Callable[[], Rota]
    oncall: Oncall
    overrides: Overrides
    swaps: Swaps
    handovers: Handovers
    escalations: Escalations
    deliveries: Deliveries
    trials: Trials
    mailbook: Mailbook
    heartbeats: Heartbeats
    monitors: Monitors
    measures: Measures
    auditor: Auditor
    latencies: Latencies
    boots: Boots
    drills: Drills
    repairs: Repairs
    exercises: Exercises
    replay: Callable[[str], Answer]
    report: Callable[[str], str]
    waiting_for: Callable[[], list[str]]
    configuration_problems: Callable[[], Sequence[str]]
    registry: CollectorRegistry
    version: str
