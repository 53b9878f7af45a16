"""When is work planned, on what? Maintenance windows: a calendar, a list, and the form that plans one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from starlette.responses import Response

from tocsin.faces.web.calendar import bounds_of, day_of, grid_of
from tocsin.faces.web.gate import Pages
from tocsin.faces.web.silences import matchers_from
from tocsin.faces.web.visit import Visit
from tocsin.faces.web.when import field_of, moment_of, zone_of
from tocsin.ground.accounts import Permission
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.errors import Conflict, Invalid, TocsinError
from tocsin.sense.alerts.maintenance import Occurrence, Window
from tocsin.sense.alerts.query import written

pages = Pages()
_SERVICE = "service-"
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
REPEATS = {
    "": N_("once"),
    "daily": N_("every day"),
    "weekdays": N_("Monday to Friday"),
    "weekly": N_("every week"),
    "fortnightly": N_("every two weeks"),
    "monthly": N_("every month, on this weekday"),
}
_NO_START = N_("When does it begin?")
_NO_END = N_("When does it end?")
_GIVE_IT = N_("Give the day and the time.")
_OVER = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class WindowRow:
    """A window as the list shows it; `occurrence` is the time of it that is under way, or the next."""

    window: Window
    state: str
    occurrence: Occurrence | None
    about: tuple[str, ...]
    repeats: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """A window as it stands in the form."""

    title: str = ""
    services: frozenset[str] = frozenset()
    matchers: str = ""
    starts: str = ""
    ends: str = ""
    repeats: str = ""
    rule: str = ""
    comment: str = ""
    id: str = ""
    zone: str = ""


@pages.get("/maintenance", Permission.READ)
def listing(visit: Visit) -> Response:
    speech, rooms = visit.speech, visit.context.folds.maintenance
    view = "week" if visit.query.get("view") == "week" else "month"
    today = speech.now.astimezone(zone_of(speech.zone)).date()
    at = day_of(visit.query.get("at", ""), today)
    begin, end = bounds_of(view, at, speech.zone)
    rows = [_row(visit, each) for each in rooms.list()]
    coming = [each for each in rows if each.state != "over"]
    coming.sort(key=lambda each: (each.state != "active", _begins(each, speech.now)))
    return visit.page(
        "maintenance.html",
        grid=grid_of(view, at, today, rooms.between(begin, end), speech.zone, speech.language),
        rows=coming,
        over=[each for each in rows if each.state == "over"][:_OVER],
    )


@pages.get("/maintenance/new", Permission.OPERATE)
def new(visit: Visit) -> Response:
    day = visit.query.get("at", "")
    starts = f"{day}T22:00" if day and day_of(day, visit.speech.now.date()).isoformat() == day else ""
    service = visit.query.get("service", "")
    services = frozenset([service] if service else [])
    return _form(visit, Draft(starts=starts, services=services, zone=visit.speech.zone), {})


@pages.post("/maintenance", Permission.OPERATE)
def put(visit: Visit) -> Response:
    form = visit.form
    draft = Draft(
        title=form.get("title", "").strip(),
        services=frozenset(name.removeprefix(_SERVICE) for name in form if name.startswith(_SERVICE)),
        matchers=form.get("matchers", ""),
        starts=form.get("starts", ""),
        ends=form.get("ends", ""),
        repeats=form.get("repeats", ""),
        rule=form.get("rule", "").strip(),
        comment=form.get("comment", "").strip(),
        id=form.get("id", ""),
        zone=_zone(visit, form.get("id", "")),
    )
    try:
        _put(visit, draft)
    except (Invalid, Conflict) as error:
        return _form(visit, draft, {error.field: error}, status=error.status)
    return visit.go("/maintenance", notice="planned")


@pages.get("/maintenance/{id}", Permission.READ)
def one(visit: Visit) -> Response:
    window = visit.context.folds.maintenance.get(visit.parts["id"])
    zone = _zone(visit, window.id)
    draft = Draft(
        title=window.title,
        services=frozenset(window.services),
        matchers="\n".join(written((each,)) for each in window.matchers),
        starts=field_of(window.starts_at, zone),
        ends=field_of(window.ends_at, zone),
        repeats=_choice(window),
        rule=window.recurs if _choice(window) == "rule" else "",
        comment=window.comment,
        id=window.id,
        zone=zone,
    )
    return visit.page(
        "maintenance_window.html",
        row=_row(visit, window),
        window=window,
        following=[
            each
            for each in window.between(visit.speech.now, visit.speech.now + timedelta(days=90))
            if each.starts_at > visit.speech.now
        ][:5],
        **_fields(visit, draft, {}),
    )


@pages.post("/maintenance/{id}/end", Permission.OPERATE)
def end(visit: Visit) -> Response:
    visit.context.folds.maintenance.end(
        visit.parts["id"], visit.identity.actor, series=visit.form.get("series") == "yes"
    )
    return visit.go("/maintenance", notice="window-ended")


def _zone(visit: Visit, id_: str) -> str:
    """By whose clock the form goes: what recurs stays with its own, whoever changes it from elsewhere."""
    window = visit.context.folds.maintenance.get(id_) if id_ else None
    return window.zone if window and window.recurs else visit.speech.zone


def _put(visit: Visit, draft: Draft) -> None:
    zone = draft.zone
    starts_at = moment_of(draft.starts, zone, "starts_at")
    ends_at = moment_of(draft.ends, zone, "ends_at")
    if starts_at is None:
        raise Invalid(_NO_START, field="starts_at", fix=_GIVE_IT)
    if ends_at is None:
        raise Invalid(_NO_END, field="ends_at", fix=_GIVE_IT)
    visit.context.folds.maintenance.put(
        title=draft.title,
        services=sorted(draft.services),
        matchers=matchers_from(draft.matchers) if draft.matchers.strip() else (),
        starts_at=starts_at,
        ends_at=ends_at,
        recurs=draft.rule
        if draft.repeats == "rule"
        else rule_of(draft.repeats, starts_at.astimezone(zone_of(zone))),
        zone=zone,
        comment=draft.comment,
        created_by=visit.identity.actor,
        id=draft.id or None,
    )


def rule_of(repeats: str, starts: datetime) -> str:
    """A choice of the form as an RRULE; `starts` by the clock on the wall."""
    weekday = _WEEKDAYS[starts.weekday()]
    # The fifth of a weekday is not in every month: the last is.
    place = (starts.day - 1) // 7 + 1
    return {
        "daily": "FREQ=DAILY",
        "weekdays": "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
        "weekly": f"FREQ=WEEKLY;BYDAY={weekday}",
        "fortnightly": f"FREQ=WEEKLY;INTERVAL=2;BYDAY={weekday}",
        "monthly": f"FREQ=MONTHLY;BYDAY={place if place < 5 else -1}{weekday}",
    }.get(repeats, "")


def _choice(window: Window) -> str:
    """The choice of the form that stands for the window's rule; `rule` where none does."""
    starts = window.starts_at.astimezone(zone_of(window.zone))
    return next((each for each in REPEATS if rule_of(each, starts) == window.recurs), "rule")


