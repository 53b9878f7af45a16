"""Did a sender say that somebody has it? An acknowledgement is news of an alert that fires, told once an episode.

PagerDuty and Opsgenie let a monitoring tool acknowledge what it triggered. Only who opened the alert may: what comes by
another key, or about an alert that does not fire, is dropped, as PagerDuty has it
(developer.pagerduty.com, Events API v2, "Send an Alert Event"). What follows from it is decided by triage, in the
order of the alert's news: nobody acknowledges what has not opened yet.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, select

from tocsin.sense.alerts.alert import id_of
from tocsin.sense.alerts.fingerprint import fingerprint
from tocsin.sense.alerts.signal import Sender, Signal
from tocsin.sense.alerts.store import alert, announce, lane_of


def id_of_key(dedup_key: str, sender: Sender) -> str:
    """The id of the alert that this sender knows by this key, whether it exists or not."""
    return id_of(fingerprint(Signal(labels={}, dedup_key=dedup_key), sender))


def acknowledge(conn: Connection, dedup_keys: Collection[str], sender: Sender, now: datetime) -> list[str]:
    """Announces that somebody has these alerts; returns the ids of those that fire. Again is harmless."""
    ids = sorted(id_of_key(each, sender) for each in dedup_keys)
    firing = conn.execute(
        select(alert.c.id, alert.c.episode)
        .where(alert.c.id.in_(ids), alert.c.state == "firing", alert.c.key == sender.key)
        .order_by(alert.c.id)
    ).all()
    announce(
        conn,
        [
            {
                "alert": row.id,
                "kind": "acknowledged",
                "episode": row.episode,
                "at": now,
                "state": "new",
                "lane": lane_of(sender.key),
            }
            for row in firing
        ],
    )
    return [row.id for row in firing]
