"""How much is under way at once? Requests and the bytes of their bodies, counted over all keys and for each one.

What a body may hold is bounded, yet two hundred of them at once are a gigabyte. So the bytes of all bodies share one
budget; small messages need none of it, so that they come through while large ones are told to come again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from tocsin.ground.kernel.errors import Overloaded, Unavailable
from tocsin.sense.intake import limits

REQUESTS = 512
OF_ONE_KEY = 384
BYTES = 12 * 1024 * 1024
SMALL = 64 * 1024
"""So much of each body is not counted."""
UNANNOUNCED = 256 * 1024
"""What is set aside for a body that does not say how long it is."""


class Gone(Exception):
    """The client left before its message was whole."""


class Flight:
    """The requests of one process that are being taken in. Used on the loop alone."""

    def __init__(self) -> None:
        self.requests = 0
        self.bytes = 0
        self.of_key: dict[str, int] = {}

    def begin(self) -> UnderWay:
        """One more request. Raises Unavailable when there are enough."""
        if self.requests >= REQUESTS:
            raise _too_many()
        self.requests += 1
        return UnderWay(self)


class UnderWay:
    """One request under way: `end` it whatever becomes of it."""

    __slots__ = ("_bytes", "_flight", "_key")

    def __init__(self, flight: Flight) -> None:
        self._flight = flight
        self._bytes = 0
        self._key = ""

    def belongs_to(self, key: str) -> None:
        """Raises Unavailable when this key has enough of them under way."""
        counts = self._flight.of_key
        if counts.get(key, 0) >= OF_ONE_KEY:
            raise _too_many()
        self._key = key
        counts[key] = counts.get(key, 0) + 1

    async def read(
        self, receive: Callable[[], Awaitable[MutableMapping[str, Any]]], announced: str, limit: int
    ) -> bytes:
        """The whole body. Raises TooLarge by its announced length if that says enough, else at the limit; TooSlow at
        the deadline; Unavailable when others hold the budget; Gone.
        """
        length = int(announced[:20]) if announced.isdecimal() else UNANNOUNCED
        if announced and length > limit:
            raise limits.too_large(limit)
        self._take(length - SMALL)  # before any of it is read
        chunks: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(limits.BODY_SECONDS):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise Gone
                    chunk: bytes = message.get("body", b"")
                    size += len(chunk)
                    if size > limit:
                        raise limits.too_large(limit)
                    self._take(size - SMALL)
                    chunks.append(chunk)
                    if not message.get("more_body", False):
                        return chunks[0] if len(chunks) == 1 else b"".join(chunks)
        except TimeoutError:
            raise limits.TooSlow(
                f"the body did not arrive within {limits.BODY_SECONDS:.0f} seconds",
                field="body",
                fix="Send it again.",
            ) from None

    def _take(self, counted: int) -> None:
        """At least so many bytes of the budget are this request's now."""
        more = counted - self._bytes
        if more <= 0:
            return
        if self._flight.bytes + more > BYTES:
            raise Overloaded("too many large messages at once", fix="Send it again in a moment.")
        self._flight.bytes += more
        self._bytes = counted

    def end(self) -> None:
        """Gives everything back."""
        flight = self._flight
        flight.requests -= 1
        flight.bytes -= self._bytes
        if self._key:
            flight.of_key[self._key] -= 1
            if not flight.of_key[self._key]:
                del flight.of_key[self._key]


def _too_many() -> Unavailable:
    return Overloaded("too many messages at once", fix="Send it again in a moment.")
