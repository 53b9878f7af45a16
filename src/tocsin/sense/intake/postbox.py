"""Who listens for mail? The postbox of this process: it opens, moves and closes as the configuration says.

A recipient is a key of the kind `email`, or the alias that such a key was told.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from tocsin.ground.accounts import Key
from tocsin.ground.kernel.clock import Clock
from tocsin.ground.kernel.settings import Current
from tocsin.sense.intake.email_section import EmailSection, EmailSettings
from tocsin.sense.intake.mail import ENVELOPE_FROM
from tocsin.sense.intake.receive import Receiver
from tocsin.sense.intake.source import Answer, Message

if TYPE_CHECKING:
    from tocsin.sense.intake.smtp import SmtpServer

KIND = "email"
PATH = "/email"
_ALIASES_TRUSTED_S = 2.0
_AGAIN_S = 5.0
_log = structlog.get_logger(__name__)


class Postbox:
    """The way in for mail.

    `find` gives a live key by its secret, `keys` all of them; `folder` is that of the configuration.
    """

    def __init__(
        self,
        receiver: Receiver,
        clock: Clock,
        current: Current[EmailSection],
        *,
        find: Callable[[str], Key | None],
        keys: Callable[[], Sequence[Key]],
        folder: Path,
    ) -> None:
        self._receiver = receiver
        self._clock = clock
        self._current = current
        self._find = find
        self._keys = keys
        self._folder = folder
        self._seen: EmailSettings | None = None
        self._server: SmtpServer | None = None
        self._aliases: dict[str, Key] = {}
        self._aliases_at = float("-inf")
        self._again_at = 0.0

    @property
    def port(self) -> int | None:
        """Where it listens; nothing while it does not."""
        return self._server.port if self._server else None

    def tick(self) -> None:
        """On a beat: listens as the configuration says now. While the address is not to be had, that is told once and
        tried again: nobody is paged the less for it.
        """
        wanted, now = self._current().email, self._clock.monotonic()
        changed = wanted != self._seen
        if not changed and (self._server or wanted is None or now < self._again_at):
            return
        self.stop()
        self._seen, self._again_at = wanted, now + _AGAIN_S
        if wanted is None:
            return
        from tocsin.sense.intake.smtp import SmtpServer  # most installations take no mail

        try:
            self._server = SmtpServer(self, wanted, self._folder)
        except (OSError, ValueError) as error:
            if changed:
                _log.error("no mail can be taken", host=wanted.host, port=wanted.port, error=str(error))
            return
        _log.info("mail is taken", host=wanted.host, port=self._server.port)

    def stop(self) -> None:
        server, self._server = self._server, None
        if server:
            server.stop()

    def key_of(self, recipient: str, settings: EmailSettings) -> Key | None:
        """Whose address this is. Raises Unavailable while that cannot be looked up."""
        local, _, domain = recipient.rpartition("@")
        if settings.domains and domain.lower() not in settings.domains:
            return None
        now = self._clock.monotonic()
        if now - self._aliases_at >= _ALIASES_TRUSTED_S:
            live = [each for each in self._keys() if each.kind == KIND and each.revoked_at is None]
            self._aliases = {str(each.settings["alias"]): each for each in live if each.settings.get("alias")}
            self._aliases_at = now
        found = self._aliases.get(local.lower()) or self._find(local)
        return found if found is not None and found.kind == KIND else None

    async def take(self, key: Key, secret: str, mail_from: str, content: bytes) -> Answer:
        """Hands a mail in; it is on disk when this says so."""
        headers = {"content-type": "message/rfc822", ENVELOPE_FROM: mail_from or "<>"}
        message = Message(
            method="POST",
            path=PATH,
            query="",
            headers=headers,
            raw=content,
            payload=content,
            at=self._clock.now(),
        )
        return await self._receiver.take(key, message, secret)
