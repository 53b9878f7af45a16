"""Why does an alert page nobody now? Silences, maintenance windows and other alerts that hold it back.

`held` answers for many alerts at once, from memory: for lists and pages. `Look` answers for one within the transaction
of triage, and what it says stays true until that ends. What holds an alert back stands in rows, each with the
time when it has to be looked at again, so that a restart forgets nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection, delete, select

from tocsin.ground.kernel.bell import Bell
from tocsin.ground.kernel.clock import Clock
from tocsin.ground.store import Store, insert
from tocsin.sense.alerts.alert import Alert
from tocsin.sense.alerts.folding_section import FoldingSection
from tocsin.sense.alerts.folding_store import alert_hold
from tocsin.sense.alerts.inhibit import Inhibition, Labelled
from tocsin.sense.alerts.maintenance import Maintenance, Occurrence, Window
from tocsin.sense.alerts.silence import Alarms, Silence, Silences


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """What holds one alert back; `inhibited_by` are ids of alerts."""

    silences: tuple[Silence, ...] = ()
    inhibited_by: tuple[str, ...] = ()
    windows: tuple[Window, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.silences or self.inhibited_by or self.windows)


@dataclass(frozen=True, kw_only=True, slots=True)
class Folds:
    """The rooms that hold alerts back."""

    clock: Clock
    silences: Silences
    maintenance: Maintenance
    inhibition: Inhibition

    @classmethod
    def over(
        cls,
        store: Store,
        clock: Clock,
        bell: Bell,
        current: Callable[[], FoldingSection] = FoldingSection,
        zone: Callable[[], str] = lambda: "UTC",
        alarms: Alarms | None = None,
    ) -> Folds:
        """The rooms over this store; `zone` is that of the installation, `alarms` the timers of the engine."""
        return cls(
            clock=clock,
            silences=Silences(store, clock, bell, current, alarms),
            maintenance=Maintenance(store, clock, bell, current, zone),
            inhibition=Inhibition(store, clock, current),
        )


class Placed(Labelled, Protocol):
    """As much of an alert as is asked to know what holds it back."""

    @property
    def state(self) -> str: ...
    @property
    def service(self) -> str: ...


def held(folds: Folds, alerts: Iterable[Placed]) -> dict[str, Held]:
    """Alert id → what holds it back now, at most a second old; one that fires freely or is over is not there."""
    firing = [each for each in alerts if each.state == "firing"]
    choice, now = folds.silences.choice(), folds.clock.now()
    windows = [each.window for each in folds.maintenance.under_way()]
    inhibited = folds.inhibition.holding_now(firing)
    found: dict[str, Held] = {}
    for alert in firing:
        silences = tuple([each for each in choice.of(alert.labels) if each.state(now) == "active"])
        covering = tuple([each for each in windows if each.covers(alert.labels, alert.service)])
        by = inhibited.get(alert.id, ())
        if silences or covering or by:
            found[alert.id] = Held(silences=silences, inhibited_by=by, windows=covering)
    return found


class Look:
    """What holds alerts back, as of one transaction and until it ends."""

    def __init__(self, folds: Folds, conn: Connection) -> None:
        self._folds = folds
        self._conn = conn
        self.now = folds.clock.now()
        self._choice = folds.silences.choice(conn)
        self._windows: Sequence[Occurrence] = folds.maintenance.under_way(conn)

    def at(self, alert: Alert, service: str) -> Held:
        """What holds this alert of that service back."""
        return Held(
            silences=tuple(
                each for each in self._choice.of(alert.labels) if each.state(self.now) == "active"
            ),
            inhibited_by=tuple(self._folds.inhibition.holding(self._conn, alert)),
            windows=tuple(each.window for each in self._windows if each.window.covers(alert.labels, service)),
        )

    @property
    def any(self) -> bool:
        """Whether there is any silence or window at all."""
        return bool(self._windows) or bool(self._choice)

    def ends(self, windows: Iterable[Window]) -> list[tuple[Window, datetime]]:
        """Each window with the end of its time that is under way."""
        ends = {each.window.id: each.ends_at for each in self._windows}
        return [(each, ends.get(each.id, self.now)) for each in windows]

    def hold(self, alert_id: str, why: Held) -> None:
        """Writes down what holds the alert back, each until it has to be looked at again."""
        rows = [
            *(("silence", each.id, each.ends_at) for each in why.silences),
            *(("window", each.id, ends_at) for each, ends_at in self.ends(why.windows)),
            *(("inhibition", each, None) for each in why.inhibited_by),
        ]
        release(self._conn, [alert_id])
        self._conn.execute(
            insert(self._conn, alert_hold),
            [
                {"alert": alert_id, "kind": kind, "by": by, "until": until, "since": self.now}
                for kind, by, until in rows
            ],
        )


def due(conn: Connection, now: datetime, limit: int) -> list[str]:
    """Ids of alerts of which something that held them back is over; this transaction has them to itself."""
    rows = conn.scalars(
        select(alert_hold.c.alert)
        .where(alert_hold.c.until <= now)
        .order_by(alert_hold.c.until)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list(dict.fromkeys(rows))


def release(conn: Connection, alert_ids: Sequence[str]) -> None:
    """Nothing holds these back any more, or they are over."""
    if alert_ids:
        conn.execute(delete(alert_hold).where(alert_hold.c.alert.in_(alert_ids)))


def are_held(conn: Connection, alert_ids: Sequence[str]) -> set[str]:
    """Those of the alerts that stand as held back."""
    if not alert_ids:
        return set()
    return set(conn.scalars(select(alert_hold.c.alert).where(alert_hold.c.alert.in_(alert_ids))))
