"""What did a sender say about one alert, and who is the sender?

A signal is what a source made of a message: cleaned and bounded, but still the sender's word. What it means
for the alert that stands (new, repeated, late, over) is settled in `settle.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Sender:
    """Who speaks: the id of an intake key, or the name of a part of Tocsin. Only who opened an alert may resolve it."""

    key: str
    source: str
    service: str | None = None


API = Sender(key="api", source="api")
MONITOR = Sender(key="monitor", source="monitor")


def _no_text() -> dict[str, str]:
    return {}


@dataclass(frozen=True, kw_only=True, slots=True)
class Signal:
    """One alert as one message tells it.

    `ends_at` in the past means that it is over, in the future that it fires until then unless it is said again.
    `resolved` says that it is over, whatever the times. `fades`: without `ends_at`, it is over when it has not been
    said again for the resolve timeout. `dedup_key` is the identity where the format has one, else the labels are.
    `flags` name what had to be mended to take it.
    """

    labels: Mapping[str, str]
    annotations: Mapping[str, str] = field(default_factory=_no_text)
    resolved: bool = False
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    fades: bool = False
    value: float | None = None
    url: str = ""
    dedup_key: str | None = None
    flags: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.labels.get("alertname") or "unnamed"

    def is_over(self, now: datetime) -> bool:
        return self.resolved or (self.ends_at is not None and self.ends_at <= now)
