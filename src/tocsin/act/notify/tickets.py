"""How does an incident become one ticket? Found again by a marker, so that a repetition makes no second one.

1. A ticket is known from the receipt of the first message (`Message.thread`), else looked for by the marker of the
incident. 2. There is none: it is opened, with the marker and the name of the message inside. 3. There is one: the
message becomes a comment, unless its name stands there already. 4. Where the message says that the incident is
resolved, the ticket is closed.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass

from tocsin.act.notify.message import Message

_NAME = 16


@dataclass(frozen=True, kw_only=True, slots=True)
class Ticket:
    """A ticket of a tracker: its number or key, and the text that it was opened with."""

    number: str
    text: str = ""


class Tracker(ABC):
    """What a ticket system must be able to do. Each method raises DeliveryFailed."""

    @abstractmethod
    def find(self, marker: str) -> Ticket | None:
        """The ticket that holds the marker."""

    @abstractmethod
    def open(self, message: Message, marker: str, name: str) -> str:
        """Makes a ticket that holds both, and returns its number."""

    @abstractmethod
    def comments(self, number: str) -> Iterable[str]:
        """The texts of its newest comments."""

    @abstractmethod
    def comment(self, number: str, message: Message, name: str) -> None:
        """Adds the message, with its name inside."""

    @abstractmethod
    def close(self, number: str) -> None:
        """Closes it; one that is closed stays so."""


def record(tracker: Tracker, message: Message, key: str) -> str:
    """The number of the ticket that tells of the message."""
    marker, name = marker_of(message, key), name_of(key)
    number = message.thread
    if not number:
        ticket = tracker.find(marker)
        if ticket is None:
            number = tracker.open(message, marker, name)
            if message.state == "resolved":
                tracker.close(number)
            return number
        number = ticket.number
        told = name in ticket.text
    else:
        told = False
    if not told and not any(name in each for each in tracker.comments(number)):
        tracker.comment(number, message, name)
    if message.state == "resolved":
        tracker.close(number)
    return number


def marker_of(message: Message, key: str) -> str:
    """What the ticket of an incident is found by; a message without an incident has a ticket of its own."""
    return f"tocsin-{message.incident}" if message.incident else f"tocsin-{name_of(key)}"


def name_of(key: str) -> str:
    """A short name for a message, the same for every attempt at it."""
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:_NAME]
