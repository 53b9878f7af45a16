"""Sends a mail through your mail server, as text and as HTML, in the language of the person.

`tls: auto` (the default) speaks TLS from the first byte on port 465, elsewhere STARTTLS when the server
offers it; `starttls` and `implicit` demand it and check the certificate; `none` never uses it. A `password`
is never sent over a connection that is not encrypted and checked.

Every mail of one incident refers to the same thread, and every attempt at one message has the same
Message-ID, so that most readers show a repetition once. The button of a page is a link to a signed page
with one button, so that a mail scanner that follows links acknowledges nothing; below it stands the link
to the incident.

An answer 4xx of the mail server is tried again, 5xx is final.
"""

from __future__ import annotations

import re
import smtplib
import threading
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from typing import Annotated, Literal

from pydantic import Field

from tocsin.act.notify import mail_html
from tocsin.act.notify.channel import DEADLINE_S, Channel, ChannelSettings, DeliveryFailed, Reachable
from tocsin.act.notify.message import Message, one_line
from tocsin.ground.i18n import N_, translate
from tocsin.ground.kernel.errors import Invalid
from tocsin.ground.kernel.outbound import Outbound, OutboundFailed, OutboundRefused
from tocsin.ground.kernel.secret import Secret

_IMPLICIT_PORT = 465
_BOTH_WAYS = 2  # socket.SHUT_RDWR, without the module that only `outbound` may use
_UNFIT = re.compile(
    r"[^A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]"
)  # for the left side of a message id (RFC 5322, 3.6.4)
_OPEN_INCIDENT = N_("Open the incident")
_POLICY = SMTP.clone(max_line_length=120)


class EmailSettings(ChannelSettings):
    host: Annotated[str, Field(description="The mail server.")]
    port: Annotated[int, Field(ge=1, le=65_535, description="25, 465 (TLS) or 587 on most servers.")] = 587
    sender: Annotated[str, Field(alias="from", description="The address that mails come from.")]
    user: Annotated[str | None, Field(description="The account on the mail server.")] = None
    password: Annotated[Secret | None, Field(description="Its password, as a reference.")] = None
    tls: Annotated[
        Literal["auto", "starttls", "implicit", "none"],
        Field(description="auto takes what is offered; starttls and implicit insist; none never asks."),
    ] = "auto"


class Email(Channel[EmailSettings]):
    title = "E-mail"
    Settings = EmailSettings
    examples = (
        {"host": "127.0.0.1", "port": 1025, "from": "tocsin@example.com", "tls": "none"},
        {
            "host": "smtp.example.com",
            "from": "Tocsin <tocsin@example.com>",
            "user": "tocsin",
            "password": "env:SMTP_PASSWORD",
        },
    )
    width = 8

    def address(self, person: Reachable) -> str | None:
        return person.email

    def receiver(self, address: str) -> str:
        """All mail goes by the one server, whoever it is for."""
        return f"{self.settings.host}:{self.settings.port}"

    def send(self, message: Message, address: str, key: str) -> None:
        mail = compose(message, sender=self.settings.sender, address=address, key=key)
        server = _Server(self.outbound)
        # The deadline is for the whole conversation, which smtplib counts anew with each answer.
        watch = threading.Timer(DEADLINE_S, server.hang_up)
        watch.start()
        try:
            self._hand_over(server, mail)
        except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused) as error:
            code, text = _reply(error)
            raise DeliveryFailed(
                f"{self.settings.host} answered {code} {text}".strip(), permanent=500 <= code < 600
            ) from None
        except smtplib.SMTPNotSupportedError as error:
            raise DeliveryFailed(f"{self.settings.host}: {error}", permanent=True) from None
        except (smtplib.SMTPException, OSError) as error:
            raise DeliveryFailed(
                f"{self.settings.host} did not take the mail: {one_line(str(error)) or type(error).__name__}.",
                permanent=False,
            ) from None
        except OutboundFailed as error:
            raise DeliveryFailed(error.message, permanent=not error.temporary) from None
        except (OutboundRefused, Invalid) as error:
            raise DeliveryFailed(error.message, permanent=True) from None
        finally:
            watch.cancel()
            server.close()

    def _hand_over(self, server: _Server, mail: EmailMessage) -> None:
        settings = self.settings
        implicit = settings.tls == "implicit" or (settings.tls == "auto" and settings.port == _IMPLICIT_PORT)
        server.open(settings.host, settings.port, implicit=implicit)
        server.ehlo_or_helo_if_needed()
        secured = implicit
        if settings.tls == "starttls" or (
            settings.tls == "auto" and not implicit and server.has_extn("starttls")
        ):
            # Where nothing secret follows, an unknown certificate is still better than no encryption.
            checked = settings.tls == "starttls" or settings.password is not None
            server.starttls(context=self.outbound.tls(checked=checked))
            server.ehlo()
            secured = checked
        if settings.user is not None and settings.password is not None:
            if not secured and settings.tls != "none":
                raise smtplib.SMTPNotSupportedError(
                    "no encryption offered, and a password is not sent without"
                )
            server.login(settings.user, settings.password.reveal())
        server.send_message(mail)


