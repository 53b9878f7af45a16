"""What is wrong with a schedule, before it is wrong at night? Gaps, layers that never count, uneven loads, people
who cannot be reached or are second behind themselves; and how good it is, from 0 to 100.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from tocsin.ground.catalogue.people import Person
from tocsin.ground.i18n import N_
from tocsin.ground.timeline import Reason, reason
from tocsin.respond.oncall import fairness, holidays
from tocsin.respond.oncall.doubles import doubles
from tocsin.respond.oncall.section import Rota
from tocsin.respond.oncall.timetable import Stretch, Timetable

AHEAD = timedelta(weeks=12)
"""How far a schedule is looked at."""
_FAIR = 1.25
_DEVIATION_HOURS = 24.0
_LONGEST_LOOK = timedelta(days=730)
_GAP = reason(N_("Nobody is on call once in the next 12 weeks, {hours} hours altogether."))
_GAPS = reason(N_("Nobody is on call {n} times in the next 12 weeks, {hours} hours altogether."))
_COVERED = reason(N_("The layer {layer} never counts: others lie on top of all of it."))
_ALONE = reason(N_("Only {person} is ever on call: nobody takes over in illness or sleep."))
_UNREACHABLE = reason(N_("{person} has no address, so a page reaches nobody."))
_NO_CHANNEL = reason(N_("No channel knows an address of {person}, so a page reaches nobody."))
_UNKNOWN = reason(N_("{person} is not under people:, so nobody is paged."))
_TWICE = reason(
    N_(
        "For {hours} hours in the next 12 weeks the same person is on call here and in {other}, first {person}: "
        "{escalation} then has nobody else to page."
    )
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """`text` is a reason of ours, in English; `timeline.told` has it in other languages. `start` and `end` are where
    it is first seen, if it is about a time.
    """

    schedule: str
    level: Literal["error", "warning", "info"]
    rule: str
    text: str
    start: datetime | None = None
    end: datetime | None = None


def findings(
    schedules: Iterable[str],
    table_of: Callable[[str], Timetable],
    rota: Rota,
    reached: Callable[[Person], bool],
    at: datetime,
) -> tuple[list[Finding], int]:
    """What is found in the twelve weeks from `at` on, errors first, and the score of the worst schedule.

    `reached` says whether a channel leads to a person.
    """
    found: list[Finding] = []
    scores: list[int] = []
    for name in schedules:
        table = table_of(name)
        mine = [*_of(name, table, rota.people, reached, at), *_twice(name, table_of, rota, at)]
        found += mine
        scores.append(score(mine, table, at))
    order = ("error", "warning", "info")
    return sorted(found, key=lambda each: order.index(each.level)), min(scores, default=100)


def score(found: Iterable[Finding], table: Timetable, at: datetime) -> int:
    """How good a schedule is: 100 without findings, less the share of time that nobody has, less for each kind of
    finding. Below 60 somebody should look at it before the night.
    """
    empty = sum(((end - start) for start, end in table.gaps(at, at + AHEAD)), timedelta())
    points = 100.0
    if empty:
        points -= 20 + 80 * (empty / AHEAD)
    kinds: dict[str, int] = {}
    for each in found:
        kinds[each.rule] = kinds.get(each.rule, 0) + 1
    for rule, (once, most) in _COSTS.items():
        points -= min(most, once * kinds.get(rule, 0))
    return max(0, round(points))


_COSTS = {
    "unreachable": (25, 50),
    "unknown": (10, 20),
    "alone": (20, 20),
    "twice": (10, 20),
    "unfair": (10, 20),
    "covered": (5, 10),
}


def _of(
    name: str,
    table: Timetable,
    people: Mapping[str, Person],
    reached: Callable[[Person], bool],
    at: datetime,
) -> Iterator[Finding]:
    stretches = table.stretches(at, at + AHEAD)
    yield from _gaps(name, table, at)
    yield from _covered(name, table, stretches, at)
    yield from _alone(name, stretches)
    yield from _unreachable(name, stretches, people, reached)
    yield from _unfair(name, table, at)


def _gaps(name: str, table: Timetable, at: datetime) -> Iterator[Finding]:
    found = table.gaps(at, at + AHEAD)
    if not found:
        return
    start, end = found[0]
    hours = sum(((over - begin) for begin, over in found), timedelta()) / timedelta(hours=1)
    told = _GAP(hours=f"{hours:.0f}") if len(found) == 1 else _GAPS(n=len(found), hours=f"{hours:.0f}")
    yield Finding(
        schedule=name,
        level="error",
        rule="gap",
        text=told,
        start=start,
        end=end,
    )


def _covered(name: str, table: Timetable, stretches: Sequence[Stretch], at: datetime) -> Iterator[Finding]:
    shown = {each.layer for each in stretches}
    for index, layer in enumerate(table.schedule.layers):
        own = table.pieces(index, at, at + AHEAD)
        if own and not layer.shadow and index not in shown:
            yield Finding(
                schedule=name,
                level="warning",
                rule="covered",
                text=_COVERED(layer=table.schedule.layer_name(index)),
                start=own[0][0],
                end=own[-1][1],
            )


def _alone(name: str, stretches: Sequence[Stretch]) -> Iterator[Finding]:
    people = {each.person for each in stretches if each.person}
    if len(people) == 1:
        yield Finding(
            schedule=name,
            level="warning",
            rule="alone",
            text=_ALONE(person=people.pop()),
        )


def _unreachable(
    name: str,
    stretches: Sequence[Stretch],
    people: Mapping[str, Person],
    reached: Callable[[Person], bool],
) -> Iterator[Finding]:
    told: set[str] = set()
    for each in stretches:
        if each.person is None or each.person in told:
            continue
        told.add(each.person)
        known = people.get(each.person)
        if known is None or not reached(known):
            why = _UNKNOWN if known is None else _NO_CHANNEL if known.reachable else _UNREACHABLE
            yield Finding(
                schedule=name,
                level="error",
                rule="unreachable" if known else "unknown",
                text=why(person=each.person),
                start=each.start,
                end=each.end,
            )


def _twice(name: str, table_of: Callable[[str], Timetable], rota: Rota, at: datetime) -> Iterator[Finding]:
    for each in doubles(name, rota.escalations, table_of, at, at + AHEAD):
        yield Finding(
            schedule=name,
            level="warning",
            rule="twice",
            text=_TWICE(
                hours=f"{each.length / timedelta(hours=1):.0f}",
                other=each.other,
                person=each.person,
                escalation=each.escalation,
            ),
            start=each.start,
            end=each.end,
        )


def _unfair(name: str, table: Timetable, at: datetime) -> Iterator[Finding]:
    calendar = table.schedule.holidays
    for index, layer in enumerate(table.schedule.layers):
        if len(set(layer.people)) < 2 or layer.shadow:
            continue
        cycle = layer.length * len(layer.people)
        look = min(cycle * max(1, -(-AHEAD // cycle)), _LONGEST_LOOK)
        pieces = [
            Stretch(start=start, end=end, person=person)
            for start, end, person in table.pieces(index, at, at + look)
        ]
        loads = fairness.hours(pieces, table.zone, lambda day: holidays.is_holiday(calendar, day))
        for told, count, least in _MEASURES:
            values = {person: count(loads.get(person, fairness.Load())) for person in set(layer.people)}
            mean = sum(values.values()) / len(values)
            most = max(values, key=lambda person: (values[person], person))
            if values[most] > mean * _FAIR and values[most] - mean > least:
                yield Finding(
                    schedule=name,
                    level="warning",
                    rule="unfair",
                    text=told(
                        layer=table.schedule.layer_name(index),
                        person=most,
                        n=f"{values[most]:.0f}",
                        even=f"{mean:.0f}",
                    ),
                    start=at,
                    end=at + look,
                )
                break


_MEASURES: tuple[tuple[Reason, Callable[[fairness.Load], float], float], ...] = (
    (
        reason(N_("In the layer {layer} {person} has {n} hours, {even} would be even.")),
        lambda load: load.hours,
        _DEVIATION_HOURS,
    ),
    (
        reason(N_("In the layer {layer} {person} has {n} nights, {even} would be even.")),
        lambda load: load.nights,
        3,
    ),
    (
        reason(N_("In the layer {layer} {person} has {n} weekend days, {even} would be even.")),
        lambda load: load.weekends,
        3,
    ),
)
