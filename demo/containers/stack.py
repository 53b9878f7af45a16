"""How is the service run on Docker? nginx in front, the API three times, Redis and Postgres, each in a container.

readers ──► door ──► web (nginx) ──► api × 3 ──► postgres
                                         └─────► redis (24 MB, nothing on disk)
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import httpx

from demo.containers.engine import Engine, EngineBroken
from demo.ports import free_port
from demo.service.seed import write_seed
from demo.stack import REPOSITORY, StackBroken

WEB_PORT = 8088
UP_WITHIN_S = 90.0
COMMAND_WITHIN_S = 120.0
_HERE = Path(__file__).resolve().parent


class ContainerStack:
    """The service as its operators see it: a compose file and `docker compose`."""

    title = "nginx, 3 API processes, Redis, Postgres, each in a container"
    config = _HERE / "config"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            self.engine = Engine(folder / "engine")
        except EngineBroken as broken:
            raise StackBroken(str(broken)) from broken
        self._port = free_port()
        self._door: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where readers reach the service, from this machine."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def seed(self) -> Path:
        """What Postgres is built from."""
        return self.folder / "seed"

    @property
    def how_to_break(self) -> str:
        """A command for somebody who wants to see it break once more."""
        assignments = " ".join(
            f"{name}={value}" for name, value in self.values.items() if name != "SERVICE_URL"
        )
        return f"{assignments} docker compose kill api"

    @property
    def values(self) -> Mapping[str, str]:
        """What the configuration calls by name."""
        return {
            "SERVICE_URL": self.url,
            "COMPOSE_FILE": str(self.folder / "compose.yaml"),
            "DOCKER_HOST": self.engine.environment["DOCKER_HOST"],
            "DOCKER_CONFIG": self.engine.environment["DOCKER_CONFIG"],
        }

    def start(self) -> None:
        """Starts the engine and every container; returns when the service answers. Raises StackBroken."""
        self._prepare()
        try:
            self.engine.start()
        except EngineBroken as broken:
            raise StackBroken(str(broken)) from broken
        words = (str(self.engine.namespace_file), str(self._port), str(WEB_PORT))
        self._door = subprocess.Popen(
            [sys.executable, "-m", "demo.containers.door", *words],
            cwd=REPOSITORY,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        done = self.compose("up", "--detach")
        if done.returncode:
            raise StackBroken(f"docker compose up: {done.stderr}")
        deadline = time.monotonic() + UP_WITHIN_S
        while not self._answers():
            if time.monotonic() > deadline:
                raise StackBroken(
                    f"the service did not start:\n{self.compose('logs', '--tail', '20').stdout}"
                )
            time.sleep(0.2)

    def compose(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Runs `docker compose words…`, as the runbook does."""
        return subprocess.run(
            ["docker", "compose", *words],
            env={**self.engine.environment, "COMPOSE_FILE": self.values["COMPOSE_FILE"]},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=COMMAND_WITHIN_S,
            check=False,
        )

    def containers(self, service: str) -> list[str]:
        """The ids of its containers, running or not."""
        return self.compose("ps", "--all", "--quiet", service).stdout.split()

    def stop(self) -> None:
        """Ends the containers, the engine and the door."""
        if self._door is not None:
            self._door.terminate()
            self._door.wait()
            self._door = None
        self.engine.stop()

    def tidy(self) -> None:
        """Takes the folder away."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _prepare(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        for name in ("compose.yaml", "nginx.conf", "postgres.sh"):
            shutil.copy(_HERE / name, self.folder / name)
        write_seed(self.seed)
        settings = {
            "WEB_PORT": WEB_PORT,
            "PYTHON": sys.executable,
            "PYTHON_BASE": sys.base_prefix,
            "PYTHON_HOME": sys.prefix,
            "REPOSITORY": REPOSITORY,
        }
        text = "".join(f"{name}='{value}'\n" for name, value in settings.items())
        (self.folder / ".env").write_text(text)

    def _answers(self) -> bool:
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"{self.url}/health", timeout=3).status_code == 200
        return False
