"""Where does a message go that only tries the way? To a receiver of ours that takes it and throws it away."""

from __future__ import annotations

from typing import ClassVar

from tocsin.act.notify.channel import Channel, ChannelSettings, Reachable
from tocsin.act.notify.message import Message

NOWHERE = "(nowhere)"
"""The name under which it is a channel; no name of the configuration looks like this."""


class Nowhere(Channel[ChannelSettings]):
    """Reaches nobody; it is of no kind that could be configured."""

    title = "Nowhere"
    Settings = ChannelSettings
    examples: ClassVar = ()
    disturbs = False

    def address(self, person: Reachable) -> str | None:
        return None

    def send(self, message: Message, address: str, key: str) -> str | None:
        return None
