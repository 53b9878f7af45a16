"""How does Tocsin hear Slack without a public address? It opens a websocket to Slack, and keeps one open.

docs.slack.dev/apis/events-api/using-socket-mode: an address is asked for with the token of the app and serves one
connection. Each envelope is acknowledged by its id as soon as it came, and what it asks is done once, whichever
connection brings it again. Before Slack closes a connection it says so; the next one is opened before that.
"""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import structlog

from tocsin.act.notify.answers import parsed, table, text
from tocsin.act.notify.slack_client import API, Slack
from tocsin.faces.chat.context import Context
from tocsin.faces.chat.ear import Ear
from tocsin.faces.chat.reply import Reply
from tocsin.faces.chat.section import SlackAccess
from tocsin.faces.chat.websocket import WebSocket
from tocsin.ground.kernel.errors import TocsinError
from tocsin.ground.kernel.outbound import OutboundRefused

_FIRST_S, _LONGEST_S = 1.0, 60.0
_STOP_S = 5.0
_log = structlog.get_logger(__name__)


class SocketMode:
    """A thread that keeps a connection open while the settings want one; they are looked at each second."""

    def __init__(self, context: Context, ear: Ear, *, first_pause_s: float = _FIRST_S) -> None:
        self._context = context
        self._ear = ear
        self._first_pause_s = first_pause_s
        self._chance = random.Random(uuid4().int)  # noqa: S311 - spreads attempts, guards nothing
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._open: set[_Line] = set()
        self._lock = threading.Lock()
        self.problem = ""
        """Why Slack is not heard at the moment; empty when it is, or is not meant to be."""
        self._deaf_since: float | None = None

    @property
    def is_connected(self) -> bool:
        with self._lock:
            return any(each.greeted.is_set() and not each.stale.is_set() for each in self._open)

    def trouble(self, seconds: float) -> str:
        """Why Slack has not been heard for so long; empty when it was, or is not meant to be."""
        since = self._deaf_since
        return (
            self.problem if since is not None and self._context.clock.monotonic() - since >= seconds else ""
        )

    def start(self) -> None:
        self._stopping.clear()
        self._thread = threading.Thread(target=self._keep, name="slack", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        with self._lock:
            lines = list(self._open)
        for each in lines:
            each.close()
        if self._thread is not None:
            self._thread.join(timeout=_STOP_S)
            self._thread = None

    def _keep(self) -> None:
        failed = 0
        while not self._stopping.is_set():
            access = self._context.access().slack
            if access is None or access.app_token is None:
                self._heard()
                self._stopping.wait(1.0)
                continue
            try:
                line = self._line(access)
            except TocsinError as error:
                if error.message != self.problem:
                    _log.error("Slack cannot be reached by Socket Mode", why=error.message, fix=error.fix)
                self._not_heard(error.message)
                pause = min(_LONGEST_S, self._first_pause_s * 2 ** min(failed, 10))
                failed += 1
                self._stopping.wait(pause * self._chance.uniform(0.8, 1.2))
                continue
            self._wait(line, access)
            # One that ended before it was greeted is a failure, however politely it began.
            failed = 0 if line.greeted.is_set() else failed + 1
            if failed:
                self._not_heard("Slack ends each connection before it says hello.")
                self._stopping.wait(min(_LONGEST_S, self._first_pause_s * 2 ** min(failed, 10)))

    def _wait(self, line: _Line, access: SlackAccess) -> None:
        """Until another connection is wanted; the old one goes on reading until Slack closes it."""
        while not self._stopping.is_set() and not line.stale.wait(0.2):
            if line.greeted.is_set():
                self._heard()
            if self._context.access().slack != access:
                line.close()
                return

    def _heard(self) -> None:
        self.problem, self._deaf_since = "", None

    def _not_heard(self, why: str) -> None:
        if self._deaf_since is None:
            self._deaf_since = self._context.clock.monotonic()
        self.problem = why

    def _line(self, access: SlackAccess) -> _Line:
        assert access.app_token is not None
        url = Slack(self._context.outbound, access.app_token, access.api_url).open_socket()
        # Slack's own sockets are public and encrypted; where the settings name another place, so may its sockets be.
        trusted = access.api_url != API
        if not trusted and not (urlsplit(url).hostname or "").endswith(".slack.com"):
            raise OutboundRefused(f"Slack named an address that is not its own: {urlsplit(url).netloc}.")
        line = _Line(WebSocket(self._context.outbound, url, trusted=trusted), self._took)
        with self._lock:
            self._open.add(line)
        threading.Thread(target=self._read, args=(line,), name="slack-socket", daemon=True).start()
        return line

    def _read(self, line: _Line) -> None:
        try:
            line.read()
        except Exception:
            _log.exception("a connection of Socket Mode failed")
        finally:
            with self._lock:
                self._open.discard(line)
            line.close()

    def _took(self, envelope: Mapping[str, Any]) -> None:
        """One envelope, acknowledged already."""
        given, kind = table(envelope.get("payload")), text(envelope.get("type"))
        # An event that comes again has another envelope and the same id.
        key = text(given.get("event_id")) if kind == "events_api" else text(envelope.get("envelope_id"))
        if not key or not self._ear.is_first(f"{'event' if kind == 'events_api' else 'envelope'} {key}"):
            return
        match kind:
            case "slash_commands":
                self._tell(given, self._ear.command(given))
            case "interactive" if text(given.get("type")) == "block_actions":
                self._tell(given, self._ear.pressed(given))
            case "events_api":
                self._ear.event(given)
            case _:
                return

    def _tell(self, given: Mapping[str, Any], work: Future[Reply | None]) -> None:
        work.add_done_callback(
            lambda done: self._ear.send(given, None if done.cancelled() else done.result())
        )


class _Line:
    """One connection. `greeted`: Slack has said hello; `stale`: it is over, or will be soon."""

    def __init__(self, socket: WebSocket, took: Callable[[Mapping[str, Any]], None]) -> None:
        self._socket = socket
        self._took = took
        self.greeted = threading.Event()
        self.stale = threading.Event()

    def close(self) -> None:
        self.stale.set()
        self._socket.close()

    def read(self) -> None:
        """Until the connection ends."""
        for message in self._socket.messages():
            if message is None:
                continue
            told = table(parsed(message.encode()))
            match text(told.get("type")):
                case "hello":
                    self.greeted.set()
                case "disconnect":
                    _log.info("Slack ends a connection", reason=text(told.get("reason")))
                    self.stale.set()
                case _:
                    id_ = text(told.get("envelope_id"))
                    if id_ and self._socket.say(json.dumps({"envelope_id": id_})):
                        self._took(told)
        self.stale.set()
