"""Who reacts to the timeline? Followers read it in order and remember how far they are.

A follower's handler runs in the transaction that moves its position on, so its rows and its position are one
fact: nothing is skipped, and what it writes is written once. On Postgres any process may take the next step; a row lock
on the position keeps them from doing it twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy import BigInteger, Column, Connection, Table, Text, select, update

from tocsin.ground.store import Store, insert, metadata
from tocsin.ground.timeline.event import Event
from tocsin.ground.timeline.store import after

follower = Table(
    "follower",
    metadata,
    Column("name", Text, primary_key=True),
    Column("xid", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
)
_log = structlog.get_logger(__name__)
Reaction = Callable[[Connection, Event], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Following:
    name: str
    kinds: tuple[str, ...]
    reaction: Reaction


class Followers:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._followings: list[_Following] = []

    def follow(self, name: str, kinds: Sequence[str], reaction: Reaction) -> None:
        """`reaction(conn, event)` for each event of `kinds`, in order, in one transaction with the position."""
        self._followings.append(_Following(name=name, kinds=tuple(kinds), reaction=reaction))

    def step(self) -> int:
        """Lets each follower react to what is new; returns how many events were handled."""
        return sum(self._advance(each) for each in self._followings)

    def _advance(self, following: _Following) -> int:
        with self._store.read() as conn:
            position = conn.execute(
                select(follower.c.xid, follower.c.seq).where(follower.c.name == following.name)
            ).first()
            if position and not after(conn, (position.xid, position.seq), limit=1):
                return 0

        def job(conn: Connection) -> int:
            conn.execute(
                insert(conn, follower)
                .values(name=following.name, xid=0, seq=0)
                .on_conflict_do_nothing(index_elements=["name"])
            )
            mine = select(follower.c.xid, follower.c.seq).where(follower.c.name == following.name)
            row = conn.execute(mine.with_for_update()).one()
            events = after(conn, (row.xid, row.seq), limit=50)
            for each in events:
                if each.kind in following.kinds:
                    try:
                        with conn.begin_nested():
                            following.reaction(conn, each)
                    except Exception:
                        _log.exception("a follower could not react", follower=following.name, seq=each.seq)
            if events:
                xid, seq = events[-1].position
                conn.execute(
                    update(follower).where(follower.c.name == following.name).values(xid=xid, seq=seq)
                )
            return len(events)

        return self._store.write(job)
