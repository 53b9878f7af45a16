"""A mail server (RFC 5321), by aiosmtpd."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Mapping
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, ClassVar

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from provider import Person, Provider, Reply, Request, Seen

PASSWORD = "correct-horse-battery"
TEMPORARY = {408, 425, 429, 500, 502, 503, 504}


class Server(Provider):
    secrets: ClassVar = {"SMTP_PASSWORD": PASSWORD}
    person = Person()
    asks_to_wait = False

    def __init__(self) -> None:
        super().__init__()
        self._refusals: list[str] = []
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self._mail = Controller(
            self,
            hostname="127.0.0.1",
            port=self.port,
            authenticator=self._knows,
            auth_require_tls=False,
        )
        self._mail.start()
        self._listens = True

    def settings(self) -> dict[str, Any]:
        return {
            "host": "127.0.0.1",
            "port": self.port,
            "from": "Tocsin <tocsin@example.com>",
            "tls": "none",
            "user": "tocsin",
            "password": "env:SMTP_PASSWORD",
        }

    def _knows(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: Any
    ) -> AuthResult:
        good = isinstance(given, LoginPassword) and given.password == PASSWORD.encode()
        return AuthResult(success=good, handled=False)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if not session.authenticated:
            return "530 5.7.0 Authentication required"
        while self.silent and self._listens:
            await asyncio.sleep(0.02)
        if self._refusals:
            return self._refusals.pop(0)
        content = envelope.content
        assert isinstance(content, bytes)
        mail = message_from_bytes(content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        assert len(envelope.rcpt_tos) == 1
        text, page = mail.get_body(("plain",)), mail.get_body(("html",))
        assert text
        assert page
        links = tuple(re.findall(r'href="([^"]+)"', page.get_content()))
        called = tuple(str(mail[name]) for name in ("Cc", "Bcc") if mail[name] is not None)
        shown = f"{mail['Subject']}\n{text.get_content()}"
        self.seen.append(Seen(text=shown, links=links, called=called, key=str(mail["Message-ID"])))
        return "250 taken"

    def refuse(self, status: int, headers: Mapping[str, str] | None = None) -> None:
        self._refusals.append("451 4.3.0 later" if status in TEMPORARY else "550 5.1.1 no")

    def answer(self, request: Request) -> Reply:
        raise AssertionError("mail does not go by HTTP")

    def close_port(self) -> None:
        super().close_port()
        if self._listens:
            self._listens = False
            self._mail.stop()
