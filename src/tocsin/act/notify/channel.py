"""What is a channel? One file in `channels/`: settings, the address of a person, and `send`.

A channel says whether an error is worth another try, and nothing more: retries, deadlines, limits, records
and the choice of the next channel belong to delivery. A channel whose provider calls back, with what became of
a message or what a person pressed, reads that in `hear`: it checks the signature and says what was meant.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, Literal, Protocol, TypeVar

from tocsin.act.notify.limits import Cap
from tocsin.act.notify.message import Message
from tocsin.ground.kernel.errors import NotFound, TocsinError
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
    @property
    def phone(self) -> str | None: ...
    @property
    def addresses(self) -> Mapping[str, str]: ...


class Unproven(TocsinError):
    """A call that its provider did not sign, or signed too long ago: nothing of it is believed."""

    code = "unproven"
    status = 403


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """What a provider sent to `/channels/NAME/…`: `url` as the provider knows it (below `public_url`), `rest` what
    stands in the path behind the name of the channel; header names in lower case.
    """

    method: str
    url: str
    rest: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """One thing that a call says.

    `delivered` and `failed` are about a message, found by `receipt` (what `send` returned) or `delivery`;
    `acknowledged` and `escalated` are what a person wants, found by one of them or by `code`, the short number
    in the message. `address` is who spoke, as the channel knows them: only whose address it is may act.
    """

    kind: Literal["delivered", "failed", "acknowledged", "escalated"]
    receipt: str = ""
    delivery: str = ""
    code: str = ""
    address: str = ""
    error: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """What a call meant, and what its provider wants to read when everything went well.

    `told` replaces `body` once the reports were carried out: it is given, for each report, the sentence for the person
    (“Acknowledged: INC-2026-0001.”, or why not), and returns the body.
    """

    reports: tuple[Report, ...] = ()
    status: int = 200
    content_type: str = "text/plain; charset=utf-8"
    body: bytes = b""
    told: Callable[[tuple[str, ...]], bytes] | None = field(default=None, compare=False)


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
    confirms: ClassVar[bool] = False
    """Whether the provider tells later that a message arrived; only then is *delivered* to be expected."""
    disturbs: ClassVar[bool] = True
    """Whether a message makes a noise; a ticket does not, and is no page to anybody."""
    follows: ClassVar[bool] = False
    """Whether it is told when an incident is acknowledged and resolved, as a ticket is that closes with it."""
    caps: ClassVar[tuple[Cap, ...]] = ()
    """How many messages one person gets at most; none: as many as there are."""

    def __init__(self, settings: S, outbound: Outbound) -> None:
        self.settings = settings
        self.outbound = outbound

    @property
    def kind(self) -> str:
        """The name of its file."""
        return type(self).__module__.rpartition(".")[2]

    def address(self, person: Reachable) -> str | None:
        """Where this channel reaches the person; None when it does not."""
        return person.addresses.get(self.kind)

    @property
    def room(self) -> str | None:
        """The one address that everybody shares, such as a chat room: a message goes there once, whomever it
        is for, and names them. None where each person has an address of their own.
        """
        return None

    def mention(self, person: Reachable) -> str:
        """How a message in the room calls this person."""
        return person.addresses.get(self.kind) or person.name

    @abstractmethod
    def send(self, message: Message, address: str, key: str) -> str | None:
        """Hands the message over within `DEADLINE_S` and returns once it was accepted. Raises DeliveryFailed.

        `key` is the same for every attempt at this one message: sent along, it lets the receiver drop a
        repetition. Returned is the provider's own name for the message, if it has one: by it the provider's calls
        are understood (`Report.receipt`), and later messages of the incident join it (`Message.thread`).
        """

    def hear(self, call: Call) -> Heard:
        """What the provider's call means. Raises Unproven when it is not signed, Malformed when it makes no sense."""
        raise NotFound(
            f"Nobody calls back for {self.title}.", fix="Take the address out of the provider's settings."
        )

    def receiver(self, address: str) -> str:
        """Who answers there, as a host: receivers share nothing, so that one which hangs delays nobody else."""
        return address
