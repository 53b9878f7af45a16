"""What is an incident? One record; everything in it is what its timeline adds up to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row

OPEN = ("triggered", "acknowledged", "mitigated")
ENDED = ("resolved", "closed")
FALSE_ALARM = "false_alarm"


@dataclass(frozen=True, kw_only=True, slots=True)
class Incident:
    """`id` is the number that people say (INC-2026-0001). Times are UTC; `detected_at` is when Tocsin knew.

    `outcome` is `false_alarm` where a person said so, else empty.
    """

    id: str
    title: str
    service: str
    severity: str
    state: str  # triggered | acknowledged | mitigated | resolved | closed
    source: str
    policy: str
    rule: dict[str, Any]
    started_at: datetime
    detected_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    mitigated_at: datetime | None
    soak_until: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    updated_at: datetime
    outcome: str = ""

    @classmethod
    def from_row(cls, row: Row[Any]) -> Incident:
        return cls(
            id=row.id,
            title=row.title,
            service=row.service,
            severity=row.severity,
            state=row.state,
            source=row.source,
            policy=row.policy,
            rule=row.rule,
            started_at=row.started_at,
            detected_at=row.detected_at,
            acknowledged_at=row.acknowledged_at,
            acknowledged_by=row.acknowledged_by,
            mitigated_at=row.mitigated_at,
            soak_until=row.soak_until,
            resolved_at=row.resolved_at,
            closed_at=row.closed_at,
            updated_at=row.updated_at,
            outcome=row.outcome,
        )

    @property
    def is_open(self) -> bool:
        return self.state in OPEN
