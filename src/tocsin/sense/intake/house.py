"""With what does a source answer what is no message? The rooms that it may ask, as the composition root gives them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tocsin.ground.kernel.bell import Bell
from tocsin.ground.kernel.clock import Clock
from tocsin.ground.store import Store
from tocsin.sense.alerts import Ledger
from tocsin.sense.alerts.held import Folds
from tocsin.sense.changes import Changes
from tocsin.sense.heartbeats import Heartbeats
from tocsin.sense.measures import Measures


@dataclass(frozen=True, kw_only=True, slots=True)
class House:
    """`folds` are silences, maintenance windows and inhibition; `started` is when this process did."""

    store: Store
    clock: Clock
    bell: Bell
    ledger: Ledger
    folds: Folds
    changes: Changes
    heartbeats: Heartbeats
    measures: Measures
    started: datetime
