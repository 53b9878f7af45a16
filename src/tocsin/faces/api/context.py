"""Which rooms does the API call? Handed over once, when the application is put together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tocsin.act.notify import Deliveries
from tocsin.ground.accounts import Accounts
from tocsin.ground.catalogue import CatalogueSection
from tocsin.ground.engine import Boots
from tocsin.ground.kernel.clock import Clock
from tocsin.ground.kernel.settings import Current
from tocsin.ground.store import Store
from tocsin.learn.exercises import Exercises
from tocsin.learn.reports import Reports
from tocsin.learn.watch import Auditor, Latencies
from tocsin.respond.diagnosis import Diagnoses
from tocsin.respond.incidents import Incidents, Scout
from tocsin.respond.incidents.roles import Roles
from tocsin.respond.incidents.updates import Updates
from tocsin.respond.incidents.war_room import WarRooms
from tocsin.respond.oncall import Escalations, Handovers, Oncall, Overrides, Swaps
from tocsin.respond.oncall.drill import Drills
from tocsin.respond.oncall.trial import Trials
from tocsin.respond.rollout import Repairs
from tocsin.respond.runbooks.library import Library
from tocsin.respond.runbooks.run import Runs
from tocsin.sense.alerts import Ledger
from tocsin.sense.alerts.held import Folds
from tocsin.sense.changes import Changes
from tocsin.sense.heartbeats import Heartbeats
from tocsin.sense.intake import Answer, Mailbook
from tocsin.sense.measures import Measures
from tocsin.sense.monitor import Monitors


@dataclass(frozen=True, kw_only=True, slots=True)
class Context:
    """`session_cookie` is the name under which the pages keep a session; the API accepts it for reading.

    `replay` takes a delivery in once more; `folder` is that of the configuration.
    """

    store: Store
    clock: Clock
    accounts: Accounts
    catalogue: Current[CatalogueSection]
    ledger: Ledger
    changes: Changes
    folds: Folds
    incidents: Incidents
    roles: Roles
    updates: Updates
    war_rooms: WarRooms
    scout: Scout
    oncall: Oncall
    overrides: Overrides
    swaps: Swaps
    handovers: Handovers
    escalations: Escalations
    deliveries: Deliveries
    trials: Trials
    library: Library
    runs: Runs
    diagnoses: Diagnoses
    reports: Reports
    heartbeats: Heartbeats
    monitors: Monitors
    measures: Measures
    auditor: Auditor
    latencies: Latencies
    boots: Boots
    drills: Drills
    repairs: Repairs
    exercises: Exercises
    mailbook: Mailbook
    replay: Callable[[str], Answer]
    folder: Path
    session_cookie: str
