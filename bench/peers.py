"""Who is measured? Debian's Alertmanager and a real `tocsin up`, each started fresh, each ended by its pid.

Both run their whole pipeline: Alertmanager with the grouping, waiting and inhibition that Debian ships, calling a
webhook; Tocsin triages, opens an incident a service and pages by webhook. The receiver of both is the same.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "support"))

from served import Served, free_port

from bench.load import SERVICES

ALERTMANAGER = "prometheus-alertmanager"
_TICKS = os.sysconf("SC_CLK_TCK")
_ALERTMANAGER = """
route: {{receiver: hook, group_by: [alertname, cluster, service], group_wait: 30s, group_interval: 5m}}
inhibit_rules:
  - source_match: {{severity: critical}}
    target_match: {{severity: warning}}
    equal: [alertname, cluster, service]
receivers: [{{name: hook, webhook_configs: [{{url: "{hook}"}}]}}]
"""
_TOCSIN = """
{database}
people: {{mei: {{name: Mei-Ling Chen, webhook: "{hook}"}}}}
channels: {{hook: {{kind: webhook}}}}
outbound: {{allow: ["127.0.0.0/8"]}}
escalations: {{all: {{steps: [{{page: ["person:mei"]}}]}}}}
services:
{services}
"""


def cpu_of(pid: int) -> float:
    """Seconds of the processor that a process has used, all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def memory_of(pid: int, field: str) -> float:
    """MiB: `VmRSS` now, `VmHWM` at most so far."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) / 1024
    raise LookupError(field)


class Peer:
    """A server under measurement: where it listens, and what it has cost."""

    name: str
    path: str
    ports: list[int]
    pids: list[int]
    ready_s: float

    def cpu(self) -> float:
        return sum(cpu_of(pid) for pid in self.pids)

    def peak(self) -> float:
        return sum(memory_of(pid, "VmHWM") for pid in self.pids)

    def resident(self) -> float:
        return sum(memory_of(pid, "VmRSS") for pid in self.pids)


class Alertmanager(Peer):
    name = "Alertmanager"
    path = "/api/v2/alerts"

    def __init__(self, folder: Path, hook: str) -> None:
        (folder / "alertmanager.yml").write_text(_ALERTMANAGER.format(hook=hook))
        self.ports = [free_port()]
        began = time.perf_counter()
        with (folder / "alertmanager.log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    ALERTMANAGER,
                    f"--config.file={folder}/alertmanager.yml",
                    f"--storage.path={folder}/alertmanager",
                    f"--web.listen-address=127.0.0.1:{self.ports[0]}",
                    "--cluster.listen-address=",
                ],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )
        self.pids = [self._process.pid]
        _until_200(f"http://127.0.0.1:{self.ports[0]}/-/ready", self._process)
        self.ready_s = time.perf_counter() - began

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(20)


class Tocsin(Peer):
    """One `tocsin up` on SQLite, or `count` of them on one Postgres (`database`), whose processor time counts too."""

    name = "Tocsin"

    def __init__(
        self,
        folder: Path,
        hook: str,
        *,
        postgres: Postgres | None = None,
        count: int = 1,
        before: Callable[[Path], None] | None = None,
    ) -> None:
        """`before` is called with the file of the database, its tables made, before the server starts."""
        services = "\n".join(f"  {name}: {{title: {name.title()}, escalation: all}}" for name in SERVICES)
        self.folder = folder
        self._postgres = postgres
        self._url = postgres.database() if postgres else None
        self._served: list[Served] = []
        for number in range(count):
            own = folder / f"tocsin-{number}"
            own.mkdir()
            (own / "tocsin.yaml").write_text(
                _TOCSIN.format(
                    hook=hook,
                    services=services,
                    database=f'database: "{self._url}"' if self._url else "",
                )
            )
            served = Served(own)
            # The token is made beforehand, so that the start that is measured is the server's alone.
            served.token = served.command("token", "create", "--role", "admin", "--config", str(own)).stdout
            if before:
                before(own / "tocsin.db")
            self._served.append(served)
            began = time.perf_counter()
            try:
                served.start()
            except BaseException:
                self.stop()
                raise
            self.ready_s = time.perf_counter() - began
        self.ports = [each.port for each in self._served]
        self.path = f"/in/{self._served[0].key('alertmanager')}/api/v2/alerts"

    @property
    def pids(self) -> list[int]:  # pyright: ignore[reportIncompatibleVariableOverride] - Postgres forks a process for each connection
        own = [each.process.pid for each in self._served if each.process]
        return own + (self._postgres.pids() if self._postgres else [])

    def peak(self) -> float:
        return sum(memory_of(each.process.pid, "VmHWM") for each in self._served if each.process)

    def resident(self) -> float:
        return sum(memory_of(each.process.pid, "VmRSS") for each in self._served if each.process)

    def count(self, what: str) -> int:
        """The number that a query like `select count(*) from alert` gives, read beside the server."""
        if self._url:
            with psycopg.connect(self._url.replace("+psycopg", "")) as conn:
                row = conn.execute(what).fetchone()  # pyright: ignore[reportArgumentType] - written in this folder
                return int(row[0]) if row else 0
        conn = sqlite3.connect(f"file:{self._served[0].folder / 'tocsin.db'}?mode=ro", uri=True, timeout=30)
        try:
            return int(conn.execute(what).fetchone()[0])
        finally:
            conn.close()

    def untriaged(self) -> int:
        waiting = self.count("select count(*) from alert_event where state <> 'done'")
        return waiting or self.count("select count(*) from alert_journal")

    def settle(self, seconds: float = 600) -> float:
        """Waits until everything is triaged and says for how many seconds; fails after `seconds`."""
        began = time.perf_counter()
        while self.untriaged():
            assert time.perf_counter() - began < seconds, f"{self.untriaged()} alerts are still not triaged"
            time.sleep(0.05)
        return time.perf_counter() - began

    def stop(self) -> None:
        for each in self._served:
            each.stop()


class Postgres:
    """A throw-away server on a socket of its own, as durable as it is shipped (fsync on)."""

    def __init__(self) -> None:
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
        if not found:
            raise FileNotFoundError("no Postgres on this machine (make setup-real installs it)")
        self._programs = found[0].parent
        self.folder = Path(tempfile.mkdtemp(prefix="tocsin-bench-postgres-"))
        self._as: list[str] = []
        if os.geteuid() == 0:
            self._as = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
            shutil.chown(self.folder, "postgres", "postgres")
        self._count = 0
        self._run("initdb", "-D", str(self.folder / "data"), "-A", "trust", "-U", "tocsin", "-E", "UTF8")
        options = f"-c listen_addresses='' -c unix_socket_directories='{self.folder}'"
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-l", "log", "start", "-o", options)

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [*self._as, str(self._programs / program), *arguments],
            cwd=self.folder,
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
        )

    def database(self) -> str:
        """The URL of a new empty database."""
        self._count += 1
        with psycopg.connect(f"host={self.folder} user=tocsin dbname=postgres", autocommit=True) as conn:
            conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(f"b{self._count}")))
        return f"postgresql+psycopg://tocsin@/b{self._count}?host={self.folder}"

    def pids(self) -> list[int]:
        """The server and each process that it has forked."""
        main = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{main}/task/{main}/children").read_text().split()
        return [main, *map(int, children)]

    def stop(self) -> None:
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", "fast", "stop")
        shutil.rmtree(self.folder)


@contextmanager
def throw_away(prefix: str) -> Iterator[Path]:
    """A folder that is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _until_200(url: str, process: subprocess.Popen[bytes]) -> None:
    end = time.perf_counter() + 30
    while True:
        assert process.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            assert time.perf_counter() < end, f"{url} did not answer"
        time.sleep(0.005)
