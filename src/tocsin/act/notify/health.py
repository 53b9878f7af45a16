"""How is each channel? When it last worked, when and why it last failed, and how much waits for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, func, select

from tocsin.act.notify import attempts, store
from tocsin.act.notify.attempts import Attempt
from tocsin.act.notify.store import delivery

State = Literal["unused", "works", "failing"]


@dataclass(frozen=True, kw_only=True, slots=True)
class ChannelHealth:
    """A channel as its last attempts show it. `waiting` is what is due and has not left; `held` of these stay back
    because enough went there in a short time.
    """

    channel: str
    success: Attempt | None
    failure: Attempt | None
    waiting: int
    held: int

    @property
    def state(self) -> State:
        """By what came last: a failure that nothing has followed means that it is failing."""
        ended = self.failure.ended_at if self.failure is not None else None
        worked = self.success.ended_at if self.success is not None else None
        if ended is not None and (worked is None or worked < ended):
            return "failing"
        return "works" if worked is not None else "unused"


def health_of(conn: Connection, channels: Iterable[str], now: datetime) -> list[ChannelHealth]:
    """The health of each of these channels, in their order."""
    columns = delivery.c
    queue = conn.execute(
        select(columns.channel, func.count(), func.count(columns.held_at))
        .where(columns.state.in_(store.OPEN), columns.due_at <= now, columns.channel.is_not(None))
        .group_by(columns.channel)
    )
    waiting = {row[0]: (row[1], row[2]) for row in queue}
    return [
        ChannelHealth(
            channel=name,
            success=attempts.newest(conn, name, (attempts.ACCEPTED,)),
            failure=attempts.newest(conn, name, (attempts.TEMPORARY, attempts.PERMANENT)),
            waiting=waiting.get(name, (0, 0))[0],
            held=waiting.get(name, (0, 0))[1],
        )
        for name in channels
    ]
