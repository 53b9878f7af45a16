"""Which runbooks have to be looked over, by whom, until when?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from tocsin.respond.runbooks.library import Library


@dataclass(frozen=True, kw_only=True, slots=True)
class Due:
    """A review that waits: of which runbook, whose it is (as the document says, else the service's team), why."""

    path: str
    title: str
    owner: str
    why: str
    due_at: datetime
    overdue: bool


def queue(conn: Connection, library: Library, now: datetime) -> list[Due]:
    """Every review that is to come, the most urgent first; each runbook once."""
    return []