class _Server(smtplib.SMTP):
    """The client of the standard library, on a connection that went through the check of every address."""

    def __init__(self, outbound: Outbound) -> None:
        super().__init__(timeout=DEADLINE_S)
        self._outbound = outbound

    def open(self, host: str, port: int, *, implicit: bool) -> None:
        connection = self._outbound.connect(host, port, timeout=DEADLINE_S, trusted=True)
        connection.settimeout(DEADLINE_S)
        if implicit:
            connection = self._outbound.tls().wrap_socket(connection, server_hostname=host)
        self.sock = connection
        self._host = host
        code, text = self.getreply()
        if code != 220:  # RFC 5321, 4.3.1: the greeting of a server that is ready
            raise smtplib.SMTPConnectError(code, text)

    def hang_up(self) -> None:
        """Ends a conversation that takes too long, from another thread: what waits for an answer gets an
        error.
        """
        connection = self.sock
        if connection is not None:
            try:
                connection.shutdown(_BOTH_WAYS)
            except OSError:
                return


def compose(message: Message, *, sender: str, address: str, key: str) -> EmailMessage:
    """The mail: text for every reader, HTML for those that show it, the same words in both."""
    mail = EmailMessage(policy=_POLICY)
    domain = sender.rpartition("@")[2].strip(" >") or "localhost"
    mail["From"] = sender
    mail["To"] = Address(addr_spec=address)
    mail["Subject"] = _subject(message.subject)
    mail["Date"] = formatdate()
    mail["Message-ID"] = f"<{_UNFIT.sub('-', key)}@{domain}>"
    if message.incident:
        thread = f"<{_UNFIT.sub('-', message.incident)}@{domain}>"
        mail["In-Reply-To"] = thread
        mail["References"] = thread
    mail["Auto-Submitted"] = "auto-generated"
    mail["Content-Language"] = message.language.replace("_", "-")
    if message.kind != "test":
        mail["Importance"] = "high"
        mail["X-Priority"] = "1"
    mail.set_content(_text(message))
    mail.add_alternative(mail_html.page(message), subtype="html")
    return mail


def _subject(text: str) -> str:
    # The library reads an encoded word in a plain subject as if it came from the wire, and writes the line end that
    # hides in one as a line end: another header. Taken apart, it is text.
    return one_line(text).replace("=?", "= ?") or "–"


def _text(message: Message) -> str:
    if not message.page_link or message.page_link == message.link:
        return message.text
    return f"{message.text}\n{translate(message.language, _OPEN_INCIDENT)}:\n{message.page_link}\n"


def _reply(error: smtplib.SMTPResponseException | smtplib.SMTPRecipientsRefused) -> tuple[int, str]:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
    else:
        code, text = error.smtp_code, error.smtp_error
    return code, one_line(text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text))
