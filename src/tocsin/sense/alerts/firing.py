"""What fires now? Ten thousand alerts in one look, for those who ask for all of them.

Labels and annotations stay the JSON text that the database keeps: who passes them on need not take them apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Text, cast, literal_column, select

from tocsin.sense.alerts.store import alert, alert_event


@dataclass(frozen=True, kw_only=True, slots=True)
class Firing:
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
    """Latest start first; only those that came by `key`, if one is given."""
    query = (
        select(
            alert.c.id,
            alert.c.name,
            alert.c.service,
            cast(alert.c.labels, Text),
            cast(alert.c.annotations, Text),
            alert.c.url,
            alert.c.starts_at,
            alert.c.expires_at,
            alert.c.last_seen,
        )
        .where(alert.c.state == "firing")
        .order_by(alert.c.starts_at.desc(), alert.c.id.desc())
        .limit(limit)
    )
    if key is not None:
        query = query.where(alert.c.key == key)
    for id_, name, service, labels, texts, url, starts_at, expires_at, last_seen in conn.execute(query):
        yield Firing(
            id=id_,
            name=name,
            service=service,
            labels_json=labels,
            annotations_json=texts,
            url=url,
            starts_at=starts_at,
            expires_at=expires_at,
            last_seen=last_seen,
        )


def untriaged(conn: Connection) -> frozenset[str]:
    """The ids of the alerts whose news nobody has judged yet."""
    new = literal_column("'new'")  # not bound: only so does SQLite use the index of what is new
    return frozenset(conn.scalars(select(alert_event.c.alert).where(alert_event.c.state == new)))
