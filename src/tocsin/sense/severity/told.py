"""What does this JSON say of an alert? Alerts as a person hands them to `policy explain`, or as a case tells them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from tocsin.ground.kernel.errors import Invalid

SOME_TIME = datetime(2026, 1, 1, tzinfo=UTC)
"""When an alert began whose text does not say."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """An alert that never was in the ledger."""

    name: str
    labels: dict[str, str]
    annotations: dict[str, str]
    value: float | None
    source: str
    starts_at: datetime = SOME_TIME


def alerts_in(data: Any) -> tuple[Told, ...]:
    """One alert, a list of them (as Alertmanager's API has it), or the body of its webhook. Raises Invalid."""
    given = _map(data)
    several = _list(given.get("alerts")) or _list(data) or [given]
    return tuple(_told(_map(each)) for each in several)


def _map(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []


def _told(given: dict[str, Any]) -> Told:
    labels, annotations = _texts(given.get("labels")), _texts(given.get("annotations"))
    name = given.get("name") or labels.get("alertname")
    if not given or not (name or labels):
        raise Invalid(
            "this is not an alert", field="labels", fix='write it like {"labels": {"alertname": "ShopDown"}}'
        )
    value = given.get("value")
    starts_at = _time(given.get("startsAt") or given.get("starts_at"))
    return Told(
        name=str(name or "unnamed"),
        labels=labels,
        annotations=annotations,
        value=float(value) if isinstance(value, int | float) and abs(value) < 1e300 else None,
        source=str(given.get("source") or "file"),
        starts_at=starts_at,
    )


def _texts(value: Any) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise Invalid(
            "labels and annotations are maps of text", fix='write them like {"severity": "critical"}'
        )
    return {str(name): text_of(each) for name, each in cast("Mapping[Any, Any]", value).items()}


def text_of(value: Any) -> str:
    """A scalar as a label has it: `true`, `0.5`."""
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


def _time(value: Any) -> datetime:
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return SOME_TIME
    return found if found.tzinfo else found.replace(tzinfo=UTC)
