"""How has a runbook served so far? Runs, successes, the usual time, and when each step was last seen to work.

All of it follows from the rows of the runs. A step is proven by a run that finished it well; edited since, it is
unproven again, since what ran is compared with what the document says now.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from tocsin.respond.runbooks.document import Document


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """How often a runbook ran, how often that ended well, when it last began, and the median of the good ones."""

    runs: int = 0
    succeeded: int = 0
    last_at: datetime | None = None
    median_s: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Proof:
    """A step worked: when it ended, who had started the run (`person:mei`, `tocsin`), and which run it was."""

    at: datetime
    by: str
    run: str


def usage(conn: Connection, path: str) -> Usage:
    """How the runbook at a path has served."""
    return Usage()


def proofs(conn: Connection, document: Document) -> dict[str, Proof]:
    """By the id of the step; a step that nobody has seen to work as it stands is not there."""
    return {}


def changed_since(conn: Connection, document: Document) -> str | None:
    """The text as it was when the runbook last succeeded; None where it never did, or where nothing changed."""
    return None
