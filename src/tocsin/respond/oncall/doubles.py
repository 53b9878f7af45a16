"""Is somebody to be called second who was called first already? Where two steps of an escalation page two schedules,
and the same person is on call in both, nobody is behind them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.respond.oncall.section import Escalation, Step
from tocsin.respond.oncall.timetable import Stretch, Timetable

_SCHEDULE = "schedule:"


@dataclass(frozen=True, kw_only=True, slots=True)
class Double:
    """`other` is the schedule that `escalation` pages earlier; `person`, `start` and `end` are the first time,
    `length` is that of all times together.
    """

    other: str
    escalation: str
    person: str
    start: datetime
    end: datetime
    length: timedelta


def doubles(
    schedule: str,
    escalations: Mapping[str, Escalation],
    table_of: Callable[[str], Timetable],
    start: datetime,
    end: datetime,
) -> Iterator[Double]:
    """Each schedule that is paged before this one and shares its person for some of this time, once."""
    mine: Sequence[Stretch] | None = None
    for other, escalation in _before(schedule, escalations):
        mine = mine or table_of(schedule).stretches(start, end)
        both = list(_shared(mine, table_of(other).stretches(start, end)))
        if both:
            begin, over, person = both[0]
            yield Double(
                other=other,
                escalation=escalation,
                person=person,
                start=begin,
                end=over,
                length=sum(((over - begin) for begin, over, _ in both), timedelta()),
            )


def _before(schedule: str, escalations: Mapping[str, Escalation]) -> Iterator[tuple[str, str]]:
    """The schedules of earlier steps, each with the first escalation that has it so."""
    found: dict[str, str] = {}
    for name, escalation in escalations.items():
        for steps in (escalation.steps, *(route.steps for route in escalation.routes)):
            for other in _earlier(schedule, steps):
                found.setdefault(other, name)
    yield from found.items()


def _earlier(schedule: str, steps: Sequence[Step]) -> Iterator[str]:
    earlier: list[str] = []
    for step in steps:
        named = [each.removeprefix(_SCHEDULE) for each in step.page if each.startswith(_SCHEDULE)]
        if schedule in named:
            yield from (other for other in earlier if other != schedule)
            return
        earlier += named


def _shared(one: Sequence[Stretch], other: Sequence[Stretch]) -> Iterator[tuple[datetime, datetime, str]]:
    """Where both have the same person; each is in order and without holes."""
    index = 0
    for mine in one:
        while index < len(other) and other[index].end <= mine.start:
            index += 1
        for theirs in other[index:]:
            if theirs.start >= mine.end:
                break
            if mine.person is not None and mine.person == theirs.person:
                yield max(mine.start, theirs.start), min(mine.end, theirs.end), mine.person
