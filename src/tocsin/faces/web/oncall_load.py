"""What does on call cost each of us in a month? Hours, nights, how often a page disturbed them: a page and a CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from babel.dates import format_date
from starlette.responses import Response

from tocsin.faces.web.gate import Pages
from tocsin.faces.web.oncall import known_people
from tocsin.faces.web.oncall_people import Badge
from tocsin.faces.web.visit import Visit
from tocsin.faces.web.when import zone_of
from tocsin.ground.accounts import Permission
from tocsin.learn.analytics import Carried, carried

pages = Pages()
_MONTH = {"en": "MMMM y", "zh_Hant": "y 年 M 月"}
_EARLIEST, _LATEST = date(2000, 1, 1), date(2199, 1, 1)
_COLUMNS = (
    "month",
    "person",
    "name",
    "hours",
    "nights",
    "weekend_days",
    "holidays",
    "pages",
    "pages_at_night",
    "nights_disturbed",
    "hours_disturbed",
    "incidents",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True, kw_only=True, slots=True)
class LoadRow:
    """A person's month; `share` is how much they carry of what the busiest does, in hundredths."""

    carried: Carried
    badge: Badge | None
    name: str
    share: int
    is_me: bool


@pages.get("/oncall/load", Permission.READ)
def show(visit: Visit) -> Response:
    first = _month(visit)
    found = _carried(visit, first)
    known = known_people(visit)
    most = max((each.load.hours for each in found), default=0)
    language = visit.speech.language
    return visit.page(
        "oncall_load.html",
        rows=[
            LoadRow(
                carried=each,
                badge=known.get(each.person),
                name=visit.speech.person(each.person),
                share=round(100 * each.load.hours / most) if most else 0,
                is_me=each.person == visit.identity.person,
            )
            for each in found
        ],
        month=f"{first:%Y-%m}",
        title=format_date(first, _MONTH.get(language, _MONTH["en"]), locale=language),
        before=f"{max(_EARLIEST, (first - timedelta(days=1)).replace(day=1)):%Y-%m}",
        after=f"{_following(first):%Y-%m}",
        unfinished=_bounds(visit, first)[1] > visit.speech.now,
    )


@pages.get("/oncall/load.csv", Permission.READ)
def as_csv(visit: Visit) -> Response:
    first = _month(visit)
    rows = [
        (
            f"{first:%Y-%m}",
            each.person,
            visit.speech.person(each.person),
            each.load.hours,
            each.load.nights,
            each.load.weekends,
            each.load.holidays,
            each.disturbed.pages,
            each.disturbed.night_pages,
            each.disturbed.nights,
            each.disturbed.hours,
            each.disturbed.incidents,
        )
        for each in _carried(visit, first)
    ]
    name = f"on-call-{first:%Y-%m}.csv"
    return Response(
        sheet(_COLUMNS, rows),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def sheet(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> bytes:
    """A CSV that a spreadsheet takes for nothing but text and numbers: a text that would be a formula begins with '.

    With a byte order mark, without which Excel does not read UTF-8 (https://owasp.org/www-community/attacks/CSV_Injection).
    """
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_plain(each) if isinstance(each, str) else each for each in row])
    return b"\xef\xbb\xbf" + written.getvalue().encode()


def _plain(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _carried(visit: Visit, first: date) -> list[Carried]:
    people = visit.context.catalogue().people
    start, end = _bounds(visit, first)
    with visit.context.store.read() as conn:
        return carried(
            conn,
            visit.context.oncall,
            visit.context.rota().schedules,
            start,
            end,
            lambda name: zone_of(
                (name in people and people[name].time_zone) or visit.context.catalogue().time_zone
            ),
        )


def _bounds(visit: Visit, first: date) -> tuple[datetime, datetime]:
    """The month by the clock of the installation, so that everybody reads the same figures."""
    zone = zone_of(visit.context.catalogue().time_zone)
    begin, end = (datetime.combine(each, time.min, zone) for each in (first, _following(first)))
    return begin.astimezone(UTC), end.astimezone(UTC)


def _following(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


def _month(visit: Visit) -> date:
    """The first day of the month that the address names; of this one where it names none."""
    today = visit.speech.now.astimezone(zone_of(visit.context.catalogue().time_zone)).date()
    try:
        named = date.fromisoformat(f"{visit.query.get('month', '')}-01")
    except ValueError:
        named = today
    return named.replace(day=1) if _EARLIEST <= named <= _LATEST else today.replace(day=1)
