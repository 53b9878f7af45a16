"""A real `tocsin up` in a process of its own, driven over HTTP and by its commands, as a user would."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from waiting import until

TOCSIN = str(Path(sys.executable).with_name("tocsin"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Served:
    """One configuration folder and the server that serves it; may be killed and started again."""

    def __init__(self, folder: Path, *, env: dict[str, str] | None = None, role: str = "all") -> None:
        self.folder = folder
        self.role = role
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.env = {**os.environ, "PYTHONFAULTHANDLER": "1", **(env or {})}
        self.process: subprocess.Popen[bytes] | None = None
        self.token = ""
        self._log = folder / "server.log"

    def command(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        env = {**self.env, "TOCSIN_URL": self.url, "TOCSIN_TOKEN": self.token}
        done = subprocess.run([TOCSIN, *arguments], capture_output=True, text=True, env=env, timeout=60)
        assert not check or done.returncode == 0, f"tocsin {' '.join(arguments)}: {done.stderr}"
        return done

    def start(self) -> Served:
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [TOCSIN, "up", "--config", str(self.folder), "--port", str(self.port), "--role", self.role],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                env=self.env,
            )
        if not self.token:
            made = self.command("token", "create", "--role", "admin", "--config", str(self.folder), "--json")
            self.token = json.loads(made.stdout)["token"]
        until(self._ready, 90, f"the server's start (see {self.log()[-2000:]})")
        return self

    def _ready(self) -> bool:
        assert self.process
        assert self.process.poll() is None, self.log()[-4000:]
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False

    def kill(self) -> None:
        """SIGKILL to the server alone; what it has started lives on."""
        assert self.process
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGABRT)  # says where each thread stands
                self.process.wait(5)
                raise AssertionError(f"the server did not stop:\n{self.log()[-20_000:]}") from None

    def log(self) -> str:
        return self._log.read_text() if self._log.exists() else ""

    def ask(self, method: str, path: str, body: Any = None, *, token: str | None = None) -> tuple[int, Any]:
        """(status, JSON or text) of one request; an error status is an answer, not an exception."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.url}{path}",
            data=data,
            method=method,
            headers={
                "Authorization": f"Bearer {token or self.token}",
                **({"Content-Type": "application/json"} if data is not None else {}),
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=15) as answer:
                return answer.status, _read(answer)
        except urllib.error.HTTPError as problem:
            with problem:
                return problem.code, _read(problem)

    def get(self, path: str) -> Any:
        status, body = self.ask("GET", path)
        assert status == 200, (status, body)
        return body

    def post(self, path: str, body: Any = None) -> Any:
        status, answer = self.ask("POST", path, body if body is not None else {})
        assert status < 300, (status, answer)
        return answer

    def key(self, kind: str) -> str:
        made = self.command("key", "create", kind, "--config", str(self.folder), "--json")
        return json.loads(made.stdout)["key"]

    def incident(self) -> dict[str, Any] | None:
        items = self.get("/api/v1/incidents")["items"]
        return items[0] if items else None


def _read(answer: Any) -> Any:
    raw = answer.read()
    return json.loads(raw) if "json" in answer.headers.get("Content-Type", "") and raw else raw.decode()
