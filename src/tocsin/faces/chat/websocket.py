"""How does a websocket leave the house? RFC 6455 spoken by `wsproto`, which opens nothing by itself, over a connection
of the one outbound client: the address is judged as for any other request, and TLS is that of the house.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Ping,
    Pong,
    RejectConnection,
    Request,
    TextMessage,
)
from wsproto.utilities import ProtocolError

from tocsin.ground.kernel.outbound import Outbound, OutboundFailed, OutboundRefused

_CHUNK = 65_536
_LONGEST = 1024 * 1024
_BOTH_WAYS = 2  # socket.SHUT_RDWR, without the module that only `outbound` may use
_PORTS = {"ws": 80, "wss": 443}


class WebSocket:
    """A client's end. `messages` is read by one thread; `say` and `close` may be called by any.

    `quiet_s`: after so long without a word from the other side a ping is sent; after twice that it counts as gone.
    """

    def __init__(
        self, outbound: Outbound, url: str, *, trusted: bool, timeout: float = 10.0, quiet_s: float = 20.0
    ) -> None:
        """Raises OutboundRefused for an address that may not be, OutboundFailed where nobody speaks websocket."""
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise OutboundRefused(f"This is no address of a websocket: {parts.scheme}://{parts.netloc}.")
        if parts.scheme == "ws" and not trusted:
            raise OutboundRefused(
                "A websocket that is not encrypted is opened only where the settings say so."
            )
        until = time.monotonic() + timeout
        self._quiet_s = quiet_s
        self._lock = threading.Lock()
        self._place = parts.netloc
        connection = outbound.connect(
            parts.hostname, parts.port or _PORTS[parts.scheme], timeout=timeout, trusted=trusted
        )
        try:
            if parts.scheme == "wss":
                connection.settimeout(max(0.1, until - time.monotonic()))
                connection = outbound.tls().wrap_socket(connection, server_hostname=parts.hostname)
            self._socket = connection
            self._wire = WSConnection(ConnectionType.CLIENT)
            self._waiting: list[str] = []
            self._parts: list[str] = []
            target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
            self._shake(parts.netloc, target, until)
        except (OSError, ProtocolError, ValueError) as error:
            connection.close()
            raise OutboundFailed(f"No websocket to {self._place}: {error or type(error).__name__}.") from None
        except OutboundFailed:
            connection.close()
            raise

    def messages(self) -> Iterator[str | None]:
        """Each text that comes, until the connection ends; None now and then, so that the reader may look around."""
        asked = False
        last = time.monotonic()
        while True:
            while self._waiting:
                yield self._waiting.pop(0)
            try:
                self._socket.settimeout(1.0)
                data = self._socket.recv(_CHUNK)
            except TimeoutError:
                silent = time.monotonic() - last
                if silent > 2 * self._quiet_s:
                    return
                if silent > self._quiet_s and not asked:
                    asked = True
                    self._send(Ping())
                yield None
                continue
            except OSError:
                return
            asked, last = False, time.monotonic()
            if not data or not self._take(data):
                while self._waiting:
                    yield self._waiting.pop(0)
                return

    def say(self, text: str) -> bool:
        """Whether it could be written to the connection."""
        return self._send(TextMessage(data=text))

    def close(self) -> None:
        """Ends it from this side; the reader sees the end."""
        self._send(CloseConnection(code=1000))
        with contextlib.suppress(OSError):  # it was over already
            self._socket.shutdown(_BOTH_WAYS)
        self._socket.close()

    def _shake(self, host: str, target: str, until: float) -> None:
        self._write(self._wire.send(Request(host=host, target=target)))
        while True:
            self._socket.settimeout(max(0.1, until - time.monotonic()))
            data = self._socket.recv(_CHUNK)
            if not data:
                raise OutboundFailed(f"{self._place} closed the connection.")
            self._wire.receive_data(data)
            for event in self._wire.events():
                if isinstance(event, AcceptConnection):
                    self._take(b"")
                    return
                if isinstance(event, RejectConnection):
                    raise OutboundFailed(
                        f"{self._place} answered {event.status_code} instead of a websocket."
                    )

    def _take(self, data: bytes) -> bool:
        """Reads what came; False when that was the end."""
        try:
            with self._lock:
                if data:
                    self._wire.receive_data(data)
                events = list(self._wire.events())
        except ProtocolError:
            return False
        for event in events:
            if isinstance(event, TextMessage):
                self._parts.append(event.data)
                if sum(len(each) for each in self._parts) > _LONGEST:
                    return False
                if event.message_finished:
                    self._waiting.append("".join(self._parts))
                    self._parts.clear()
            elif isinstance(event, Ping):
                self._send(event.response())
            elif isinstance(event, CloseConnection):
                self._send(event.response())
                return False
            else:
                assert isinstance(event, Pong | BytesMessage)
        return True

    def _send(self, event: TextMessage | Ping | Pong | CloseConnection) -> bool:
        try:
            with self._lock:
                self._write(self._wire.send(event))
        except (OSError, ProtocolError):
            return False
        return True

    def _write(self, data: bytes) -> None:
        self._socket.sendall(data)
