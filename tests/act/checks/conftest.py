"""Small servers on the loopback that answer as they are told."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tocsin.ground.kernel.outbound import Outbound


@contextmanager
def serving(server: socketserver.BaseServer) -> Iterator[Any]:
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server.server_address
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def outbound() -> Iterator[Outbound]:
    client = Outbound()
    yield client
    client.close()


@pytest.fixture
def web() -> Iterator[Callable[..., str]]:
    """`web(answer)` starts a server; `answer(method, path, headers, body) → (status, headers, body)`."""
    with ExitStack() as stack:

        def start(answer: Callable[..., tuple[int, dict[str, str], bytes]]) -> str:
            class Handler(BaseHTTPRequestHandler):
                def handle_one(self) -> None:
                    size = int(self.headers.get("Content-Length", 0))
                    given = {name.lower(): value for name, value in self.headers.items()}
                    status, headers, body = answer(self.command, self.path, given, self.rfile.read(size))
                    self.send_response(status)
                    for name, value in {"Content-Length": str(len(body)), **headers}.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(body)

                def do_GET(self) -> None:
                    self.handle_one()

                def do_POST(self) -> None:
                    self.handle_one()

                def log_message(self, *args: Any) -> None:
                    pass

            server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
            host, port = stack.enter_context(serving(server))
            return f"http://{host}:{port}"

        yield start


@pytest.fixture
def talker() -> Iterator[Callable[..., tuple[str, int]]]:
    """`talker(answer)` starts a TCP server; `answer(line) → bytes` for each line that it hears."""
    with ExitStack() as stack:

        def start(answer: Callable[[bytes], bytes]) -> tuple[str, int]:
            class Handler(socketserver.StreamRequestHandler):
                def handle(self) -> None:
                    try:
                        for line in self.rfile:
                            if reply := answer(line):
                                self.wfile.write(reply)
                    except OSError:
                        return  # the probe has hung up

            class Server(socketserver.ThreadingTCPServer):
                daemon_threads = True

            return stack.enter_context(serving(Server(("127.0.0.1", 0), Handler)))

        yield start
