"""What is a source of alerts? One file under `sources/`, which reads one protocol and answers as that protocol demands.

The file's docstring is its manual page. Keys, limits, encodings, commits and retries are the receiver's business; a
source turns bytes into signals and outcomes into the answer its senders know.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

import msgspec

from tocsin.ground.kernel.errors import TocsinError
from tocsin.sense.alerts import Alert, Outcome, Signal
from tocsin.sense.intake import limits

JSON = (("content-type", "application/json"),)


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """An HTTP answer."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What a message said: its signals, and what could not be taken where the protocol stores the rest all the same."""

    signals: Sequence[Signal]
    problems: tuple[TocsinError, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """A message that the contract tests send: what it is, its body, and how many alerts it tells of."""

    title: str
    body: bytes
    alerts: int
    path: str


class Source(ABC):
    """Base of every source. `kind`, the file's name, is what a key is made for."""

    title: ClassVar[str]
    paths: ClassVar[tuple[str, ...]]
    """Where it takes messages, below `/in/KEY`."""
    shows: ClassVar[tuple[str, ...]] = ()
    """What may be asked of it with GET."""
    content_types: ClassVar[tuple[str, ...]] = ("application/json",)
    limit: ClassVar[int] = limits.BODY
    examples: ClassVar[tuple[Example, ...]]

    @abstractmethod
    def read(self, payload: bytes, headers: Mapping[str, str], path: str, query: str) -> Reading:
        """The signals in a message (UTF-8, within limits). Raises Malformed or Invalid to refuse it whole."""

    @abstractmethod
    def answer(self, reading: Reading, outcomes: Sequence[Outcome]) -> Answer:
        """What the sender hears once everything is stored."""

    def refuse(self, error: TocsinError) -> Answer:
        """What the sender hears when nothing was stored."""
        return Answer(status=error.status, body=msgspec.json.encode(error.as_json()), headers=JSON)

    def show(self, path: str, query: str, firing: Sequence[Alert], started: datetime) -> Answer:
        """What a sender may ask: `firing` are the alerts that came by its key, `started` is when we did."""
        raise NotImplementedError
