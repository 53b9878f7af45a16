"""How are alerts kept? One row per identity, one row of news per change of state, each named by what it is about.

An alert's id follows from its fingerprint and an event's key from its episode, so that writing either again is
harmless, be it after a lost race or from two processes at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from zlib import crc32

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Float,
    Index,
    Integer,
    Row,
    Table,
    Text,
    bindparam,
    case,
    func,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql

from tocsin.ground.store import Json, Time, metadata
from tocsin.sense.alerts.alert import Alert, State
from tocsin.sense.alerts.bulk import BulkInsert, Statement
from tocsin.sense.alerts.memory import Touch
from tocsin.sense.alerts.settle import Standing, content_of

alert = Table(
    "alert",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("labels", Json, nullable=False),
    Column("annotations", Json, nullable=False),
    Column("value", Float),
    Column("state", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("flags", Json, nullable=False),
    Column("dedup_key", Text),
    Column("episode", Integer, nullable=False),
    Column("starts_at", Time, nullable=False),
    Column("ends_at", Time),
    Column("expires_at", Time),
    Column("sender_start", Time),
    Column("sender_end", Time),
    Column("first_seen", Time, nullable=False),
    Column("last_seen", Time, nullable=False),
    Column("said", Integer, nullable=False),
    Index("ix_alert_newest", "starts_at", "id"),
    Index("ix_alert_state", "state", "starts_at", "id"),
    Index("ix_alert_service", "service", "starts_at", "id"),
)
Index(
    "ix_alert_expiry",
    alert.c.expires_at,
    sqlite_where=alert.c.state == "firing",
    postgresql_where=alert.c.state == "firing",
)

alert_event = Table(
    "alert_event",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("alert", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("episode", Integer, nullable=False),
    Column("at", Time, nullable=False),
    Column("state", Text, nullable=False, server_default="new"),
    Column("claimed_by", Text),
    # Whose turn it is: in a storm each lane gets its share of triage (`lane_of`).
    Column("lane", Text, nullable=False, server_default=""),
    Index("uq_alert_event_episode", "alert", "episode", "kind", unique=True),
    sqlite_autoincrement=True,
)
Index(
    "ix_alert_event_lane",
    alert_event.c.lane,
    alert_event.c.seq,
    sqlite_where=alert_event.c.state == "new",
    postgresql_where=alert_event.c.state == "new",
)
_LANES = 16


def lane_of(key: str, service: str = "") -> str:
    """The lane in which news waits: sixteen for each key, among which its services are spread."""
    return f"{key}/{crc32(service.encode('utf-8', 'surrogatepass')) % _LANES}"


_STANDING = (
    alert.c.id,
    alert.c.key,
    alert.c.state,
    alert.c.episode,
    alert.c.starts_at,
    alert.c.ends_at,
    alert.c.expires_at,
    alert.c.sender_start,
    alert.c.sender_end,
    alert.c.labels,
    alert.c.annotations,
    alert.c.value,
    alert.c.url,
    alert.c.dedup_key,
)
_IDS_AT_ONCE = 500
# The ids as one parameter: the statement is compiled once, however many they are.
_OF_IDS = {
    "sqlite": select(*_STANDING).where(
        alert.c.id.in_(select(func.json_each(bindparam("ids", type_=Json)).table_valued("value").c.value))
    ),
    "postgresql": select(*_STANDING).where(
        alert.c.id == func.any(bindparam("ids", type_=postgresql.ARRAY(Text)))
    ),
}


def get(conn: Connection, alert_id: str) -> Alert | None:
    """The alert of that id."""
    row = conn.execute(select(alert).where(alert.c.id == alert_id)).one_or_none()
    return Alert.from_row(row) if row else None


def get_many(conn: Connection, ids: Sequence[str]) -> dict[str, Alert]:
    """The alerts of these ids that exist, by id."""
    found: dict[str, Alert] = {}
    for start in range(0, len(ids), _IDS_AT_ONCE):
        query = select(alert).where(alert.c.id.in_(ids[start : start + _IDS_AT_ONCE]))
        found.update((row.id, Alert.from_row(row)) for row in conn.execute(query))
    return found


def list_alerts(
    conn: Connection,
    *,
    state: State | None = None,
    service: str | None = None,
    key: str | None = None,
    limit: int = 50,
    after: str | None = None,
) -> list[Alert]:
    """Alerts, latest start first. `after` is the id of the last one of the page before."""
    query = select(alert).order_by(alert.c.starts_at.desc(), alert.c.id.desc()).limit(limit)
    if state:
        query = query.where(alert.c.state == state)
    if service:
        query = query.where(alert.c.service == service)
    if key:
        query = query.where(alert.c.key == key)
    if after:
        last = select(alert.c.starts_at, alert.c.id).where(alert.c.id == after).subquery()
        query = query.where(
            tuple_(alert.c.starts_at, alert.c.id)
            < tuple_(select(last.c.starts_at).scalar_subquery(), select(last.c.id).scalar_subquery())
        )
    return [Alert.from_row(row) for row in conn.execute(query)]


def firing_standings(conn: Connection) -> Iterable[Standing]:
    """What the ledger must hold in memory from the start."""
    for row in conn.execute(select(*_STANDING).where(alert.c.state == "firing")):
        yield _standing(row)


def count_firing(conn: Connection) -> int:
    """How many alerts fire."""
    return conn.scalar(select(func.count()).select_from(alert).where(alert.c.state == "firing")) or 0


def standings(conn: Connection, ids: Sequence[str], *, lock: bool) -> dict[str, Standing]:
    """What stands under these ids; locked against other processes until the transaction ends, if asked."""
    if not ids:
        return {}
    query = _OF_IDS[conn.dialect.name]
    if lock:
        query = query.order_by(alert.c.id).with_for_update()
    return {row.id: _standing(row) for row in conn.execute(query, {"ids": list(ids)})}


def _standing(row: Row[*tuple[Any, ...]]) -> Standing:
    return Standing(
        id=row.id,
        key=row.key,
        state=row.state,
        episode=row.episode,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        expires_at=row.expires_at,
        sender_start=row.sender_start,
        sender_end=row.sender_end,
        content=content_of(
            row.annotations, row.value, row.url, row.labels if row.dedup_key is not None else None
        ),
    )


def _or_renew(statement: Statement) -> Statement:
    """Of an alert that exists, its first sight stays and its count grows."""
    new = statement.excluded
    kept = {"id", "first_seen", "said"}
    changes: dict[str, Any] = {column.name: new[column.name] for column in alert.c if column.name not in kept}
    changes["said"] = alert.c.said + new["said"]
    return statement.on_conflict_do_update(index_elements=["id"], set_=changes)


def _or_leave(statement: Statement) -> Statement:
    """News of one kind about one episode is told once."""
    return statement.on_conflict_do_nothing(index_elements=["alert", "episode", "kind"])


put = BulkInsert(alert, [column.name for column in alert.c], _or_renew)
"""Writes whole alerts."""
announce = BulkInsert(alert_event, ["alert", "kind", "episode", "at", "state", "lane"], _or_leave)
"""Writes news for triage."""
_TIMES = ("starts_at", "ends_at", "expires_at", "sender_start", "sender_end")
_settle = (
    update(alert)
    .where(alert.c.id == bindparam("b_id"))
    .values(
        state=bindparam("b_state"),
        last_seen=bindparam("b_last_seen", type_=Time),
        said=alert.c.said + bindparam("b_count"),
        **{name: bindparam(f"b_{name}", type_=Time) for name in _TIMES},
    )
)
_touch = (
    update(alert)
    .where(alert.c.id == bindparam("b_id"))
    .values(
        said=alert.c.said + bindparam("b_count"),
        last_seen=bindparam("b_last_seen", type_=Time),
        expires_at=case(
            (
                alert.c.expires_at < bindparam("b_expires_at", type_=Time),
                bindparam("b_expires_at", type_=Time),
            ),
            else_=alert.c.expires_at,
        ),
    )
)


def move(conn: Connection, standing: Standing, *, last_seen: datetime, count: int) -> None:
    """Writes state and times of an alert whose text stays."""
    conn.execute(
        _settle,
        {
            "b_id": standing.id,
            "b_state": standing.state,
            "b_last_seen": last_seen,
            "b_count": count,
            **{f"b_{name}": getattr(standing, name) for name in _TIMES},
        },
    )


def touch(conn: Connection, touches: Iterable[tuple[str, Touch]]) -> None:
    """Adds what repeats came to, by alert id."""
    rows = [
        {
            "b_id": alert_id,
            "b_count": each.times,
            "b_last_seen": each.last_seen,
            "b_expires_at": each.expires_at,
        }
        for alert_id, each in touches
    ]
    if rows:
        conn.execute(_touch, rows)


def run_out(
    conn: Connection, now: datetime, started: datetime, settled: datetime, limit: int
) -> list[Standing]:
    """Alerts that fire and were due to be said again by `now`.

    Those last heard before we started get until `settled`: while we were away nobody could repeat them.
    """
    query = (
        select(*_STANDING)
        .where(alert.c.state == "firing", alert.c.expires_at <= now)
        .order_by(alert.c.expires_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    if now < settled:
        query = query.where(alert.c.last_seen >= started)
    return [_standing(row) for row in conn.execute(query)]
