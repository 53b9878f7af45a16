"""An origin, and an edge in front of it: two real servers on the loopback, either of which can be taken away."""

from __future__ import annotations

import http.client
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


class _Server:
    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        answer = self.answer

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status = answer(self.path, self.headers.get("Host", ""))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                return

        class Quiet(ThreadingHTTPServer):
            def handle_error(self, *_: Any) -> None:
                return  # a client that does not like the certificate hangs up

        self._server = Quiet(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        self._running = True

    def answer(self, path: str, host: str) -> int:
        raise NotImplementedError

    def stop(self) -> None:
        """Nothing listens any more: the next connection is refused."""
        if self._running:
            self._running = False
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class Origin(_Server):
    """`statuses` by path, else 200; `hosts` are the names that it was asked for."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.statuses: dict[str, int] = {}
        self.hosts: list[str] = []
        super().__init__(tls)

    def answer(self, path: str, host: str) -> int:
        self.hosts.append(host)
        return self.statuses.get(path, 200)


class Edge(_Server):
    """Asks its origin; answers 403 for what it `blocks`, from its memory what it `keeps`, 502 for an origin gone."""

    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        self.blocks: set[str] = set()
        self.keeps: dict[str, int] = {}
        super().__init__()

    def answer(self, path: str, host: str) -> int:
        if path in self.blocks:
            return 403
        if path in self.keeps:
            return self.keeps[path]
        connection = http.client.HTTPConnection("127.0.0.1", self._origin.port, timeout=5)
        try:
            connection.request("GET", path, headers={"Host": host})
            return connection.getresponse().status
        except OSError:
            return 502
        finally:
            connection.close()
