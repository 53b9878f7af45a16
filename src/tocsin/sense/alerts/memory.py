"""Which alerts does the ledger know without asking the store? What stands committed, and repeats not yet counted there.

Everything that fires is here; of what is over, only the latest, since senders repeat an end for some minutes and then
never again.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import islice

import msgspec
from msgspec.structs import replace

from tocsin.sense.alerts.settle import Standing

RESOLVED_KEPT = 20_000


class Touch(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How often an alert was repeated since the last flush, when last, and until when that makes it hold."""

    times: int
    last_seen: datetime
    expires_at: datetime | None


class Memory:
    """Not locked: the ledger is."""

    def __init__(self) -> None:
        self._firing: dict[str, Standing] = {}
        self._resolved: dict[str, Standing] = {}
        self._touched: dict[str, Touch] = {}

    def get(self, alert_id: str) -> Standing | None:
        return self._firing.get(alert_id) or self._resolved.get(alert_id)

    def put(self, standing: Standing) -> None:
        if standing.state == "firing":
            self._resolved.pop(standing.id, None)
            self._firing[standing.id] = standing
            return
        self._firing.pop(standing.id, None)
        self._resolved[standing.id] = standing
        if len(self._resolved) > RESOLVED_KEPT:
            del self._resolved[next(iter(self._resolved))]

    def forget(self, alert_ids: Iterable[str]) -> None:
        """What stands here and could not be written: the next word about it is news again."""
        for alert_id in alert_ids:
            self._firing.pop(alert_id, None)
            self._resolved.pop(alert_id, None)
            self._touched.pop(alert_id, None)

    def touch(self, standing: Standing, now: datetime) -> None:
        """Counts one more repeat of an alert that stands as `standing` says."""
        before = self._touched.get(standing.id)
        self._touched[standing.id] = Touch(
            times=before.times + 1 if before else 1, last_seen=now, expires_at=standing.expires_at
        )

    def take_touched(self, most: int) -> list[tuple[str, Touch]]:
        """Up to `most` of the repeats not yet in the store, by id; they are forgotten here."""
        taken = list(islice(self._touched.items(), most))
        for alert_id, _ in taken:
            del self._touched[alert_id]
        return sorted(taken, key=lambda each: each[0])

    def restore(self, taken: Iterable[tuple[str, Touch]]) -> None:
        """Puts back what could not be written."""
        for alert_id, touch in taken:
            since = self._touched.get(alert_id)
            self._touched[alert_id] = replace(since, times=since.times + touch.times) if since else touch

    def __len__(self) -> int:
        return len(self._firing)
