"""A webhook receiver that remembers what it was sent, with the idempotency key of each message."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Receiver:
    """`messages` holds (time, headers, JSON body) in the order of arrival; each is answered `delay_s` later."""

    def __init__(self, *, delay_s: float = 0.0) -> None:
        self.messages: list[tuple[float, dict[str, str], Any]] = []
        received = self.messages
        asked = self._asked = list[str]()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                received.append(
                    (time.time(), {k.lower(): v for k, v in self.headers.items()}, json.loads(body))
                )
                time.sleep(delay_s)
                self.send_response(204)
                self.end_headers()

            def do_GET(self) -> None:
                asked.append(self.path)
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hook"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def asked(self) -> int:
        """How many times it was called with GET."""
        return len(self._asked)

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