def _repeats(visit: Visit, window: Window) -> str:
    choice = _choice(window)
    return window.recurs if choice == "rule" else visit.speech.text(REPEATS[choice])


def _form(visit: Visit, draft: Draft, problems: Mapping[str, TocsinError], *, status: int = 200) -> Response:
    return visit.page("maintenance_new.html", status=status, **_fields(visit, draft, problems))


def _fields(visit: Visit, draft: Draft, problems: Mapping[str, TocsinError]) -> dict[str, Any]:
    services = visit.context.catalogue().services.items()
    repeats = [(name, visit.speech.text(text)) for name, text in REPEATS.items()]
    if draft.rule:
        repeats.append(("rule", draft.rule))
    return {
        "draft": draft,
        "problems": problems,
        "services": [(name, each.title or name) for name, each in services],
        "repeats": repeats,
    }


def _row(visit: Visit, window: Window) -> WindowRow:
    now = visit.speech.now
    present = window.now(now)
    following = None if present else window.following(now)
    return WindowRow(
        window=window,
        state="active" if present else "planned" if following else "over",
        occurrence=present or following,
        about=tuple(written((each,)) for each in window.matchers),
        repeats=_repeats(visit, window),
    )


def _begins(row: WindowRow, now: datetime) -> datetime:
    return row.occurrence.starts_at if row.occurrence else now
