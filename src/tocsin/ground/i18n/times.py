"""How does a person say a time? `4 min ago`, `1 min 30 s`, `19:06` left, and the exact moment in the reader's zone."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.dates import format_datetime

from tocsin.ground.i18n.texts import N_, translate

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_UNITS = (
    (_DAY, N_("{n} d"), N_("{n} d ago"), N_("in {n} d")),
    (_HOUR, N_("{n} h"), N_("{n} h ago"), N_("in {n} h")),
    (_MINUTE, N_("{n} min"), N_("{n} min ago"), N_("in {n} min")),
    (1, N_("{n} s"), N_("{n} s ago"), N_("in {n} s")),
)
_JUST_NOW, _NOW = N_("just now"), N_("now")
_EXACT = {"en": "d MMM y, HH:mm:ss", "zh_Hant": "y 年 M 月 d 日 HH:mm:ss"}
_CALENDAR = {"en": "EEE d MMM, HH:mm", "zh_Hant": "M 月 d 日（EEEEE）HH:mm"}


def ago(language: str, at: datetime, now: datetime) -> str:
    """`4 min ago`; under five seconds, and for a clock that runs ahead, `just now`."""
    seconds = (now - at).total_seconds()
    if seconds < 5:
        return translate(language, _JUST_NOW)
    for size, _, past, _ in _UNITS:
        if seconds >= size:
            return translate(language, past, n=int(seconds // size))
    return translate(language, _JUST_NOW)


def until(language: str, at: datetime, now: datetime) -> str:
    """`in 4 min`; what is due, or past, is `now`."""
    seconds = (at - now).total_seconds()
    for size, _, _, ahead in _UNITS:
        if seconds >= size:
            return translate(language, ahead, n=int(seconds // size))
    return translate(language, _NOW)


def span(language: str, seconds: float) -> str:
    """A length of time in its two largest units: `1 min 30 s`, `2 h`, `8 s`, `0.4 s`."""
    if 0 < seconds < 1:
        return translate(language, _UNITS[-1][1], n=f"{seconds:.1f}")
    left = round(max(seconds, 0))
    parts: list[str] = []
    for size, length, _, _ in _UNITS:
        count, left = divmod(left, size)
        if count:
            parts.append(translate(language, length, n=count))
        elif parts:
            break
    return " ".join(parts[:2]) or translate(language, _UNITS[-1][1], n=0)


def countdown(seconds: float) -> str:
    """Time left in digits that stand still under each other: `19:06`, `2:05:00`; what is past counts as minus."""
    whole = int(abs(seconds))
    sign = "−" if seconds <= -1 else ""
    hours, rest = divmod(whole, _HOUR)
    minutes, left = divmod(rest, _MINUTE)
    return f"{sign}{hours}:{minutes:02}:{left:02}" if hours else f"{sign}{minutes}:{left:02}"


def exact(language: str, at: datetime, zone: str = "UTC") -> str:
    """The moment to the second, with the zone it is said in: `21 Nov 2026, 18:30:08 (Asia/Taipei)`."""
    said = format_datetime(at.astimezone(_zone(zone)), _EXACT.get(language, _EXACT["en"]), locale=language)
    return f"{said} ({_zone(zone).key})"


def calendar(language: str, at: datetime, zone: str = "UTC") -> str:
    """A moment near enough to be named by its day: `Sat 21 Nov, 18:00`."""
    return format_datetime(
        at.astimezone(_zone(zone)), _CALENDAR.get(language, _CALENDAR["en"]), locale=language
    )


def same_day(one: datetime, other: datetime, zone: str = "UTC") -> bool:
    """Do both stand on one page of the calendar that hangs there?"""
    return one.astimezone(_zone(zone)).date() == other.astimezone(_zone(zone)).date()


def clock(at: datetime, zone: str = "UTC") -> str:
    """The time of day to the second, for a story that is read line by line: `18:30:08`."""
    return f"{at.astimezone(_zone(zone)):%H:%M:%S}"


@cache
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
