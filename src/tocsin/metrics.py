"""How is Tocsin itself? Figures for Prometheus, read from the store when they are asked for; no label of a user's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import ColumnElement, Table, func, select

from tocsin import __version__
from tocsin.act.notify.store import delivery
from tocsin.ground.engine import Engine
from tocsin.ground.engine.timers import timer
from tocsin.ground.store import Store
from tocsin.learn.watch import Latencies
from tocsin.learn.watch.store import last_look, watch_finding
from tocsin.respond.incidents.incident import OPEN
from tocsin.respond.incidents.store import incident
from tocsin.respond.runbooks.store import run
from tocsin.sense.alerts import Ledger
from tocsin.sense.heartbeats.store import heartbeat

_GOING = ("wanted", "running", "waiting", "paused")
_UNSENT = ("waiting", "claimed")


class Vitals(Collector):
    """Gauges of one process and its database."""

    def __init__(self, store: Store, engine: Engine, ledger: Ledger, latencies: Latencies) -> None:
        self._store = store
        self._engine = engine
        self._ledger = ledger
        self._latencies = latencies

    def collect(self) -> Iterator[Metric]:
        yield _one("tocsin_build_info", "The version that runs.", {"version": __version__}, 1)
        yield _one("tocsin_alerts_firing", "Alerts that fire now.", {}, self._ledger.firing)
        beats = GaugeMetricFamily(
            "tocsin_engine_beat_up", "1 while a beat of the engine works.", labels=["beat"]
        )
        failing = self._engine.problems()
        for name in sorted(self._engine.beats):
            beats.add_metric([name], 0 if name in failing else 1)
        yield beats
        yield self._by(
            "tocsin_incidents_open",
            "Open incidents by severity.",
            "severity",
            incident,
            incident.c.state.in_(OPEN),
        )
        yield self._by(
            "tocsin_runs_going", "Runs that have not ended, by state.", "state", run, run.c.state.in_(_GOING)
        )
        yield self._by(
            "tocsin_pages_unsent",
            "Pages not yet sent, by state.",
            "state",
            delivery,
            delivery.c.state.in_(_UNSENT),
        )
        yield self._by(
            "tocsin_timers_waiting", "Timers that wait, by kind.", "kind", timer, timer.c.state == "waiting"
        )
        yield self._by(
            "tocsin_heartbeats_in_trouble",
            "Jobs that are missing, failed or did not end, by trouble.",
            "trouble",
            heartbeat,
            heartbeat.c.trouble != "",
        )

        yield self._by(
            "tocsin_watch_findings_open",
            "What the auditor found not to be well, by part.",
            "part",
            watch_finding,
            watch_finding.c.ended_at.is_(None),
        )
        yield from self._looked()
        yield from self._pages()

    def _looked(self) -> Iterator[Metric]:
        with self._store.read() as conn:
            last, living = last_look(conn), self._engine.boots.living(conn)
        if last is not None:
            text = "When the auditor looked last, as a Unix time."
            yield _one("tocsin_watch_looked_timestamp_seconds", text, {}, last.timestamp())
        processes = GaugeMetricFamily(
            "tocsin_processes", "Processes that are alive, by role.", labels=["role"]
        )
        for role, count in sorted(Counter(each.role for each in living).items()):
            processes.add_metric([role], count)
        yield processes

    def _pages(self) -> Iterator[Metric]:
        """The service level of pages: of the last 30 days."""
        found = self._latencies.summary()
        yield _one("tocsin_page_latency_pages", "First pages of the last 30 days.", {}, found.pages)
        times = GaugeMetricFamily(
            "tocsin_page_latency_seconds",
            "From an alert's receipt until its page is sent.",
            labels=["quantile"],
        )
        for quantile, ms in (("0.5", found.p50_ms), ("0.99", found.p99_ms)):
            if ms is not None:
                times.add_metric([quantile], ms / 1000)
        yield times
        if found.within is not None:
            text = "The share of those pages that were sent within the service level."
            yield _one("tocsin_page_latency_within_target_ratio", text, {}, found.within)

    def _by(
        self, name: str, text: str, label: str, table: Table, which: ColumnElement[bool]
    ) -> GaugeMetricFamily:
        family = GaugeMetricFamily(name, text, labels=[label])
        column = table.c[label]
        with self._store.read() as conn:
            for row in conn.execute(select(column, func.count()).where(which).group_by(column)):
                family.add_metric([str(row[0])], row[1])
        return family


def registry(store: Store, engine: Engine, ledger: Ledger, latencies: Latencies) -> CollectorRegistry:
    """A registry of its own, so that two applications in one test process do not meet."""
    made = CollectorRegistry(auto_describe=False)
    made.register(Vitals(store, engine, ledger, latencies))
    return made


def _one(name: str, text: str, labels: dict[str, str], value: float) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=list(labels))
    family.add_metric(list(labels.values()), value)
    return family
