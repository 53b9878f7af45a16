"""What is a channel? One file in `channels/`: settings, the address of a person, and `send`.

A channel says whether an error is worth another try, and nothing more: retries, deadlines, limits, records
and the choice of the next channel belong to delivery.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from tocsin.act.notify.message import Message
from tocsin.ground.kernel.errors import TocsinError
from tocsin.ground.kernel.outbound import Outbound
from tocsin.ground.kernel.settings import Settings

DEADLINE_S = 10.0
"""Seconds that one attempt may take, from the name of the host to the last byte of the answer."""


class DeliveryFailed(TocsinError):
    """The message was not accepted. `permanent`: trying again the same way cannot help, use the next channel.

    `retry_after`: seconds the other side asked to be left alone.
    """

    code = "delivery_failed"
    status = 502

    def __init__(self, message: str, *, permanent: bool, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.retry_after = retry_after


class Reachable(Protocol):
    """What a channel may know of a person."""

    @property
    def name(self) -> str: ...
    @property
    def email(self) -> str | None: ...
    @property
    def webhook(self) -> str | None: ...


class ChannelSettings(Settings):
    """What stands under `channels:` beside `kind`."""


S = TypeVar("S", bound=ChannelSettings)


class Channel(ABC, Generic[S]):
    """A way to reach people."""

    title: ClassVar[str]
    Settings: ClassVar[type[ChannelSettings]]
    examples: ClassVar[tuple[Mapping[str, Any], ...]]
    """Settings that are valid as they stand: shown in the reference, loaded by the contract tests."""
    width: ClassVar[int] = 4
    """How many messages go to one receiver at the same time."""

    def __init__(self, settings: S, outbound: Outbound) -> None:
        self.settings = settings
        self.outbound = outbound

    @abstractmethod
    def address(self, person: Reachable) -> str | None:
        """Where this channel reaches the person; None when it does not."""

    @abstractmethod
    def send(self, message: Message, address: str, key: str) -> None:
        """Hands the message over within `DEADLINE_S` and returns once it was accepted. Raises DeliveryFailed.

        `key` is the same for every attempt at this one message: sent along, it lets the receiver drop a
        repetition.
        """

    def receiver(self, address: str) -> str:
        """Who answers there, as a host: receivers share nothing, so that one which hangs delays nobody else."""
        return address
