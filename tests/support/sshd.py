"""A real OpenSSH server on a free port of this machine, with a home, a host key and a user key of its own."""

from __future__ import annotations

import getpass
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any, Self

from tocsin.ground.kernel.secret import Secret

PROGRAM = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/usr/bin")
LEAK = "TOCSIN_TEST_LEAK"
"""A variable that every session of this server has: no step may see it."""


class Sshd:
    """`home` is the home of who signs in, so that no account of this machine is touched."""

    def __init__(self, folder: Path) -> None:
        assert PROGRAM, "openssh-server is not installed"
        self.folder = folder
        self.home = folder / "home"
        self.home.mkdir(parents=True)
        folder.chmod(0o755)
        for name in ("host", "user"):
            subprocess.run(
                ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True
            )
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        (folder / "sshd_config").write_text(
            "\n".join(
                (
                    f"ListenAddress 127.0.0.1:{self.port}",
                    f"HostKey {folder / 'host'}",
                    f"AuthorizedKeysFile {folder / 'user.pub'}",
                    f"PidFile {folder / 'sshd.pid'}",
                    f"SetEnv HOME={self.home} {LEAK}=yes",
                    "StrictModes no",
                    "UsePAM no",
                    "PermitRootLogin yes",
                    "PasswordAuthentication no",
                    "PrintMotd no",
                    "MaxStartups 100",
                    "",
                )
            )
        )
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        self._server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self._server = subprocess.Popen(
                [PROGRAM or "sshd", "-D", "-e", "-f", str(self.folder / "sshd_config")],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        until = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                assert time.monotonic() < until, (self.folder / "log").read_text()
                time.sleep(0.02)

    def stop(self) -> None:
        if self._server:
            self._server.send_signal(signal.SIGTERM)
            self._server.wait(10)
            self._server = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def target(self, **more: Any) -> dict[str, Any]:
        """As the catalogue would say it."""
        host_key = (self.folder / "host.pub").read_text().split()
        return {
            "kind": "ssh",
            "host": "127.0.0.1",
            "port": self.port,
            "user": getpass.getuser(),
            "key": Secret.from_reference(f"file:{self.folder / 'user'}"),
            "host_key": " ".join(host_key[:2]),
        } | more
