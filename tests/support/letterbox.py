"""A real SMTP server that keeps what it is given."""

from __future__ import annotations

import email
import email.policy
import re
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from served import free_port


class Mailbox:
    """`mails` holds the messages in the order of arrival."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.port = free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.mails.append(message)
        return "250 kept"

    def stop(self) -> None:
        self._controller.stop()


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return body.get_content()


def link_of(mail: EmailMessage) -> str:
    """The link that acknowledges."""
    found = re.search(r"https?://\S+/a/\S+", text_of(mail))
    assert found, text_of(mail)
    return found.group(0).rstrip(">).,")
