"""Does a channel work? A test message to its room, or to one person, which asks for nothing."""

from __future__ import annotations

from collections.abc import Callable

from tocsin.act.notify import Deliveries, Delivery, Directory, Route
from tocsin.ground.catalogue import did_you_mean
from tocsin.ground.kernel.clock import Clock
from tocsin.ground.kernel.errors import Invalid, NotFound
from tocsin.ground.kernel.ids import new_id
from tocsin.ground.store import Store
from tocsin.respond.oncall import wording


class Trials:
    """Test messages by one channel at a time."""

    def __init__(
        self, store: Store, clock: Clock, current: Callable[[], Directory], deliveries: Deliveries
    ) -> None:
        self._store = store
        self._clock = clock
        self._current = current
        self._deliveries = deliveries

    def send(self, name: str, *, person: str | None, actor: str) -> Delivery:
        """Sends a test by the channel: where it has a room, there; else to the person.

        Raises NotFound where there is no such channel or person, Invalid where the channel does not reach them.
        """
        current = self._current()
        channel = self._deliveries.channel(name)
        if channel is None:
            raise NotFound(
                f"There is no channel {name}.",
                field="channel",
                fix=did_you_mean(name, current.channels, "channels"),
            )
        who, language = f"channel:{name}", current.language
        address = channel.room
        if address is None:
            if not person:
                raise Invalid(
                    f"{name} has no room: say to whom.", field="person", fix="A name under people:."
                )
            known = current.people.get(person)
            if known is None:
                raise NotFound(
                    f"There is no person {person}.",
                    field="person",
                    fix=did_you_mean(person, current.people, "people"),
                )
            who, language, address = person, known.language or language, channel.address(known)
            if address is None:
                raise Invalid(
                    f"{name} does not reach {person}.",
                    field="person",
                    fix=f"Give the person an address for {channel.kind}.",
                )
        message = wording.test(person=who, actor=actor, language=language)
        now, cause, route = self._clock.now(), new_id("tst"), Route(channel=name, address=address)
        queued = self._store.write(
            lambda conn: self._deliveries.queue(
                conn,
                kind="test",
                cause=cause,
                incident=None,
                person=who,
                route=route,
                message=message,
                at=now,
                claimed=True,
            )
        )
        assert queued is not None  # its cause is new, so it cannot be there already
        self._deliveries.hand([queued])
        return queued
