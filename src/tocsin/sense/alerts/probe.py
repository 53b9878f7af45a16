"""How is an alert known that only asks whether the way is open? By its source; it is nobody's incident."""

from __future__ import annotations

from tocsin.sense.alerts.alert import Alert

SOURCE = "watch"
NAME = "TocsinWatch"
NONCE = "nonce"


def is_probe(alert: Alert) -> bool:
    return alert.source == SOURCE


def cause_of(alert: Alert) -> str:
    """The cause of the message by which this round of it leaves."""
    return f"watch/{alert.id}/{alert.episode}"
