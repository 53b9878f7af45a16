"""When did this alert fire before? Its episodes, as its news tells them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from tocsin.sense.alerts.store import alert_event


@dataclass(frozen=True, kw_only=True, slots=True)
class Episode:
    """One time that it fired; times are those at which we heard. `ended_at` is None while it fires."""

    number: int
    began_at: datetime | None
    ended_at: datetime | None


def episodes(conn: Connection, alert_id: str, limit: int) -> list[Episode]:
    """The last episodes of which news is kept, the newest first."""
    table = alert_event.c
    rows = conn.execute(
        select(
            table.episode,
            func.min(table.at).filter(table.kind == "fired").label("began_at"),
            func.min(table.at).filter(table.kind == "resolved").label("ended_at"),
        )
        .where(table.alert == alert_id)
        .group_by(table.episode)
        .order_by(table.episode.desc())
        .limit(limit)
    )
    return [Episode(number=number, began_at=began, ended_at=ended) for number, began, ended in rows]
