"""`python -m bench.intake`: how fast alerts come in, beside Debian's Alertmanager in the same minutes.

Both run their whole pipeline (see peers.py) and are measured in turn, BENCH_PAIRS (5) times, since absolute rates swing
on shared machines: what counts is Tocsin ÷ Alertmanager of one pair, as median with minimum and maximum. Their answers
do not promise the same: Tocsin's 200 is on the disk, Alertmanager's is in memory. BENCH_INTAKE_ALERTS (50,000) a
measurement; BENCH_STORED (20,000, up to a million) for the cost as the store grows; BENCH_ROWS picks rows by their
number, such as 1,3. Afterwards alerts, incidents and pages are counted.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import statistics
import sys
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "support"))

from receiver import Receiver
from rich.console import Console
from rich.table import Table

from bench.load import Answered, Load, measure
from bench.peers import ALERTMANAGER, Alertmanager, Peer, Postgres, Tocsin, throw_away

PAIRS = int(os.environ.get("BENCH_PAIRS", "5"))
ALERTS = int(os.environ.get("BENCH_INTAKE_ALERTS", "50000"))
STORED = int(os.environ.get("BENCH_STORED", "20000"))
ROWS = {int(each) for each in os.environ.get("BENCH_ROWS", "").split(",") if each}
SHOWN = 10_000
_ALERTS_URL = "http://127.0.0.1:{}{}"


@dataclass(frozen=True, kw_only=True)
class Figures:
    """One load on one server. `cpu` in µs an alert until the last answer, `cpu_whole` until all is triaged as well."""

    rate: float
    p50: float
    p99: float
    cpu: float
    cpu_whole: float
    peak: float
    refused: int


@dataclass(kw_only=True)
class Row:
    """One line of the table: ratios of each pair, and what was asked for them."""

    name: str
    asked: str
    ratios: list[float] = field(default_factory=list)
    tocsin: list[float] = field(default_factory=list)
    other: list[float] = field(default_factory=list)

    def add(self, tocsin: float, other: float) -> None:
        self.tocsin.append(tocsin)
        self.other.append(other)
        self.ratios.append(tocsin / other if other else float("nan"))


def load_of(peer: Peer, *, batch: int, connections: int, minutes: int) -> Load:
    """The same alerts each time; `minutes` until they end, which is all that differs when they are said again."""
    at = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    return Load(
        ports=peer.ports,
        path=peer.path,
        alerts=ALERTS,
        batch=batch,
        connections=connections,
        severity="critical",
        at=_moment(at),
        until=_moment(at + timedelta(minutes=90 + minutes)),
    )


def _moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def run(peer: Peer, load: Load) -> Figures:
    before = peer.cpu()
    answered = measure(load)
    cpu = peer.cpu() - before
    settle(peer)
    whole = peer.cpu() - before
    took = _taken(answered, load)
    return Figures(
        rate=took / answered.seconds,
        p50=answered.quantile(0.5),
        p99=answered.quantile(0.99),
        cpu=cpu / took * 1e6,
        cpu_whole=whole / took * 1e6,
        peak=peer.peak(),
        refused=load.alerts - took,
    )


def _taken(answered: Answered, load: Load) -> int:
    return min(len(answered.taken) * load.batch, load.alerts)


def settle(peer: Peer) -> None:
    if isinstance(peer, Tocsin):
        peer.settle()


class Bench:
    """The rows, filled pair by pair."""

    def __init__(self, console: Console, hook: str) -> None:
        self._console = console
        self._hook = hook
        self.rows: dict[str, Row] = {}
        self.counted: list[str] = []

    def row(self, name: str, asked: str) -> Row:
        return self.rows.setdefault(name, Row(name=name, asked=asked))

    def pair(
        self, what: str, make: Callable[[Path], Tocsin], measure_both: Callable[[Peer, Peer], None]
    ) -> None:
        """One fresh server of each kind, one after the other under the same load, then counted."""
        with throw_away("tocsin-bench-") as folder:
            other = Alertmanager(folder, self._hook)
            try:
                tocsin = make(folder)
                try:
                    measure_both(tocsin, other)
                    self.counted.append(f"{what}: {count(tocsin)}")
                finally:
                    tocsin.stop()
            finally:
                other.stop()

    def tocsin(self, folder: Path) -> Tocsin:
        return Tocsin(folder, self._hook)

    def loaded(
        self, label: str, batch: int, connections: int, asked: dict[str, str]
    ) -> Callable[[Peer, Peer], None]:
        """Distinct alerts, then the same ones said again."""

        def both(tocsin: Peer, other: Peer) -> None:
            for minutes, kind in ((0, "distinct"), (1, "unchanged duplicates")):
                theirs = run(other, load_of(other, batch=batch, connections=connections, minutes=minutes))
                ours = run(tocsin, load_of(tocsin, batch=batch, connections=connections, minutes=minutes))
                name = f"{kind}, {label}"
                self.row(f"{name}: alerts/s", asked.get(kind, "")).add(ours.rate, theirs.rate)
                self.row(f"{name}: p99, ms", asked.get("p99", "") if minutes == 0 else "").add(
                    ours.p99, theirs.p99
                )
                self.row(
                    f"{name}: CPU until the answer, µs", asked.get("cpu", "") if minutes == 0 else ""
                ).add(ours.cpu, theirs.cpu)
                if minutes == 0:
                    self.row(f"{name}: CPU with all that follows, µs", "").add(
                        ours.cpu_whole, theirs.cpu_whole
                    )
                    self.row(f"{name}: most memory, MiB", asked.get("peak", "")).add(ours.peak, theirs.peak)
                if ours.refused or theirs.refused:
                    self.counted.append(
                        f"{name}: {ours.refused} refused by Tocsin, {theirs.refused} by the other"
                    )

        return both

    def started(self, tocsin: Peer, other: Peer) -> None:
        time.sleep(3)
        self.row("start to the first 200, s", "≤ 3 s").add(tocsin.ready_s, other.ready_s)
        self.row("memory when idle, MiB", "≤ 150 MB").add(tocsin.resident(), other.resident())

    def shown(self, tocsin: Peer, other: Peer) -> None:
        """GET of ten thousand active alerts."""
        for peer in (other, tocsin):
            load = load_of(peer, batch=500, connections=4, minutes=0)
            load.alerts = SHOWN
            assert _taken(measure(load), load) == SHOWN
            settle(peer)
        took = {peer.name: fetch(peer) for peer in (other, tocsin)}
        self.row(f"GET of {SHOWN:,} active alerts, ms", "≤ 0.5").add(took[tocsin.name], took[other.name])


def fetch(peer: Peer) -> float:
    """Milliseconds of the better of two: the first may find a cold process."""
    took: list[float] = []
    for _ in range(2):
        began = time.perf_counter()
        with urllib.request.urlopen(_ALERTS_URL.format(peer.ports[0], peer.path), timeout=60) as answer:
            body = answer.read()
        took.append((time.perf_counter() - began) * 1000)
        assert body.count(b'"fingerprint"') == SHOWN, body[:200]
    return min(took)


def count(tocsin: Tocsin) -> str:
    alerts = tocsin.count("select count(*) from alert")
    incidents = tocsin.count("select count(*) from incident")
    pages = tocsin.count("select count(*) from delivery")
    return f"{alerts:,} alerts stored, {tocsin.untriaged()} not triaged, {incidents} incidents, {pages} pages"


def growth(console: Console, hook: str) -> None:
    """The cost of an alert in an empty store, and in one with BENCH_STORED alerts that are over."""
    rates: list[tuple[int, Figures]] = []
    for stored in (0, STORED):
        with throw_away("tocsin-bench-") as folder:
            tocsin = Tocsin(folder, hook, before=lambda file, stored=stored: prefill(file, stored))
            try:
                rates.append((stored, run(tocsin, load_of(tocsin, batch=64, connections=8, minutes=0))))
            finally:
                tocsin.stop()
    table = Table(title="cost as the store grows: distinct, batches of 64", title_justify="left")
    for name in ("alerts stored before", "alerts/s", "CPU until the answer, µs", "p99, ms"):
        table.add_column(name, justify="right")
    for stored, each in rates:
        table.add_row(f"{stored:,}", f"{each.rate:,.0f}", f"{each.cpu:.0f}", f"{each.p99:.0f}")
    first, last = rates[0][1], rates[-1][1]
    table.add_row("ratio (asked ≤ 1.3)", f"{first.rate / last.rate:.2f}", f"{last.cpu / first.cpu:.2f}", "")
    console.print(table)


def prefill(file: Path, stored: int) -> None:
    """Copies of one alert that is over, with other ids and times, as months of work would leave them."""
    if not stored:
        return
    with sqlite3.connect(file) as conn:
        columns = [row[1] for row in conn.execute("pragma table_info(alert)")]
        values: dict[str, str] = dict.fromkeys(columns, "null")
        text = "'Pod shop/pod is in waiting state.'"
        values |= {
            "id": "'alr_' || lower(hex(randomblob(16)))",
            "name": "'KubePodNotReady'",
            "service": "'search'",
            "labels": "json_object('alertname', 'KubePodNotReady', 'pod', 'pod-' || n, 'service', 'search')",
            "annotations": f"json_object('description', {text})",
            "state": "'resolved'",
            "source": "'alertmanager'",
            "key": "'key_before'",
            "url": "''",
            "flags": "'[]'",
            "episode": "1",
            "said": "1",
        }
        values |= dict.fromkeys(("starts_at", "ends_at", "first_seen", "last_seen"), "1700000000000000 + n")
        named = ", ".join('"key"' if each == "key" else each for each in columns)
        conn.execute(
            f"with recursive many(n) as (select 1 union all select n + 1 from many where n < {stored})"
            f" insert into alert ({named})"
            f" select {', '.join(values[each] for each in columns)} from many"
        )
    conn.close()


def show(console: Console, rows: dict[str, Row]) -> None:
    table = Table(title="Tocsin ÷ Alertmanager, in pairs", title_justify="left")
    for name in ("figure", "Tocsin", "Alertmanager", "ratio", "min", "max", "asked"):
        table.add_column(name, justify="left" if name == "figure" else "right")
    for row in rows.values():
        middle = statistics.median
        table.add_row(
            row.name,
            f"{middle(row.tocsin):,.1f}",
            f"{middle(row.other):,.1f}",
            f"{middle(row.ratios):.2f}",
            f"{min(row.ratios):.2f}",
            f"{max(row.ratios):.2f}",
            row.asked,
        )
    console.print(table)


def main() -> None:
    console = Console(width=150)
    if not shutil.which(ALERTMANAGER):
        console.print(
            f"{ALERTMANAGER} is not on this machine (make setup-real installs it): nothing to compare with"
        )
        return
    hook = Receiver()
    bench = Bench(console, hook.url)
    postgres: Postgres | None = None
    try:
        one = {
            "distinct": "≥ 0.7",
            "unchanged duplicates": "≥ 1.2",
            "p99": "≤ 0.5",
            "cpu": "≤ 1.0",
            "peak": "≤ 0.8",
        }
        many = {
            "distinct": "≥ 1.5",
            "unchanged duplicates": "≥ 3",
            "p99": "≤ 0.5",
            "cpu": "≤ 0.5",
            "peak": "≤ 0.8",
        }
        plan: list[tuple[str, Callable[[Path], Tocsin], Callable[[Peer, Peer], None]]] = [
            ("32 connections", bench.tocsin, bench.loaded("32 connections", 1, 32, one)),
            ("batches of 64", bench.tocsin, bench.loaded("batches of 64", 64, 8, many)),
            ("batches of 500", bench.tocsin, bench.loaded("batches of 500", 500, 8, many)),
            ("ten thousand shown", bench.tocsin, bench.shown),
            ("started", bench.tocsin, bench.started),
        ]
        if not ROWS or 6 in ROWS:
            try:
                started = postgres = Postgres()
            except FileNotFoundError as missing:
                console.print(str(missing))
            else:
                label = "32 connections, two processes on Postgres"
                plan.append(
                    (
                        label,
                        lambda folder: Tocsin(folder, hook.url, postgres=started, count=2),
                        bench.loaded(label, 1, 32, {"distinct": "≥ 1.0"}),
                    )
                )
        for number in range(PAIRS):
            for at, (what, make, both) in enumerate(plan, 1):
                if not ROWS or at in ROWS:
                    console.print(f"pair {number + 1} of {PAIRS}: {what}", style="dim")
                    bench.pair(what, make, both)
        show(console, bench.rows)
        for line in dict.fromkeys(bench.counted):
            console.print(line)
        if not ROWS or 7 in ROWS:
            growth(console, hook.url)
        console.print(f"{len(hook.messages)} messages reached the receiver of both.")
    finally:
        hook.stop()
        if postgres:
            postgres.stop()


if __name__ == "__main__":
    main()
