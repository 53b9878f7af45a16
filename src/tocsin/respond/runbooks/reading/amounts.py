"""How long is `30 seconds`, `2 分鐘`, `about 5 minutes`? Durations as people write them in prose."""

from __future__ import annotations

import re

from tocsin.ground.kernel.duration import parse_duration

_UNITS: dict[str, float] = {
    "ms": 0.001,
    "millisecond": 0.001,
    "毫秒": 0.001,
    "s": 1,
    "sec": 1,
    "second": 1,
    "秒": 1,
    "秒鐘": 1,
    "秒钟": 1,
    "m": 60,
    "min": 60,
    "minute": 60,
    "分": 60,
    "分鐘": 60,
    "分钟": 60,
    "h": 3600,
    "hr": 3600,
    "hour": 3600,
    "小時": 3600,
    "小时": 3600,
    "d": 86400,
    "day": 86400,
    "天": 86400,
    "日": 86400,
    "w": 604800,
    "week": 604800,
    "週": 604800,
    "周": 604800,
}
_UNIT = "|".join(sorted(_UNITS, key=len, reverse=True))
_NUMBER = r"\d{1,6}(?:\.\d{1,3})?"
AMOUNT = rf"(?:{_NUMBER}\s*[-–~～至到]\s*)?{_NUMBER}\s*-?(?:個|个)?(?:{_UNIT})s?(?![A-Za-z])"
"""A number, or a range of which the longer end counts, and a unit."""

_ONE = re.compile(rf"(\d{{1,6}}(?:\.\d{{1,3}})?)\s*-?(?:個|个)?({_UNIT})s?(?![A-Za-z])", re.IGNORECASE)
_WATCH = re.compile(
    rf"""(?:\b(?:monitor|watch|observe|soak)(?:ing)?\b[^.\n]{{0,60}}?
            \bfor\s+(?:about\s+|at\s+least\s+|another\s+|the\s+(?:next|following)\s+)?
        |(?:觀察|观察|監控|监控|監測|监测|浸泡)[^。\n\d]{{0,20}}
        |(?:接下來|接下来)的?\s*)({AMOUNT})""",
    re.VERBOSE | re.IGNORECASE,
)


def seconds(text: str) -> float | None:
    """The duration that a value says, in seconds; None where it says none."""
    compact = text.strip().strip("`*").strip()
    if not compact or len(compact) > 200:
        return None
    try:
        return parse_duration(compact).total_seconds()
    except (ValueError, OverflowError):
        found = _ONE.findall(compact)
    if not found:
        return None
    if re.search(r"\d\s*[-–~～至到]\s*\d", compact):
        found = found[-1:]
    return sum(float(number) * _UNITS[unit.lower()] for number, unit in found[:3])


def watch_seconds(text: str) -> float | None:
    """The duration of `monitor for 15 minutes`, `觀察 15 分鐘` in a sentence."""
    found = _WATCH.search(text[:2_000])
    return seconds(found.group(1)) if found else None
