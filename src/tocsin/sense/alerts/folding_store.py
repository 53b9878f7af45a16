"""How is kept what holds alerts back? Silences, windows, who is held by what, and why an alert paged or not.

`folding.n` counts the changes of silences and windows. Triage reads it in its own transaction and holds it (FOR SHARE)
until it commits, a change of a silence adds one first: so no alert is held by a silence that somebody has just
ended, however many workers there are.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Connection, Index, Integer, Table, Text, select

from tocsin.ground.store import Json, Time, insert, metadata

silence = Table(
    "silence",
    metadata,
    Column("id", Text, primary_key=True),
    Column("matchers", Json, nullable=False),
    Column("starts_at", Time, nullable=False),
    Column("ends_at", Time, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("comment", Text, nullable=False),
    Column("annotations", Json, nullable=False),
    Column("created_at", Time, nullable=False),
    Column("updated_at", Time, nullable=False),
    Column("acts", Json, nullable=False),
    Index("ix_silence_ends_at", "ends_at"),
)

maintenance = Table(
    "maintenance",
    metadata,
    Column("id", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("services", Json, nullable=False),
    Column("matchers", Json, nullable=False),
    Column("starts_at", Time, nullable=False),
    Column("ends_at", Time, nullable=False),
    Column("recurs", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("comment", Text, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", Time, nullable=False),
    Column("updated_at", Time, nullable=False),
    Column("over_at", Time),
    Column("cut", Json, nullable=False),
    Column("acts", Json, nullable=False),
    Index("ix_maintenance_over_at", "over_at"),
)

folding = Table(
    "folding",
    metadata,
    Column("name", Text, primary_key=True),
    Column("n", BigInteger().with_variant(Integer, "sqlite"), nullable=False),
)

# Why an alert that fires pages nobody: one row a reason, `until` when it has to be looked at again.
alert_hold = Table(
    "alert_hold",
    metadata,
    Column("alert", Text, primary_key=True),
    Column("kind", Text, primary_key=True),  # silence | window | inhibition
    Column("by", Text, primary_key=True),
    Column("until", Time),
    Column("since", Time, nullable=False),
    Index("ix_alert_hold_until", "until"),
    Index("ix_alert_hold_by", "kind", "by"),
)

# Alerts that fire and hold others back, by rule and by the labels that have to be equal.
inhibitor = Table(
    "inhibitor",
    metadata,
    Column("rule", Text, primary_key=True),
    Column("equal", Text, primary_key=True),
    Column("alert", Text, primary_key=True),
    Column("also_target", Integer, nullable=False),
    Index("ix_inhibitor_alert", "alert"),
)

alert_flap = Table(
    "alert_flap",
    metadata,
    Column("alert", Text, primary_key=True),
    Column("since", Time, nullable=False),
    Column("changed_at", Time, nullable=False),
    Column("changes", Integer, nullable=False),
)

alert_trace = Table(
    "alert_trace",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("alert", Text, nullable=False),
    Column("episode", Integer, nullable=False),
    Column("at", Time, nullable=False),
    Column("steps", Json, nullable=False),
    Index("ix_alert_trace_alert", "alert", "seq"),
    sqlite_autoincrement=True,
)

_CHANGES = "changes"


def change(conn: Connection) -> None:
    """Says that a silence or a window is about to be changed in this transaction: call it before anything else."""
    statement = insert(conn, folding).values(name=_CHANGES, n=1)
    conn.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"n": folding.c.n + 1}))


def revision(conn: Connection, *, hold: bool = False) -> int:
    """How often silences and windows have changed. With `hold` nobody changes one before this transaction ends."""
    query = select(folding.c.n).where(folding.c.name == _CHANGES)
    return conn.scalar(query.with_for_update(read=True) if hold else query) or 0
