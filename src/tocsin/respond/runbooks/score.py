"""How often has this attempt at a repair helped? The score of each rung and option of a runbook.

A rung is told by its words, so it keeps its score when another is put before it, and begins anew when it is rewritten.
Only runs for real count, and those in which it was judged: what a person went over has neither helped nor failed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from statistics import median

from sqlalchemy import Connection, select

from tocsin.respond.runbooks.store import run, run_step

_LATEST = 500
_REAL = ("guided", "automatic")


@dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    """How often it was tried and worked, the median of how long the good ones took (s), and the last time it worked."""

    tried: int = 0
    worked: int = 0
    median_s: float | None = None
    last_at: datetime | None = None


def scores(conn: Connection, path: str) -> dict[str, Score]:
    """By the title of the rung or option, from the latest 500 of them; one that was never tried is not there."""
    columns = run_step.c
    rows = conn.execute(
        select(columns.title, columns.ok, columns.started_at, columns.ended_at)
        .join(run, run.c.id == columns.run)
        .where(
            run.c.path == path,
            run.c.mode.in_(_REAL),
            columns.kind.in_(("rung", "option")),
            columns.state == "finished",
            columns.ok.is_not(None),
        )
        .order_by(run.c.created_at.desc())
        .limit(_LATEST)
    ).all()
    found: dict[str, Score] = {}
    for title in dict.fromkeys(row.title for row in rows):
        mine = [row for row in rows if row.title == title]
        good = [row for row in mine if row.ok]
        times = [
            (row.ended_at - row.started_at).total_seconds() for row in good if row.started_at and row.ended_at
        ]
        found[title] = Score(
            tried=len(mine),
            worked=len(good),
            median_s=median(times) if times else None,
            last_at=max((row.ended_at for row in good if row.ended_at), default=None),
        )
    return found
