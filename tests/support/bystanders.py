"""What the steps of a run touch and Tocsin knows nothing of: each counts by itself what was done to it."""

from __future__ import annotations

import select
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psycopg
from served import free_port
from waiting import until


@contextmanager
def shop(posted: Path) -> Iterator[str]:
    """The address of a server whose only effect is a line in a file, written in the middle of its answer's time."""

    class Counting(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            time.sleep(0.05)
            with posted.open("a") as file:
                file.write("post\n")
            time.sleep(0.05)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None: ...

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            """Whoever asked has died."""

    server = Quiet(("127.0.0.1", 0), Counting)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def cache(folder: Path) -> Iterator[int | None]:
    """The port of a real Redis; None where this machine has none."""
    program = shutil.which("redis-server")
    if program is None:
        yield None
        return
    port = free_port()
    options = ("--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder))
    with subprocess.Popen([program, *options], stdout=subprocess.DEVNULL) as server:
        try:
            until(lambda: said(port, "PING") == "+PONG", 20, "Redis")
            yield port
        finally:
            server.terminate()


def said(port: int, command: str) -> str:
    """What the Redis there answers to a command: `+PONG`, or the text of a value, "" for none."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as link:
            link.sendall(f"{command}\r\nQUIT\r\n".encode())
            with link.makefile() as lines:
                first = lines.readline().strip()
                if first.startswith("$"):
                    return lines.readline().strip() if first != "$-1" else ""
                return first
    except OSError:
        return ""


class Sleeper:
    """A session that sits in an open transaction; for one that is ended it notes a line, and opens the next."""

    def __init__(self, dsn: str, ended: Path) -> None:
        self._dsn = dsn
        self._ended = ended
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._sleep, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()

    def _sleep(self) -> None:
        while not self._stopping.is_set():
            with closing(psycopg.connect(self._dsn)) as conn:
                conn.execute("SELECT 1")
                while not self._stopping.is_set():
                    # A server that speaks without having been asked says good-bye.
                    if select.select([conn.fileno()], [], [], 0.05)[0]:
                        with self._ended.open("a") as file:
                            file.write("ended\n")
                        break


def docker(folder: Path, ledger: Path) -> Path:
    """A folder with a command `docker` that takes its time for each call, and notes its begin and end."""
    folder.mkdir()
    program = folder / "docker"
    program.write_text(f'#!/bin/sh\necho "begin-$1" >> {ledger}\nsleep 0.15\necho "end-$1" >> {ledger}\n')
    program.chmod(0o755)
    return folder
