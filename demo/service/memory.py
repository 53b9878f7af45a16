"""What was this reader shown a moment ago? Kept in the Redis-protocol store, together with the views still to count.

The store keeps nothing on disk: a restart empties it, and the service fills it again as readers come.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from valkey import Valkey, ValkeyError
from valkey.backoff import NoBackoff
from valkey.retry import Retry

SHOWN_FOR_S = 24 * 3600
_VIEWS = "views"


class MemoryTrouble(Exception):
    """The store did not take a write. Look at its used memory against its limit."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """Memory of the store, in megabytes."""

    used_mb: float
    limit_mb: float


class Memory:
    """The store as this process talks to it."""

    def __init__(self, port: int) -> None:
        # its annotations are those of the synchronous and the asynchronous client at once
        self._client: Any = Valkey(
            host="127.0.0.1",
            port=port,
            decode_responses=True,
            socket_timeout=0.4,
            socket_connect_timeout=0.4,
            retry=Retry(NoBackoff(), 1),
        )

    def remember(self, reader: int, first: int) -> int | None:
        """Note which title stands first and that it was seen; returns what stood first the last time."""
        try:
            before, *_ = (
                self._client.pipeline()
                .set(f"shown:{reader}", first, ex=SHOWN_FOR_S, get=True)
                .rpush(_VIEWS, first)
                .execute()
            )
        except ValkeyError as error:
            raise MemoryTrouble(str(error)) from error
        return int(before) if before else None

    def probe(self) -> Usage:
        """Write a small value and read the memory use. Raises MemoryTrouble."""
        try:
            self._client.set("health", "ok", ex=SHOWN_FOR_S)
            info = self._client.info("memory")
        except ValkeyError as error:
            raise MemoryTrouble(str(error)) from error
        return Usage(used_mb=info["used_memory"] / 2**20, limit_mb=info["maxmemory"] / 2**20)

    def take_views(self, most: int = 500) -> list[int]:
        """Views that wait to be counted. Raises MemoryTrouble."""
        try:
            return [int(title) for title in self._client.lpop(_VIEWS, most) or ()]
        except ValkeyError as error:
            raise MemoryTrouble(str(error)) from error
