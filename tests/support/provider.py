"""A provider on loopback that follows its published interface: what a channel is held to.

Each file in `providers/` is one, named like the channel. It refuses unknown paths, missing authentication and wrong
fields with the documented errors, and remembers what a reader would have seen.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

from tocsin.act.notify.channel import Call, Report


@dataclass(frozen=True, kw_only=True)
class Person:
    """Whom the provider knows."""

    name: str = "Mei-Ling Chen"
    email: str | None = "mei@example.com"
    webhook: str | None = None
    phone: str | None = "+886912345678"
    addresses: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Request:
    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One message as its reader has it: the text without markup, the links that can be pressed, who was called by
    it, and the name by which a repetition is known (None where the provider knows none).
    """

    text: str
    links: tuple[str, ...] = ()
    called: tuple[str, ...] = ()
    key: str | None = None


@dataclass(frozen=True, kw_only=True)
class Reply:
    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, value: Any, status: int = 200, **headers: str) -> Reply:
        body = json.dumps(value, ensure_ascii=False).encode()
        return cls(status=status, body=body, headers={"Content-Type": "application/json", **headers})


class Refused(Exception):
    """The documented error for what is wrong with a request."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.body)
        self.reply = reply


class Provider:
    """The part that all have: a server, trouble on demand, silence on demand."""

    secrets: ClassVar[Mapping[str, str]] = {}
    """What the settings refer to, as environment variables."""
    person = Person()
    shown_lines: ClassVar[int] = 2
    """How many lines of a message its reader sees at least."""
    asks_to_wait: ClassVar[bool] = True
    """Whether it can say when to come again."""
    limited: ClassVar[bool] = True
    """Whether a message can be too long for it."""
    signs_the_body: ClassVar[bool] = True
    """Whether its calls are signed over what they say; else they carry a shared word."""
    unsigned: ClassVar[Mapping[str, Any]] = {}
    """Settings without what signatures are checked by."""
    kind = ""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.requests: list[Request] = []
        self.trouble: list[Reply] = []
        self.silent = False
        self._over = threading.Event()
        provider = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                length = int(self.headers.get("content-length", "0"))
                url = urlsplit(self.path)
                reply = provider._answer(
                    Request(
                        method=self.command,
                        path=url.path,
                        query=tuple(parse_qsl(url.query, keep_blank_values=True)),
                        headers={name.lower(): value for name, value in self.headers.items()},
                        body=self.rfile.read(length),
                    )
                )
                self.close_connection = True
                if reply is None:
                    return
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                if reply.status != 204:
                    self.send_header("Content-Length", str(len(reply.body)))
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(reply.body)

            def do_GET(self) -> None:
                self.answer()

            def do_POST(self) -> None:
                self.answer()

            def do_PUT(self) -> None:
                self.answer()

            def do_PATCH(self) -> None:
                self.answer()

            def log_message(self, *_: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.host = f"127.0.0.1:{self._server.server_address[1]}"
        self.url = f"http://{self.host}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def _answer(self, request: Request) -> Reply | None:
        self.requests.append(request)
        if self.silent:
            self._over.wait()
            return None
        if self.trouble:
            return self.trouble.pop(0)
        try:
            return self.answer(request)
        except Refused as refused:
            return refused.reply

    def close(self) -> None:
        self._over.set()
        self.close_port()

    def close_port(self) -> None:
        """From now on nobody listens."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()

    # ── what each provider says of itself ────────────────────────────────────────────────────────────────

    def settings(self) -> dict[str, Any]:
        """Settings of the channel that lead here."""
        raise NotImplementedError

    def answer(self, request: Request) -> Reply:
        raise NotImplementedError

    def refuse(self, status: int, headers: Mapping[str, str] | None = None) -> None:
        """The next request gets this status."""
        self.trouble.append(Reply(status=status, body=b'{"message": "no"}', headers=headers or {}))

    def calls(self, callback: str) -> list[tuple[Call, tuple[Report, ...]]]:
        """What the provider calls back, signed, and what it means; empty for one that never calls."""
        return []

    def signed_nonsense(self, callback: str) -> list[Call]:
        """Calls that are signed well and say nothing that makes sense."""
        return []


def call(url: str, rest: str, body: bytes, headers: Mapping[str, str], method: str = "POST") -> Call:
    query = tuple(parse_qsl(urlsplit(url).query, keep_blank_values=True))
    return Call(method=method, url=url, rest=rest, query=query, headers=headers, body=body)


@contextmanager
def provider_of(kind: str) -> Iterator[Any]:
    """The provider of a channel, for the length of a test."""
    server = import_module(f"providers.{kind}").Server()
    try:
        yield server
    finally:
        server.close()
