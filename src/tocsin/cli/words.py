"""How are records of the server said on a terminal? Times as people say them, severities and states with a shape.

Colour alone never carries a meaning: the shape and the word are there without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tocsin.ground.i18n import ago, span
from tocsin.ground.kernel.clock import SystemClock

_SHAPES = {"P0": "▲", "P1": "◆"}
_MARKS = {
    "triggered": "▲",
    "acknowledged": "◐",
    "mitigated": "◔",
    "resolved": "✓",
    "closed": "✓",
    "firing": "▲",
    "succeeded": "✓",
    "failed": "✕",
    "cancelled": "✕",
    "running": "◐",
    "wanted": "◐",
    "waiting": "◆",
    "paused": "◔",
    "met": "✓",
    "missed": "✕",
    "breaking": "◐",
    "watching": "◐",
    "passed": "✓",
    "stopped": "✕",
    "void": "–",
}


def severity(level: str) -> str:
    """`▲ P0`."""
    return f"{_SHAPES.get(level, '●')} {level}"


def state(name: str) -> str:
    """`◐ acknowledged`."""
    return f"{_MARKS.get(name, '·')} {name}"


def moment(text: str | None) -> datetime | None:
    """A time as the server sends it."""
    return datetime.fromisoformat(text) if text else None


def past(text: str | None) -> str:
    """`4 min ago`; a dash for what has not happened."""
    at = moment(text)
    return ago("en", at, _now()) if at else "–"


def due(text: str | None) -> str:
    """`12 min 30 s left`, or `8 min over`."""
    at = moment(text)
    if at is None:
        return "–"
    seconds = (at - _now()).total_seconds()
    return f"{span('en', abs(seconds))} {'left' if seconds >= 0 else 'over'}"


def exact(text: str | None) -> str:
    """`2026-11-21 10:30:00 UTC`."""
    at = moment(text)
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if at else "–"


def between(start: str | None, end: str | None) -> str:
    """The length of a time; still running counts to now."""
    began = moment(start)
    return span("en", ((moment(end) or _now()) - began).total_seconds()) if began else "–"


def person(actor: str) -> str:
    """`person:mei` → `mei`."""
    return actor.partition(":")[2] or actor


def pairs(values: Mapping[str, Any]) -> str:
    """`service=shop severity=high`."""
    return " ".join(f"{name}={value}" for name, value in values.items())


def _now() -> datetime:
    return SystemClock().now()
