"""What did the last look at the preconditions of a runbook find? One row for each thing that it needs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Boolean, Column, Connection, Table, Text, and_, delete, func, or_, select

from tocsin.ground.i18n import N_
from tocsin.ground.store import Time, insert, metadata
from tocsin.ground.timeline import reason

runbook_check = Table(
    "runbook_check",
    metadata,
    Column("path", Text, primary_key=True),
    Column("kind", Text, primary_key=True),  # tool | host | secret | link
    Column("subject", Text, primary_key=True),
    Column("ok", Boolean, nullable=False),
    Column("said", Text, nullable=False),
    Column("at", Time, nullable=False),
)

_TOLD = {
    "tool": reason(N_("the program {subject} is not installed")),
    "host": reason(N_("the name {subject} does not resolve")),
    "secret": reason(N_("the secret {subject} is not there")),
    "link": reason(N_("the link {subject} is dead")),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """Something that a runbook needs, and whether it is there; `said` is what the look met, in its own words."""

    path: str
    kind: str
    subject: str
    ok: bool
    said: str
    at: datetime

    @property
    def told(self) -> str:
        """What is missing, as a sentence that `timeline.told` knows again."""
        return _TOLD[self.kind](subject=self.subject)


def of_path(conn: Connection, path: str) -> list[Check]:
    """Everything that was looked at for one runbook, what is missing first."""
    columns = runbook_check.c
    rows = conn.execute(
        select(*columns).where(columns.path == path).order_by(columns.ok, columns.kind, columns.subject)
    )
    return [Check(**row._mapping) for row in rows]  # pyright: ignore[reportPrivateUsage] - SQLAlchemy's documented accessor


def failed(conn: Connection, path: str | None = None) -> dict[str, list[Check]]:
    """What is missing, by the path of the runbook; of all, or of one. Dead links come last."""
    columns = runbook_check.c
    query = select(*columns).where(columns.ok.is_(False))
    if path is not None:
        query = query.where(columns.path == path)
    found: dict[str, list[Check]] = {}
    for row in conn.execute(
        query.order_by(columns.path, columns.kind == "link", columns.kind, columns.subject)
    ):
        found.setdefault(row.path, []).append(Check(**row._mapping))  # pyright: ignore[reportPrivateUsage] - as above
    return found


def last_look(conn: Connection) -> datetime | None:
    """When somebody last looked at anything."""
    return conn.execute(select(func.max(runbook_check.c.at))).scalar_one()


def links_seen(conn: Connection) -> dict[str, datetime]:
    """When each link was last asked for."""
    columns = runbook_check.c
    query = select(columns.subject, func.min(columns.at).label("at")).where(columns.kind == "link")
    return {row.subject: row.at for row in conn.execute(query.group_by(columns.subject))}


def keep(conn: Connection, path: str, needed: Sequence[tuple[str, str]], checks: Iterable[Check]) -> None:
    """Writes what was found for a runbook; drops what it needs no more, by kind and subject."""
    columns = runbook_check.c
    still = or_(
        *(and_(columns.kind == kind, columns.subject == subject) for kind, subject in needed),
        columns.path.is_(None),
    )
    conn.execute(delete(runbook_check).where(columns.path == path, ~still))
    for check in checks:
        values = {"ok": check.ok, "said": check.said, "at": check.at}
        statement = insert(conn, runbook_check).values(
            path=path, kind=check.kind, subject=check.subject, **values
        )
        conn.execute(statement.on_conflict_do_update(index_elements=["path", "kind", "subject"], set_=values))


def forget(conn: Connection, known: Sequence[str]) -> None:
    """Drops what was found for runbooks that are no more."""
    there = set(conn.scalars(select(runbook_check.c.path).distinct()))
    gone = sorted(there - set(known))
    if gone:
        conn.execute(delete(runbook_check).where(runbook_check.c.path.in_(gone)))
