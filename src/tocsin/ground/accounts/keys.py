"""Which sender of alerts is it? Intake keys: the kind of source comes from the key, not from the path."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from tocsin.ground.accounts.store import hash_of
from tocsin.ground.accounts.store import key as table
from tocsin.ground.kernel.clock import Clock
from tocsin.ground.kernel.errors import Invalid, NotFound
from tocsin.ground.kernel.ids import new_id, new_token
from tocsin.ground.store import Store

CALENDAR = "calendar"
"""The kind of a key that opens a calendar to whoever knows its address, and sends nothing: no source has this name."""
_TRUSTED_S = 2.0
_MOST_REMEMBERED = 4_096


def _nothing() -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True, kw_only=True, slots=True)
class Key:
    """An intake key as it may be shown. `service` puts every alert of this key to one service; `settings` are what
    its kind of source asks for, secrets as references.
    """

    id: str
    kind: str
    name: str
    service: str | None
    created_at: datetime
    revoked_at: datetime | None = None
    settings: Mapping[str, Any] = field(default_factory=_nothing)

    @classmethod
    def from_row(cls, row: Row[tuple[object, ...]]) -> Key:
        return cls(
            id=row.id,
            kind=row.kind,
            name=row.name,
            service=row.service,
            created_at=row.created_at,
            revoked_at=row.revoked_at,
            settings=row.settings,
        )


class Keys:
    """Finds keys by their secret; remembers for two seconds: a storm costs no reads, a revocation holds soon.

    What is not remembered is always looked up: a key that another process made a moment ago works at once.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._remembered: OrderedDict[str, tuple[Key, float]] = OrderedDict()

    def find(self, plain: str) -> Key | None:
        """The live key with this secret."""
        hashed = hash_of(plain)
        now = self._clock.monotonic()
        with self._lock:
            known = self._remembered.get(hashed)
        if known and now - known[1] < _TRUSTED_S:
            return known[0]
        with self._store.read() as conn:
            row = conn.execute(
                select(table).where(table.c.hash == hashed, table.c.revoked_at.is_(None))
            ).one_or_none()
        with self._lock:
            if row is None:
                self._remembered.pop(hashed, None)
                return None
            key = Key.from_row(row)
            self._remembered[hashed] = (key, now)
            while len(self._remembered) > _MOST_REMEMBERED:
                self._remembered.popitem(last=False)
        return key


def create(
    conn: Connection,
    kind: str,
    name: str,
    service: str | None,
    at: datetime,
    settings: Mapping[str, Any] | None = None,
    secret: str | None = None,
) -> tuple[Key, str]:
    """Makes a key for a kind of source; returns it with its secret, which nothing can show again.

    `secret` is a fresh random one in the form that senders of this kind expect; without one it is ours.
    """
    if not kind.isidentifier():
        raise Invalid(f"{kind!r} is no kind of source", field="kind", fix="Try `alertmanager` or `webhook`.")
    plain = secret or new_token("in")
    key = Key(
        id=new_id("key"),
        kind=kind,
        name=name or kind,
        service=service,
        created_at=at,
        settings=dict(settings or {}),
    )
    conn.execute(
        insert(table).values(
            id=key.id,
            kind=kind,
            name=key.name,
            service=service,
            settings=key.settings,
            hash=hash_of(plain),
            created_at=at,
        )
    )
    return key, plain


def get(conn: Connection, id_: str) -> Key | None:
    """The key with this id, also when it was revoked."""
    row = conn.execute(select(table).where(table.c.id == id_)).one_or_none()
    return None if row is None else Key.from_row(row)


def everything(conn: Connection) -> list[Key]:
    """All keys, the revoked ones too, oldest first."""
    return [Key.from_row(row) for row in conn.execute(select(table).order_by(table.c.id))]


def revoke(conn: Connection, id_or_name: str, at: datetime) -> None:
    """Ends every live key of that id or name, within two seconds in every process."""
    done = conn.execute(
        update(table)
        .where((table.c.id == id_or_name) | (table.c.name == id_or_name), table.c.revoked_at.is_(None))
        .values(revoked_at=at)
    )
    if not done.rowcount:
        raise NotFound(f"there is no live key {id_or_name!r}", fix="`tocsin key list` shows them.")
