"""How am I paged? A person's own page: their channels in order, quiet hours, the last messages, a test by each way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from starlette.responses import Response

from tocsin.act import notify
from tocsin.faces.web.gate import Pages
from tocsin.faces.web.oncall import known_people
from tocsin.faces.web.oncall_feed import feeds_of
from tocsin.faces.web.oncall_strip import when_of
from tocsin.faces.web.visit import Visit
from tocsin.ground.accounts import Permission
from tocsin.ground.i18n import N_
from tocsin.ground.kernel.errors import Denied, Invalid, NotFound, TocsinError
from tocsin.respond.oncall import Quiet, Rule, Shift

pages = Pages()
_AHEAD = timedelta(days=90)
_MOST_SHIFTS = 6
_MESSAGES = 20
_MINUTE = 60
_THEN = {"wait": N_("comes afterwards"), "digest": N_("joins the digest")}


@dataclass(frozen=True, kw_only=True, slots=True)
class QuietRow:
    """Quiet hours as they stand in the form."""

    hours: str = ""
    severities: str = ""
    then: str = "wait"


@dataclass(frozen=True, kw_only=True, slots=True)
class WayRow:
    """A channel that reaches the person, as it stands in the form; `place` numbers its fields."""

    place: int
    channel: str
    address: str
    used: bool
    after: str
    severities: frozenset[str]
    quiet: tuple[QuietRow, ...]


@pages.get("/oncall/people/{id}", Permission.READ)
def show(visit: Visit) -> Response:
    person = _person(visit)
    return _page(visit, person, _rows(visit, person), {})


@pages.post("/oncall/people/{id}/rules", Permission.READ)
def keep(visit: Visit) -> Response:
    """Keeps the rules of the form, or forgets all of them."""
    person, rules = _person(visit), visit.context.escalations.rules
    if visit.form.get("do") == "forget":
        rules.put(person, [], visit.identity.actor)
        return visit.go(f"/oncall/people/{person}", notice="rules-kept")
    rows = _given(visit, person)
    used = [each for each in rows if each.used]
    try:
        if not used:
            raise Invalid(
                N_("No channel is left to page you by."), field="rules", fix=N_("Tick at least one.")
            )
        used.sort(key=lambda each: _seconds(each))
        rules.put(person, [_rule(each) for each in used], visit.identity.actor)
    except Invalid as error:
        place = _place(error.field, used)
        return _page(visit, person, rows, {place: error}, status=422)
    return visit.go(f"/oncall/people/{person}", notice="rules-kept")


def _page(
    visit: Visit,
    person: str,
    rows: list[WayRow],
    problems: Mapping[str, TocsinError],
    *,
    status: int = 200,
) -> Response:
    context, speech = visit.context, visit.speech
    with context.store.read() as conn:
        messages = notify.of_person(conn, person, limit=_MESSAGES)
    kept = context.escalations.rules.kept(person)
    now = speech.now
    coming: list[Shift] = sorted(
        (
            shift
            for name in context.rota().schedules
            for shift in context.oncall.shifts(name, now, now + _AHEAD)
            if shift.person == person
        ),
        key=lambda each: each.start,
    )
    schedules = context.rota().schedules
    return visit.page(
        "oncall_person.html",
        status=status,
        person=person,
        name=speech.person(person),
        badge=known_people(visit)[person],
        is_me=visit.identity.person == person,
        ways=_ways(visit, person),
        rows=rows,
        levels=_levels(visit),
        then=[(name, speech.text(text)) for name, text in _THEN.items()],
        kept=kept,
        problems=problems,
        zone=context.catalogue().people[person].time_zone or context.catalogue().time_zone,
        messages=messages,
        coming=[
            (schedules[each.schedule].title or each.schedule, each, when_of(each.start, each.end, speech))
            for each in coming[:_MOST_SHIFTS]
        ],
        feeds=feeds_of(visit, f"person:{person}"),
    )


def _person(visit: Visit) -> str:
    """Whose page it is: the reader's own, or anybody's for an admin. Raises NotFound or Denied."""
    person = visit.parts["id"]
    if visit.identity.person != person and not visit.may_admin:
        raise Denied(
            N_("How somebody is paged is their own business."),
            fix=N_("They, or an admin, may look and change it."),
        )
    if person not in visit.context.catalogue().people:
        raise NotFound(N_("There is no such person."), fix=N_("Look under people: in tocsin.yaml."))
    return person


def _ways(visit: Visit, person: str) -> list[tuple[str, int]]:
    """The channels that are used and after how many seconds, in the order in which they come."""
    rules = visit.context.escalations.rules.of(person)
    reached = [each.channel for each in _routes(visit, person)]
    mine = [(each.channel, each.after_s) for each in rules if each.channel in reached]
    soonest = min((after for _, after in mine), default=0)
    found = [(channel, after - soonest) for channel, after in sorted(mine, key=lambda each: each[1])]
    return found or [(each, 0) for each in reached[:1]]


def _routes(visit: Visit, person: str) -> list[notify.Route]:
    """Every way to the person that the configuration knows, the most wanted first."""
    deliveries, known = visit.context.deliveries, visit.context.rota()
    first = deliveries.routes(known.people[person])
    return list(dict.fromkeys([*first, *deliveries.routes(known.people[person], known.channels)]))


def _rows(visit: Visit, person: str) -> list[WayRow]:
    """Each way as the rules have it; what they do not name is not ticked."""
    rules = {each.channel: each for each in visit.context.escalations.rules.of(person)}
    found: list[WayRow] = []
    for place, route in enumerate(_routes(visit, person)):
        rule = rules.get(route.channel)
        quiet = [
            QuietRow(hours=each.hours, severities=" ".join(each.severities), then=each.then)
            for each in (rule.quiet if rule else ())
        ]
        found.append(
            WayRow(
                place=place,
                channel=route.channel,
                address=route.address,
                used=rule is not None or (not rules and place == 0),
                after=f"{(rule.after_s if rule else 0) / _MINUTE:g}",
                severities=frozenset(rule.severities if rule else ()),
                quiet=(*quiet, QuietRow()),
            )
        )
    return sorted(found, key=lambda each: (not each.used, float(each.after)))


def _given(visit: Visit, person: str) -> list[WayRow]:
    """The same as the form has it."""
    form, found = visit.form, list[WayRow]()
    for place, route in enumerate(_routes(visit, person)):
        # The form says which channel it meant: the configuration may have changed under it.
        if form.get(f"channel-{place}") != route.channel:
            raise NotFound(
                N_("The channels have changed meanwhile."), fix=N_("Open the page again and choose anew.")
            )
        quiet: list[QuietRow] = []
        while (number := len(quiet)) < 20 and f"hours-{place}-{number}" in form:
            quiet.append(
                QuietRow(
                    hours=form[f"hours-{place}-{number}"].strip(),
                    severities=form.get(f"only-{place}-{number}", ""),
                    then=form.get(f"then-{place}-{number}", "wait"),
                )
            )
        found.append(
            WayRow(
                place=place,
                channel=route.channel,
                address=route.address,
                used=form.get(f"use-{place}") == "yes",
                after=form.get(f"after-{place}", "0").strip(),
                severities=frozenset(
                    level for level in _levels(visit) if form.get(f"level-{place}-{level}") == "yes"
                ),
                quiet=tuple(quiet),
            )
        )
    return found


def _rule(row: WayRow) -> Rule:
    return Rule(
        channel=row.channel,
        after_s=_seconds(row),
        severities=tuple(sorted(row.severities)),
        quiet=tuple(
            Quiet(
                hours=each.hours,
                severities=tuple(each.severities.replace(",", " ").split()),
                then="digest" if each.then == "digest" else "wait",
            )
            for each in row.quiet
            if each.hours
        ),
    )


def _seconds(row: WayRow) -> int:
    try:
        minutes = float(row.after or "0")
        return round(minutes * _MINUTE)
    except (ValueError, OverflowError):
        raise Invalid(
            N_("This is no number of minutes."), field=f"at.{row.place}", fix=N_("Write 0, 5 or 0.5.")
        ) from None


def _place(field: str, used: Iterable[WayRow]) -> str:
    """Beside which way a mistake is shown: its number, or nothing for a mistake of the whole form."""
    kind, _, rest = field.partition(".")
    number = rest.partition(".")[0]
    if kind == "at":
        return number
    by_rule = [str(each.place) for each in used]
    return by_rule[int(number)] if kind == "rules" and number.isdigit() and int(number) < len(by_rule) else ""


def _levels(visit: Visit) -> list[str]:
    """The severities of all policies, each once."""
    policies = visit.context.policies().policies.values()
    return list(dict.fromkeys(level for policy in policies for level in policy.levels))
