"""Which steps are to be carried out by a worker of a certain label? One row an attempt."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Index, Integer, Table, Text, and_, or_, select, update

from tocsin.ground.store import Time, insert, metadata

errand = Table(
    "errand",
    metadata,
    Column("run", Text, primary_key=True),
    Column("step", Text, primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("label", Text, nullable=False),
    Column("state", Text, nullable=False),  # wanted | claimed | done | failed | withdrawn
    Column("boot", Text),  # who claimed it
    Column("wanted_at", Time, nullable=False),
    Column("error", Text, nullable=False, server_default=""),
)
Index(
    "ix_errand_open",
    errand.c.label,
    sqlite_where=errand.c.state.in_(("wanted", "claimed")),
    postgresql_where=errand.c.state.in_(("wanted", "claimed")),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Errand:
    """An attempt at a step, for whoever has the label."""

    run: str
    step: str
    attempt: int
    label: str
    state: str
    boot: str | None
    wanted_at: datetime
    error: str

    @property
    def key(self) -> tuple[str, str, int]:
        return self.run, self.step, self.attempt


def want(conn: Connection, key: tuple[str, str, int], label: str, now: datetime) -> None:
    """Asks for it, also once more where it was given back; one under way stays what it is."""
    run, step, attempt = key
    asked = {"label": label, "state": "wanted", "boot": None, "wanted_at": now, "error": ""}
    statement = insert(conn, errand).values(run=run, step=step, attempt=attempt, **asked)
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=["run", "step", "attempt"],
            set_=asked,
            where=errand.c.state.in_(("done", "failed", "withdrawn")),
        )
    )


def get(conn: Connection, key: tuple[str, str, int]) -> Errand | None:
    row = conn.execute(select(errand).where(_is(key))).first()
    return Errand(**row._mapping) if row else None  # pyright: ignore[reportPrivateUsage] - SQLAlchemy's documented accessor


def open_to(conn: Connection, labels: Collection[str], dead: Sequence[str]) -> list[Errand]:
    """What waits for somebody with one of these labels: wanted, or claimed by a process that is dead; oldest first."""
    rows = conn.execute(
        select(errand)
        .where(
            errand.c.label.in_(labels),
            or_(
                errand.c.state == "wanted",
                and_(errand.c.state == "claimed", errand.c.boot.in_(dead)),
            ),
        )
        .order_by(errand.c.wanted_at)
    )
    return [Errand(**row._mapping) for row in rows]  # pyright: ignore[reportPrivateUsage] - as above


def move(conn: Connection, before: Errand, state: str, **values: Any) -> bool:
    """Changes it, if nobody has since it was read."""
    done = conn.execute(
        update(errand)
        .where(
            _is(before.key), errand.c.state == before.state, errand.c.boot.is_not_distinct_from(before.boot)
        )
        .values(state=state, **values)
    )
    return done.rowcount > 0


def _is(key: tuple[str, str, int]) -> Any:
    return and_(errand.c.run == key[0], errand.c.step == key[1], errand.c.attempt == key[2])
