"""How is Tocsin set up and run here? As anybody would: a folder, `tocsin config check`, `tocsin up`, a token.

The folder in `config/` is copied with its waits divided and the ports of the day filled in; the command is
only known by its name.
"""

from __future__ import annotations

import json
import os
import shutil
import string
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from demo.pace import Pace
from demo.ports import free_port
from demo.stack import SCRIPTS
from demo.stacks import AnyStack

UP_WITHIN_S = 60.0
STOP_WITHIN_S = 10.0
COMMAND_WITHIN_S = 60.0


class TocsinBroken(Exception):
    """Tocsin did not do what it was told: the message holds its own words."""


class Installation:
    """One folder with a configuration, and the server that runs on it."""

    def __init__(self, folder: Path, source: Path, pace: Pace) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder.parent / "tocsin.log"
        self._source = source
        self._pace = pace
        self._command = os.environ.get("TOCSIN") or str(Path(sys.executable).parent / "tocsin")
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def runbook(self) -> str:
        """The text of the runbook, with its real waits; empty without one."""
        return "".join(file.read_text() for file in sorted((self._source / "runbooks").glob("*.md")))

    @property
    def settings(self) -> str:
        """The text of the configuration, with its real waits."""
        return (self._source / "tocsin.yaml").read_text()

    def write(self, stack: AnyStack, smtp_port: int, *, runbooks: bool = True) -> None:
        """Write the folder: this stack, this mail server, this pace."""
        self.folder.mkdir(parents=True)
        values = {
            "TOCSIN_URL": self.url,
            "SMTP_PORT": smtp_port,
            **stack.values,
        }
        text = string.Template(self._pace.quicken(self.settings)).substitute(values)
        (self.folder / "tocsin.yaml").write_text(text)
        (self.folder / "runbooks").mkdir()
        for file in sorted((self._source / "runbooks").glob("*.md")) if runbooks else ():
            (self.folder / "runbooks" / file.name).write_text(self._pace.quicken(file.read_text()))

    def run(self, *words: str) -> str:
        """`tocsin words… --config FOLDER`; returns what it printed. Raises TocsinBroken."""
        try:
            done = subprocess.run(
                [self._command, *words, "--config", self.folder],
                env=_environment(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=COMMAND_WITHIN_S,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as trouble:
            raise TocsinBroken(f"tocsin {' '.join(words)} could not be run: {trouble}") from trouble
        if done.returncode:
            raise TocsinBroken(
                f"tocsin {' '.join(words)} ended with status {done.returncode}:\n{done.stdout}{done.stderr}"
            )
        return done.stdout

    def start(self) -> None:
        """`tocsin up`, until it says that it is ready. Raises TocsinBroken."""
        with self.log.open("ab") as log:
            self._server = subprocess.Popen(
                [
                    self._command,
                    "up",
                    "--config",
                    self.folder,
                    "--host",
                    "127.0.0.1",
                    "--port",
                    str(self.port),
                ],
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + UP_WITHIN_S
        while not self._ready():
            self.assert_alive()
            if time.monotonic() > deadline:
                raise TocsinBroken(f"tocsin up was not ready after {UP_WITHIN_S:.0f} s:\n{self.last_words()}")
            time.sleep(0.1)

    def assert_alive(self) -> None:
        """Raises TocsinBroken when the server has ended."""
        if self._server is None or self._server.poll() is not None:
            raise TocsinBroken(f"tocsin up has ended:\n{self.last_words()}")

    def last_words(self, lines: int = 20) -> str:
        """The end of the server's log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def token(self) -> str:
        """A token that may act on incidents and runs: the phone of who is on call."""
        words = ("token", "create", "--role", "operator", "--name", "mei-phone", "--json")
        answer: dict[str, Any] = json.loads(self.run(*words))
        return str(answer["token"])

    def account(self, name: str) -> str:
        """An account that may do everything; returns the password that was made up for it."""
        answer: dict[str, Any] = json.loads(self.run("account", "create", name, "--role", "admin", "--json"))
        return str(answer["password"])

    def stop(self) -> None:
        """End the server."""
        if self._server is None or self._server.poll() is not None:
            return
        self._server.terminate()
        try:
            self._server.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait()

    def remove(self) -> None:
        """Take the folder away, database and all."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=2).status_code == 200
        except httpx.TransportError:
            return False


def _environment() -> dict[str, str]:
    """Ours, with supervisorctl on the path for the steps of the runbook, and no Tocsin of somebody else's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN")}
    return kept | {"PATH": f"{SCRIPTS}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}
