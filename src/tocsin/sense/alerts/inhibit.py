"""Which alerts hold others back? While the switch is down, nobody needs a page for each server behind it.

A rule of the configuration names a source, a target and the labels that must be equal in both. Which alerts are
sources stands in rows that triage writes with the alert's own news, so every process sees the same; when a source
ends, what it held back is judged again. An alert never holds itself back, and of alerts that are both source and target
of a rule none holds another back, as Alertmanager has it.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection, delete, select, tuple_, update

from tocsin.ground.kernel.clock import Clock
from tocsin.ground.store import Store, insert
from tocsin.sense.alerts import folding_store
from tocsin.sense.alerts.alert import Alert
from tocsin.sense.alerts.folding_section import FoldingSection, InhibitRule
from tocsin.sense.alerts.folding_store import alert_hold, inhibitor
from tocsin.sense.alerts.matchers import parse_matcher
from tocsin.sense.alerts.selector import Selector
from tocsin.sense.alerts.store import alert as alert_table

_LOOK_EVERY_S = 1.0
_AT_ONCE = 500
_Place = tuple[str, str]


class Labelled(Protocol):
    """As much of an alert as a rule asks."""

    @property
    def id(self) -> str: ...
    @property
    def labels(self) -> Mapping[str, str]: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """A rule made ready; `id` follows from what it says."""

    id: str
    source: Selector
    target: Selector
    equal: tuple[str, ...]

    def place(self, labels: Mapping[str, str]) -> _Place:
        """The rule and the values that have to be equal. An absent label is an empty one."""
        return self.id, "\x1f".join(labels.get(name, "") for name in self.equal)


class Inhibition:
    """The rules in force and the alerts that are sources now."""

    def __init__(self, store: Store, clock: Clock, current: Callable[[], FoldingSection]) -> None:
        self._store = store
        self._clock = clock
        self._current = current
        self._lock = threading.Lock()
        self._seen: FoldingSection | None = None
        self._rules: Sequence[Rule] = ()
        self._sources: dict[_Place, list[tuple[str, bool]]] = {}
        self._looked_at: float | None = None

    def rules(self) -> Sequence[Rule]:
        """As configured now."""
        section = self._current()
        with self._lock:
            if section is not self._seen:
                self._seen, self._rules = section, [_ready(each) for each in section.inhibit]
            return self._rules

    # In the transaction of triage

    def begin(self, conn: Connection, alert: Alert) -> None:
        """The alert fires: where it is a source it holds others back from now on."""
        rows = list(_rows(self.rules(), [alert]))
        if rows:
            conn.execute(insert(conn, inhibitor).on_conflict_do_nothing(), rows)

    def end(self, conn: Connection, alert_id: str, now: datetime) -> bool:
        """The alert is over: what it held back is due to be judged. Says whether it was a source."""
        if not self.rules():
            return False
        # The row first: whoever is just about to be held back by it locks it, and then writes no hold or is seen below.
        gone = conn.execute(delete(inhibitor).where(inhibitor.c.alert == alert_id)).rowcount
        if gone:
            conn.execute(
                update(alert_hold)
                .where(alert_hold.c.kind == "inhibition", alert_hold.c.by == alert_id)
                .values(until=now)
            )
        return bool(gone)

    def holding(self, conn: Connection, alert: Alert) -> list[str]:
        """The ids of the alerts that hold this one back, and will until this transaction ends."""
        places = _places(self.rules(), alert.labels)
        if not places:
            return []
        rows = conn.execute(
            select(inhibitor)
            .where(tuple_(inhibitor.c.rule, inhibitor.c.equal).in_(list(places)))
            .order_by(inhibitor.c.alert)
            .with_for_update(read=True)
        )
        found = [
            row.alert
            for row in rows
            if row.alert != alert.id and not (row.also_target and places[row.rule, row.equal])
        ]
        return list(dict.fromkeys(found))

    # From memory

    def holding_now(self, alerts: Iterable[Labelled]) -> dict[str, tuple[str, ...]]:
        """Alert id → what holds it back, at most a second old; one that nothing holds back is not there."""
        rules = self.rules()
        if not rules:
            return {}
        sources = self._recalled()
        held: dict[str, tuple[str, ...]] = {}
        for each in alerts:
            found = [
                by
                for place, also_source in _places(rules, each.labels).items()
                for by, also_target in sources.get(place, ())
                if by != each.id and not (also_target and also_source)
            ]
            if found:
                held[each.id] = tuple(dict.fromkeys(found))
        return held

    def rebuild(self) -> None:
        """Finds the sources anew among what fires: at the start, and when the rules have changed."""
        rules = self.rules()

        def job(conn: Connection) -> None:
            folding_store.change(conn)
            if not rules and conn.scalar(select(inhibitor.c.alert).limit(1)) is None:
                return
            now = self._clock.now()
            conn.execute(delete(inhibitor))
            # What was held back by a rule that is gone is judged; what is held back still is held again.
            conn.execute(update(alert_hold).where(alert_hold.c.kind == "inhibition").values(until=now))
            if not rules:
                return
            firing = conn.execute(select(alert_table).where(alert_table.c.state == "firing"))
            for part in firing.partitions(_AT_ONCE):
                rows = list(_rows(rules, [Alert.from_row(row) for row in part]))
                if rows:
                    conn.execute(insert(conn, inhibitor).on_conflict_do_nothing(), rows)

        self._store.write(job)

    def _recalled(self) -> dict[_Place, list[tuple[str, bool]]]:
        now = self._clock.monotonic()
        with self._lock:
            if self._looked_at is not None and now - self._looked_at < _LOOK_EVERY_S:
                return self._sources
        sources: dict[_Place, list[tuple[str, bool]]] = {}
        with self._store.read() as conn:
            for row in conn.execute(select(inhibitor)):
                sources.setdefault((row.rule, row.equal), []).append((row.alert, bool(row.also_target)))
        with self._lock:
            self._sources, self._looked_at = sources, now
        return sources


def _ready(rule: InhibitRule) -> Rule:
    said = repr((rule.source, rule.target, rule.equal))
    return Rule(
        id=hashlib.blake2b(said.encode(errors="surrogatepass"), digest_size=8).hexdigest(),
        source=Selector([parse_matcher(each) for each in rule.source]),
        target=Selector([parse_matcher(each) for each in rule.target]),
        equal=rule.equal,
    )


def _places(rules: Iterable[Rule], labels: Mapping[str, str]) -> dict[_Place, bool]:
    """Where the sources of an alert with these labels would stand, each with whether it is a source there, too."""
    return {rule.place(labels): rule.source.matches(labels) for rule in rules if rule.target.matches(labels)}


def _rows(rules: Sequence[Rule], alerts: Iterable[Alert]) -> Iterable[dict[str, object]]:
    for alert in alerts:
        for rule in rules:
            if rule.source.matches(alert.labels):
                id_, equal = rule.place(alert.labels)
                also_target = int(rule.target.matches(alert.labels))
                yield {"rule": id_, "equal": equal, "alert": alert.id, "also_target": also_target}
