"""How are findings kept? One open row for each part and place that is not well, whoever of several processes saw it
first; ended when nobody finds it any more."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, Connection, Index, Integer, Row, Table, Text, delete, select, update

from tocsin.ground.kernel.ids import new_id
from tocsin.ground.store import Time, insert, metadata

KEPT = timedelta(days=90)

watch_finding = Table(
    "watch_finding",
    metadata,
    Column("id", Text, primary_key=True),
    Column("part", Text, nullable=False),
    Column("place", Text, nullable=False),  # a boot, where it is about that process alone; else empty
    Column("said", Text, nullable=False),
    Column("began_at", Time, nullable=False),
    Column("seen_at", Time, nullable=False),
    Column("ended_at", Time),
    Index("ix_watch_finding_began_at", "began_at"),
)
Index(
    "ix_watch_finding_open",
    watch_finding.c.part,
    watch_finding.c.place,
    unique=True,
    sqlite_where=watch_finding.c.ended_at.is_(None),
    postgresql_where=watch_finding.c.ended_at.is_(None),
)
watch_look = Table(
    "watch_look",
    metadata,
    Column("boot", Text, primary_key=True),
    Column("at", Time, nullable=False),
    Column("findings", Integer, nullable=False),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """Something that is not well: `part` of Tocsin, and what was seen. `place` is the boot that it is about, with
    `/` and a part of that perhaps; empty where it is about all.
    """

    part: str
    said: str
    place: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """A finding as it is kept; times in UTC, `ended_at` once nobody sees it any more."""

    id: str
    part: str
    place: str
    said: str
    began_at: datetime
    seen_at: datetime
    ended_at: datetime | None

    @classmethod
    def from_row(cls, row: Row[Any]) -> Found:
        return cls(**row._mapping)  # pyright: ignore[reportPrivateUsage] - public by documentation


def see(conn: Connection, finding: Finding, now: datetime) -> bool:
    """Writes down that this was seen; whether it is new."""
    seen = conn.execute(
        update(watch_finding)
        .where(
            watch_finding.c.part == finding.part,
            watch_finding.c.place == finding.place,
            watch_finding.c.ended_at.is_(None),
        )
        .values(seen_at=now, said=finding.said)
    )
    if seen.rowcount:
        return False
    new = insert(conn, watch_finding).values(
        id=new_id("fnd"),
        part=finding.part,
        place=finding.place,
        said=finding.said,
        began_at=now,
        seen_at=now,
    )
    return (
        conn.execute(new.on_conflict_do_nothing().returning(watch_finding.c.id)).first() is not None
    )  # nothing: another process was quicker


def end(
    conn: Connection, places: Collection[str], still: Collection[tuple[str, str]], now: datetime
) -> list[Found]:
    """Ends what was open in these places and is not seen any more; returns it."""
    over = [
        each
        for each in open_findings(conn)
        if each.place.partition("/")[0] in places and (each.part, each.place) not in still
    ]
    if over:
        conn.execute(
            update(watch_finding)
            .where(watch_finding.c.id.in_([each.id for each in over]), watch_finding.c.ended_at.is_(None))
            .values(ended_at=now)
        )
    return over


def looked(conn: Connection, boot: str, now: datetime, findings: int) -> None:
    """This process has looked."""
    statement = insert(conn, watch_look).values(boot=boot, at=now, findings=findings)
    conn.execute(
        statement.on_conflict_do_update(index_elements=["boot"], set_={"at": now, "findings": findings})
    )


def last_look(conn: Connection) -> datetime | None:
    """When any process looked last."""
    return conn.scalar(select(watch_look.c.at).order_by(watch_look.c.at.desc()).limit(1))


def open_findings(conn: Connection) -> list[Found]:
    rows = conn.execute(
        select(watch_finding).where(watch_finding.c.ended_at.is_(None)).order_by(watch_finding.c.began_at)
    )
    return [Found.from_row(row) for row in rows]


def recent(conn: Connection, *, limit: int = 50) -> list[Found]:
    """The findings that are over, newest first."""
    rows = conn.execute(
        select(watch_finding)
        .where(watch_finding.c.ended_at.is_not(None))
        .order_by(watch_finding.c.began_at.desc())
        .limit(limit)
    )
    return [Found.from_row(row) for row in rows]


def forget(conn: Connection, now: datetime) -> None:
    conn.execute(delete(watch_finding).where(watch_finding.c.ended_at < now - KEPT))
    conn.execute(delete(watch_look).where(watch_look.c.at < now - KEPT))
