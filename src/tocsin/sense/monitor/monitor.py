"""Who looks, when nobody else tells us? Each service with `monitor:` has its checks run on its own beat.

One thread decides what is due, a few others look. Rounds of one service never overlap, first rounds are spread over
their beat, a reload is noticed at the next tick. Only a row of failing rounds opens an alert, one that passes ends it;
whether one is open is the ledger's word, so an alert that fired before a restart is ended after it, and so is that of
a service which is no longer watched. Whatever goes wrong in a round is told in the log, and the next round comes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import structlog
from sqlalchemy import Connection

from tocsin.act.checks import Checks, Round
from tocsin.ground.catalogue import CatalogueSection, Service
from tocsin.ground.kernel.clock import Clock
from tocsin.ground.kernel.errors import TocsinError
from tocsin.ground.kernel.settings import Current
from tocsin.ground.store import Store
from tocsin.sense.alerts import MONITOR, Ledger, Signal, list_alerts
from tocsin.sense.measures import store as measures
from tocsin.sense.monitor import store as rounds
from tocsin.sense.monitor.watch import Watch, over

_TICK_S = 0.1
_PAUSE_S = 1.0
_GRACE_S = 2.0
_AT_ONCE = 8
_FORGET_EVERY_S = 600.0
_ALERTS_MOST = 10_000
_log = structlog.get_logger(__name__)


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
        self._watches: dict[str, Watch] = {}
        self._lock = threading.Lock()
        self._seen: CatalogueSection | None = None
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._pool: ThreadPoolExecutor | None = None
        self._forget_at = 0.0
        self._looking = 0
        self._idle = threading.Condition()

    def start(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=_AT_ONCE, thread_name_prefix="monitor")
        self._thread = threading.Thread(target=self._serve, name="monitor", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Begins no further round; one that is under way has a moment to end, and counts for nothing after that."""
        self._stopping.set()
        if self._thread:
            self._thread.join(timeout=_GRACE_S)
        if self._pool:
            self._pool.shutdown(wait=False, cancel_futures=True)
            with self._idle:
                self._idle.wait_for(lambda: not self._looking, _GRACE_S)

    def look(self, name: str, service: Service) -> Round | None:
        """One round of the service's checks, remembered like those of its beat; None where it has no checks.

        For who proves that a service is back: so its page shows every look. Raises Invalid for a check that is none.
        """
        looked = self._checks.of_service(name, service)
        if looked is not None:
            self._remember(name, service, looked)
        return looked

    def latest(self, service: str) -> Round | None:
        """The last round of a service in this process."""
        with self._lock:
            watch = self._watches.get(service)
        return watch.latest if watch else None

    def _serve(self) -> None:
        while not self._stopping.wait(_TICK_S):
            try:
                self.tick()
            except Exception:
                _log.exception("the monitor stumbled; it goes on")
                self._stopping.wait(_PAUSE_S)

    def tick(self) -> None:
        """Takes up a changed configuration, then begins the rounds that are due."""
        if not self._leads():
            with self._lock:
                self._watches.clear()
            self._seen = None
            return
        section = self._current()
        if section is not self._seen:
            self._take_up(section)
            self._seen = section
        now = self._clock.monotonic()
        for watch in self._due(now, section.services):
            if self._pool:
                self._pool.submit(self._round, watch)
            else:
                self._round(watch)
        if now >= self._forget_at:
            self._forget_at = now + _FORGET_EVERY_S
            self._store.write(lambda conn: rounds.forget(conn, self._clock.now()))

    def _due(self, now: float, services: Mapping[str, Service]) -> list[Watch]:
        """The services whose round begins now. One that is late is not run twice to catch up."""
        due: list[Watch] = []
        with self._lock:
            for watch in self._watches.values():
                monitor = services[watch.service].monitor
                if watch.running or watch.next_at > now or monitor is None:
                    continue
                watch.running = True
                watch.next_at = max(watch.next_at + monitor.every.total_seconds(), now)
                due.append(watch)
        return due

    def _take_up(self, section: CatalogueSection) -> None:
        """Watches what the configuration names, from a spread start; ends the alerts of what it names no more."""
        watched = {name: each for name, each in section.services.items() if each.monitor and each.checks}
        firing = self._firing()
        now = self._clock.monotonic()
        with self._lock:
            for place, (name, service) in enumerate(watched.items()):
                if name not in self._watches and service.monitor:
                    wait = service.monitor.every.total_seconds() * place / len(watched)
                    self._watches[name] = Watch(service=name, next_at=now + wait, firing=name in firing)
            for name in self._watches.keys() - watched.keys():
                del self._watches[name]
        gone = [over(name, section.service(name)) for name in firing if name not in watched]
        if gone:
            self._ledger.record(gone, MONITOR)

    def _firing(self, service: str | None = None) -> set[str]:
        """The services whose alert is open, by the ledger's own rows; of all, or of one."""
        with self._store.read() as conn:
            alerts = list_alerts(conn, state="firing", key=MONITOR.key, service=service, limit=_ALERTS_MOST)
        return {each.labels["service"] for each in alerts}

    def _round(self, watch: Watch) -> None:
        with self._idle:
            self._looking += 1
        try:
            self._look(watch)
        except TocsinError as error:
            _log.warning(
                "a round could not be told; the next one tries again", service=watch.service, error=str(error)
            )
        except Exception:
            _log.exception("a round failed; the next one tries again", service=watch.service)
        finally:
            with self._lock:
                watch.running = False
            with self._idle:
                self._looking -= 1
                self._idle.notify_all()

    def _look(self, watch: Watch) -> None:
        section = self._current()
        service = section.service(watch.service)
        looked = self._checks.of_service(watch.service, service)
        if looked is None or service.monitor is None or self._stopping.is_set():
            return
        if looked.ok and not watch.firing:
            watch.firing = watch.service in self._firing(watch.service)  # another process may have opened it
        signal = watch.take(looked, service, section.language)
        if signal:
            self._tell(watch, signal)
        self._remember(watch.service, service, looked)

    def _remember(self, name: str, service: Service, looked: Round) -> None:
        every = service.monitor.every if service.monitor else service.soak_every

        def job(conn: Connection) -> None:
            rounds.remember(conn, name, looked)
            seen = {"availability": looked.availability, "latency_ms": looked.latency_ms}
            measures.put(conn, name, seen, looked.at, looked.at + 2 * every)

        self._store.write(job)

    def _tell(self, watch: Watch, signal: Signal) -> None:
        with self._lock:
            if self._watches.get(watch.service) is not watch:
                return  # watched no more since the round began; its alert has been ended
        self._ledger.record([signal], MONITOR)
        watch.firing = not signal.resolved
