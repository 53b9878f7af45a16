"""Who is called now, until when, and who comes next? The configuration, and what people changed since."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from tocsin.ground.catalogue.people import Person
from tocsin.ground.i18n import N_, sentence
from tocsin.ground.kernel.clock import Clock
from tocsin.ground.kernel.errors import Invalid, NotFound
from tocsin.respond.oncall import schedule_lint
from tocsin.respond.oncall.hours import within_reach
from tocsin.respond.oncall.override import LONGEST, Overrides
from tocsin.respond.oncall.rotation import Turn
from tocsin.respond.oncall.schedule import Schedule
from tocsin.respond.oncall.schedule_lint import Finding
from tocsin.respond.oncall.section import EVERYBODY, Rota, members
from tocsin.respond.oncall.timetable import Cover, Stretch, Timetable

_LOOK_AGAIN = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Duty:
    """A schedule at an instant. `person` is None in a gap; `until` is None when nothing changes within a
    year.
    """

    schedule: str
    title: str
    time_zone: str
    person: str | None
    until: datetime | None
    next_person: str | None
    shadows: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Shift:
    """One person on call in one go. `person` is None in a gap; `layer` is empty there and with an `override`.

    `override` is the id of what put the person there, `config:1` for one that stands in the configuration.
    `shadow` are those who learn beside that person for some of the time; they are not on call.
    """

    schedule: str
    person: str | None
    start: datetime
    end: datetime
    layer: str = ""
    override: str | None = None
    shadow: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Known:
    """What a schedule was found to say, and for how long: looking a year ahead is not for every page that is shown."""

    duty: Duty
    table: Timetable
    since: datetime
    until: datetime

    def holds(self, table: Timetable, moment: datetime) -> bool:
        return self.since <= moment < self.until and table.same_as(self.table)


class Oncall:
    """Answers from the configuration in force and from the overrides that people made."""

    def __init__(self, current: Callable[[], Rota], clock: Clock, overrides: Overrides | None = None) -> None:
        self._current = current
        self._clock = clock
        self._overrides = overrides
        self._duties: dict[str, _Known] = {}

    def who(self, schedule: str, at: datetime | None = None) -> str | None:
        """The person on call, None in a gap. Raises NotFound for a schedule that does not exist, Invalid for a time
        beyond the two centuries that are reckoned.
        """
        return self.timetable(schedule).who(_reached(at or self._clock.now(), "at"))

    def shadows(self, schedule: str, at: datetime | None = None) -> tuple[str, ...]:
        """Who learns beside the person on call. Raises NotFound."""
        return self.timetable(schedule).shadows(at or self._clock.now())

    def duty(self, schedule: str, at: datetime | None = None) -> Duty:
        """Who, until when, and who then. Raises NotFound, Invalid."""
        table, moment = self.timetable(schedule), _reached(at or self._clock.now(), "at")
        known = self._duties.get(schedule)
        if known is not None and known.holds(table, moment):
            return replace(known.duty, shadows=table.shadows(moment))
        duty = self._duty(schedule, table, moment)
        if at is None:  # what is asked for again and again
            until = duty.until or moment + _LOOK_AGAIN
            self._duties[schedule] = _Known(duty=duty, table=table, since=moment, until=until)
        return duty

    def _duty(self, schedule: str, table: Timetable, moment: datetime) -> Duty:
        following = next(islice(table.changes(moment), 1), None)
        return Duty(
            schedule=schedule,
            title=table.schedule.title or schedule,
            time_zone=table.zone.key,
            person=table.who(moment),
            until=following[0] if following else None,
            next_person=following[1] if following else None,
            shadows=table.shadows(moment),
        )

    def now(self) -> list[Duty]:
        """Every schedule as it is now."""
        return [self.duty(name) for name in self.schedules()]

    def at(self, moment: datetime) -> list[Duty]:
        """Every schedule as it is at that instant."""
        return [self.duty(name, moment) for name in self.schedules()]

    def shifts(self, schedule: str, start: datetime, end: datetime) -> list[Shift]:
        """This time without a hole, gaps as shifts of nobody; turns of one person that follow each other are one.

        Cut at both ends. Raises NotFound, and Invalid for more than a year.
        """
        _reached(start, "start")
        if not start < end <= start + LONGEST:
            raise Invalid(N_("the end comes after the start, and within a year"), field="end")
        table = self.timetable(schedule)
        found: list[Shift] = []
        learning = table.learning(start, end)
        for each in table.stretches(start, end):
            shift = Shift(
                schedule=schedule,
                person=each.person,
                start=each.start,
                end=each.end,
                layer="" if each.layer is None else table.schedule.layer_name(each.layer),
                override=each.override,
                shadow=_beside(each, learning),
            )
            if found and replace(shift, start=found[-1].start) == replace(found[-1], end=shift.end):
                found[-1] = replace(found[-1], end=shift.end)
            else:
                found.append(shift)
        return found

    def people(self, targets: Iterable[str], at: datetime | None = None) -> list[str]:
        """Whom these targets of a step mean at that instant: people of the configuration, each once."""
        current, moment = self._current(), at or self._clock.now()
        named: list[str | None] = []
        for target in targets:
            kind, _, name = target.partition(":")
            if target == EVERYBODY:
                named += current.people
            elif kind == "person":
                named.append(name)
            elif kind == "team" and name in current.teams:
                named += members(current.teams[name])
            elif kind == "schedule" and name in current.schedules:
                named.append(self.who(name, moment))
        return list(dict.fromkeys(each for each in named if each is not None and each in current.people))

    def review(self, reached: Callable[[Person], bool], only: str | None = None) -> tuple[list[Finding], int]:
        """What is wrong with the schedules, or with `only` one, in the next twelve weeks, and how good they are.

        `reached` says whether a channel leads to a person. Raises NotFound.
        """
        names = self.schedules() if only is None else (only,)
        return schedule_lint.findings(names, self.timetable, self._current(), reached, self._clock.now())

    def schedules(self) -> Sequence[str]:
        """The names of all of them, in the order of the configuration."""
        return tuple(self._current().schedules)

    def timetable(self, name: str) -> Timetable:
        """The schedule with what people changed. Raises NotFound."""
        current = self._current()
        found = current.schedules.get(name)
        if found is None:
            known = ", ".join(current.schedules) or "none"
            raise NotFound(
                sentence(N_("There is no schedule {name}."), name=name),
                fix=sentence(N_("There are: {known}."), known=known),
            )
        return Timetable(found, self._zone(found), self._covers(name, current))

    def _covers(self, name: str, current: Rota) -> list[Cover]:
        """Overrides by people who are still there: one of somebody who left must leave nobody alone."""
        if self._overrides is None:
            return []
        return [
            Cover(id=each.id, person=each.person, start=each.start, end=each.end)
            for each in self._overrides.of(name)
            if each.person in current.people
        ]

    def _zone(self, schedule: Schedule) -> ZoneInfo:
        return ZoneInfo(schedule.time_zone or self._current().time_zone)


def _reached(moment: datetime, field: str) -> datetime:
    if not within_reach(moment):
        raise Invalid(N_("a time of a schedule lies between 1970 and 2199"), field=field)
    return moment


def _beside(stretch: Stretch, learning: Sequence[Turn]) -> tuple[str, ...]:
    if stretch.person is None:
        return ()
    found = (who for start, end, who in learning if start < stretch.end and end > stretch.start)
    return tuple(dict.fromkeys(who for who in found if who != stretch.person))
