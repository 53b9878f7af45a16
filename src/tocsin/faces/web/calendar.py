"""Which day is it on? A month or a week as a grid of days, in the reader's zone, each with what happens on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from babel.dates import format_date

from tocsin.faces.web.when import zone_of
from tocsin.sense.alerts.maintenance import Occurrence

_DAY = timedelta(days=1)
_FIRST, _LAST = date(2000, 1, 1), date(2199, 12, 1)
_MONTH = {"en": "MMMM y", "zh_Hant": "y 年 M 月"}
_DAY_NAME = {"en": "EEE d MMM", "zh_Hant": "M 月 d 日（EEEEE）"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Planned:
    """One time of a window as a day shows it. `starts` and `ends` are hours, empty where it goes on beyond the day."""

    occurrence: Occurrence
    starts: str
    ends: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Day:
    """One field of the grid. `inside`: it belongs to the month that is shown."""

    date: date
    name: str
    inside: bool
    today: bool
    planned: tuple[Planned, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Grid:
    """Whole weeks from Monday to Sunday, with the addresses of the grids before and after."""

    title: str
    view: str
    weekdays: tuple[str, ...]
    weeks: tuple[tuple[Day, ...], ...]
    before: date
    after: date


def first_of(view: str, at: date) -> tuple[date, date]:
    """The first day that the grid around `at` shows, and the first that it shows no more."""
    if view == "week":
        monday = at - at.weekday() * _DAY
        return monday, monday + 7 * _DAY
    first = at.replace(day=1)
    following = (first + 31 * _DAY).replace(day=1)
    monday = first - first.weekday() * _DAY
    return monday, following + (-following.weekday() % 7) * _DAY


def bounds_of(view: str, at: date, zone: str) -> tuple[datetime, datetime]:
    """The same as moments."""
    begin, end = first_of(view, at)
    return _midnight(begin, zone), _midnight(end, zone)


def grid_of(
    view: str, at: date, today: date, occurrences: Sequence[Occurrence], zone: str, language: str
) -> Grid:
    """The month or the week around a day."""
    begin, end = first_of(view, at)
    days = [begin + n * _DAY for n in range((end - begin).days)]
    fields = [
        Day(
            date=each,
            name=format_date(each, _DAY_NAME.get(language, _DAY_NAME["en"]), locale=language),
            inside=view == "week" or each.month == at.month,
            today=each == today,
            planned=tuple(_planned(each, occurrences, zone)),
        )
        for each in days
    ]
    step = 7 * _DAY
    before = at - step if view == "week" else (at.replace(day=1) - _DAY).replace(day=1)
    after = at + step if view == "week" else (at.replace(day=1) + 31 * _DAY).replace(day=1)
    return Grid(
        title=format_date(
            begin if view == "week" else at, _MONTH.get(language, _MONTH["en"]), locale=language
        ),
        view=view,
        weekdays=tuple(format_date(each, "EEE", locale=language) for each in days[:7]),
        weeks=tuple(tuple(fields[n : n + 7]) for n in range(0, len(fields), 7)),
        before=max(before, _FIRST),
        after=min(after, _LAST),
    )


def day_of(text: str, today: date) -> date:
    """The day that an address names; today where it names none."""
    try:
        named = date.fromisoformat(text)
    except ValueError:
        return today
    return named if _FIRST <= named <= _LAST else today


def _planned(day: date, occurrences: Sequence[Occurrence], zone: str) -> list[Planned]:
    begin, end = _midnight(day, zone), _midnight(day + _DAY, zone)
    return [
        Planned(
            occurrence=each,
            starts=_hour(each.starts_at, zone) if each.starts_at >= begin else "",
            ends=_hour(each.ends_at, zone) if each.ends_at <= end else "",
        )
        for each in occurrences
        if each.starts_at < end and each.ends_at > begin
    ]


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time.min, zone_of(zone)).astimezone(UTC)


def _hour(at: datetime, zone: str) -> str:
    return f"{at.astimezone(zone_of(zone)):%H:%M}"
