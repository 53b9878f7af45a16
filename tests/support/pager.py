"""A channel for tests, with a provider that takes everything, calls back when it is told to, and signs with a word."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from tocsin.act.notify import Channel, ChannelSettings, Deliveries, DeliveryFailed, Message, Person
from tocsin.act.notify.channel import Call, Heard, Report, Unproven
from tocsin.act.notify.limits import Cap
from tocsin.ground.kernel.outbound import Outbound

PROOF = {"x-proof": "right"}


@dataclass(frozen=True)
class Sent:
    message: Message
    address: str
    key: str


@dataclass
class Provider:
    """What it was given, and what it answers: first things first, then it takes everything."""

    sent: list[Sent] = field(default_factory=list)
    failures: list[DeliveryFailed] = field(default_factory=list)


class Pager(Channel[ChannelSettings]):
    title = "Pager"
    Settings = ChannelSettings
    examples = ({},)
    confirms = True

    def __init__(
        self,
        provider: Provider,
        outbound: Outbound,
        *,
        caps: tuple[Cap, ...] = (),
        disturbs: bool = True,
        room: str | None = None,
    ) -> None:
        super().__init__(ChannelSettings(), outbound)
        self.provider = provider
        self.caps = caps  # pyright: ignore[reportAttributeAccessIssue] - each test has caps of its own
        self.disturbs = disturbs  # pyright: ignore[reportAttributeAccessIssue] - and noise
        self._room = room

    @property
    def kind(self) -> str:
        return "pager"

    @property
    def room(self) -> str | None:
        return self._room

    def send(self, message: Message, address: str, key: str) -> str | None:
        if self.provider.failures:
            raise self.provider.failures.pop(0)
        self.provider.sent.append(Sent(message=message, address=address, key=key))
        return f"receipt-{len(self.provider.sent)}"

    def hear(self, call: Call) -> Heard:
        if call.headers.get("x-proof") != PROOF["x-proof"]:
            raise Unproven("this call is not signed")
        reports = tuple(Report(**each) for each in json.loads(call.body))
        return Heard(reports=reports, told=lambda said: "\n".join(said).encode())


class Paging(Deliveries):
    """Deliveries that know some more channels than the configuration."""

    def __init__(self, *arguments: Any, pagers: dict[str, Pager], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.pagers = pagers

    def channel(self, name: str) -> Channel[Any] | None:
        return self.pagers.get(name) or super().channel(name)


def number_of(person: Person) -> str:
    return person.addresses["pager"]


def says(*reports: dict[str, str], proof: bool = True, rest: str = "") -> Call:
    """What the provider calls with."""
    return Call(
        method="POST",
        url=f"https://tocsin.example.com/channels/pager/{rest}",
        rest=rest,
        query=(),
        headers=PROOF if proof else {},
        body=json.dumps(reports).encode(),
    )
