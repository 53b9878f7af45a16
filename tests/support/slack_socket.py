"""The other end of Socket Mode: a real websocket, with the messages that Slack publishes.

docs.slack.dev/apis/events-api/using-socket-mode: `hello` after the connection, envelopes that want their id back, and
`disconnect` with its reason before a connection is closed. An event whose envelope is not acknowledged comes again.
"""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import threading
from collections.abc import Callable
from typing import Any

from wsproto.connection import Connection, ConnectionType
from wsproto.events import CloseConnection, Ping, Pong, TextMessage
from wsproto.utilities import LocalProtocolError

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3


def accept_of(key: str) -> str:
    """`Sec-WebSocket-Accept` for a client's key."""
    return base64.b64encode(hashlib.sha1(key.encode() + _GUID).digest()).decode()


class SlackSocket:
    """One connection, seen from Slack. `heard` is told of every message of the client."""

    def __init__(
        self, connection: socket.socket, heard: Callable[[SlackSocket, dict[str, Any]], None]
    ) -> None:
        self._socket = connection
        self._wire = Connection(ConnectionType.SERVER)
        self._heard = heard
        self._lock = threading.Lock()
        self.pings = 0
        self.closed = threading.Event()

    def say(self, message: dict[str, Any]) -> None:
        self._send(TextMessage(data=json.dumps(message)))

    def ping(self) -> None:
        self._send(Ping(payload=b"slack"))

    def disconnect(self, reason: str) -> None:
        """As Slack does it when a connection is to be made anew: says so, then closes."""
        self.say({"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-stub"}})
        self._send(CloseConnection(code=1000))

    def cut(self) -> None:
        """The line breaks, without a word."""
        self._socket.shutdown(socket.SHUT_RDWR)

    def serve(self) -> None:
        """Until the connection ends."""
        try:
            while True:
                data = self._socket.recv(65_536)
                if not data:
                    return
                with self._lock:
                    self._wire.receive_data(data)
                    events = list(self._wire.events())
                for event in events:
                    if isinstance(event, Ping):
                        self.pings += 1
                        self._send(event.response())
                    elif isinstance(event, TextMessage) and event.data:
                        self._heard(self, json.loads(event.data))
                    elif isinstance(event, CloseConnection):
                        self._send(event.response())
                        return
                    else:
                        assert isinstance(event, Pong | TextMessage)
        except OSError:
            return
        finally:
            self.closed.set()

    def _send(self, event: Any) -> None:
        with self._lock:
            try:
                self._socket.sendall(self._wire.send(event))
            except (OSError, LocalProtocolError):
                self.closed.set()
