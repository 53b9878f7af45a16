"""A receiver that misbehaves, on a socket of its own: the 22 ways in which the other side of a webhook goes wrong."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Self

_FOLDER = Path(__file__).parent.parent / "data" / "authority"
HUGE = 8 * 1024 * 1024


def client() -> ssl.SSLContext:
    """Trusts the authority that signed the certificates of these receivers, and nobody else."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(_FOLDER / "hostile.pem")
    return context


def _certified(name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_FOLDER / f"{name}.pem")
    return context


def _answer(status: int, *headers: str, body: bytes = b"") -> bytes:
    head = [f"HTTP/1.1 {status} So", *headers, f"Content-Length: {len(body)}", "Connection: close", "", ""]
    return "\r\n".join(head).encode() + body


def _in_a_while() -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)


class Hostile:
    """One receiver. `requests` are the keys that it was sent, also those that it did not answer well."""

    def __init__(self, behaviour: str = "well") -> None:
        self.behaviour = behaviour
        self.requests: list[str] = []
        self.accepted: list[str] = []
        self.count = 0
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        if behaviour == "refuse":
            self._listener.close()
        else:
            threading.Thread(target=self._serve, daemon=True).start()

    @property
    def url(self) -> str:
        if self.behaviour in ("bad tls", "expired certificate", "wrong name"):
            return f"https://shop.example:{self.port}/hook"
        return f"http://127.0.0.1:{self.port}/hook"

    def mend(self) -> None:
        """From now on it behaves."""
        if self.behaviour == "refuse":
            self._listener = socket.create_server(("127.0.0.1", self.port), backlog=64)
            threading.Thread(target=self._serve, daemon=True).start()
        self.behaviour = "well"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._listener.close()
        with self._lock:
            for each in self._open:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
                each.close()

    def _serve(self) -> None:
        listener = self._listener
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with self._lock:
                if self._closing.is_set():
                    connection.close()
                    return
                self._open.append(connection)
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, ssl.SSLError), contextlib.closing(connection):
            match self.behaviour:
                case "bad tls":
                    connection.recv(1024)
                    connection.sendall(b"HTTP/1.1 400 This is no TLS\r\n\r\n")
                    return
                case "expired certificate":
                    _certified("expired").wrap_socket(connection, server_side=True)
                    return
                case "wrong name":
                    _certified("elsewhere").wrap_socket(connection, server_side=True)
                    return
                case _:
                    pass
            key = _read(connection)
            with self._lock:
                self.count += 1
                self.requests.append(key)
            self._reply(connection, key)

    def _reply(self, connection: socket.socket, key: str) -> None:
        match self.behaviour:
            case "reset":
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return
            case "hang":
                self._closing.wait(30)
                return
            case "one byte a second":
                for byte in _answer(204):
                    connection.sendall(bytes([byte]))
                    if self._closing.wait(1):
                        return
            case "half a body":
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
                return
            case "huge":
                self.accepted.append(key)
                connection.sendall(_answer(200, body=b"x" * HUGE))
            case "flap":
                well = self.count % 2 == 0
                if well:
                    self.accepted.append(key)
                connection.sendall(_answer(204 if well else 500))
            case behaviour:
                answer = ANSWERS[behaviour]()
                if answer.startswith(b"HTTP/1.1 2"):
                    self.accepted.append(key)
                connection.sendall(answer)


def _read(connection: socket.socket) -> str:
    """Reads one request whole; returns its `webhook-id`."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65_536)
    head, _, body = data.partition(b"\r\n\r\n")
    lines = [line.partition(b":") for line in head.split(b"\r\n")]
    headers = {name.strip().lower(): value.strip() for name, _, value in lines}
    length = int(headers.get(b"content-length", b"0"))
    while len(body) < length:
        body += connection.recv(65_536)
    return headers.get(b"webhook-id", b"").decode()


ANSWERS: dict[str, Callable[[], bytes]] = {
    "well": lambda: _answer(204),
    "500": lambda: _answer(500),
    "502": lambda: _answer(502),
    "503 with seconds": lambda: _answer(503, "Retry-After: 5"),
    "503 with a date": lambda: _answer(503, f"Retry-After: {_in_a_while()}"),
    "429 for an hour": lambda: _answer(429, "Retry-After: 3600"),
    "429 with garbage": lambda: _answer(429, "Retry-After: later"),
    "429 negative": lambda: _answer(429, "Retry-After: -1"),
    "410": lambda: _answer(410),
    "401": lambda: _answer(401),
    "301": lambda: _answer(301, "Location: http://127.0.0.1:9/"),
    "empty": lambda: _answer(200),
    "no json": lambda: _answer(200, body=b"<html>thank you"),
}
