"""Where do the pages go? To a real SMTP server on this machine, which keeps every mail and finds the link in it."""

from __future__ import annotations

import email
import email.policy
import re
import threading
import time
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from demo.ports import free_port

_LINK = re.compile(r"https?://\S+?/a/[^\s<>\"']+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Mail:
    """A mail as it came over SMTP."""

    to: str
    subject: str
    text: str
    received_at: float  # seconds since the epoch

    @property
    def link(self) -> str | None:
        """The address that acknowledges."""
        found = _LINK.search(self.text)
        return found.group() if found else None


class Mailbox:
    """An SMTP server that keeps what it gets; `wait` hands out a person's mails, each once."""

    def __init__(self) -> None:
        self.port = free_port()
        self._mails: list[Mail] = []
        self._read: set[int] = set()
        self._came = threading.Condition()
        self._server = Controller(self, hostname="127.0.0.1", port=self.port)

    def start(self) -> None:
        """Listen."""
        self._server.start()

    def stop(self) -> None:
        """Listen no more."""
        self._server.stop()

    def mails(self) -> list[Mail]:
        """Everything that came, the oldest first."""
        with self._came:
            return list(self._mails)

    def wait(self, to: str, seconds: float) -> Mail | None:
        """The next unread mail to this address; None when none comes in time."""
        deadline = time.monotonic() + seconds
        with self._came:
            while True:
                for number, mail in enumerate(self._mails):
                    if mail.to == to and number not in self._read:
                        self._read.add(number)
                        return mail
                left = deadline - time.monotonic()
                if left <= 0:
                    return None
                self._came.wait(left)

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        message: Any = email.message_from_bytes(envelope.original_content or b"", policy=email.policy.default)
        with self._came:
            for to in envelope.rcpt_tos:
                self._mails.append(
                    Mail(to=to, subject=message["subject"], text=_text(message), received_at=time.time())
                )
            self._came.notify_all()
        return "250 kept"


def _text(message: EmailMessage) -> str:
    body = message.get_body(("plain", "html"))
    return body.get_content() if body else ""
