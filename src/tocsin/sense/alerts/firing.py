"""What fires now? Ten thousand alerts in one look, for those who ask for all of them.

Labels and annotations stay the JSON text that the database keeps, since who passes them on need not take them apart,
and times are read past SQLAlchemy's types: that halves the time of a look.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    Text,
    cast,
    literal_column,
    select,
    type_coerce,
)

from tocsin.sense.alerts.store import alert, alert_event

_TIMES = (alert.c.starts_at, alert.c.expires_at, alert.c.last_seen)


class Firing(msgspec.Struct, frozen=True, gc=False):
    """One alert that fires. `labels_json` and `annotations_json` are as the store keeps them."""

    id: str
    name: str
    service: str
    labels_json: str
    annotations_json: str
    url: str
    starts_at: datetime
    expires_at: datetime | None
    last_seen: datetime


def firing(conn: Connection, *, key: str | None, limit: int) -> Iterator[Firing]:
    """Latest start first; only those that `key` opened, if one is given."""
    on_sqlite = conn.dialect.name == "sqlite"
    columns: list[ColumnElement[Any]] = [
        alert.c.id,
        alert.c.name,
        alert.c.service,
        cast(alert.c.labels, Text),
        cast(alert.c.annotations, Text),
        alert.c.url,
        *(type_coerce(each, BigInteger) if on_sqlite else each for each in _TIMES),
    ]
    query: Select[*tuple[Any, ...]] = (
        select(*columns)
        .where(alert.c.state == "firing")
        .order_by(alert.c.starts_at.desc(), alert.c.id.desc())
        .limit(limit)
    )
    if key is not None:
        query = query.where(alert.c.key == key)
    for id_, name, service, labels, texts, url, starts_at, expires_at, last_seen in conn.execute(query):
        if on_sqlite:
            starts_at, last_seen = _moment(starts_at), _moment(last_seen)
            expires_at = None if expires_at is None else _moment(expires_at)
        yield Firing(id_, name, service, labels, texts, url, starts_at, expires_at, last_seen)


def untriaged(conn: Connection) -> frozenset[str]:
    """The ids of the alerts whose news nobody has judged yet."""
    # Not bound: only so does SQLite use the index of what is new.
    new: ColumnElement[str] = literal_column("'new'")
    return frozenset(conn.scalars(select(alert_event.c.alert).where(alert_event.c.state == new)))


def _moment(microseconds: int) -> datetime:
    """As `Time` keeps a moment on SQLite."""
    return datetime.fromtimestamp(microseconds / 1e6, UTC)
