"""A mail server, a web server that does as it is told, and the deliveries between them."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import Connection

from tocsin.act.notify import ChannelSection, Deliveries
from tocsin.ground.catalogue import CatalogueSection
from tocsin.ground.kernel.bell import Bell
from tocsin.ground.kernel.clock import FrozenClock
from tocsin.ground.kernel.links import Links
from tocsin.ground.kernel.outbound import Outbound
from tocsin.ground.store import Store


class Configuration(ChannelSection, CatalogueSection):
    """The sections that delivery reads."""


@dataclass
class MailServer:
    """Keeps what it takes; answers RCPT and DATA with what it is told, first things first."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.answers:
            answer = self.answers.pop(0)
            if not answer.startswith("2"):
                return answer
        content = envelope.content
        assert isinstance(content, bytes)
        mail = message_from_bytes(content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        self.recipients.append(envelope.rcpt_tos)
        return "250 taken"


@pytest.fixture
def mail() -> Iterator[MailServer]:
    server = MailServer()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        server.port = probe.getsockname()[1]
    controller = Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    yield server
    controller.stop()


@dataclass(frozen=True)
class Request:
    path: str
    headers: dict[str, str]
    body: bytes


Reply = tuple[int, dict[str, str], bytes] | Callable[[BaseHTTPRequestHandler], None]


class Receiver:
    """Answers each path with its replies in turn, the last one for ever; 204 where none are set."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.replies: dict[str, list[Reply]] = {}
        self.hang = threading.Event()
        self._lock = threading.Lock()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", "0")))
                receiver._answer(self, body)

            def log_message(self, *_: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def _answer(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        with self._lock:
            headers = {name.lower(): value for name, value in handler.headers.items()}
            self.requests.append(Request(path=handler.path, headers=headers, body=body))
            replies = self.replies.get(handler.path, [])
            reply: Reply = (replies.pop(0) if len(replies) > 1 else replies[0]) if replies else (204, {}, b"")
        if not isinstance(reply, tuple):
            reply(handler)
            handler.close_connection = True
            return
        status, headers, content = reply
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        if status != 204:
            handler.send_header("Content-Length", str(len(content)))
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(content)
        handler.close_connection = True

    def close(self) -> None:
        self.hang.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    yield server
    server.close()


@dataclass
class FakeBoots:
    """This process, and those that are said to be dead."""

    id: str = "boot_1"
    gone: list[str] = field(default_factory=list)

    def dead(self, conn: Connection) -> list[str]:
        return self.gone


@pytest.fixture
def boots() -> FakeBoots:
    return FakeBoots()


@pytest.fixture
def outbound() -> Iterator[Outbound]:
    client = Outbound()
    yield client
    client.close()


@pytest.fixture
def links() -> Links:
    return Links(lambda: "https://tocsin.example.com", b"k" * 32)


@pytest.fixture
def configure(mail: MailServer, receiver: Receiver) -> Callable[..., Configuration]:
    """The configuration of a small team: Mei and Jun have mail and a webhook, Ana only mail."""

    def made(**sections: Any) -> Configuration:
        values: dict[str, Any] = {
            "public_url": "https://tocsin.example.com",
            "channels": {
                "mail": {
                    "kind": "email", "host": "127.0.0.1", "port": mail.port, "from": "tocsin@example.com",
                },
                "hook": {"kind": "webhook"},
            },
            "people": {
                "mei": {"name": "Mei-Ling Chen", "email": "mei@example.com", "webhook": f"{receiver.url}/mei"},
                "jun": {
                    "name": "Jun Wu",
                    "email": "jun@example.com",
                    "webhook": f"{receiver.url}/jun",
                    "channels": ["hook", "mail"],
                    "language": "zh_Hant",
                },
                "ana": {"name": "Ana", "email": "ana@example.com"},
            },
        }  # fmt: skip
        return Configuration.model_validate(values | sections)

    return made


@pytest.fixture
def deliveries(
    store: Store,
    clock: FrozenClock,
    configure: Callable[..., Configuration],
    links: Links,
    outbound: Outbound,
    boots: FakeBoots,
) -> Deliveries:
    """Not started: a test sweeps by itself, after `lanes`."""
    configuration = configure()
    return Deliveries(
        store, clock, lambda: configuration, bell=Bell(), links=links, outbound=outbound, boots=boots
    )
