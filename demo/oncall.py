"""Who is on call? Mei: some seconds after the mail has come, she reads it and presses the button."""

from __future__ import annotations

import queue
import threading
import time
from dataclasses import dataclass

import httpx

from demo.mailbox import Mailbox
from demo.person import NothingToPress, Person


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """What there is to tell of her."""

    at: float  # seconds since the epoch
    sign: str
    text: str


class OnCall:
    """Mei in a thread of her own, so that nobody waits for her but Tocsin."""

    def __init__(self, person: Person, mailbox: Mailbox, reaction_s: float) -> None:
        self._person = person
        self._mailbox = mailbox
        self._reaction_s = reaction_s
        self._said: queue.SimpleQueue[Said] = queue.SimpleQueue()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._be_on_call, name="on call", daemon=True)
        self.acknowledged = False

    def start(self) -> None:
        """Her shift begins."""
        self._thread.start()

    def stop(self) -> None:
        """Her shift ends."""
        self._over.set()
        self._thread.join()

    def news(self) -> list[Said]:
        """What she did since the last call."""
        found: list[Said] = []
        while not self._said.empty():
            found.append(self._said.get())
        return found

    def _be_on_call(self) -> None:
        while not self._over.is_set():
            mail = self._mailbox.wait(self._person.address, 0.5)
            if mail is None:
                continue
            self._tell("✉", f"{self._person.name} has mail: “{mail.subject}”", at=mail.received_at)
            if self.acknowledged or self._over.wait(self._reaction_s):
                continue
            try:
                button = self._person.acknowledge(mail)
            except (NothingToPress, httpx.HTTPError) as trouble:
                self._tell("✕", f"{self._person.name} could not acknowledge: {trouble}")
                continue
            self.acknowledged = True
            self._tell("✓", f"{self._person.name} opens the link in it and presses “{button}”")

    def _tell(self, sign: str, text: str, at: float | None = None) -> None:
        self._said.put(Said(at=at or time.time(), sign=sign, text=text))
