"""Which conversation belongs to which incident? What chat asks of the war rooms, and what it tells them."""

from __future__ import annotations

from typing import Protocol


class Rooms(Protocol):
    """A channel is named by its id in Slack, an incident by its number."""

    def incident_of(self, channel: str) -> str | None:
        """The incident whose war room this is."""
        ...

    def channel_of(self, incident: str) -> str | None:
        """Where the war room of the incident is."""
        ...

    def heard(self, channel: str, user: str, text: str, ts: str) -> None:
        """Somebody said something in a war room: `user` by their name, `text` plain, `ts` names the message.

        May be told the same message twice.
        """
        ...
