"""Who measures, and who is told? Each number under `monitors:` is looked at on its own beat.

1. What is due is measured in a few threads: a probe is asked, or what was pushed is read. 2. The value is judged
against its bound and what is normal. 3. Whether that begins or ends a breach is decided by how the monitor stood, which
is a row, so that a restart changes nothing. 4. The ledger hears of a breach whose level by the service's policy is at
least `opens_from`; only then the row is written, so that what could not be told is told at the next look.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from tocsin.act.checks import kinds, read_check, run_round
from tocsin.ground.catalogue import CatalogueSection
from tocsin.ground.kernel.clock import Clock
from tocsin.ground.kernel.errors import NotFound
from tocsin.ground.kernel.outbound import Outbound
from tocsin.ground.kernel.settings import Current
from tocsin.ground.store import Store
from tocsin.sense.alerts import Ledger, Sender, Signal
from tocsin.sense.measures import Point
from tocsin.sense.measures import store as values
from tocsin.sense.measures.measures import RAW
from tocsin.sense.monitor import store as rows
from tocsin.sense.monitor.beat import Beat, Turn
from tocsin.sense.monitor.growth import growth, total
from tocsin.sense.monitor.normal import learned
from tocsin.sense.monitor.section import MetricMonitor, MonitorSection
from tocsin.sense.monitor.standing import Standing
from tocsin.sense.monitor.threshold import Judgement, judge
from tocsin.sense.monitor.words import Speaker, numbers
from tocsin.sense.severity import PolicySection, Told, decide, facts_of

SENDER = Sender(key="monitors", source="monitor")
_TIDY_EVERY_S = 300.0
_COMPARED = ("falls_by", "rises_by", "times")
_SILENT = "nothing has been pushed"
_LEARNED_FOR = timedelta(minutes=10)
"""What is normal leaves out the last ten minutes anyway: so long it is not worked out again."""


class Monitors:
    """Looks after every number that is watched."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        current: Current[MonitorSection],
        catalogue: Current[CatalogueSection],
        policies: Current[PolicySection],
        *,
        ledger: Ledger,
        outbound: Outbound,
        leads: Callable[[], bool] = lambda: True,
    ) -> None:
        """`leads` says whether it is for this process to look: of several, one does."""
        self._store = store
        self._clock = clock
        self._current = current
        self._catalogue = catalogue
        self._policies = policies
        self._ledger = ledger
        self._outbound = outbound
        self._leads = leads
        self._beat = Beat[Turn]("monitors", self.tick, self._round)
        self._seen: MonitorSection | None = None
        self._tidy_at = 0.0
        self._learned: dict[tuple[str, str], tuple[datetime, float]] = {}

    # Asked

    def latest(self, service: str) -> dict[str, tuple[float, datetime]]:
        """The last value of each measure of a service and when it was measured, by the name in conditions."""
        with self._store.read() as conn:
            return {each.measure: (each.value, each.at) for each in values.latest(conn, service)}

    def standings(self) -> dict[str, Standing]:
        """How each monitor of the configuration stands, by name; one that has never looked is not there."""
        known = self._current().monitors
        with self._store.read() as conn:
            return {name: each for name, each in rows.standings(conn).items() if name in known}

    def all(self) -> Mapping[str, MetricMonitor]:
        """The settings of each, by name."""
        return self._current().monitors

    def monitor(self, name: str) -> MetricMonitor:
        """The settings of one. Raises NotFound."""
        found = self._current().monitors.get(name)
        if found is None:
            raise NotFound(f"there is no monitor {name}", fix="`tocsin monitor list` shows those there are.")
        return found

    def expected(self) -> set[tuple[str, str]]:
        """What may be pushed: the service and measure of each monitor without a probe."""
        return {
            (each.service, each.measure) for each in self._current().monitors.values() if each.probe is None
        }

    # Life

    def start(self) -> None:
        self._beat.start()

    def stop(self) -> None:
        """Begins no further look; one that is under way has a moment to end."""
        self._beat.stop()

    def tick(self) -> None:
        """Takes up a changed configuration, then begins the looks that are due."""
        if not self._leads():
            self._beat.clear()
            self._seen = None
            return
        section = self._current()
        if section is not self._seen:
            self._take_up(section)
            self._learned.clear()
            self._seen = section
        now = self._clock.monotonic()
        self._beat.begin(now)
        if now >= self._tidy_at:
            self._tidy_at = now + _TIDY_EVERY_S
            self._tidy(section)

    def _take_up(self, section: MonitorSection) -> None:
        """Watches what the configuration names, from a spread start; ends the alerts of what it names no more."""
        now = self._clock.monotonic()
        with self._store.read() as conn:
            known = rows.standings(conn)
        with self._beat.lock:
            turns = self._beat.turns
            for place, (name, each) in enumerate(section.monitors.items()):
                next_at = now + each.every.total_seconds() * place / len(section.monitors)
                turns.setdefault(name, Turn(name=name, every=each.every, next_at=next_at)).every = each.every
            for name in turns.keys() - section.monitors.keys():
                del turns[name]
        for name, stood in known.items():
            monitor = section.monitors.get(name)
            if monitor is not None and monitor.service == stood.service:
                continue
            gone = MetricMonitor(service=stood.service, measure="gone")
            self._tell(self._endings(self._speaker(name, gone), stood))
            self._store.write(lambda conn, name=name: rows.drop_standing(conn, name))

    def _tidy(self, section: MonitorSection) -> None:
        series = [(each.service, each.measure) for each in section.monitors.values()]

        def job(conn: Connection) -> None:
            now = self._clock.now()
            values.sum_up(conn, series, now)
            values.forget(conn, now)

        self._store.write(job)

    # One look

    def _round(self, turn: Turn) -> None:
        monitor = self._current().monitors.get(turn.name)
        if monitor is not None and not self._beat.stopping.is_set():
            self._look(turn.name, monitor)

    def _look(self, name: str, monitor: MetricMonitor) -> None:
        with self._store.read() as conn:
            stood = rows.standing(conn, name)
        now = self._clock.now()
        first = Standing(
            monitor=name, service=monitor.service, looked_at=now, heard_at=now - 2 * monitor.every
        )
        seen = self._measure(monitor, stood or first, now)
        speaker = self._speaker(name, monitor)
        if isinstance(seen, str):
            self._unseen(speaker, stood or first, seen, now)
            return
        stood = stood or first
        judged = judge(monitor, seen.value, self._normal(monitor, now))
        stands = stood.after(monitor, judged, now, seen.at)
        if stands.breached:
            level, opens = self._level(monitor, speaker, judged)
            stands = replace(stands, level=level, told=stood.told or opens)
        signals: list[Signal] = []
        if stands.told and stands.breached:
            signals.append(speaker.breach(judged, stands.since))
        elif stood.told:
            signals.append(speaker.over())
            stands = replace(stands, told=False)
        if stood.blind:
            signals.append(speaker.sees())
            stands = replace(stands, blind=False)
        self._tell(signals)
        point = replace(seen, usual=not (judged.bad or stands.breached))

        def job(conn: Connection) -> None:
            values.add_point(conn, monitor.service, monitor.measure, point)
            values.put(conn, monitor.service, numbers(monitor, judged), now, now + 2 * monitor.every)
            rows.put_standing(conn, stands)

        self._store.write(job)

    def _unseen(self, speaker: Speaker, stood: Standing, problem: str, now: datetime) -> None:
        """A look without a value: what is open stays open, and after a while somebody hears that nobody sees."""
        monitor = speaker.monitor
        heard_at = stood.heard_at or now
        stands = stood.without(problem, now)
        had_one = stood.value is not None  # who never was heard is not missed yet, as with heartbeats
        if had_one and monitor.blind_after is not None and now - heard_at >= monitor.blind_after:
            self._tell([speaker.blind(problem, heard_at)])
            stands = replace(stands, blind=True)
        elif problem == _SILENT:
            stands = replace(stands, problem="")  # senders have a beat of their own
        self._store.write(lambda conn: rows.put_standing(conn, stands))

    def _measure(self, monitor: MetricMonitor, stood: Standing, now: datetime) -> Point | str:
        """The value with the moment it is of, or why there is none."""
        if monitor.probe is not None:
            check = read_check({"name": monitor.measure, **monitor.probe})
            (finding,) = run_round([kinds()[check.kind](check, self._outbound)])
            if not finding.ok or finding.value is None:
                return finding.text or "the probe gave no number"
            probed = Point(at=now, value=finding.value, usual=True)
            if monitor.reads == "value":
                return probed
            self._store.write(
                lambda conn: values.add_point(conn, monitor.service, monitor.measure + RAW, probed)
            )
        begin = now - monitor.window
        since = {"value": stood.heard_at or now, "counter": begin - 2 * monitor.every, "events": begin}
        with self._store.read() as conn:
            found = values.points(conn, monitor.service, monitor.measure + RAW, since[monitor.reads])
        if monitor.reads == "events":
            return Point(at=now, value=total(found), usual=True)
        if not found:
            return _SILENT
        if monitor.reads == "value":
            return found[-1]
        # A counter's growth begins at what it was when the window did.
        before = sum(1 for each in found if each.at <= begin)
        return Point(at=now, value=growth(found[max(before - 1, 0) :]), usual=True)

    def _normal(self, monitor: MetricMonitor, now: datetime) -> float | None:
        if monitor.normal is not None:
            return monitor.normal
        given = self._catalogue().service(monitor.service).baseline.get(monitor.measure)
        if given is not None or monitor.bound not in _COMPARED:
            return given
        series = (monitor.service, monitor.measure)
        known = self._learned.get(series)
        if known and known[0] <= now < known[0] + _LEARNED_FOR and known[0].hour == now.hour:
            return known[1]
        with self._store.read() as conn:
            hours = values.hours(conn, *series)
            points = values.points(conn, *series, now - values.POINTS_KEPT)
        normal = learned(hours, points, now)
        if normal is not None:  # while too little is known, each look may be the one that is enough
            self._learned[series] = (now, normal)
        return normal

    def _level(self, monitor: MetricMonitor, speaker: Speaker, judged: Judgement) -> tuple[str, bool]:
        """How bad the breach is by the service's policy, and whether that is enough for an alert."""
        service = speaker.service
        policy = self._policies().policy(service.policy)
        signal = speaker.breach(judged, None)
        told = Told(
            name=signal.name,
            labels=dict(signal.labels),
            annotations=dict(signal.annotations),
            value=judged.value,
            source=SENDER.source,
        )
        with self._store.read() as conn:
            others = values.fresh(conn, monitor.service, self._clock.now())
        decision = decide(policy.name, policy, facts_of(told, monitor.service, service, others))
        levels = list(policy.levels)
        least = levels.index(monitor.opens_from) if monitor.opens_from in levels else len(levels)
        return decision.level, levels.index(decision.level) <= least

    # Telling

    def _speaker(self, name: str, monitor: MetricMonitor) -> Speaker:
        section = self._catalogue()
        return Speaker(
            slug=name,
            monitor=monitor,
            service=section.service(monitor.service),
            language=section.language,
        )

    def _endings(self, speaker: Speaker, stood: Standing) -> list[Signal]:
        ends = [speaker.over()] if stood.told else []
        return [*ends, speaker.sees()] if stood.blind else ends

    def _tell(self, signals: list[Signal]) -> None:
        if signals:
            self._ledger.record(signals, SENDER)
