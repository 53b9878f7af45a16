"""What does a new alert mean? From the alert's row to an incident that pages, once, whatever crashes in between.

Each change of an alert is a row that waits for triage, and so is what held an alert back once it is over: a silence, a
maintenance window, another alert. Rows are taken, judged and marked done in one transaction with everything that
follows from them, so a crash leaves them waiting and nothing half done; on Postgres each worker takes rows that no
other has locked. A row that cannot be judged still opens an incident, which says so.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError, OperationalError

from tocsin.act.notify import Delivery
from tocsin.ground import timeline
from tocsin.ground.engine import Timer
from tocsin.ground.kernel.errors import NotFound
from tocsin.respond.incidents import fold_store, hush, joined, judge, repeat, trial
from tocsin.respond.incidents.desk import Desk
from tocsin.respond.incidents.fold import TIMER as COUNT
from tocsin.respond.incidents.opening import FIRST_PAGE, REPEAT
from tocsin.respond.incidents.sitting import Sitting, tell
from tocsin.respond.incidents.storm import Storms
from tocsin.sense.alerts import AlertEvent, claim, done, flap, get, get_many, held
from tocsin.sense.alerts.held import Look
from tocsin.sense.alerts.probe import is_probe

BATCH = 64
_IDLE_S = 0.25
_log = structlog.get_logger(__name__)


@dataclass(kw_only=True)
class Triage:
    """The thread that turns alerts into incidents."""

    desk: Desk
    _woken: threading.Event = field(default_factory=threading.Event)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _storms: Storms = field(default_factory=Storms)
    _quiet: frozenset[tuple[str, object]] = frozenset()

    def __post_init__(self) -> None:
        timers = self.desk.timers
        timers.on(flap.CALM, self._handed(self._calm))
        timers.on(COUNT, self._handed(self._count))
        timers.on(REPEAT, self._handed(lambda due: repeat.repeat(self.desk, due)), urgent=True)
        timers.on(FIRST_PAGE, self._handed(lambda due: repeat.first_page(self.desk, due)), urgent=True)
        timers.on(joined.TIMER, self._handed(lambda due: joined.tell(self.desk, due)))

    def start(self) -> None:
        self.desk.bell.on("alerts", self._woken.set)
        self._thread = threading.Thread(target=self._serve, name="triage", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._woken.set()
        if self._thread:
            self._thread.join(timeout=4)

    def _serve(self) -> None:
        while not self._stopping.is_set():
            try:
                if self.step() >= BATCH:
                    continue  # there may be more; whatever comes now rings
            except Exception:
                _log.exception("triage could not write; the alerts wait")
            self._woken.wait(_IDLE_S)
            self._woken.clear()

    def step(self) -> int:
        """Judges up to 64 waiting rows, and up to 64 alerts that nothing holds back any more; returns how many."""
        desk = self.desk
        quiet = self._quiet_now()
        fallen_silent = self._fallen_silent(quiet)

        def job(conn: Connection) -> tuple[int, list[Delivery]]:
            if fallen_silent:
                look = Look(desk.folds, conn)
                for each in fallen_silent:
                    hush.check(desk, conn, look, each)
            news = claim(conn, "triage", BATCH)
            pages = self._batch(conn, news, again=False)
            done(conn, [each.seq for each in news])
            freed = self._freed(conn)
            pages += self._batch(conn, freed, again=True)
            return len(news) + len(freed), pages

        count, pages = desk.store.write(job)
        self._quiet = quiet
        self._hand(pages, changed=bool(count))
        return count

    def _hand(self, pages: Sequence[Delivery], *, changed: bool = True) -> None:
        if pages:
            self.desk.deliveries.hand(list(pages))
        if changed:
            self.desk.bell.ring("timeline")

    def _batch(self, conn: Connection, news: Sequence[AlertEvent], *, again: bool) -> list[Delivery]:
        """Judges all together; where one of them cannot be judged, each for itself."""
        if not news:
            return []
        try:
            with conn.begin_nested():
                return self._together(conn, news, again=again)
        except OperationalError:
            raise  # the database, not the alerts: the whole batch is taken again
        except Exception as problem:
            if len(news) > 1 and not isinstance(problem, IntegrityError):
                _log.warning("a batch could not be judged together", error=str(problem))
        pages: list[Delivery] = []
        for each in news:
            pages += self._judge(conn, each, again=again)
        return pages

    def _together(self, conn: Connection, news: Sequence[AlertEvent], *, again: bool) -> list[Delivery]:
        tried = [each for each in news if is_probe(each.alert)]
        news = [each for each in news if not is_probe(each.alert)]
        pages = trial.send(self.desk, conn, tried)
        sitting = Sitting(self.desk, conn, news)
        for each in news:
            if each.kind == "fired" and each.alert.state == "firing":
                self.desk.folds.inhibition.begin(conn, each.alert)
        for each in news:
            match each.kind:
                case "fired":
                    judge.fired(sitting, each, self._storms, again=again)
                case "acknowledged":
                    judge.acknowledged(sitting, each)
                case "resolved":
                    judge.cleared(sitting, each)
        judge.settle(sitting)
        sitting.finish()
        return [*pages, *sitting.pages]

    def _judge(self, conn: Connection, news: AlertEvent, *, again: bool = False) -> list[Delivery]:
        try:
            try:
                with conn.begin_nested():
                    return self._together(conn, [news], again=again)
            except IntegrityError:
                # Another worker opened an incident for the same group at the same moment: now it can be seen.
                with conn.begin_nested():
                    return self._together(conn, [news], again=again)
        except OperationalError:
            raise
        except Exception as problem:
            _log.exception("an alert could not be judged", alert=news.alert.id)
            if is_probe(news.alert):
                return []  # who sent it notices that no message follows
            with conn.begin_nested():
                sitting = Sitting(self.desk, conn, [news])
                judge.failed(sitting, news, f"{type(problem).__name__}: {problem}")
                sitting.finish()
                if again:
                    held.release(conn, [news.alert.id])
                return sitting.pages

    def _freed(self, conn: Connection) -> list[AlertEvent]:
        """Alerts of which something that held them back is over, as if they were news."""
        ids = held.due(conn, self.desk.clock.now(), BATCH)
        alerts = get_many(conn, ids)
        gone = [each for each in ids if each not in alerts or alerts[each].state != "firing"]
        held.release(conn, gone)
        return [
            AlertEvent(seq=0, kind="fired", at=each.starts_at, episode=each.episode, alert=each)
            for each in alerts.values()
            if each.state == "firing"
        ]

    def _fallen_silent(self, quiet: frozenset[tuple[str, object]]) -> list[str]:
        """The incidents that page for nothing but what was silenced since the last step."""
        if not quiet - self._quiet:
            return []
        with self.desk.store.read() as conn:
            return hush.candidates(self.desk, conn)

    def _quiet_now(self) -> frozenset[tuple[str, object]]:
        """The silences and windows that hold back now; from memory."""
        folds, now = self.desk.folds, self.desk.clock.now()
        silences = [
            (each.id, each.updated_at) for each in folds.silences.living() if each.state(now) == "active"
        ]
        windows = [
            (f"{each.window.id} {each.starts_at}", each.window.updated_at)
            for each in folds.maintenance.under_way()
        ]
        return frozenset[tuple[str, object]](silences) | frozenset[tuple[str, object]](windows)

    # Timers

    def _handed(self, act: Callable[[Timer], Sequence[Delivery]]) -> Callable[[Timer], None]:
        def handler(due: Timer) -> None:
            with contextlib.suppress(NotFound):
                self._hand(act(due))

        return handler

    def _count(self, due: Timer) -> Sequence[Delivery]:
        """What was counted last, and not told."""

        def job(conn: Connection) -> None:
            fold = fold_store.get(conn, due.subject, lock=True)
            if fold is not None and fold.untold:
                tell(conn, fold, self.desk.clock.now())
                fold_store.put(conn, [fold])

        self.desk.store.write(job)
        return ()

    def _calm(self, due: Timer) -> Sequence[Delivery]:
        """An alert that came and went: has it been calm for long enough? Then what it says counts again."""
        desk = self.desk

        def job(conn: Connection) -> list[Delivery]:
            now, calm = desk.clock.now(), desk.folding().flapping.calm
            flapping, alert = flap.of(conn, [due.subject]).get(due.subject), get(conn, due.subject)
            if flapping is None or alert is None:
                return []
            if now < flapping.changed_at + calm:
                desk.timers.set(conn, flap.CALM, due.subject, flapping.changed_at + calm)
                return []
            flap.end(conn, alert.id)
            news = AlertEvent(seq=0, kind="fired", at=now, episode=alert.episode, alert=alert)
            sitting = Sitting(desk, conn, [news])
            judged = sitting.judge(news)
            judged.add("flapping", "calm", calm=calm)
            incident = sitting.of_alert(alert.id)
            if incident is not None and incident.is_open:
                timeline.append(
                    conn, incident.id, "alert.calm", "tocsin", now, alert=alert.id, name=alert.name
                )
            if alert.state == "resolved":
                judge.over(sitting, alert, judged)
                judge.settle(sitting)
            sitting.finish()
            return sitting.pages

        return desk.store.write(job)
