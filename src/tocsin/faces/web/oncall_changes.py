"""Who stands in for whom? The forms that put somebody on call and that ask for a swap, and the answers to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.responses import Response

from tocsin.faces.web.gate import Pages
from tocsin.faces.web.oncall import known_people
from tocsin.faces.web.oncall_strip import when_of
from tocsin.faces.web.visit import Visit
from tocsin.faces.web.when import field_of, moment_of
from tocsin.ground.accounts import Permission
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.errors import Invalid, NotFound, TocsinError
from tocsin.respond.oncall import Shift
from tocsin.respond.oncall.swap import may_answer, may_ask

pages = Pages()
_AHEAD = timedelta(weeks=8)
_MOST_SHIFTS = 60
_NO_START = N_("When does it begin?")
_NO_END = N_("When does it end?")
_GIVE_IT = N_("Give the day and the time.")
_NO_SHIFT = N_("Which shift is it about?")
_CHOOSE = N_("Choose one of the list.")
_NOTHING = N_("nothing in return")
_OWN_FIELDS = frozenset({"person", "start", "end", "reason", "shift", "taker", "back", "note"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """An override as it stands in the form, by the clock of the reader."""

    person: str = ""
    start: str = ""
    end: str = ""
    reason: str = ""


@pages.get("/oncall/schedules/{id}/override", Permission.RESPOND)
def override_form(visit: Visit) -> Response:
    me = visit.identity.person or ""
    draft = Draft(
        person=visit.query.get("person", me),
        start=_field(visit, visit.query.get("from", "")),
        end=_field(visit, visit.query.get("until", "")),
    )
    return _override_page(visit, draft, {})


@pages.post("/oncall/schedules/{id}/override", Permission.RESPOND)
def put_override(visit: Visit) -> Response:
    """Puts it, or shows first who would be replaced."""
    form, name = visit.form, visit.parts["id"]
    draft = Draft(
        person=form.get("person", ""),
        start=form.get("start", ""),
        end=form.get("end", ""),
        reason=form.get("reason", "").strip(),
    )
    try:
        start, end = _time(draft.start, visit, "start", _NO_START), _time(draft.end, visit, "end", _NO_END)
        if form.get("do") == "look":
            return _override_page(visit, draft, {}, visit.context.oncall.shifts(name, start, end))
        visit.context.overrides.put(
            schedule=name,
            person=draft.person,
            start=start,
            end=end,
            reason=draft.reason,
            by=visit.identity.actor,
        )
    except (Invalid, NotFound) as error:
        if error.field not in _OWN_FIELDS:
            raise
        return _override_page(visit, draft, {error.field: error}, status=422)
    return visit.go(_page_of(name), notice="put-on-call")


@pages.post("/oncall/overrides/{id}/remove", Permission.RESPOND)
def remove_override(visit: Visit) -> Response:
    removed = visit.context.overrides.remove(visit.parts["id"], visit.identity.actor)
    return visit.go(_page_of(removed.schedule), notice="override-removed")


@pages.get("/oncall/schedules/{id}/swap", Permission.RESPOND)
def swap_form(visit: Visit) -> Response:
    return _swap_page(visit, {}, {})


@pages.post("/oncall/schedules/{id}/swap", Permission.RESPOND)
def ask_swap(visit: Visit) -> Response:
    form, name = visit.form, visit.parts["id"]
    try:
        giver, start, end = _shift(form.get("shift", ""), "shift")
        may_ask(visit.identity, giver)
        taker = form.get("taker", "")
        back: tuple[datetime | None, datetime | None] = (None, None)
        if form.get("back"):
            owner, *given = _shift(form["back"], "back")
            back = (given[0], given[1])
            if owner != taker:
                raise Invalid(
                    N_("This shift is not theirs."),
                    field="back",
                    fix=N_("Choose one of the person who takes yours, or none."),
                )
        visit.context.swaps.ask(
            schedule=name,
            giver=giver,
            taker=taker,
            start=start,
            end=end,
            note=form.get("note", ""),
            by=visit.identity.actor,
            back_start=back[0],
            back_end=back[1],
        )
    except (Invalid, NotFound) as error:
        if error.field not in _OWN_FIELDS | {"giver", "back_start", "back_end"}:
            raise
        field = {"giver": "shift", "start": "shift", "end": "shift"}.get(
            error.field, error.field.partition("_")[0]
        )
        return _swap_page(visit, form, {field: error}, status=422)
    return visit.go(_page_of(name), notice="swap-asked")


@pages.post("/oncall/swaps/{id}/accept", Permission.RESPOND)
def accept(visit: Visit) -> Response:
    swap = visit.context.swaps.get(visit.parts["id"])
    may_answer(visit.identity, swap.taker)
    visit.context.swaps.accept(swap.id, visit.identity.actor)
    return visit.go(_page_of(swap.schedule), notice="swap-accepted")


@pages.post("/oncall/swaps/{id}/decline", Permission.RESPOND)
def decline(visit: Visit) -> Response:
    swap = visit.context.swaps.get(visit.parts["id"])
    may_answer(visit.identity, swap.taker)
    visit.context.swaps.decline(swap.id, visit.identity.actor)
    return visit.go(_page_of(swap.schedule), notice="swap-declined")


@pages.post("/oncall/swaps/{id}/cancel", Permission.RESPOND)
def cancel(visit: Visit) -> Response:
    swap = visit.context.swaps.get(visit.parts["id"])
    may_answer(visit.identity, swap.giver)
    visit.context.swaps.cancel(swap.id, visit.identity.actor)
    return visit.go(_page_of(swap.schedule), notice="swap-cancelled")


def _override_page(
    visit: Visit,
    draft: Draft,
    problems: Mapping[str, TocsinError],
    replaced: list[Shift] | None = None,
    *,
    status: int = 200,
) -> Response:
    name, known = visit.parts["id"], known_people(visit)
    table = visit.context.oncall.timetable(name)
    return visit.page(
        "oncall_override.html",
        status=status,
        name=name,
        title=table.schedule.title or name,
        zone=table.zone.key,
        draft=draft,
        problems=problems,
        people=_choices(visit, name),
        known=known,
        replaced=None
        if replaced is None
        else [(each, when_of(each.start, each.end, visit.speech)) for each in replaced],
    )


def _swap_page(
    visit: Visit, given: Mapping[str, str], problems: Mapping[str, TocsinError], *, status: int = 200
) -> Response:
    name, now, me = visit.parts["id"], visit.speech.now, visit.identity.person
    table = visit.context.oncall.timetable(name)
    coming = [
        each
        for each in visit.context.oncall.shifts(name, now, now + _AHEAD)
        if each.person in visit.speech.people
    ][:_MOST_SHIFTS]
    mine = [each for each in coming if each.person == me or visit.may_operate]
    mine.sort(key=lambda each: each.person != me)
    chosen = given.get("shift", "")
    if "from" in visit.query:
        begins = _moment(visit.query.get("from", ""))
        chosen = next((_value(each) for each in mine if begins in (each.start, None)), "")
    others = [(_value(each), _told(visit, each)) for each in coming if each.person != me]
    return visit.page(
        "oncall_swap.html",
        status=status,
        name=name,
        title=table.schedule.title or name,
        shifts=[(_value(each), _told(visit, each)) for each in mine],
        back=[("", visit.speech.text(_NOTHING)), *others],
        people=[each for each in _choices(visit, name) if each[0] != me],
        given=given,
        chosen=chosen,
        problems=problems,
    )


def _choices(visit: Visit, name: str) -> list[tuple[str, str]]:
    """Everybody, those of the rota first."""
    layers = visit.context.rota().schedules[name].layers if name in visit.context.rota().schedules else ()
    first = [person for layer in layers for person in layer.people if person in visit.speech.people]
    return [(each, visit.speech.people[each]) for each in dict.fromkeys([*first, *visit.speech.people])]


def _told(visit: Visit, shift: Shift) -> str:
    return f"{visit.speech.person(shift.person)} · {when_of(shift.start, shift.end, visit.speech)}"


def _value(shift: Shift) -> str:
    return f"{shift.person}|{shift.start.isoformat()}|{shift.end.isoformat()}"


def _shift(value: str, field: str) -> tuple[str, datetime, datetime]:
    person, _, rest = value.partition("|")
    start, end = (_moment(each) for each in (rest.partition("|")[0], rest.partition("|")[2]))
    if start is None or end is None:
        raise Invalid(_NO_SHIFT, field=field, fix=_CHOOSE)
    return person, start, end


def _time(text: str, visit: Visit, field: str, question: str) -> datetime:
    found = moment_of(text, visit.speech.zone, field)
    if found is None:
        raise Invalid(question, field=field, fix=_GIVE_IT)
    return found


def _moment(text: str) -> datetime | None:
    """A moment as our own links and lists write it; None for anything else."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None


def _field(visit: Visit, text: str) -> str:
    """A moment of an address as a field of the form, not before now."""
    found = _moment(text)
    try:
        return field_of(max(found, visit.speech.now), visit.speech.zone) if found else ""
    except OverflowError:
        return ""


def _page_of(schedule: str) -> str:
    return f"/oncall/schedules/{schedule}"
