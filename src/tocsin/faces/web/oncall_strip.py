"""How does a rota look? Its shifts as bars on lines of time: a week on each line of a month, a day on each of a week.

A line has columns of equal length, four hours in a month and half an hour in a week, so that the style sheet places
the bars and the page needs no script. What a bar rounds, its words say exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from babel.dates import format_date, format_datetime

from tocsin.faces.web.calendar import first_of
from tocsin.faces.web.oncall_people import Badge
from tocsin.faces.web.speech import Speech
from tocsin.faces.web.when import zone_of
from tocsin.respond.oncall import Shift

_DAY = timedelta(days=1)
FIRST, LAST = date(2000, 1, 3), date(2198, 12, 1)
"""The ends of the calendar, well within the time that schedules are known for."""
_COLUMNS = {"month": 42, "week": 48}
_MONTH = {"en": "MMMM y", "zh_Hant": "y 年 M 月"}
_WEEK = {"en": "d MMM y", "zh_Hant": "y 年 M 月 d 日"}
_WEEKDAY = {"en": "EEE", "zh_Hant": "EEEEE"}
_AROUND = {"en": ("{} ", ""), "zh_Hant": ("", "（{}）")}
_DAY_OF_MONTH = {"en": "EEE d MMM", "zh_Hant": "M 月 d 日（EEEEE）"}
_MOMENT = {"en": "EEE d, HH:mm", "zh_Hant": "d 日（EEEEE）HH:mm"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Bar:
    """One shift on one line. `at` is its first column, `width` how many it covers; `begins` and `ends` say whether
    it does so on this line. `gap`: nobody is on call, at least for a part of it; `few` are those who share the bar
    since their turns are shorter than a column; `learns` are the names of those who watch.
    """

    shift: Shift
    badge: Badge | None
    gap: bool
    at: int
    width: int
    begins: bool
    ends: bool
    when: str
    over: bool
    learns: tuple[str, ...] = ()
    few: tuple[str, ...] = ()

    @property
    def query(self) -> str:
        """Its time as the address of the form takes it."""
        return f"from={self.shift.start:%Y%m%dT%H%MZ}&until={self.shift.end:%Y%m%dT%H%MZ}"


@dataclass(frozen=True, kw_only=True, slots=True)
class DayName:
    """A day above a line: its number, with its weekday before or after it. `inside`: it belongs to the month shown."""

    date: date
    name: str
    weekday: str
    before: str
    after: str
    today: bool
    inside: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """`now` is the column of this moment, None where it is on no day of the line."""

    name: str
    days: tuple[DayName, ...]
    bars: tuple[Bar, ...]
    now: int | None

    @property
    def is_today(self) -> bool:
        return self.now is not None


@dataclass(frozen=True, kw_only=True, slots=True)
class Strip:
    """A month or a week, with the days whose addresses show what is before and after."""

    view: str
    at: date
    title: str
    lines: tuple[Line, ...]
    before: date
    after: date

    @property
    def instead(self) -> bool:
        """Whether somebody stands in on it."""
        return any(bar.shift.override for line in self.lines for bar in line.bars)

    @property
    def learns(self) -> bool:
        return any(bar.learns for line in self.lines for bar in line.bars)


def bounds(view: str, at: date, zone: str) -> tuple[datetime, datetime]:
    """The moments between which a strip shows everything."""
    begin, end = first_of(view, at)
    return _midnight(begin, zone), _midnight(end, zone)


def strip_of(
    view: str, at: date, shifts: Sequence[Shift], known: Mapping[str, Badge], speech: Speech
) -> Strip:
    """The month or the week around a day, in the reader's zone."""
    begin, end = first_of(view, at)
    days = 7 if view == "month" else 1
    starts = [begin + n * _DAY for n in range(0, (end - begin).days, days)]
    step = 7 * _DAY
    before = at - step if view == "week" else (at.replace(day=1) - _DAY).replace(day=1)
    after = at + step if view == "week" else (at.replace(day=1) + 31 * _DAY).replace(day=1)
    merged = _merged(shifts)
    month = at.month if view == "month" else 0
    return Strip(
        view=view,
        at=at,
        title=_title(view, begin, end, at, speech.language),
        lines=tuple(_line(view, each, days, month, merged, known, speech) for each in starts),
        before=max(before, FIRST),
        after=min(after, LAST),
    )


def ribbon_of(begin: date, shifts: Sequence[Shift], known: Mapping[str, Badge], speech: Speech) -> Line:
    """Seven days from one on, as one line."""
    return _line("month", begin, 7, 0, _merged(shifts), known, speech)


