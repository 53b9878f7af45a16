"""Who is called now, until when, and who comes next?"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

from tocsin.ground.kernel.clock import Clock
from tocsin.ground.kernel.errors import NotFound
from tocsin.respond.oncall import schedule as rules
from tocsin.respond.oncall.section import EVERYBODY, Rota, members


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


class Oncall:
    """Answers from the configuration in force."""

    def __init__(self, current: Callable[[], Rota], clock: Clock) -> None:
        self._current = current
        self._clock = clock

    def who(self, schedule: str, at: datetime | None = None) -> str | None:
        """The person on call, None in a gap. Raises NotFound for a schedule that does not exist."""
        return rules.who(self._schedule(schedule), at or self._clock.now(), self._zone(schedule))

    def duty(self, schedule: str, at: datetime | None = None) -> Duty:
        """Who, until when, and who then."""
        found, zone, moment = self._schedule(schedule), self._zone(schedule), at or self._clock.now()
        following = next(islice(rules.changes(found, moment, zone), 1), None)
        return Duty(
            schedule=schedule,
            title=found.title or schedule,
            time_zone=zone.key,
            person=rules.who(found, moment, zone),
            until=following[0] if following else None,
            next_person=following[1] if following else None,
        )

    def now(self) -> list[Duty]:
        """Every schedule as it is now."""
        return [self.duty(name) for name in self._current().schedules]

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

    def _schedule(self, name: str) -> rules.Schedule:
        found = self._current().schedules.get(name)
        if found is None:
            known = ", ".join(self._current().schedules) or "none"
            raise NotFound(f"There is no schedule {name}.", fix=f"There are: {known}.")
        return found

    def _zone(self, name: str) -> ZoneInfo:
        return ZoneInfo(self._schedule(name).time_zone or self._current().time_zone)
