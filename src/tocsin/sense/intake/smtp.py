"""How does a mail come in? A small SMTP listener on a thread of its own, before the same receiver as everything else.

It takes mail for keys alone: a recipient is a key or its alias, anybody else is refused while the sender still
listens. 250 is said once the alert is on disk, 451 where the sender shall come again, 5xx where that would not help.
It never sends mail, so it can answer nobody in a circle. What a session may cost is bounded: connections, recipients,
lines, bytes, time.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import Any, cast

import msgspec
import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session

from tocsin.ground.kernel.errors import TocsinError
from tocsin.sense.intake.email_section import EmailSettings
from tocsin.sense.intake.postbox import Postbox
from tocsin.sense.intake.source import Answer

CONNECTIONS = 50
RECIPIENTS = 20
WRONG_RECIPIENTS = 5
_LINE_BYTES = 64 * 1024
_IDLE_S = 60.0
_STOP_S = 2.0
_OK = "250 2.0.0 OK"
_LATER = "451 4.3.2 not stored; try again later"
_log = structlog.get_logger(__name__)


class _Handler:
    """What aiosmtpd asks at each step of a session."""

    def __init__(self, postbox: Postbox, settings: EmailSettings) -> None:
        self._postbox = postbox
        self._settings = settings

    async def handle_MAIL(  # noqa: N802 - the name that aiosmtpd calls
        self, server: _Smtp, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        server.begin()
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return _OK

    async def handle_RCPT(  # noqa: N802 - the name that aiosmtpd calls
        self, server: _Smtp, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if len(envelope.rcpt_tos) >= RECIPIENTS:
            return "452 4.5.3 too many recipients"
        if server.wrong >= WRONG_RECIPIENTS:
            return "421 4.7.0 too many unknown recipients"
        try:
            key = await asyncio.to_thread(self._postbox.key_of, address, self._settings)
        except TocsinError:
            return _LATER
        if key is None:
            server.wrong += 1
            return "550 5.1.1 no such recipient"
        envelope.rcpt_tos.append(address)
        return _OK

    async def handle_DATA(self, server: _Smtp, session: Session, envelope: Envelope) -> str:  # noqa: N802 - the name that aiosmtpd calls
        content = cast(bytes, envelope.content)
        said = _OK
        for recipient in dict.fromkeys(envelope.rcpt_tos):
            try:
                key = await asyncio.to_thread(self._postbox.key_of, recipient, self._settings)
            except TocsinError:
                return _LATER
            if key is None:  # revoked since it was named
                said = "550 5.1.1 no such recipient"
                continue
            secret = recipient.rpartition("@")[0]
            heard = _reply(await self._postbox.take(key, secret, envelope.mail_from or "", content))
            if heard == _LATER:
                return heard  # all of it comes again: what is stored already is known then
            said = heard if heard != _OK else said
        return said

    async def handle_exception(self, error: Exception) -> str:
        _log.error("a mail was not taken", exc_info=error)
        return _LATER


def _reply(answer: Answer) -> str:
    """An answer of the receiver as SMTP says it."""
    if answer.status < 400:
        return _OK
    if answer.status in (408, 429) or answer.status >= 500:
        return _LATER
    code = "550 5.7.1" if answer.status in (401, 403) else "554 5.6.0"
    try:
        words = str(msgspec.json.decode(answer.body)["error"]["message"])
    except (msgspec.DecodeError, KeyError, TypeError):
        words = "not taken"
    return f"{code} {' '.join(words.encode('ascii', 'replace').decode().split())[:200]}"


class _Smtp(SMTP):
    """One session. What it has sent since its mail began is counted: a line without an end is not kept for ever."""

    line_length_limit = _LINE_BYTES

    def __init__(self, handler: _Handler, open_sessions: set[_Smtp], **options: Any) -> None:
        super().__init__(handler, **options)
        self._open = open_sessions
        self._taken = 0
        self._wire: asyncio.Transport | None = None
        self.wrong = 0

    def begin(self) -> None:
        """A new mail begins."""
        self._taken = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._open.add(self)
        self._wire = transport if isinstance(transport, asyncio.Transport) else None
        super().connection_made(transport)
        if len(self._open) > CONNECTIONS and self._wire:
            self._wire.write(b"421 4.3.2 too many connections\r\n")
            self._wire.close()

    def connection_lost(self, error: Exception | None) -> None:
        self._open.discard(self)
        super().connection_lost(error)

    def data_received(self, data: bytes) -> None:
        self._taken += len(data)
        if self._taken > (self.data_size_limit or 0) * 2 + _LINE_BYTES:
            self.abort()
            return
        super().data_received(data)

    def abort(self) -> None:
        if self._wire:
            self._wire.abort()


class SmtpServer:
    """A listening socket and its loop. Raises OSError where the address is not to be had."""

    def __init__(self, postbox: Postbox, settings: EmailSettings, folder: Path) -> None:
        handler, tls = _Handler(postbox, settings), _tls(settings, folder)
        # It tells every line of every session, addresses that are keys among them.
        logging.getLogger("mail.log").setLevel(logging.CRITICAL)
        self.port = 0
        self._sessions: set[_Smtp] = set()
        self._loop = asyncio.new_event_loop()
        self._ready: Future[int] = Future()
        self._end = asyncio.Event()
        self._thread = threading.Thread(
            target=self._run, args=(handler, settings, tls), name="smtp", daemon=True
        )
        self._thread.start()
        self.port = self._ready.result()

    def _run(self, handler: _Handler, settings: EmailSettings, tls: ssl.SSLContext | None) -> None:
        try:
            self._loop.run_until_complete(self._serve(handler, settings, tls))
        except Exception as error:
            if self._ready.done():
                raise
            self._ready.set_exception(error)  # whoever opens the listener waits for this
        finally:
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
            self._loop.close()

    async def _serve(self, handler: _Handler, settings: EmailSettings, tls: ssl.SSLContext | None) -> None:
        def session() -> _Smtp:
            return _Smtp(
                handler,
                self._sessions,
                data_size_limit=settings.size,
                enable_SMTPUTF8=True,
                hostname="tocsin",
                ident="Tocsin",
                tls_context=tls,
                require_starttls=settings.require_tls,
                timeout=_IDLE_S,
                loop=self._loop,
            )

        server = await self._loop.create_server(session, settings.host, settings.port)
        self._ready.set_result(server.sockets[0].getsockname()[1])
        await self._end.wait()
        server.close()
        for each in tuple(self._sessions):
            each.abort()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(_STOP_S)


def _tls(settings: EmailSettings, folder: Path) -> ssl.SSLContext | None:
    if settings.certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / settings.certificate, folder / (settings.key or settings.certificate))
    return context
