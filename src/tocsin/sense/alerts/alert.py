"""What is an alert? The record that rooms above read: one row per identity, its present episode, its text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Row

State = Literal["firing", "resolved"]
_PREFIX = "alr_"


def id_of(fingerprint: str) -> str:
    """The id of the alert with this identity: one follows from the other, so two processes agree without asking."""
    return _PREFIX + fingerprint


def fingerprint_of_id(alert_id: str) -> str:
    return alert_id.removeprefix(_PREFIX)


@dataclass(frozen=True, kw_only=True, slots=True)
class Alert:
    """One alert. Its times are of the present episode and never in the future; `count` is how often it was said."""

    id: str
    fingerprint: str
    name: str
    service: str
    labels: dict[str, str]
    annotations: dict[str, str]
    value: float | None
    state: State
    source: str
    key: str
    url: str
    flags: tuple[str, ...]
    episode: int
    starts_at: datetime
    ends_at: datetime | None
    expires_at: datetime | None
    first_seen: datetime
    last_seen: datetime
    count: int

    @classmethod
    def from_row(cls, row: Row[Any]) -> Alert:
        return cls(
            id=row.id,
            fingerprint=fingerprint_of_id(row.id),
            name=row.name,
            service=row.service,
            labels=row.labels,
            annotations=row.annotations,
            value=row.value,
            state=row.state,
            source=row.source,
            key=row.key,
            url=row.url,
            flags=tuple(row.flags),
            episode=row.episode,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            expires_at=row.expires_at,
            first_seen=row.first_seen,
            last_seen=row.last_seen,
            count=row.said,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class AlertEvent:
    """News of an alert that waits to be triaged: it fired, its sender said that somebody has it, or it is over.

    `alert` is the alert as it stands now.
    """

    seq: int
    kind: Literal["fired", "acknowledged", "resolved"]
    at: datetime
    episode: int
    alert: Alert
