"""Who reacts to the timeline? Followers read it in order and remember how far they are.

A follower's handler runs in the transaction that moves its position on, so its rows and its position are one
fact: nothing is skipped, and what it writes is written once. On Postgres any process may take the next step; a row lock
on the position keeps them from doing it twice.

What a follower does not care for is passed over in memory, and its position written once in a while: in a storm the
timeline grows by thousands of lines that concern nobody, and each write costs the store a commit.
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
_AT_ONCE = 50
_LOOK_AHEAD = 200
_PASSED_MOST = 1_000
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
        self._passed: dict[str, tuple[int, int]] = {}
        self._unwritten: dict[str, int] = {}

    def follow(self, name: str, kinds: Sequence[str], reaction: Reaction) -> None:
        """`reaction(conn, event)` for each event of `kinds`, in order, in one transaction with the position."""
        self._followings.append(_Following(name=name, kinds=tuple(kinds), reaction=reaction))

    def step(self) -> int:
        """Lets each follower react to what is new; returns how many events were handled or passed over."""
        ahead = self._look_ahead()
        return sum(self._advance(each, ahead[each.name]) for each in self._followings)

    def _look_ahead(self) -> dict[str, Sequence[Event]]:
        """What is new to each; those who stand at the same place, as nearly all do, share one reading."""
        read: dict[tuple[int, int], Sequence[Event]] = {}
        found: dict[str, Sequence[Event]] = {}
        with self._store.read() as conn:
            rows = {row.name: (row.xid, row.seq) for row in conn.execute(select(follower))}
            for each in self._followings:
                position = self._position(each.name, rows.get(each.name))
                if position not in read:
                    read[position] = after(conn, position, limit=_LOOK_AHEAD)
                found[each.name] = read[position]
        return found

    def _advance(self, following: _Following, events: Sequence[Event]) -> int:
        name = following.name
        if not events:
            return 0
        unwritten = self._unwritten.get(name, 0) + len(events)
        if unwritten < _PASSED_MOST and not any(each.kind in following.kinds for each in events):
            self._passed[name], self._unwritten[name] = events[-1].position, unwritten
            return len(events)

        def job(conn: Connection) -> int:
            conn.execute(
                insert(conn, follower)
                .values(name=name, xid=0, seq=0)
                .on_conflict_do_nothing(index_elements=["name"])
            )
            mine = select(follower.c.xid, follower.c.seq).where(follower.c.name == name)
            row = conn.execute(mine.with_for_update()).one()
            events = after(conn, self._position(name, (row.xid, row.seq)), limit=_AT_ONCE)
            for each in events:
                if each.kind in following.kinds:
                    try:
                        with conn.begin_nested():
                            following.reaction(conn, each)
                    except Exception:
                        _log.exception("a follower could not react", follower=name, seq=each.seq)
            if events:
                xid, seq = events[-1].position
                conn.execute(update(follower).where(follower.c.name == name).values(xid=xid, seq=seq))
            return len(events)

        handled = self._store.write(job)
        self._unwritten[name] = 0
        return handled

    def _position(self, name: str, written: tuple[int, int] | None) -> tuple[int, int]:
        """How far it is: as written, or further where nothing since has concerned it."""
        return max(written or (0, 0), self._passed.get(name, (0, 0)))
