"""How many people have to say yes? `approvals: 2` in the front matter, `approvals=2` of a step.

A runbook only ever asks for more than the configuration does, never for fewer. Words that are no number stand for two:
whoever wrote them wanted more than one person to look.
"""

from __future__ import annotations

from tocsin.respond.runbooks.document import Finding

MOST = 9
UNREADABLE = 2


def quorum(told: str) -> int | None:
    """The number, 1 to 9; None for anything else."""
    digits = told.strip().strip("`*").strip()
    count = int(digits) if digits.isascii() and digits.isdigit() and len(digits) == 1 else 0
    return count if 1 <= count <= MOST else None


def no_quorum(told: str, line: int) -> Finding:
    """What the author is told of a number that is none."""
    return Finding(
        rule="approvals",
        level="error",
        line=line,
        message=f"{told!r} is no number of people",
        fix=f"write a number from 1 to {MOST}: approvals=2",
    )
