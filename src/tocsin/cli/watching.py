"""How does a round of `tocsin watch` go, and how is help called? With nothing of the server but its address."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tocsin.act.notify import Message
from tocsin.act.notify.channels.email import Email, EmailSettings
from tocsin.cli.output import say
from tocsin.ground.kernel.errors import TocsinError
from tocsin.ground.kernel.outbound import Outbound

_LOOK_EVERY_S = 0.5
_REQUEST_S = 10.0
_AGAIN_S = 3_600.0
_CALL_S = 30.0


class Round:
    """Sends a test alert and follows it. `within` is in seconds."""

    def __init__(self, url: str, key: str, within: float) -> None:
        self._address = f"{url.rstrip('/')}/in/{key}/watch"
        self._within = within
        self._outbound = Outbound()

    def go(self) -> str:
        """What is wrong, as a sentence; empty if the way is open."""
        nonce, end = secrets.token_hex(8), time.monotonic() + self._within
        try:
            status, _ = self._ask("POST", {"nonce": nonce})
        except TocsinError as error:
            return f"intake: {error.message}"
        if status >= 300:
            return f"intake: a test alert was answered with {status}"
        stage = "intake: the test alert was accepted and is not stored"
        while time.monotonic() < end:
            with contextlib.suppress(TocsinError, ValueError):
                status, told = self._ask("GET")
                if status == 200 and told.get("nonce") == nonce:
                    if told["sent"]:
                        self._end()
                        return ""
                    stage = (
                        "sender: the test page was judged and is not sent"
                        if told["judged"]
                        else "engine: the test alert is stored and is not judged"
                    )
            time.sleep(_LOOK_EVERY_S)
        return f"{stage}, for {self._within:g} s"

    def _end(self) -> None:
        with contextlib.suppress(TocsinError):
            self._ask("POST", {"over": True})

    def _ask(self, method: str, body: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
        answer = self._outbound.request(method, self._address, json=body, timeout=_REQUEST_S, trusted=True)
        told: Any = json.loads(answer.body) if answer.status == 200 and answer.body else {}
        return answer.status, told


@dataclass(kw_only=True)
class Calls:
    """The ways to call for help, used together; what of them fails is said and the others are tried."""

    call: str | None
    run: str | None
    mail: str | None
    smtp: str
    sender: str
    well: str | None
    _bad_since: float | None = None
    _told_at: float = float("-inf")
    _outbound: Outbound = field(default_factory=Outbound)

    def tell(self, problem: str, url: str) -> None:
        """After each round: calls for help at the first that fails and each hour, and says when it is over."""
        now = time.monotonic()
        if not problem:
            if self._bad_since is not None:
                self._all(f"{url} is well again")
            self._bad_since, self._told_at = None, float("-inf")
            if self.well:
                self._try("the address for good rounds", lambda: self._request("GET", self.well or "", None))
            return
        self._bad_since = self._bad_since or now
        if now - self._told_at >= _AGAIN_S:
            self._told_at = now
            self._all(f"{url} does not page: {problem}")

    def _all(self, text: str) -> None:
        if self.call:
            self._try("the call", lambda: self._request("POST", self.call or "", {"text": text}))
        if self.run:
            self._try("the command", lambda: self._command(text))
        if self.mail:
            self._try("the mail", lambda: self._mail(text))

    def _try(self, what: str, act: Callable[[], None]) -> None:
        try:
            act()
        except Exception as error:
            say(f"{what} failed: {error}")

    def _request(self, method: str, url: str, body: dict[str, str] | None) -> None:
        answer = self._outbound.request(method, url, json=body, timeout=_REQUEST_S, trusted=True)
        if answer.status >= 400:
            raise OSError(f"answered with {answer.status}")

    def _command(self, text: str) -> None:
        # The words of whoever started us, as they would have typed them; what is wrong is data, beside it.
        environment = {**os.environ, "TOCSIN_WATCH": text}
        subprocess.run(["/bin/sh", "-c", self.run or ""], env=environment, timeout=_CALL_S, check=True)

    def _mail(self, text: str) -> None:
        host, _, port = self.smtp.partition(":")
        server = EmailSettings.model_validate({"host": host, "port": int(port or 25), "from": self.sender})
        message = Message(kind="page", subject="Tocsin does not page", lines=(text,))
        Email(server, self._outbound).send(message, self.mail or "", secrets.token_hex(8))
