"""Is this day a holiday here? Public holidays by country, and days that a team adds by itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from types import MappingProxyType


def checked(value: str) -> str:
    """A country as ISO 3166 has it (`TW`, `DE-BY`), or a day (`2026-12-24`). Raises ValueError for anything else."""
    if _day(value) is None:
        _of_year(value, 2026)
    return value


def names(calendar: Iterable[str], year: int) -> Mapping[date, str]:
    """The holidays of a year with their names, in English; a day of the team's own has none."""
    found: dict[date, str] = {}
    for each in calendar:
        day = _day(each)
        if day is None:
            found |= _of_year(each, year)
        elif day.year == year:
            found.setdefault(day, "")
    return found


@lru_cache(maxsize=4_096)
def days_of(calendar: tuple[str, ...], year: int) -> frozenset[date]:
    """The holidays of a year."""
    return frozenset(names(calendar, year))


def is_holiday(calendar: tuple[str, ...], day: date) -> bool:
    """Whether this local day is one."""
    return day in days_of(calendar, day.year)


def _day(value: str) -> date | None:
    try:
        return date.fromisoformat(value) if len(value) == 10 else None
    except ValueError:
        return None


@lru_cache(maxsize=1_024)
def _of_year(value: str, year: int) -> Mapping[date, str]:
    import holidays  # half of a second, and most installations have no holidays

    country, _, subdivision = value.partition("-")
    try:
        known = holidays.country_holidays(country, subdiv=subdivision or None, years=year, language="en_US")
    except NotImplementedError:
        raise ValueError(
            f"the holidays of {value!r} are not known; write a country like TW, one with its part like DE-BY, "
            "or a day like 2026-12-24"
        ) from None
    return MappingProxyType(dict(known))
