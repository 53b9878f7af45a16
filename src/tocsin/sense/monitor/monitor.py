"""Who looks, when nobody else tells us? Each service with `monitor:` has its checks run on its own beat.

First rounds are spread over their beat, a reload is noticed at the next tick. Only a row of failing rounds opens an
alert, one that passes ends it; whether one is open is the ledger's word, so an alert that fired before a restart is
ended after it, and so is that of a service which is no longer watched.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection

from tocsin.act.checks import Checks, Round
from tocsin.ground.catalogue import CatalogueSection, Service
from tocsin.ground.kernel.clock import Clock
from tocsin.ground.kernel.settings import Current
from tocsin.ground.store import Store
from tocsin.sense.alerts import MONITOR, Ledger, Signal, list_alerts
from tocsin.sense.measures import store as measures
from tocsin.sense.monitor import store as rounds
from tocsin.sense.monitor.beat import Beat
from tocsin.sense.monitor.watch import Watch, over

_FORGET_EVERY_S = 600.0
_ALERTS_MOST = 10_000


class Monitor:
    """Looks after every service that asks for it."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        current: Current[CatalogueSection],
        ledger: Ledger,
        checks: Checks,
        *,
        leads: Callable[[], bool] = lambda: True,
    ) -> None:
        """`leads` says whether it is for this process to look: of several, one does."""
        self._store = store
        self._clock = clock
        self._current = current
        self._ledger = ledger
        self._checks = checks
        self._leads = leads
        self._beat = Beat[Watch]("monitor", self.tick, self._look)
        self._seen: CatalogueSection | None = None
        self._forget_at = 0.0

    def start(self) -> None:
        self._beat.start()

    def stop(self) -> None:
        """Begins no further round; one that is under way has a moment to end, and counts for nothing after that."""
        self._beat.stop()

    def look(self, name: str, service: Service) -> Round | None:
        """One round of the service's checks, remembered like those of its beat; None where it has no checks.

        For who proves that a service is back: so its page shows every look. Raises Invalid for a check that is none.
        """
        looked = self._checks.of_service(name, service)
        if looked is not None:
            self._remember(name, service, looked)
        return looked

    def tick(self) -> None:
        """Takes up a changed configuration, then begins the rounds that are due."""
        if not self._leads():
            self._beat.clear()
            self._seen = None
            return
        section = self._current()
        if section is not self._seen:
            self._take_up(section)
            self._seen = section
        now = self._clock.monotonic()
        self._beat.begin(now)
        if now >= self._forget_at:
            self._forget_at = now + _FORGET_EVERY_S
            self._store.write(lambda conn: rounds.forget(conn, self._clock.now()))

    def _take_up(self, section: CatalogueSection) -> None:
        """Watches what the configuration names, from a spread start; ends the alerts of what it names no more."""
        watched = {
            name: each.monitor.every
            for name, each in section.services.items()
            if each.monitor and each.checks
        }
        firing = self._firing()
        now = self._clock.monotonic()
        with self._beat.lock:
            turns = self._beat.turns
            for place, (name, every) in enumerate(watched.items()):
                next_at = now + every.total_seconds() * place / len(watched)
                watch = Watch(name=name, every=every, next_at=next_at, firing=name in firing)
                turns.setdefault(name, watch).every = every
            for name in turns.keys() - watched.keys():
                del turns[name]
        gone = [over(name, section.service(name)) for name in firing if name not in watched]
        if gone:
            self._ledger.record(gone, MONITOR)

    def _firing(self, service: str | None = None) -> set[str]:
        """The services whose alert is open, by the ledger's own rows; of all, or of one."""
        with self._store.read() as conn:
            alerts = list_alerts(conn, state="firing", key=MONITOR.key, service=service, limit=_ALERTS_MOST)
        return {each.labels["service"] for each in alerts}

    def _look(self, watch: Watch) -> None:
        section = self._current()
        service = section.service(watch.name)
        looked = self._checks.of_service(watch.name, service)
        if looked is None or service.monitor is None or self._beat.stopping.is_set():
            return
        if looked.ok and not watch.firing:
            watch.firing = watch.name in self._firing(watch.name)  # another process may have opened it
        signal = watch.take(looked, service, section.language)
        if signal:
            self._tell(watch, signal)
        self._remember(watch.name, service, looked)

    def _remember(self, name: str, service: Service, looked: Round) -> None:
        every = service.monitor.every if service.monitor else service.soak_every

        def job(conn: Connection) -> None:
            rounds.remember(conn, name, looked)
            seen = {"availability": looked.availability, "latency_ms": looked.latency_ms}
            measures.put(conn, name, seen, looked.at, looked.at + 2 * every)

        self._store.write(job)

    def _tell(self, watch: Watch, signal: Signal) -> None:
        with self._beat.lock:
            if self._beat.turns.get(watch.name) is not watch:
                return  # watched no more since the round began; its alert has been ended
        self._ledger.record([signal], MONITOR)
        watch.firing = not signal.resolved
