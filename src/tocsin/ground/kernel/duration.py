"""How long is `15m`? Durations as people write them in configuration, runbooks and commands.

A number and a unit (ms, s, m, h, d, w), several in a row (`1h30m`); a bare number is seconds; `none` is no duration.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)", re.ASCII)
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_LONGEST_DAYS = 3650


def parse_duration(text: str | float | timedelta) -> timedelta:
    """`1h30m` → 90 minutes. Raises ValueError with the form that is wanted, also for what is negative or endless."""
    if isinstance(text, timedelta):
        return text
    if isinstance(text, int | float) and not isinstance(text, bool):
        return _bounded(text, text)
    compact = str(text).strip().lower().replace(" ", "")
    if re.fullmatch(r"\d+(\.\d+)?", compact, re.ASCII):
        return _bounded(float(compact), text)
    if not compact or _PART.sub("", compact):
        raise ValueError(f"{text!r} is not a duration; write it like 30s, 15m, 1h30m or 3d")
    return _bounded(sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(compact)), text)


def _bounded(seconds: float, text: str | float) -> timedelta:
    if not 0 <= seconds <= _LONGEST_DAYS * 86400:  # NaN is not, either
        raise ValueError(f"{text!r} is not a duration; write one from 0s to {_LONGEST_DAYS}d")
    return timedelta(seconds=seconds)


def format_duration(value: timedelta | float) -> str:
    """90 minutes → `1h30m`; zero → `0s`."""
    seconds = value.total_seconds() if isinstance(value, timedelta) else float(value)
    if seconds < 1:
        return f"{round(seconds * 1000)}ms" if seconds else "0s"
    left = round(seconds)
    parts: list[str] = []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts[:2])


def _or_none(value: Any) -> Any:
    if value is None or (
        isinstance(value, str) and value.strip().lower() in ("none", "never", "無", "無限制")
    ):
        return None
    return parse_duration(value)


_SCHEMA = WithJsonSchema(
    {
        "type": ["string", "number"],
        "pattern": r"^\d",
        "examples": ["30s", "15m", "1h30m"],
        "title": "Duration",
    }
)
Duration = Annotated[
    timedelta, BeforeValidator(parse_duration), PlainSerializer(format_duration, return_type=str), _SCHEMA
]
Deadline = Annotated[
    timedelta | None,
    BeforeValidator(_or_none),
    PlainSerializer(lambda v: None if v is None else format_duration(v), return_type=str | None),
    WithJsonSchema({"type": ["string", "number", "null"], "examples": ["30m", "none"], "title": "Deadline"}),
]
"""A duration that may be `none`: then there is no deadline."""
