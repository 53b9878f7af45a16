"""What is known of an alert when its severity is decided? Its words, its numbers, and the answers it
carries.

Measures and answers come from labels and annotations that are named like them: `error_rate: "0.7"`,
`users_share: 2 %`, `all_users: "yes"`. What is not there, or is no number, is not measured.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Protocol

from tocsin.ground.catalogue import Service
from tocsin.ground.kernel.conditions import ALERT

_WORDS = ("summary", "description", "message", "title")
_NUMBER = re.compile(r"\s*([-+]?\d{1,15}(?:\.\d{1,15})?(?:[eE][-+]?\d{1,2})?)\s*(%)?\s*", re.ASCII)
_YES, _NO = ("true", "yes", "y", "1", "on"), ("false", "no", "n", "0", "off")


class AlertLike(Protocol):
    """As much of an alert as a severity needs."""

    @property
    def name(self) -> str: ...
    @property
    def labels(self) -> Mapping[str, str]: ...
    @property
    def annotations(self) -> Mapping[str, str]: ...
    @property
    def value(self) -> float | None: ...
    @property
    def source(self) -> str: ...
    @property
    def starts_at(self) -> datetime: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """The variables of severity rules and triggers, by their first name."""

    alert: Mapping[str, Any]
    service: Mapping[str, Any]
    m: Mapping[str, float]
    q: Mapping[str, bool]
    text: str

    def values(self) -> dict[str, Any]:
        """As conditions take them."""
        return {"alert": self.alert, "service": self.service, "m": self.m, "q": self.q, "text": self.text}


def facts_of(
    alert: AlertLike,
    service_name: str,
    service: Service,
    measured: Mapping[str, float] = MappingProxyType({}),
) -> Facts:
    """What is known of this alert of that service. `measured` is what monitors saw last; the alert's own word counts
    before it."""
    told = {**alert.annotations, **alert.labels}
    measures = dict(measured)
    own = {name: number for name, text in told.items() if (number := number_of(text)) is not None}
    if "latency_ms" in own:
        measures.pop("latency_ratio", None)  # it belongs to another value
    measures |= own
    normal = service.baseline.get("latency_ms", 0.0)
    if "latency_ratio" not in measures and "latency_ms" in measures and normal > 0:
        measures["latency_ratio"] = measures["latency_ms"] / normal
    words = [alert.name, *(alert.annotations.get(each, "") for each in _WORDS)]
    return Facts(
        alert={
            "name": alert.name,
            "labels": dict(alert.labels),
            "annotations": dict(alert.annotations),
            "value": alert.value,
            "source": alert.source,
            "starts_at": alert.starts_at,
        },
        service={"name": service_name, "tier": service.tier, "team": service.team or ""},
        m=measures,
        q={name: answer for name in ALERT.questions if (answer := answer_of(told.get(name, ""))) is not None},
        text="\n".join(dict.fromkeys(word for word in words if word)),
    )


def number_of(text: str) -> float | None:
    """`0.7` → 0.7, `70 %` → 0.7; anything else is no number."""
    found = _NUMBER.fullmatch(text)
    if not found:
        return None
    number = float(found[1]) / (100 if found[2] else 1)
    return number if math.isfinite(number) else None


def answer_of(text: str) -> bool | None:
    """`yes` → True, `no` → False; anything else is no answer."""
    word = text.strip().lower()
    return True if word in _YES else False if word in _NO else None
