"""`python -m bench.latency`: from the POST of an alert to the channel's request, with ever more open incidents.

Everything on the way is durable: the alert is on disk before its answer, the incident and its page before the send.
One alert after another, each of which opens an incident, on a real `tocsin up` as it is shipped, with 0, 100 and 10,000
incidents open that have a clock and a later step waiting each; SQLite, then Postgres. BENCH_ALERTS (200) a measurement;
BENCH_OPEN picks others than 0,100,10000. A request that stores nothing is measured beside each alert, since absolute
times swing on shared machines.
"""

from __future__ import annotations

import http.client
import json
import os
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "support"))

from rich.console import Console
from rich.table import Table
from served import Served

from bench.peers import Postgres, throw_away
from tocsin.act.notify.store import delivery
from tocsin.ground.engine.timers import timer
from tocsin.ground.store import Store, insert
from tocsin.ground.store.migrate import migrate
from tocsin.respond.incidents.store import incident

ALERTS = int(os.environ.get("BENCH_ALERTS", "200"))
OPEN = [int(each) for each in os.environ.get("BENCH_OPEN", "0,100,10000").split(",")]
_WARM = 20
_AT_ONCE = 500
_CONFIGURATION = """
database: "{database}"
people:
  mei: {{name: Mei-Ling Chen, webhook: "{hook}"}}
channels: {{hook: {{kind: webhook}}}}
outbound: {{allow: ["127.0.0.0/8"]}}
escalations: {{all: {{steps: [{{page: ["person:mei"]}}, {{page: ["person:mei"], after: 1h}}]}}}}
storm: {{alerts: 100000}}
"""


class Channel:
    """The other end of the channel: says when each request had come."""

    def __init__(self) -> None:
        self.came: list[float] = []
        changed = self._changed = threading.Condition()
        came = self.came

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                now = time.perf_counter()
                self.rfile.read(int(self.headers.get("Content-Length", "0")))
                self.send_response(204)
                self.end_headers()
                with changed:
                    came.append(now)
                    changed.notify_all()

            def log_message(self, *_: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hook"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def wait(self, count: int) -> float:
        """When request number `count` came."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.came) >= count, 30), "no page came"
            return self.came[count - 1]

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def main() -> None:
    console = Console()
    table = Table(title="an alert's POST → the channel's request, ms", title_justify="left")
    for name in ("database", "open incidents", "p50", "p99", "min", "max", "empty request p50", "asked"):
        table.add_column(name, justify="left" if name == "database" else "right")
    server = Postgres()
    try:
        for count in OPEN:
            for name, url in (("SQLite", ""), ("Postgres", server.database())):
                times, idle = measure(url, count)
                ordered = sorted(times)
                cells = (
                    statistics.median(times),
                    ordered[max(0, round(len(ordered) * 0.99) - 1)],
                    ordered[0],
                    ordered[-1],
                    statistics.median(idle),
                )
                table.add_row(name, f"{count:,}", *(f"{each:.1f}" for each in cells), "p50 ≤ 10, p99 ≤ 50")
    finally:
        server.stop()
    console.print(table)


def measure(url: str, count: int) -> tuple[list[float], list[float]]:
    """Milliseconds of each alert's way, and of an empty request beside it."""
    with throw_away("tocsin-bench-latency-") as folder:
        channel = Channel()
        database = url or f"sqlite:///{folder / 'tocsin.db'}"
        (folder / "tocsin.yaml").write_text(_CONFIGURATION.format(hook=channel.url, database=database))
        fill(database, count)
        served = Served(folder).start()
        try:
            key = served.key("webhook")
            return alerts(served, key, channel)
        finally:
            served.stop()
            channel.stop()


def alerts(served: Served, key: str, channel: Channel) -> tuple[list[float], list[float]]:
    connection = http.client.HTTPConnection("127.0.0.1", served.port)
    times: list[float] = []
    idle: list[float] = []
    for number in range(ALERTS + _WARM):
        body = json.dumps({"name": f"Bench{number}", "labels": {"severity": "critical"}})
        before = time.perf_counter()
        connection.request("POST", f"/in/{key}", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 202, answer.status
        times.append((channel.wait(number + 1) - before) * 1000)
        time.sleep(0.1)  # one after another: what the page leaves behind is written meanwhile
        before = time.perf_counter()
        connection.request("GET", "/healthz")
        connection.getresponse().read()
        idle.append((time.perf_counter() - before) * 1000)
    connection.close()
    return times[_WARM:], idle[_WARM:]


def fill(database: str, count: int) -> None:
    """So many open incidents, each with a clock and a later step that wait."""
    store = Store.open(database)
    try:
        migrate(store)
        for start in range(0, count, _AT_ONCE):
            rows = list(incidents(range(start, min(count, start + _AT_ONCE))))
            for table, position in ((incident, 0), (timer, 1), (delivery, 2)):
                values = [row[position] for row in rows]
                store.write(
                    lambda conn, table=table, values=values: conn.execute(insert(conn, table), values)
                )
    finally:
        store.close()


def incidents(numbers: range) -> Iterator[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]]:
    """The incident, its clock and its later step."""
    now = datetime.now(UTC)
    later = now + timedelta(days=1)
    for number in numbers:
        id_ = f"INC-2020-{number:05}"
        begun = {
            "id": id_,
            "title": f"Old {number}",
            "service": "unassigned",
            "severity": "P1",
            "state": "triggered",
            "source": "webhook",
            "policy": "default",
            "rule": {},
            "group_key": f"alert:Old{number}",
            "started_at": now,
            "detected_at": now,
            "updated_at": now,
            "outcome": "",
        }
        clock = {
            "id": f"tim_old{number}",
            "kind": "clock.miss",
            "subject": f"{id_}/restore",
            "due_at": later,
            "state": "waiting",
            "attempt": 0,
            "data": {},
        }
        step = {
            "id": f"dlv_old{number}",
            "kind": "page",
            "incident": id_,
            "cause": f"esc_old{number}",
            "target": "2",
            "page": f"esc_old{number}/1/2",
            "round": 1,
            "step": 2,
            "steps": 2,
            "due_at": later,
            "state": "waiting",
            "attempt": 0,
            "next_at": later,
            "key": f"esc_old{number}/1/2",
        }
        yield begun, clock, step


if __name__ == "__main__":
    main()