def when_of(start: datetime, end: datetime, speech: Speech) -> str:
    """`Mon 16, 09:00 – Mon 23, 09:00`; within a day `Mon 16, 09:00 – 18:00`."""
    zone = zone_of(speech.zone)
    pattern = _MOMENT.get(speech.language, _MOMENT["en"])
    first, last = start.astimezone(zone), end.astimezone(zone)
    begin = format_datetime(first, pattern, locale=speech.language)
    same = first.date() == last.date()
    return f"{begin} – {f'{last:%H:%M}' if same else format_datetime(last, pattern, locale=speech.language)}"


def _line(
    view: str,
    begin: date,
    days: int,
    month: int,
    shifts: Iterable[Shift],
    known: Mapping[str, Badge],
    speech: Speech,
) -> Line:
    zone, language = speech.zone, speech.language
    start, end = _midnight(begin, zone), _midnight(begin + days * _DAY, zone)
    today = speech.now.astimezone(zone_of(zone)).date()
    columns, bars = _COLUMNS[view], list[Bar]()
    for shift in shifts:
        if shift.start >= end or shift.end <= start:
            continue
        free = bars[-1].at + bars[-1].width if bars else 0
        first = min(_column(max(shift.start, start), begin, days, columns, zone), columns - 1)
        last = columns if shift.end >= end else _column(shift.end, begin, days, columns, zone)
        if first < free and last <= free:
            bars[-1] = _shared(bars[-1], shift, known)
            continue
        bars.append(
            Bar(
                shift=shift,
                badge=known.get(shift.person) if shift.person else None,
                gap=shift.person is None,
                at=max(first, free),
                width=max(1, last - max(first, free)),
                begins=shift.start >= start,
                ends=shift.end <= end,
                when=when_of(shift.start, shift.end, speech),
                over=shift.end <= speech.now,
                learns=tuple(known[each].name for each in shift.shadow if each in known),
            )
        )
    names = tuple(
        DayName(
            date=day,
            name=str(day.day),
            weekday=weekday,
            before=_AROUND.get(language, _AROUND["en"])[0].format(weekday),
            after=_AROUND.get(language, _AROUND["en"])[1].format(weekday),
            today=day == today,
            inside=not month or day.month == month,
        )
        for day in (begin + n * _DAY for n in range(days))
        for weekday in (format_date(day, _WEEKDAY.get(language, _WEEKDAY["en"]), locale=language),)
    )
    here = start <= speech.now < end
    return Line(
        name=_between(begin, begin + (days - 1) * _DAY, language),
        days=names,
        bars=tuple(bars),
        now=_column(speech.now, begin, days, columns, zone) if here else None,
    )


def _shared(bar: Bar, shift: Shift, known: Mapping[str, Badge]) -> Bar:
    """A turn that is shorter than a column joins the bar before it; a gap shows through."""
    names = [known[each.person].name for each in (bar.shift, shift) if each.person and each.person in known]
    return replace(bar, few=tuple(dict.fromkeys([*bar.few, *names])), gap=bar.gap or shift.person is None)


def _merged(shifts: Iterable[Shift]) -> list[Shift]:
    """Turns of one person that follow each other without a change are one bar."""
    found: list[Shift] = []
    for each in shifts:
        before = found[-1] if found else None
        if (
            before
            and before.end == each.start
            and (before.person, before.override, before.shadow) == (each.person, each.override, each.shadow)
        ):
            found[-1] = replace(before, end=each.end)
        else:
            found.append(each)
    return found


def _column(at: datetime, begin: date, days: int, columns: int, zone: str) -> int:
    """Where a moment stands, by the clock on the wall: a day has its columns also when the clocks change."""
    local = at.astimezone(zone_of(zone)).replace(tzinfo=None)
    share = (local - datetime.combine(begin, time.min)) / (days * _DAY)
    return min(columns, max(0, int(share * columns)))


def _title(view: str, begin: date, end: date, at: date, language: str) -> str:
    if view == "month":
        return format_date(at, _MONTH.get(language, _MONTH["en"]), locale=language)
    return _between(begin, end - _DAY, language, _WEEK)


def _between(first: date, last: date, language: str, patterns: Mapping[str, str] = _DAY_OF_MONTH) -> str:
    pattern = patterns.get(language, patterns["en"])
    said = format_date(first, pattern, locale=language)
    return said if first == last else f"{said} – {format_date(last, pattern, locale=language)}"


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time.min, zone_of(zone)).astimezone(UTC)
