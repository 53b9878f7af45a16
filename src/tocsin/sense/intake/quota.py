"""Does this key send more than its share? A bucket of alerts for each key, and one alert of ours when it is empty.

A message is admitted while there is anything in the bucket, and is charged for what it held: a batch may overdraw, and
the key waits until that is paid back. What only repeats what is known costs a tenth, since Prometheus says every
firing alert again each minute. Whoever is refused hears when to come again; nobody else notices, as each key has a
bucket of its own. The first refusal raises one alert, which is over when the key was not refused for a minute.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from tocsin.ground.accounts import Key
from tocsin.ground.i18n import N_, translate
from tocsin.ground.kernel.clock import Clock
from tocsin.ground.kernel.errors import TocsinError, TooMany
from tocsin.ground.kernel.settings import Current
from tocsin.ground.store import Store
from tocsin.sense.alerts import Ledger, Outcome, Sender, Signal, list_alerts
from tocsin.sense.intake.section import IntakeSection

INTAKE = Sender(key="intake", source="intake")
"""Who tells that a key is limited."""
NAME = "IntakeLimited"
SUMMARY = N_("Alerts sent with the key {key} are being refused: more than {limit} a minute")
ADVICE = N_(
    "What was refused is not stored; its senders were told to come again. Look at what sends so much, or give the key "
    "a larger share: alerts_per_minute."
)
_REPEATED = 0.1
_CALM_S = 60.0
_TICK_S = 1.0
_WAIT_MOST_S = 300
_KEYS = 4_096
_LIMITED_MOST = 1_000
_log = structlog.get_logger(__name__)


def cost(outcomes: Sequence[Outcome]) -> float:
    """What the alerts of a message cost: one each, a tenth where it only repeats what is known."""
    repeated = sum([each.result == "duplicate" for each in outcomes])
    return len(outcomes) - (1 - _REPEATED) * repeated


@dataclass(kw_only=True, slots=True)
class _Bucket:
    """`left` alerts at the time `at`, which grow by `rate` a second up to `most`; below nothing it is a debt."""

    left: float
    at: float
    rate: float
    most: float

    def fill(self, now: float) -> None:
        self.left = min(self.most, self.left + (now - self.at) * self.rate)
        self.at = now


@dataclass(kw_only=True, slots=True)
class _Limited:
    """A key that was refused, last at `at`; `told` once the alert is in the ledger."""

    name: str
    service: str | None
    limit: int
    at: float
    told: bool = False


class Quota:
    """The buckets of this process. `admit` and `charge` are for the receiver, `tick` for a beat."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        current: Current[IntakeSection],
        ledger: Ledger,
        language: Callable[[], str],
    ) -> None:
        self._store = store
        self._clock = clock
        self._current = current
        self._ledger = ledger
        self._language = language
        self._lock = threading.Lock()
        self._buckets: dict[str, _Bucket] = {}
        self._limited: dict[str, _Limited] = {}
        self._tick_at = 0.0

    def admit(self, key: Key) -> None:
        """Raises TooMany, with the seconds to wait, where the bucket of the key is empty; else takes one alert."""
        now = self._clock.monotonic()
        with self._lock:
            bucket = self._bucket(key, now)
            if bucket.left >= 1:
                bucket.left -= 1
                return
            limit = round(bucket.rate * 60)
            wait = min(_WAIT_MOST_S, max(1, math.ceil((1 - bucket.left) / bucket.rate)))
            limited = self._limited.get(key.id)
            if limited:
                limited.at = now
            elif len(self._limited) < _LIMITED_MOST:
                self._limited[key.id] = _Limited(name=key.name, service=key.service, limit=limit, at=now)
        raise TooMany(
            f"this key may send {limit} alerts a minute",
            retry_after=wait,
            fix=f"Send it again in {wait} seconds.",
        )

    def charge(self, key: Key, alerts: float) -> None:
        """Takes what a message held beyond the one alert that admitted it; less than nothing gives back."""
        now = self._clock.monotonic()
        with self._lock:
            bucket = self._bucket(key, now)
            # A debt is bounded, too: one huge batch does not shut a key out for hours.
            bucket.left = max(-bucket.most, min(bucket.most, bucket.left - alerts))

    def _bucket(self, key: Key, now: float) -> _Bucket:
        rate, most = self._share(key.settings)
        bucket = self._buckets.get(key.id)
        if bucket is None:
            if len(self._buckets) >= _KEYS:
                for each in self._buckets.values():
                    each.fill(now)
                self._buckets = {id_: one for id_, one in self._buckets.items() if one.left < one.most}
            bucket = self._buckets[key.id] = _Bucket(left=most, at=now, rate=rate, most=most)
        bucket.rate, bucket.most = rate, most
        bucket.fill(now)
        return bucket

    def _share(self, settings: Mapping[str, Any]) -> tuple[float, float]:
        """Alerts a second and at once: as the key was told, else as the configuration has it."""
        common = self._current().intake
        own: Any = settings.get("alerts_per_minute")
        if not isinstance(own, int) or own < 1:
            return common.alerts_per_minute / 60, float(common.burst)
        return own / 60, float(own) * common.burst / common.alerts_per_minute

    # The alert

    def start(self) -> None:
        """Takes up the alerts that the last process left: they end when the key is calm now."""
        now = self._clock.monotonic()
        with self._store.read() as conn:
            firing = list_alerts(conn, state="firing", key=INTAKE.key, limit=_LIMITED_MOST)
        with self._lock:
            for alert in firing:
                if id_ := alert.labels.get("key_id"):
                    self._limited[id_] = _Limited(
                        name=alert.labels.get("key", ""),
                        service=alert.labels.get("service"),
                        limit=0,
                        at=now,
                        told=True,
                    )

    def tick(self) -> None:
        """Tells the ledger which keys began to be limited and which are calm again."""
        now = self._clock.monotonic()
        if now < self._tick_at:
            return
        self._tick_at = now + _TICK_S
        with self._lock:
            fresh = {id_: each for id_, each in self._limited.items() if not each.told}
            calm = {
                id_: each for id_, each in self._limited.items() if each.told and now - each.at >= _CALM_S
            }
        for id_, each in fresh.items():
            _log.warning("a key is limited", key=each.name, alerts_per_minute=each.limit)
            if self._tell(self._signal(id_, each)):
                each.told = True
        for id_, each in calm.items():
            if self._tell(self._signal(id_, each, resolved=True)):
                with self._lock:
                    if now - each.at >= _CALM_S:
                        self._limited.pop(id_, None)
                    else:
                        each.told = False

    def _tell(self, signal: Signal) -> bool:
        try:
            self._ledger.record([signal], INTAKE)
        except TocsinError as error:
            _log.warning("that a key is limited could not be told yet", error=error.message)
            return False
        return True

    def _signal(self, id_: str, limited: _Limited, *, resolved: bool = False) -> Signal:
        language = self._language()
        service = {"service": limited.service} if limited.service else {}
        annotations = {
            "summary": translate(language, SUMMARY, key=limited.name, limit=limited.limit),
            "description": translate(language, ADVICE),
        }
        return Signal(
            labels={"alertname": NAME, "key": limited.name, "key_id": id_, "severity": "high", **service},
            annotations={} if resolved else annotations,
            resolved=resolved,
            dedup_key=id_,
        )
