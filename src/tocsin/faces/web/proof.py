"""Is it well now, and has it been? The rounds of a service's checks, for the page of its incident."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from tocsin.faces.web.sparkline import Dot, Sparkline, sparkline
from tocsin.sense.monitor import PastRound, past_rounds

_ROUNDS = 120


@dataclass(frozen=True, kw_only=True, slots=True)
class Proof:
    """The last round, and a line of how long the slowest check took in each; dots are rounds that failed."""

    last: PastRound
    failed: Sequence[str]
    line: Sparkline | None
    rounds: int
    bad: int
    since: datetime


def proof_of(conn: Connection, service: str) -> Proof | None:
    """What the page shows; None where no round was ever looked at."""
    rounds = past_rounds(conn, service, limit=_ROUNDS)
    if not rounds:
        return None
    last = rounds[-1]
    return Proof(
        last=last,
        failed=[f"{each['check']} {each['text']}" for each in last.findings if not each["ok"]],
        line=sparkline([Dot(at=each.at, value=each.latency_ms, bad=not each.ok) for each in rounds]),
        rounds=len(rounds),
        bad=sum(1 for each in rounds if not each.ok),
        since=rounds[0].at,
    )
