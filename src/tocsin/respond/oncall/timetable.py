"""Who is on call at an instant, and in which stretches? One schedule's layers, and what was put in their place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tocsin.respond.oncall import rotation
from tocsin.respond.oncall.hours import instant
from tocsin.respond.oncall.rotation import Piece, Turn
from tocsin.respond.oncall.schedule import Schedule

CONFIGURED = "config:"
"""The ids of overrides that stand in the configuration begin with this, then their number from 1."""
_HORIZON = timedelta(days=400)
_FIRST_LOOK = timedelta(days=8)
_LOOK_BACK = timedelta(weeks=5)


@dataclass(frozen=True, kw_only=True, slots=True)
class Cover:
    """Somebody instead of whoever would be on call; `id` names the override."""

    id: str
    person: str
    start: datetime
    end: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Stretch:
    """One person (None: nobody) in one go. `layer` is the index of the layer, None with an override or in a gap."""

    start: datetime
    end: datetime
    person: str | None
    layer: int | None = None
    override: str | None = None


class Timetable:
    """A schedule in its zone. `covers` go before the overrides of the configuration, a later one before an earlier."""

    def __init__(self, schedule: Schedule, zone: ZoneInfo, covers: Sequence[Cover] = ()) -> None:
        self.schedule = schedule
        self.zone = zone
        self._covers = [
            *(
                Cover(
                    id=f"{CONFIGURED}{number}",
                    person=each.person,
                    start=instant(each.start, zone),
                    end=instant(each.until, zone),
                )
                for number, each in enumerate(schedule.overrides, 1)
            ),
            *covers,
        ]

    def same_as(self, other: Timetable) -> bool:
        """Whether both say the same at every instant, since they were made of the same."""
        return self.schedule is other.schedule and self.zone is other.zone and self._covers == other._covers

    def who(self, at: datetime) -> str | None:
        """The person on call; None in a gap."""
        for cover in reversed(self._covers):
            if cover.start <= at < cover.end:
                return cover.person
        for layer in reversed(self.schedule.layers):
            if not layer.shadow and rotation.counts(layer, self.schedule.holidays, at, self.zone):
                turn = rotation.turn_of(layer, at, self.zone)
                if turn >= 0:
                    return layer.people[turn % len(layer.people)]
        return None

    def shadows(self, at: datetime) -> tuple[str, ...]:
        """Who learns at this instant, without the one on call."""
        learning = [layer for layer in self.schedule.layers if layer.shadow]
        if not learning:
            return ()
        on_call, found = self.who(at), dict[str, None]()
        for layer in learning:
            if rotation.counts(layer, self.schedule.holidays, at, self.zone):
                turn = rotation.turn_of(layer, at, self.zone)
                if turn >= 0:
                    found[layer.people[turn % len(layer.people)]] = None
        return tuple(each for each in found if each != on_call)

    def learning(self, start: datetime, end: datetime) -> list[Turn]:
        """Who learns when within this time, in order; also while they are on call themselves."""
        indices = [index for index, layer in enumerate(self.schedule.layers) if layer.shadow]
        return sorted(turn for index in indices for turn in self.pieces(index, start, end))

    def stretches(self, start: datetime, end: datetime) -> list[Stretch]:
        """The whole of this time, gaps included, in order; a stretch ends where its turn does."""
        free: list[Piece] = [(start, end)] if start < end else []
        found: list[Stretch] = []
        for cover in reversed(self._covers):
            if cover.start < end and cover.end > start:
                whole = [(cover.start, cover.end, cover.person)]
                taken, free = _take(free, whole)
                found += [
                    Stretch(start=begin, end=over, person=person, override=cover.id)
                    for begin, over, person in taken
                ]
        for index in range(len(self.schedule.layers) - 1, -1, -1):
            if not self.schedule.layers[index].shadow:
                taken, free = _take(free, self.pieces(index, start, end))
                found += [
                    Stretch(start=begin, end=over, person=person, layer=index)
                    for begin, over, person in taken
                ]
        found += [Stretch(start=begin, end=over, person=None) for begin, over in free]
        found.sort(key=lambda each: each.start)
        return found

    def longest_cover(self) -> timedelta:
        """The length of the longest override."""
        return max((each.end - each.start for each in self._covers), default=timedelta())

    def pieces(self, index: int, start: datetime, end: datetime) -> list[Turn]:
        """Who has the turn in this layer while it counts, whatever lies on top of it."""
        layer = self.schedule.layers[index]
        counts = rotation.windows(layer, self.schedule.holidays, start, end, self.zone)
        return _take(counts, list(rotation.turns(layer, start, end, self.zone)))[0]

    def changes(self, after: datetime) -> Iterator[tuple[datetime, str | None]]:
        """When another person takes over (None: nobody), from `after` on, in order, up to a year ahead."""
        person, start, look = self.who(after), after, _FIRST_LOOK
        while start < after + _HORIZON:
            end = min(start + look, after + _HORIZON)
            for stretch in self.stretches(start, end):
                if stretch.person != person:
                    person = stretch.person
                    yield stretch.start, person
            start, look = end, look * 2

    def since(self, at: datetime) -> datetime:
        """Since when the person of that instant has been on call (or nobody), five weeks back at most."""
        found = at - _LOOK_BACK
        person = self.who(at)
        for stretch in reversed(self.stretches(found, at)):
            if stretch.person != person:
                return stretch.end
        return found

    def gaps(self, start: datetime, end: datetime) -> list[Piece]:
        """Where nobody is on call between two instants."""
        found: list[Piece] = []
        for stretch in self.stretches(start, end):
            if stretch.person is None:
                if found and found[-1][1] == stretch.start:
                    found[-1] = (found[-1][0], stretch.end)
                else:
                    found.append((stretch.start, stretch.end))
        return found


def _take(free: Sequence[Piece], wanted: Sequence[Turn]) -> tuple[list[Turn], list[Piece]]:
    """What of the wanted turns falls into free time, and what stays free; all in order and apart."""
    taken: list[Turn] = []
    left: list[Piece] = []
    index = 0
    for start, end in free:
        at = start
        while index < len(wanted) and wanted[index][1] <= start:
            index += 1
        ahead = index
        while ahead < len(wanted) and wanted[ahead][0] < end:
            begin, over, person = wanted[ahead]
            begin, over = max(begin, at), min(over, end)
            if over > begin:
                if begin > at:
                    left.append((at, begin))
                taken.append((begin, over, person))
                at = over
            ahead += 1
        if at < end:
            left.append((at, end))
    return taken, left
